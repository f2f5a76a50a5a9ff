# SPDX-License-Identifier: Apache-2.0
"""Hold the measurement y of one recording as arrays, with the body that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..body.kinematics import chain_offsets
from ..body.rotations import matrix_to_rotvec, norm, quaternion_wxyz_to_matrix, rotvec_to_matrix
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    KNEE_JOINTS,
    PELVIS_JOINT,
    SENSOR_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from ..numerics import Array, Backend, namespace_of
from ..prior.conditioning import ScaleFreeSensors, hand_reach
from ..prior.trackers import TRACKER_JOINTS, Trackers, tracker_places
from ..recording.types import Sensors

_LOWEST_STANDING, _HIGHEST_STANDING = 0.45, 1.3
"""Head heights over the standing one within which a recording's floor is believed; sitting gives 0.5 to 0.7."""
_SHORTEST_ARMS = 0.1
"""Arm length over the standing head height; an adult's is 0.35."""
_MOST_SAMPLES = 1 << 20
_LEAST_VARIANCE = 1e-12
_SERIES = (
    "y_m",
    "R_world_sensor",
    "measured",
    "head_height_m",
    "head_velocity_per_leg",
    "noise_m",
    "rotation_measured",
    "rotation_noise_rad",
    "told_stands",
)
"""The fields whose first axis is time."""
_OF_POINTS = ("y_m", "R_world_sensor", "measured", "noise_m", "rotation_measured", "rotation_noise_rad")
"""Those of them whose second axis is the points."""
_FIRST = len(SENSOR_JOINTS)
"""Head and hands, which come before all other points."""


