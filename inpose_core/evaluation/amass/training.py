# SPDX-License-Identifier: Apache-2.0
"""Train a prior on the training files of a protocol; a second call continues, if it is of the same files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch

from ...errors import InPoseError
from ...prior.checkpoint import Prior, load_prior
from ...system.output import write_output
from ...system.safe_files import read_json
from ...training.packing import pack_files
from ...training.run import train_from_folder
from ...training.trainer import TrainingSettings
from .default_body import ProtocolBody

_LARGEST_RECORD: Final[int] = 65536
_ENOUGH: Final[float] = 0.99


@dataclass(frozen=True)
class ProtocolTraining:
    """Hold what a prior was trained on, and for how long."""

    steps: int
    files: int
    """How many the protocol has."""
    read: int
    """How many of them have motion that could be read."""

    @property
    def is_whole(self) -> bool:
        """Return whether it is the protocol's training: no try-out, and with all files but a hundredth at most."""
        return self.read >= _ENOUGH * self.files and self.steps >= TrainingSettings().steps


@dataclass(frozen=True)
class _Packed:
    """Hold what the packed file of a folder was made of."""

    files: int
    read: int
    names: str
    """A hash of the files' names and sizes."""
    body: str
    """The name of the default body; it tells the body models."""


def train_protocol(
    files: Sequence[Path],
    folder: Path,
    body_models: Path | None,
    settings: TrainingSettings,
    device: torch.device,
    on_file: Callable[[int, str], None] | None = None,
) -> tuple[Prior, ProtocolTraining]:
    """Return the prior of a folder and its training; pack the motion and train it first, as far as that is missing.

    A prior that was trained for fewer steps is trained further.

    Args:
        files: AMASS files of the training split.
        folder: the run's folder; gets ``train.npz``, ``train.json`` and ``prior``.
        body_models: folder of SMPL models, or None.
        settings: how to train.
        device: where to train.
        on_file: gets the index of each packed file, and its problem, if it has one.

    Raises:
        InPoseError: no file can be read, or the folder's prior is of other files, other body models or more steps.
        OutputError: the folder cannot be written.
    """
    trained = folder / "prior" / "prior.safetensors"
    packed = _pack(files, folder, body_models, on_file)
    prior = load_prior(trained) if trained.exists() else None
    if prior is None or _steps(prior) < settings.steps:
        train_from_folder(folder / "train.npz", folder / "prior", settings, device)
        # As a user would read it: with numpy's arrays, not with the trainer's tensors.
        prior = load_prior(trained)
    if _steps(prior) > settings.steps:
        raise _other(folder, f"for {_steps(prior)} steps, not {settings.steps}")
    return prior, ProtocolTraining(_steps(prior), packed.files, packed.read)


def _pack(
    files: Sequence[Path], folder: Path, body_models: Path | None, on_file: Callable[[int, str], None] | None
) -> _Packed:
    """Pack the files, if they are not packed yet, and return what is packed."""
    body = ProtocolBody.template() if body_models is None else ProtocolBody.of_models(body_models)
    packed, record = folder / "train.npz", folder / "train.json"
    names = _hash_of(files)
    if (earlier := _read(record)) is not None and packed.exists():
        if (earlier.files, earlier.names) != (len(files), names):
            raise _other(folder, "on other files")
        if earlier.body != body.name:
            raise _other(folder, "with other body models")
        return earlier
    if (folder / "prior").exists():
        raise _other(folder, "on files that are not known")
    folder.mkdir(parents=True, exist_ok=True)
    read = pack_files(files, packed, body_models, on_file, body.from_smpl)
    made = _Packed(len(files), read, names, body.name)
    write_output(record, [json.dumps(asdict(made), indent=1).encode() + b"\n"])
    return made


def _hash_of(files: Sequence[Path]) -> str:
    """Return a hash of the names within AMASS (data set, subject, take) and of the sizes; all bytes are too many."""
    listed = sorted(("/".join(file.parts[-3:]), file.stat().st_size if file.exists() else 0) for file in files)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def _read(record: Path) -> _Packed | None:
    try:
        values: Any = read_json(record, _LARGEST_RECORD)
        return _Packed(**values)
    except (OSError, ValueError, TypeError):
        return None


def _steps(prior: Prior) -> int:
    try:
        return int(prior.training["steps"])
    except (KeyError, ValueError):
        return 0


def _other(folder: Path, how: str) -> InPoseError:
    return InPoseError(
        f"The prior in {folder} was trained {how}.", "Choose another folder with --runs, or delete this one."
    )
