# SPDX-License-Identifier: Apache-2.0
"""Train the shipped prior from a folder of packed motion: who trains, who validates."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch

from ..errors import InPoseError
from ..prior.checkpoint import Prior
from ..prior.network import DiffusionTransformer
from .augmentation import Examples, validation_examples
from .dataset import MotionData, load_packed_motion
from .trainer import Trainer, TrainingSettings

HELD_OUT_SUBJECTS: Final[frozenset[str]] = frozenset({"2", "7", "16", "35", "69", "127"})
"""CMU subjects that no prior is trained on: walking, running, jumping, everyday actions; 7.4 minutes."""

VALIDATION_ONLY: Final[frozenset[str]] = frozenset({"hdm05"})
"""Data sets whose terms (share-alike) keep them out of training; other actors, other activities, near-floor poses."""


def load_training_motion(data: Path) -> MotionData:
    """Return the motion of a folder that a prior may be trained on.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    files = [file for file in _packed_files(data) if file.stem not in VALIDATION_ONLY]
    return load_packed_motion(files, lambda *clip: not _held_out(*clip))


def load_validation_motion(data: Path) -> dict[str, MotionData]:
    """Return the motion of people whom no prior is trained on: "held_out" subjects, and whole data sets by name.

    Raises:
        InPoseError: the folder holds no packed motion of held-out people.
    """
    files = _packed_files(data)
    others = [file for file in files if file.stem in VALIDATION_ONLY]
    sets = {"held_out": load_packed_motion(files, _held_out)}
    return sets | {file.stem: load_packed_motion([file], lambda *_: True) for file in others}


def load_split(data: Path, window: int) -> tuple[MotionData, dict[str, Examples]]:
    """Return the training motion of a folder, and validation windows of ``window`` frames by set.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    validation = load_validation_motion(data)
    examples = {name: validation_examples(motion, window, window * 3 // 4) for name, motion in validation.items()}
    return load_training_motion(data), examples


def _packed_files(data: Path) -> list[Path]:
    files = sorted(data.glob("*.npz"))
    if not files:
        raise InPoseError(f"{data} holds no packed motion (.npz).", "Give the folder of packed motion with --data.")
    return files


def _held_out(data_set: str, subject: str) -> bool:
    return data_set.startswith("cmu") and subject in HELD_OUT_SUBJECTS


def train_from_folder(
    data: Path,
    folder: Path,
    settings: TrainingSettings,
    device: torch.device,
    start: DiffusionTransformer | None = None,
) -> Prior:
    """Train on every packed file of a folder, validate on held-out people, and return the prior.

    Args:
        data: folder of packed ``.npz`` motion.
        folder: the run's folder; training resumes if it holds a checkpoint.
        settings: how to train.
        device: where to train.
        start: trained network to start from, of the settings' form.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    training, validation = load_split(data, settings.network.window)
    return Trainer(training, validation, folder, settings, device, calibrate_on="held_out", start=start).run()
