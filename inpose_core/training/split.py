# SPDX-License-Identifier: Apache-2.0
"""Say who trains, who validates and who is only ever measured on, in a folder of packed motion."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ..errors import InPoseError
from ..safe_files import read_arrays
from .augmentation import AugmentationSettings, Examples, validation_examples
from .dataset import LARGEST_PACKED_BYTES, MotionData, load_packed_motion

Role = Literal["train", "validate", "test"]

VALIDATION_SUBJECTS: Final[frozenset[str]] = frozenset({"7", "16"})
"""CMU subjects by whom checkpoints are chosen and the guidance is calibrated: walking, running, jumping."""

TEST_SUBJECTS: Final[frozenset[str]] = frozenset({"2", "35", "69", "127"})
"""CMU subjects who are only measured on: walking, running, jumping and ducking, boxing, everyday actions."""

VALIDATION_ONLY: Final[frozenset[str]] = frozenset({"hdm05"})
"""Data sets whose terms (share-alike) keep them out of training; other actors, other activities, near-floor poses."""

_EVERY_TENTH: Final[int] = 10


def load_training_motion(data: Path) -> MotionData:
    """Return the motion of a folder that a prior may be trained on.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    files = [file for file in packed_files(data) if file.stem not in VALIDATION_ONLY]
    roles = _roles(files)
    return load_packed_motion(files, lambda *clip: roles.get(clip) == "train")


def load_validation_motion(data: Path) -> dict[str, MotionData]:
    """Return the motion by which a prior is judged while it trains: "held_out" people, and whole data sets by name.

    Raises:
        InPoseError: the folder holds no packed motion, or that of one person only.
    """
    files = packed_files(data)
    roles = _roles([file for file in files if file.stem not in VALIDATION_ONLY])
    others = [file for file in files if file.stem in VALIDATION_ONLY]
    sets = {"held_out": load_packed_motion(files, lambda *clip: roles.get(clip) == "validate")}
    return sets | {file.stem: load_packed_motion([file], lambda *_: True) for file in others}


def load_split(
    data: Path, window: int, varied: AugmentationSettings | None = None
) -> tuple[MotionData, dict[str, Examples]]:
    """Return the training motion of a folder, and validation windows of ``window`` frames by set, unvaried or varied.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    validation = load_validation_motion(data)
    examples = {
        name: validation_examples(motion, window, window * 3 // 4, varied) for name, motion in validation.items()
    }
    return load_training_motion(data), examples


def cmu_role(data_set: str, subject: str) -> Role:
    """Return the role of a subject of a packed file; only in files whose name begins with "cmu" is a number a person.

    CMU's own folders write subject 2 as "02".
    """
    number = subject.lstrip("0")
    if data_set.lower().startswith("cmu"):
        if number in VALIDATION_SUBJECTS:
            return "validate"
        if number in TEST_SUBJECTS:
            return "test"
    return "train"


def packed_files(data: Path) -> list[Path]:
    """Return the packed files of a folder.

    Raises:
        InPoseError: there are none.
    """
    files = sorted(data.glob("*.npz"))
    if not files:
        raise InPoseError(f"{data} holds no packed motion (.npz).", "Give the folder of packed motion with --data.")
    return files


def _roles(files: list[Path]) -> dict[tuple[str, str], Role]:
    """Return everybody's role by data set and subject; where CMU's people are missing, every tenth person validates."""
    people = sorted({(file.stem, subject) for file in files for subject in _subjects(file)})
    roles = {person: cmu_role(*person) for person in people}
    if "validate" not in roles.values():
        others = [person for person in people if roles[person] == "train"]
        for person in others[min(len(others) - 1, _EVERY_TENTH // 2) :: _EVERY_TENTH]:
            roles[person] = "validate"
    return roles


def _subjects(file: Path) -> list[str]:
    try:
        arrays = read_arrays(file, ("subject",), most_bytes=LARGEST_PACKED_BYTES)
        return [str(subject) for subject in arrays["subject"]]
    except (OSError, TypeError, ValueError) as error:
        raise InPoseError(f"{file} is not a file of packed motion ({error}).", "Give packed .npz files.") from error
