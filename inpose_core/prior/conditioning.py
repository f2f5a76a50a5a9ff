# SPDX-License-Identifier: Apache-2.0
"""Build the prior's condition from the sensors: scale-free, in the heading frame of the window.

Per frame: the three measured rotations (6D), their angular velocities, the head's height over the skeleton's own
standing head height, the head's velocity over its leg length, and masks that say what is measured.
Positions never enter (paper, Section 3: they would carry the body's size); heights and velocities enter as ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from ..rotations import matrix_to_sixd, mean_heading

SENSOR_COUNT: Final[int] = 3
ROTATION_FEATURES: Final[int] = SENSOR_COUNT * (6 + 3 + 1)
CONDITION_SIZE: Final[int] = ROTATION_FEATURES + 1 + 3 + 1
_ANGULAR_VELOCITY_UNIT: Final[float] = 5.0
"""rad/s that count as 1, so that the features have about unit variance."""
_HEIGHT_SPREAD: Final[float] = 0.2


@dataclass(frozen=True)
class ScaleFreeSensors:
    """Hold what the prior may know of the sensors, in the world frame; time is the last leading axis."""

    R_world_sensor: Tensor
    """(..., T, 3, 3, 3) rotation of head, left wrist, right wrist."""
    measured: Tensor
    """(..., T, 3) bool; rotations that are not measured are ignored."""
    head_height_ratio: Tensor
    """(..., T) height of the head joint above the lowest standing foot joint, over that of the T-pose."""
    head_velocity_per_leg: Tensor
    """(..., T, 3) velocity of the head joint in the world, leg lengths per second."""
    head_motion_known: Tensor
    """(..., T) bool; False withholds height and velocity (the paper's InPose, against InPose (head))."""

    def windowed(self, index: Tensor) -> ScaleFreeSensors:
        """Return windows (N, T, ...) of a recording (F, ...) at the frames ``index`` (N, T).

        Where a window runs backwards, beyond the end of a short recording, so does the head: as in training.
        """
        before = torch.cat((index[:, :1] - 1, index[:, :-1]), dim=1)
        velocity = self.head_velocity_per_leg[torch.maximum(index, before)]
        velocity = torch.where((index >= before)[..., None], velocity, -velocity)
        windows = {name: value[index] for name, value in vars(self).items()}
        return ScaleFreeSensors(**{**windows, "head_velocity_per_leg": velocity})


def window_heading(R_world_head: Tensor) -> Tensor:
    """Return the mean heading of the head over a window's time, (..., 3, 3), from (..., T, 3, 3)."""
    return mean_heading(R_world_head)


def angular_velocity(R_world: Tensor, fps: float) -> Tensor:
    """Return world angular velocities (..., T, N, 3) in rad/s of rotations (..., T, N, 3, 3); the first is repeated.

    The sine of the angle stands for the angle, which at 60 Hz differs below 1 % up to 14 rad per second.
    """
    step = R_world[..., 1:, :, :, :] @ R_world[..., :-1, :, :, :].transpose(-1, -2)
    sine_axis = 0.5 * torch.stack(
        (
            step[..., 2, 1] - step[..., 1, 2],
            step[..., 0, 2] - step[..., 2, 0],
            step[..., 1, 0] - step[..., 0, 1],
        ),
        dim=-1,
    )
    return torch.cat((sine_axis[..., :1, :, :], sine_axis), dim=-3) * fps


def condition_features(sensors: ScaleFreeSensors, R_world_heading: Tensor, fps: float) -> Tensor:
    """Return the condition of windows, (..., T, CONDITION_SIZE).

    Args:
        sensors: windows of sensors, in the world frame.
        R_world_heading: heading of each window, (..., 3, 3); the features are expressed in it.
        fps: frames per second.
    """
    to_heading = R_world_heading.transpose(-1, -2)
    rotation = rotation_features(sensors, R_world_heading, fps)
    known = sensors.head_motion_known.to(rotation.dtype)[..., None]
    height = (sensors.head_height_ratio[..., None] - 1.0) / _HEIGHT_SPREAD * known
    velocity = (sensors.head_velocity_per_leg @ to_heading.transpose(-1, -2)) * known
    return torch.cat((rotation, height.clamp(-8, 8), velocity.clamp(-8, 8), known), dim=-1)


def rotation_features(sensors: ScaleFreeSensors, R_world_heading: Tensor, fps: float) -> Tensor:
    """Return what the condition says of the measured rotations, (..., T, 30); arguments as `condition_features`."""
    to_heading = R_world_heading.transpose(-1, -2)
    # A velocity needs two measured frames.
    both = sensors.measured.clone()
    both[..., 1:, :] &= sensors.measured[..., :-1, :]
    rotation = matrix_to_sixd(to_heading[..., None, None, :, :] @ sensors.R_world_sensor)
    rotation = rotation * sensors.measured[..., None]
    omega = angular_velocity(sensors.R_world_sensor, fps) / _ANGULAR_VELOCITY_UNIT
    omega = (omega @ to_heading.transpose(-1, -2)[..., None, :, :]) * both[..., None]
    measured = sensors.measured.to(rotation.dtype)
    return torch.cat((rotation.flatten(-2), omega.clamp(-5, 5).flatten(-2), measured), dim=-1)
