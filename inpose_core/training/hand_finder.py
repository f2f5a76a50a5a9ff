# SPDX-License-Identifier: Apache-2.0
"""Define the training of the network that finds the hands in unknown devices (`calibration.hand_finding`).

It is a regressor: it should return the mean, and there is no likelihood to guide it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..prior.conditioning import THREE_POINT_SIZE
from ..prior.network import NetworkConfig
from .augmentation import AugmentationSettings
from .trainer import TrainingSettings

_ANYWHERE: Final[AugmentationSettings] = AugmentationSettings(
    hand_turn_deg=70.0,
    hand_place_error=0.22,
    hand_loss=0.0,
    head_motion_loss=0.05,
    hand_freeze=0.0,
    position_loss=0.0,
    rotation_loss=0.0,
    trackers=0.0,
    posture_known=0.0,
)
"""A little more than 60 degrees and 15 cm, the range in which controllers are held. No measurements are withheld,
because only measured frames are used."""


def hand_finder_settings() -> TrainingSettings:
    """Return the training settings of the shipped hand finder."""
    return TrainingSettings(
        steps=3000,
        batch=32,
        learning_rate=1e-3,
        warmup_steps=50,
        ema_decay=0.997,
        validate_every=200,
        regression=True,
        network=NetworkConfig(THREE_POINT_SIZE, width=192, depth=6, heads=4, dropout=0.05),
        augmentation=_ANYWHERE,
        validation=replace(_ANYWHERE, proportion=0.0),
    )
