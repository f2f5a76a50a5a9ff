# SPDX-License-Identifier: Apache-2.0
"""Train the shipped prior from a folder of packed motion: who trains, who validates."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch

from ..errors import InPoseError
from ..prior.checkpoint import Prior
from .augmentation import validation_examples
from .dataset import load_packed_motion
from .trainer import Trainer, TrainingSettings

HELD_OUT_SUBJECTS: Final[frozenset[str]] = frozenset({"2", "7", "16", "35", "69", "127"})
"""CMU subjects that no prior is trained on: walking, running, jumping, everyday actions; 7.4 minutes."""

VALIDATION_ONLY: Final[frozenset[str]] = frozenset({"hdm05"})
"""Data sets whose terms (share-alike) keep them out of training; other actors, other activities, near-floor poses."""


def train_from_folder(data: Path, folder: Path, settings: TrainingSettings, device: torch.device) -> Prior:
    """Train on every packed file of a folder, validate on held-out people, and return the prior.

    Args:
        data: folder of packed ``.npz`` motion.
        folder: the run's folder; training resumes if it holds a checkpoint.
        settings: how to train.
        device: where to train.

    Raises:
        InPoseError: the folder holds no packed motion.
    """
    files = sorted(data.glob("*.npz"))
    if not files:
        raise InPoseError(f"{data} holds no packed motion (.npz).", "Give the folder of packed motion with --data.")

    def held_out(data_set: str, subject: str) -> bool:
        return data_set.startswith("cmu") and subject in HELD_OUT_SUBJECTS

    training = load_packed_motion(
        [file for file in files if file.stem not in VALIDATION_ONLY], lambda *clip: not held_out(*clip)
    )
    window = settings.network.window
    stride = window * 3 // 4
    validation = {"held_out": validation_examples(load_packed_motion(files, held_out), window, stride)}
    for file in files:
        if file.stem in VALIDATION_ONLY:
            others = load_packed_motion([file], lambda *_: True)
            validation[file.stem] = validation_examples(others, window, stride)
    return Trainer(training, validation, folder, settings, device, calibrate_on="held_out").run()
