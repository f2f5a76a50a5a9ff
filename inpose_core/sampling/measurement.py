# SPDX-License-Identifier: Apache-2.0
"""Hold the measurement y of one recording as tensors, next to the body that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..body.kinematics import chain_offsets
from ..body.rotations import quaternion_wxyz_to_matrix
from ..body.skeleton import ELBOW_JOINTS, SENSOR_JOINTS, WRIST_JOINTS, Skeleton
from ..prior.conditioning import ScaleFreeSensors, hand_reach
from ..recording.types import Sensors

_LOWEST_STANDING, _HIGHEST_STANDING = 0.45, 1.3
"""Head heights over the standing one within which a recording's floor is believed; sitting gives 0.5 to 0.7."""
_SHORTEST_ARMS = 0.1
"""Arm length over the standing head height; an adult's is 0.35."""
_MOST_SAMPLES = 1 << 20


@dataclass(frozen=True)
class Measurement:
    """Hold positions and rotations of head and wrists, (F, 3, ...), and the skeleton that they belong to."""

    y_m: Tensor
    """(F, 3, 3) measured joint positions."""
    R_world_sensor: Tensor
    """(F, 3, 3, 3) measured joint rotations."""
    measured: Tensor
    """(F, 3) bool."""
    offsets_m: Tensor
    """(22, 3) rest offsets."""
    kappa: Tensor
    """(3, 22, 3) chain offsets of head, left and right wrist: the paper's kappa."""
    leg_length_m: float
    """Thigh plus shin."""
    body_size_m: float
    """Standing head height; what is small is small in relation to it."""
    sole_height_m: float
    """Height of a standing foot's lowest joint above the floor."""
    head_height_m: Tensor
    """(F,) height of the head joint above the height of a standing foot joint."""
    head_velocity_per_leg: Tensor
    """(F, 3) velocity of the head joint over leg length, per second."""
    fps: float
    noise_m: Tensor
    """(F, 3) noise that is known to be in each device's positions; the likelihood takes the settings' where that is
    larger."""

    @classmethod
    def from_sensors(
        cls,
        sensors: Sensors,
        skeleton: Skeleton,
        device: torch.device,
        noise_m: NDArray[np.float64] | None = None,
    ) -> Measurement:
        """Move a calibrated recording and its skeleton to a device, in float32.

        Args:
            sensors: joint poses.
            skeleton: the body.
            device: where to.
            noise_m: (3,) noise that is known to be in each device's positions.
        """
        noise = np.zeros(3) if noise_m is None else noise_m
        y_m = torch.tensor(sensors.positions_m, dtype=torch.float32, device=device)
        wxyz = torch.tensor(sensors.rotations_wxyz, dtype=torch.float32, device=device)
        offsets_m = torch.tensor(skeleton.offsets_m, dtype=torch.float32, device=device)
        head_m = y_m[:, 0]
        velocity = torch.zeros_like(head_m)
        velocity[1:] = (head_m[1:] - head_m[:-1]) * sensors.fps / skeleton.leg_length_m
        velocity[:1] = velocity[1:2] if len(head_m) > 1 else velocity[:1]
        head_height_m = head_m[:, 1] - skeleton.sole_height_m
        return cls(
            y_m=y_m,
            R_world_sensor=quaternion_wxyz_to_matrix(wxyz),
            measured=torch.tensor(sensors.measured, dtype=torch.bool, device=device),
            offsets_m=offsets_m,
            kappa=chain_offsets(offsets_m, SENSOR_JOINTS),
            leg_length_m=skeleton.leg_length_m,
            body_size_m=skeleton.standing_head_height_m,
            sole_height_m=skeleton.sole_height_m,
            head_height_m=head_height_m,
            head_velocity_per_leg=velocity,
            fps=sensors.fps,
            noise_m=torch.tensor(noise, dtype=torch.float32, device=device).expand(len(y_m), 3),
        )

    @classmethod
    def joined(cls, measurements: Sequence[Measurement]) -> Measurement:
        """Return recordings of the same body one after the other."""
        return replace(
            measurements[0],
            y_m=torch.cat([one.y_m for one in measurements]),
            R_world_sensor=torch.cat([one.R_world_sensor for one in measurements]),
            measured=torch.cat([one.measured for one in measurements]),
            head_height_m=torch.cat([one.head_height_m for one in measurements]),
            head_velocity_per_leg=torch.cat([one.head_velocity_per_leg for one in measurements]),
            noise_m=torch.cat([one.noise_m for one in measurements]),
        )

    @property
    def floor_known(self) -> bool:
        """Say whether heights count from the floor: somewhere in the recording the head is where standing puts it."""
        highest = torch.quantile(self.head_height_m[:_MOST_SAMPLES], 0.95) / self.body_size_m
        return bool(_LOWEST_STANDING < highest < _HIGHEST_STANDING)

    @property
    def has_arms(self) -> bool:
        """Say whether the arms are long enough for it to mean something where the hands are in proportion to them."""
        arms_m = self.offsets_m[[*ELBOW_JOINTS, *WRIST_JOINTS]].norm(dim=-1).sum() / 2
        return bool(arms_m > _SHORTEST_ARMS * self.body_size_m)

    def scale_free(self, use_head_motion: bool, use_hand_reach: bool = True) -> ScaleFreeSensors:
        """Return what the prior may see.

        Without head motion and reach it is the paper's InPose, with head motion alone its InPose (head).
        """
        known = self.measured[:, 0] & (use_head_motion and self.floor_known)
        return ScaleFreeSensors(
            R_world_sensor=self.R_world_sensor,
            measured=self.measured,
            head_height_ratio=self.head_height_m / self.body_size_m,
            head_velocity_per_leg=self.head_velocity_per_leg,
            head_motion_known=known,
            hand_reach=hand_reach(self.y_m, self.R_world_sensor[:, 0], self.offsets_m),
            hand_reach_known=self.measured[:, 0] & (use_hand_reach and self.has_arms),
        )

    def pin_rotations(self, R_world: Tensor) -> Tensor:
        """Return rotations (F, 22, 3, 3) with the measured joints' own replaced by their measurement."""
        joints = list(SENSOR_JOINTS)
        pinned = R_world.clone()
        pinned[:, joints] = torch.where(self.measured[..., None, None], self.R_world_sensor, R_world[:, joints])
        return pinned
