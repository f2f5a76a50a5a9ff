# SPDX-License-Identifier: Apache-2.0
"""Train the networks of the comparison, all with the same data, trainer, network and budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import torch

from ...errors import InPoseError
from ...prior.checkpoint import Prior, load_prior
from ...prior.conditioning import THREE_POINT_SIZE
from ...prior.network import NetworkConfig
from ...training.augmentation import AugmentationSettings, ConditionBuilder, scale_free_condition, validation_examples
from ...training.packed_files import hash_of_packed
from ...training.split import HELD_OUT, load_training_motion, load_validation_motion
from ...training.trainer import Trainer, TrainingSettings
from .conditioning import PositionConditioning

_SEEN: Final[AugmentationSettings] = replace(AugmentationSettings.none(), mirror=0.5, stretch=0.15, template_body=True)
"""As in the literature: one average body for all people, and perfect sensors with no data withheld."""
_UNSEEN: Final[AugmentationSettings] = replace(_SEEN, head_motion_loss=0.5, position_loss=1.0)


@dataclass(frozen=True)
class BaselineNetwork:
    """Describe one network of the comparison."""

    condition: ConditionBuilder
    condition_size: int
    augmentation: AugmentationSettings
    regression: bool = False
    columns: int = 2
    pure_noise_share: float = 0.2
    """Few-step samplers use a larger share; 50 steps need every noise level."""

    def settings(self, budget: Budget) -> TrainingSettings:
        """Return the training settings for a budget."""
        network = replace(budget.network, condition_size=self.condition_size, columns=self.columns)
        return TrainingSettings(
            steps=budget.steps,
            batch=budget.batch,
            learning_rate=1e-3,
            warmup_steps=min(50, budget.steps // 4),
            ema_decay=0.99,
            validate_every=10**9,
            network=network,
            augmentation=self.augmentation,
            regression=self.regression,
            pure_noise_share=self.pure_noise_share,
            seed=budget.seed,
        )


@dataclass(frozen=True)
class Budget:
    """Set the training budget of every network in the comparison."""

    steps: int
    batch: int = 32
    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(THREE_POINT_SIZE, width=192, depth=6, heads=4))
    seed: int = 0


FULL_BUDGET: Final[Budget] = Budget(steps=2400)
QUICK_BUDGET: Final[Budget] = Budget(
    steps=40, batch=16, network=NetworkConfig(THREE_POINT_SIZE, width=96, depth=3, heads=2)
)

_GLOBAL, _LOCAL, _SHAPE = PositionConditioning("global"), PositionConditioning("local"), PositionConditioning("shape")

NETWORKS: Final[Mapping[str, BaselineNetwork]] = {
    "ours": BaselineNetwork(
        scale_free_condition(THREE_POINT_SIZE), THREE_POINT_SIZE, replace(_SEEN, proportion=0.08), pure_noise_share=0.6
    ),
    "global": BaselineNetwork(_GLOBAL, _GLOBAL.size, _SEEN),
    "local": BaselineNetwork(_LOCAL, _LOCAL.size, _SEEN),
    "regression": BaselineNetwork(_GLOBAL, _GLOBAL.size, _SEEN, regression=True),
    "shape": BaselineNetwork(_SHAPE, _SHAPE.size, replace(_SEEN, proportion=0.2)),
    "rotations": BaselineNetwork(_GLOBAL, _GLOBAL.size, _UNSEEN),
    "matrix": BaselineNetwork(_GLOBAL, _GLOBAL.size, replace(_UNSEEN, head_motion_loss=1.0), columns=3),
}
"""The networks by name. "rotations" never sees the hands' positions, and sees the head's in half of the examples: it is
the prior of InPose and of InPose (head). (The authors train one network with dropout for all; this budget is too small
to share.) "shape" sees random bone lengths, as in Aliakbarian et al. (2022); "matrix" has whole rotation matrices as
its state."""


def train_network(name: str, data: Path, folder: Path, budget: Budget, device: torch.device) -> Prior:
    """Return a network of the comparison from the folder; train and save it there first if it is missing.

    Raises:
        InPoseError: the data folder holds no packed motion, or the folder's network was trained for another budget.
    """
    network = NETWORKS[name]
    path = folder / name / "prior.safetensors"
    if path.exists():
        prior = load_prior(path, condition_size=network.condition_size)
        if prior.training.get("steps") != str(budget.steps):
            raise InPoseError(
                f"The network in {path.parent} was trained for {prior.training.get('steps')} steps, not "
                f"{budget.steps}, so the systems cannot be compared.",
                "Choose another folder with --runs, or delete this one.",
            )
        return prior
    settings = network.settings(budget)
    validation = validation_examples(
        load_validation_motion(data)[HELD_OUT],
        settings.network.window,
        settings.network.window * 3 // 4,
        replace(AugmentationSettings.none(), template_body=network.augmentation.template_body),
        network.condition,
    )
    trainer = Trainer(
        load_training_motion(data),
        {HELD_OUT: validation},
        path.parent,
        settings,
        device,
        decisive_set=HELD_OUT,
        condition=network.condition,
        data_hash=hash_of_packed(data),
    )
    trainer.run()
    return load_prior(path, condition_size=network.condition_size)