@dataclass(frozen=True)
class Measurement:
    """Hold positions and rotations of P measured points, (F, P, ...), and the skeleton that they belong to.

    The first three points are head, left wrist and right wrist, as in `Sensors`.
    """

    y_m: Array
    """(F, P, 3) measured joint positions."""
    R_world_sensor: Array
    """(F, P, 3, 3) measured joint rotations."""
    measured: Array
    """(F, P) bool: where positions are measured."""
    offsets_m: Array
    """(22, 3) rest offsets."""
    kappa: Array
    """(P, 22, 3) chain offsets of the points: the paper's kappa."""
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
    """(F, P) known noise of each point's positions; the likelihood uses the settings' noise if that is larger."""
    joints: tuple[int, ...] = SENSOR_JOINTS
    """The joint of each point."""
    rotation_measured: Array | None = None
    """(F, P) bool: where rotations are measured; None: wherever positions are."""
    rotation_noise_rad: Array | None = None
    """(F, P) standard deviation of the rotations per axis; None: they are exact."""
    told_stands: Array | None = None
    """(F, 2) 1 where a foot is said to stand, -1 where it is said not to, else 0; None: nothing is said."""
    shown: tuple[bool, ...] | None = None
    """Whether the prior sees each point; None: all of them."""

    @classmethod
    def from_sensors(
        cls, sensors: Sensors, skeleton: Skeleton, backend: Backend, noise_m: FloatArray | None = None
    ) -> Measurement:
        """Return the measurement of a calibrated recording on a skeleton, as float32 arrays of a backend.

        Args:
            sensors: joint poses.
            skeleton: the body.
            backend: the library and the device that compute.
            noise_m: (P,) noise that was found in each point's positions; the sensors' own counts if that is larger.
        """
        head_m = sensors.positions_m[:, 0]
        velocity = np.diff(head_m, axis=0) * sensors.fps / skeleton.leg_length_m
        # The first frame moves as the second does.
        velocity = np.concatenate((velocity[:1], velocity)) if len(velocity) else np.zeros_like(head_m)
        noise = np.zeros(len(sensors.joints)) if noise_m is None else noise_m
        noise = np.broadcast_to(noise, sensors.measured.shape)
        offsets_m = backend.asarray(skeleton.offsets_m)
        turned, turn_noise = sensors.rotation_measured, sensors.rotation_noise_rad
        return cls(
            y_m=backend.asarray(sensors.positions_m),
            R_world_sensor=quaternion_wxyz_to_matrix(backend.asarray(sensors.rotations_wxyz)),
            measured=backend.asarray(sensors.measured),
            offsets_m=offsets_m,
            kappa=chain_offsets(offsets_m, sensors.joints),
            leg_length_m=skeleton.leg_length_m,
            body_size_m=skeleton.standing_head_height_m,
            sole_height_m=skeleton.sole_height_m,
            head_height_m=backend.asarray(head_m[:, 1] - skeleton.sole_height_m),
            head_velocity_per_leg=backend.asarray(velocity),
            fps=sensors.fps,
            noise_m=backend.asarray(noise if sensors.noise_m is None else np.maximum(noise, sensors.noise_m)),
            joints=sensors.joints,
            rotation_measured=None if turned is None else backend.asarray(turned),
            rotation_noise_rad=None if turn_noise is None else backend.asarray(turn_noise),
            told_stands=None
            if sensors.told_stands is None
            else backend.asarray(sensors.told_stands.astype(np.float64)),
            shown=sensors.shown,
        )

    @classmethod
    def joined(cls, measurements: Sequence[Measurement]) -> Measurement:
        """Return recordings of the same points of the same body one after the other."""
        first = measurements[0]
        xp = namespace_of(first.y_m)
        series = [name for name in _SERIES if getattr(first, name) is not None]
        return replace(first, **{name: xp.concat([getattr(one, name) for one in measurements]) for name in series})

    def part(self, frames: slice | Array) -> Measurement:
        """Return the measurement of some of the frames."""
        series = {name: getattr(self, name) for name in _SERIES}
        cut: dict[str, Any] = {name: None if value is None else value[frames] for name, value in series.items()}
        return replace(self, **cut)

    def of_points_with_positions(self) -> Measurement:
        """Return the measurement without further points whose position is nowhere measured; head and hands stay."""
        used = [p for p in range(len(self.joints)) if p < _FIRST or bool(self.measured[:, p].any())]
        if len(used) == len(self.joints):
            return self
        points = {name: getattr(self, name) for name in _OF_POINTS}
        fewer: dict[str, Any] = {name: None if value is None else value[:, used] for name, value in points.items()}
        return replace(
            self,
            **fewer,
            kappa=self.kappa[used],
            joints=tuple(self.joints[p] for p in used),
            shown=None if self.shown is None else tuple(self.shown[p] for p in used),
        )

    @property
    def rotation_known(self) -> Array:
        """Return where the rotation of each point is measured, (F, P) bool."""
        return self.measured if self.rotation_measured is None else self.rotation_measured

    @property
    def known_anywhere(self) -> Array:
        """Return what is measured in each frame, (F, N) bool: positions, and rotations where those differ, of head and
        hands, and of further points that are measured at any time."""
        known = self.measured
        if self.rotation_measured is not None:
            known = namespace_of(known).concat((known, self.rotation_measured), axis=1)
        points = len(self.joints)
        return known[:, [k for k in range(known.shape[1]) if k % points < _FIRST or bool(known[:, k].any())]]

    @property
    def feet_measured(self) -> Array:
        """Return whether each foot's place is measured, at the ankle or at the toes, (F, 2) bool."""
        feet = [self._any_measured(side) for side in zip(ANKLE_JOINTS, TOE_JOINTS, strict=True)]
        return namespace_of(self.measured).stack(feet, axis=-1)

    @property
    def knees_measured(self) -> Array:
        """Return whether each knee's place is measured, (F, 2) bool."""
        return namespace_of(self.measured).stack([self._any_measured((knee,)) for knee in KNEE_JOINTS], axis=-1)

    @property
    def hips_measured(self) -> Array:
        """Return whether the pelvis' place is measured, itself or at a hip, (F,) bool."""
        return self._any_measured((PELVIS_JOINT, *HIP_JOINTS))

    def _any_measured(self, joints: Sequence[int]) -> Array:
        return self.measured[:, [p for p, joint in enumerate(self.joints) if joint in joints]].any(axis=-1)

    @property
    def floor_known(self) -> bool:
        """Return whether heights count from the floor: then the head is at its standing height at some time.

        Frames in which the head is lost do not count, unless it is lost in all of them.
        """
        seen_m = self.head_height_m[self.measured[:, 0]]
        heights_m = seen_m if len(seen_m) else self.head_height_m
        highest_m = namespace_of(heights_m).quantile(heights_m[:_MOST_SAMPLES], 0.95)
        return _LOWEST_STANDING < highest_m / self.body_size_m < _HIGHEST_STANDING

    @property
    def has_arms(self) -> bool:
        """Return whether the arms are long enough that positions of the hands in proportion to them mean something."""
        arms_m = float(norm(self.offsets_m[[*ELBOW_JOINTS, *WRIST_JOINTS]]).sum()) / 2
        return arms_m > _SHORTEST_ARMS * self.body_size_m

    def scale_free(
        self, use_head_motion: bool, use_hand_reach: bool = True, use_trackers: bool = True
    ) -> ScaleFreeSensors:
        """Return the sensor data that the prior may see.

        Without head motion and reach it is the paper's InPose, with head motion alone its InPose (head).
        """
        known = self.measured[:, 0] & (use_head_motion and self.floor_known)
        reach_known = self.measured[:, 0] & (use_hand_reach and self.has_arms)
        # The condition has one mask for both hands' places, and one for a hand's pose: of a hand that only turns it
        # can say the rotation only without the places.
        reach_known = reach_known & ~(self.rotation_known & ~self.measured)[:, 1:_FIRST].any(axis=-1)
        return ScaleFreeSensors(
            R_world_sensor=self.R_world_sensor[:, :_FIRST],
            measured=self.rotation_known[:, :_FIRST],
            head_height_ratio=self.head_height_m / self.body_size_m,
            head_velocity_per_leg=self.head_velocity_per_leg,
            head_motion_known=known,
            hand_reach=hand_reach(self.y_m[:, :_FIRST], self.R_world_sensor[:, 0], self.offsets_m),
            hand_reach_known=reach_known,
            trackers=self._trackers() if use_trackers else None,
        )

    def _trackers(self) -> Trackers | None:
        """Return what the prior sees of further points; None if there are none that it knows."""
        points = {joint: p for p, joint in enumerate(self.joints) if p >= _FIRST and joint in TRACKER_JOINTS}
        points = {joint: p for joint, p in points.items() if self.shown is None or self.shown[p]}
        if not points:
            return None
        xp = namespace_of(self.y_m)
        # A place that nobody measures takes the head's pose, which is ignored.
        index = [points.get(joint, 0) for joint in TRACKER_JOINTS]
        worn = xp.asarray([joint in points for joint in TRACKER_JOINTS], self.measured)
        head = self.measured[:, :1] & self.rotation_known[:, :1]
        return Trackers(
            R_world=self.R_world_sensor[:, index],
            place=tracker_places(self.y_m[:, index], self.y_m[:, 0], self.R_world_sensor[:, 0], self.offsets_m),
            rotation_known=self.rotation_known[:, index] & worn,
            place_known=self.measured[:, index] & worn & head,
        )

    def pin_rotations(self, R_world: Array, variance: Array | None = None) -> Array:
        """Return rotations (F, 22, 3, 3) after each was turned to its measurement, if it has one.

        Args:
            R_world: the estimate, (F, 22, 3, 3).
            variance: tangent variance of each joint's estimate in rad^2, (22,): a noisy measurement counts against it,
                an exact one replaces the estimate. None: every measurement replaces it.
        """
        xp = namespace_of(R_world)
        pinned = xp.copy(R_world)
        left = [None] * len(R_world[0]) if variance is None else list(variance)
        for p, joint in enumerate(self.joints):
            known = self.rotation_known[:, p]
            if p >= _FIRST and not bool(known.any()):
                continue
            wanted = self.R_world_sensor[:, p]
            noise_rad = None if self.rotation_noise_rad is None or p < _FIRST else self.rotation_noise_rad[:, p]
            if variance is not None and noise_rad is not None:
                noise = noise_rad**2
                share = left[joint] / (left[joint] + noise).clip(min=_LEAST_VARIANCE)
                if bool(noise_rad.any()):  # an exact one goes all the way, which needs no turn
                    way = matrix_to_rotvec(wanted @ pinned[:, joint].swapaxes(-1, -2))
                    wanted = rotvec_to_matrix(share[:, None] * way) @ pinned[:, joint]
                left[joint] = xp.where(known, share * noise, left[joint])
            pinned[:, joint] = xp.where(known[:, None, None], wanted, pinned[:, joint])
        return pinned

    def variance_left(self, variance: Array) -> Array:
        """Return the tangent variance of each joint after `pin_rotations`, frames last: (22,), or (22, F) if a joint
        that carries others is among the points with a rotation.

        Args:
            variance: of the estimate, (22,).
        """
        xp = namespace_of(variance)
        left = variance
        for p, joint in enumerate(self.joints):
            known = self.rotation_known[:, p]
            # Head and wrists carry no measured joint, so that their variance does not matter.
            if p < _FIRST or not bool(known.any()):
                continue
            if left is variance:
                left = xp.copy(xp.broadcast_to(variance[:, None], (len(variance), len(known))))
            noise = 0.0 if self.rotation_noise_rad is None else self.rotation_noise_rad[:, p] ** 2
            shrunk = left[joint] * noise / (left[joint] + noise).clip(min=_LEAST_VARIANCE)
            left[joint] = xp.where(known, shrunk, left[joint])
        return left
