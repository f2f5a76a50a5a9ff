# SPDX-License-Identifier: Apache-2.0
"""Condition a network on positions in metres, like the systems that the paper compares with.

The condition has the same rotations as for our own prior, plus positions and velocities of head and wrists. All are in
the heading frame of the window, relative to its mean head position: from a small data set, a network would memorise
absolute positions and directions in the room, so the baselines do not see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from ...body.motion import SOLVER_FPS
from ...body.skeleton import JOINT_COUNT
from ...prior.conditioning import ROTATION_FEATURES, rotation_features
from ...training.augmentation import SensedWindows

PositionKind = Literal["global", "local", "shape"]
"""Form of the positions: above the floor and around the window's centre; relative to the head in every frame, except
the head's height; or as "global", with the body's bone lengths added."""

_POSITION_FEATURES: Final[int] = 3 * 3 + 3 * 3 + 2
_POSITION_SPREAD_M: Final[float] = 0.5
_BONE_SPREAD_M: Final[float] = 0.2


@dataclass(frozen=True)
class PositionConditioning:
    """Make conditions that include positions."""

    kind: PositionKind

    @property
    def size(self) -> int:
        """Return the number of features per frame."""
        return ROTATION_FEATURES + _POSITION_FEATURES + (JOINT_COUNT - 1 if self.kind == "shape" else 0)

    def __call__(self, sensed: SensedWindows, R_world_heading: Tensor) -> Tensor:
        """Return the condition (B, T, size) of sensed windows and their headings (B, 3, 3).

        Withheld positions are zero, with a flag that says so: the hands' by ``positions_known``, the head's by
        ``head_motion_known``. So one network is BoDiffusion, InPose (head) and InPose, as in the authors' code.
        """
        to_heading = R_world_heading.transpose(-1, -2)
        places_m = self._places(sensed.positions_m @ to_heading.transpose(-1, -2)[:, None])
        step_m = places_m[:, 1:] - places_m[:, :-1]
        velocity = torch.cat((step_m[:, :1], step_m), dim=1) * SOLVER_FPS
        hands, head = sensed.positions_known, sensed.scale_free.head_motion_known
        known = torch.stack((head, hands, hands), dim=-1)[..., None].to(places_m.dtype)
        features = [
            rotation_features(sensed.scale_free, R_world_heading, SOLVER_FPS),
            (places_m / _POSITION_SPREAD_M * known).flatten(-2),
            (velocity * known).flatten(-2),
            known[..., :2, 0],
        ]
        if self.kind == "shape":
            lengths_m = sensed.offsets_m[:, 1:].norm(dim=-1) / _BONE_SPREAD_M
            features.append(lengths_m[:, None].expand(-1, places_m.shape[1], -1))
        return torch.cat(features, dim=-1)

    def _places(self, positions_m: Tensor) -> Tensor:
        head_m = positions_m[:, :, :1]
        if self.kind == "local":
            height_m = head_m * head_m.new_tensor((0.0, 1.0, 0.0))
            return torch.cat((height_m, positions_m[:, :, 1:] - head_m), dim=2)
        centre_m = head_m.mean(dim=1, keepdim=True)
        return positions_m - centre_m * centre_m.new_tensor((1.0, 0.0, 1.0))
