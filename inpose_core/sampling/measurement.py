# SPDX-License-Identifier: Apache-2.0
"""Hold the measurement y of one recording as arrays, with the body that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import FloatArray
from ..body.kinematics import chain_offsets
from ..body.rotations import norm, quaternion_wxyz_to_matrix
from ..body.skeleton import ELBOW_JOINTS, SENSOR_JOINTS, WRIST_JOINTS, Skeleton
from ..numerics import Array, Backend, namespace_of
from ..prior.conditioning import ScaleFreeSensors, hand_reach
from ..recording.types import Sensors

_LOWEST_STANDING, _HIGHEST_STANDING = 0.45, 1.3
"""Head heights over the standing one within which a recording's floor is believed; sitting gives 0.5 to 0.7."""
_SHORTEST_ARMS = 0.1
"""Arm length over the standing head height; an adult's is 0.35."""
_MOST_SAMPLES = 1 << 20
_SERIES = ("y_m", "R_world_sensor", "measured", "head_height_m", "head_velocity_per_leg", "noise_m")
"""The fields whose first axis is time."""


@dataclass(frozen=True)
class Measurement:
    """Hold positions and rotations of head and wrists, (F, 3, ...), and the skeleton that they belong to."""

    y_m: Array
    """(F, 3, 3) measured joint positions."""
    R_world_sensor: Array
    """(F, 3, 3, 3) measured joint rotations."""
    measured: Array
    """(F, 3) bool."""
    offsets_m: Array
    """(22, 3) rest offsets."""
    kappa: Array
    """(3, 22, 3) chain offsets of head, left and right wrist: the paper's kappa."""
    leg_length_m: float
    """Thigh plus shin."""
    body_size_m: float
    """Standing head height; tolerances are shares of it."""
    sole_height_m: float
    """Height of a standing foot's lowest joint above the floor."""
    head_height_m: Array
    """(F,) height of the head joint above the height of a standing foot joint."""
    head_velocity_per_leg: Array
    """(F, 3) velocity of the head joint over leg length, per second."""
    fps: float
    noise_m: Array
    """(F, 3) known noise of each device's positions; the likelihood uses the settings' noise if that is larger."""

    @classmethod
    def from_sensors(
        cls, sensors: Sensors, skeleton: Skeleton, backend: Backend, noise_m: FloatArray | None = None
    ) -> Measurement:
        """Return the measurement of a calibrated recording on a skeleton, as float32 arrays of a backend.

        Args:
            sensors: joint poses.
            skeleton: the body.
            backend: the library and the device that compute.
            noise_m: (3,) known noise of each device's positions.
        """
        head_m = sensors.positions_m[:, 0]
        velocity = np.diff(head_m, axis=0) * sensors.fps / skeleton.leg_length_m
        # The first frame moves as the second does.
        velocity = np.concatenate((velocity[:1], velocity)) if len(velocity) else np.zeros_like(head_m)
        noise = np.zeros(3) if noise_m is None else noise_m
        offsets_m = backend.asarray(skeleton.offsets_m)
        return cls(
            y_m=backend.asarray(sensors.positions_m),
            R_world_sensor=quaternion_wxyz_to_matrix(backend.asarray(sensors.rotations_wxyz)),
            measured=backend.asarray(sensors.measured),
            offsets_m=offsets_m,
            kappa=chain_offsets(offsets_m, SENSOR_JOINTS),
            leg_length_m=skeleton.leg_length_m,
            body_size_m=skeleton.standing_head_height_m,
            sole_height_m=skeleton.sole_height_m,
            head_height_m=backend.asarray(head_m[:, 1] - skeleton.sole_height_m),
            head_velocity_per_leg=backend.asarray(velocity),
            fps=sensors.fps,
            noise_m=backend.asarray(np.broadcast_to(noise, (len(head_m), 3))),
        )

    @classmethod
    def joined(cls, measurements: Sequence[Measurement]) -> Measurement:
        """Return recordings of the same body one after the other."""
        xp = namespace_of(measurements[0].y_m)
        return replace(
            measurements[0], **{name: xp.concat([getattr(one, name) for one in measurements]) for name in _SERIES}
        )

    def part(self, frames: slice) -> Measurement:
        """Return the measurement of some of the frames."""
        return replace(self, **{name: getattr(self, name)[frames] for name in _SERIES})

    @property
    def floor_known(self) -> bool:
        """Return whether heights count from the floor: then the head is at its standing height at some time."""
        highest_m = namespace_of(self.head_height_m).quantile(self.head_height_m[:_MOST_SAMPLES], 0.95)
        return _LOWEST_STANDING < highest_m / self.body_size_m < _HIGHEST_STANDING

    @property
    def has_arms(self) -> bool:
        """Return whether the arms are long enough that positions of the hands in proportion to them mean something."""
        arms_m = float(norm(self.offsets_m[[*ELBOW_JOINTS, *WRIST_JOINTS]]).sum()) / 2
        return arms_m > _SHORTEST_ARMS * self.body_size_m

    def scale_free(self, use_head_motion: bool, use_hand_reach: bool = True) -> ScaleFreeSensors:
        """Return the sensor data that the prior may see.

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

    def pin_rotations(self, R_world: Array) -> Array:
        """Return rotations (F, 22, 3, 3) with the measured joints' own replaced by their measurement."""
        xp = namespace_of(R_world)
        pinned = xp.copy(R_world)
        for sensor, joint in enumerate(SENSOR_JOINTS):
            known = self.measured[:, sensor, None, None]
            pinned[:, joint] = xp.where(known, self.R_world_sensor[:, sensor], R_world[:, joint])
        return pinned
