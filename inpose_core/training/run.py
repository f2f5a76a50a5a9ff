# SPDX-License-Identifier: Apache-2.0
"""Train the shipped networks from a folder of packed motion."""

from __future__ import annotations

from pathlib import Path

import torch

from ..prior.checkpoint import Prior
from ..prior.network import DiffusionTransformer
from .packed_files import hash_of_packed
from .split import HELD_OUT, load_split
from .trainer import Trainer, TrainingSettings


def train_from_folder(
    data: Path,
    folder: Path,
    settings: TrainingSettings,
    device: torch.device,
    start: DiffusionTransformer | None = None,
) -> Prior:
    """Train on every packed file of a folder, validate on held-out people, and return the prior.

    Args:
        data: folder of packed ``.npz`` motion, or one file of it.
        folder: the run's folder; training resumes if it holds a checkpoint of the same run.
        settings: how to train.
        device: where to train.
        start: trained network to start from, with the form in the settings.

    Raises:
        InPoseError: the data folder holds no packed motion.
        WeightsError: the run's folder has a run with other data, another start or other settings.
    """
    training, validation = load_split(data, settings.network, settings.validation)
    return Trainer(
        training,
        validation,
        folder,
        settings,
        device,
        decisive_set=HELD_OUT,
        start=start,
        data_hash=hash_of_packed(data),
    ).run()
