# SPDX-License-Identifier: Apache-2.0
"""Train a prior on the training files of a protocol; a second call continues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from ...prior.checkpoint import Prior, load_prior
from ...training.packing import pack_files
from ...training.run import train_from_folder
from ...training.trainer import TrainingSettings
from .default_body import ProtocolBody


def train_protocol(
    files: Sequence[Path],
    folder: Path,
    body_models: Path | None,
    settings: TrainingSettings,
    device: torch.device,
    on_file: Callable[[int, str], None] | None = None,
) -> Prior:
    """Return the prior of a folder; pack the motion and train it first if it is missing.

    Args:
        files: AMASS files of the training split.
        folder: the run's folder; gets ``train.npz`` and ``prior``.
        body_models: folder of SMPL models, or None.
        settings: how to train.
        device: where to train.
        on_file: gets the index of each packed file, and its problem, if it has one.

    Raises:
        InPoseError: no file can be read.
        OutputError: the folder cannot be written.
    """
    trained = folder / "prior" / "prior.safetensors"
    if trained.exists():
        return load_prior(trained)
    folder.mkdir(parents=True, exist_ok=True)
    packed = folder / "train.npz"
    if not packed.exists():
        body = ProtocolBody.template() if body_models is None else ProtocolBody.of_models(body_models)
        pack_files(files, packed, body_models, on_file, body.from_smpl)
    train_from_folder(packed, folder / "prior", settings, device)
    # As a user would read it: with numpy's arrays, not with the trainer's tensors.
    return load_prior(trained)
