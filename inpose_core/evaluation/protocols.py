# SPDX-License-Identifier: Apache-2.0
"""Split AMASS into training and test files, as the paper does.

Protocol 1 trains on twelve data sets and tests on HumanEva and Transitions (AvatarJLM calls it 3, AGRoL 2). Protocol 2
uses the lists of AvatarPoser: it trains on 90 % of the files of CMU, BMLrub and HDM05 and tests on the rest
(AvatarJLM and AGRoL call it 1). Its lists have lines ``SUBJECT/NAME.npz`` in ``SET/train_split.txt`` and
``SET/test_split.txt``, with the sets named ``CMU``, ``BioMotionLab_NTroje`` and ``MPI_HDM05``. They split by file, so
most test subjects are in the training data too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ..errors import InPoseError
from ..training.packing import motion_files_below

Split = Literal["train", "test"]

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "ACCAD": ("ACCAD",),
    "BMLmovi": ("BMLmovi", "BMLMOVI"),
    "BMLrub": ("BMLrub", "BioMotionLab_NTroje"),
    "CMU": ("CMU",),
    "EKUT": ("EKUT",),
    "Eyes_Japan": ("Eyes_Japan_Dataset", "EyesJapanDataset"),
    "HDM05": ("HDM05", "MPI_HDM05"),
    "HumanEva": ("HumanEva", "HumanEVA"),
    "KIT": ("KIT",),
    "MPI_Limits": ("MPI_Limits", "PosePrior"),
    "MPI_mosh": ("MPI_mosh", "MoSh"),
    "SFU": ("SFU",),
    "TotalCapture": ("TotalCapture",),
    "Transitions": ("Transitions_mocap", "Transitions"),
}
"""Names of the AMASS folders in its releases."""

_PROTOCOL_1_TEST: Final[frozenset[str]] = frozenset({"HumanEva", "Transitions"})
_PROTOCOL_2_SETS: Final[tuple[str, ...]] = ("BMLrub", "CMU", "HDM05")


def protocol_files(amass: Path, protocol: int, split: Split, lists: Path | None = None) -> list[Path]:
    """Return the AMASS files of one side of a protocol, sorted.

    Args:
        amass: folder of AMASS data sets, under any of their names.
        protocol: 1 or 2, as the paper numbers them.
        split: "train" or "test".
        lists: for protocol 2, the folder of split lists.

    Raises:
        InPoseError: the protocol is unknown, a data set or a list is missing.
    """
    if protocol == 1:
        wanted = [name for name in _ALIASES if (name in _PROTOCOL_1_TEST) == (split == "test")]
        return sorted(file for name in wanted for file in motion_files_below(_data_set(amass, name)))
    if protocol == 2:
        if lists is None:
            raise InPoseError("Protocol 2 needs its split lists.", "Give the folder of split lists with --lists.")
        return sorted(file for name in _PROTOCOL_2_SETS for file in _listed(amass, lists, name, split))
    raise InPoseError(f"There is no protocol {protocol}.", "Choose 1 or 2.")


def _data_set(amass: Path, name: str) -> Path:
    if not amass.is_dir():
        raise InPoseError(f"The folder {amass} does not exist.", "Give the folder of the AMASS data sets.")
    found = {folder.name.lower(): folder for folder in amass.iterdir() if folder.is_dir()}
    for alias in _ALIASES[name]:
        if alias.lower() in found:
            return found[alias.lower()]
    raise InPoseError(
        f"{amass} does not contain the data set {name}.",
        f"Download it to a folder named {' or '.join(_ALIASES[name])}.",
    )


def _listed(amass: Path, lists: Path, name: str, split: Split) -> list[Path]:
    folder = _data_set(amass, name)
    for alias in _ALIASES[name]:
        path = lists / alias / f"{split}_split.txt"
        if path.is_file():
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
            # Paths in the lists begin with the data set's name, and some use Windows separators.
            names = [line.replace("\\", "/").removeprefix(f"{alias}/") for line in lines if line]
            return [_released(folder / line) for line in names if not line.endswith("shape.npz")]
    raise InPoseError(f"{lists} lacks {name}'s {split}_split.txt.", f"Put it into the folder {lists / name}.")


def _released(file: Path) -> Path:
    """Return a listed file, or the same take in AMASS's release for SMPL-X."""
    other = file.with_name(f"{file.name.removesuffix('_poses.npz')}_stageii.npz")
    return other if other.exists() and not file.exists() else file
