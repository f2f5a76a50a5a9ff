# SPDX-License-Identifier: Apache-2.0
"""Hold the solver's input: any number of measured points of a body, at a constant rate.

A point is one joint that something measures: a headset, a controller, a tracker, or an animator who says where a joint
was. In each frame its position, its rotation, both or neither are measured, each with its noise. All points are rows of
the same likelihood, so everything that can be said about a joint is one more point (`Sensors.with_points`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import BoolArray, FloatArray
from ..body.hands.tracks import FingerTracks
from ..body.motion import SOLVER_FPS
from ..body.skeleton import JOINT_NAMES, SENSOR_JOINTS
from ..errors import InPoseError


@dataclass(frozen=True)
class MeasuredPoint:
    """Hold what is measured of one joint; all arrays have the frames of the `Sensors` that it is added to.

    Poses are in the frame of `Sensors`. Where nothing is measured they may be anything finite.
    """

    joint: int
    """Index in `JOINT_NAMES`."""
    positions_m: FloatArray
    """(F, 3)"""
    measured: BoolArray
    """(F,) where the position is measured."""
    rotations_wxyz: FloatArray | None = None
    """(F, 4); None: no rotation is measured."""
    rotation_measured: BoolArray | None = None
    """(F,) where the rotation is measured; None: wherever the position is, if there are rotations."""
    noise_m: FloatArray | float = 0.0
    """(F,) or one standard deviation of the position; the solver's own expectation counts if that is larger."""
    rotation_noise_rad: FloatArray | float = 0.0
    """(F,) or one standard deviation of the rotation per axis; 0 is exact."""
    shown: bool = True
    """Whether the prior sees the point too, if it was trained to; False: only the likelihood does."""


@dataclass(frozen=True)
class Sensors:
    """Hold calibrated joint poses at a constant rate: the solver's measurement y.

    Right-handed, Y up, metres, floor at y = 0; poses are those of the P joints in ``joints``, identity in a T-pose
    facing +Z, scaled to the skeleton that will be solved. The first three points are always head, left wrist and right
    wrist; one that does not exist is not measured. Any joints may follow, in any order, and a joint may occur twice.
    """

    positions_m: NDArray[np.float64]
    """(F, P, 3)"""
    rotations_wxyz: NDArray[np.float64]
    """(F, P, 4)"""
    measured: NDArray[np.bool_]
    """(F, P) False if the position is interpolated over a loss and must not constrain the body."""
    fps: float = SOLVER_FPS
    start_s: float = 0.0
    """Time of the first frame in the recording, which may be trimmed."""
    seated: NDArray[np.bool_] | None = None
    """(F,) True where the performer is known to sit; None: nothing is known of it."""
    joints: tuple[int, ...] = SENSOR_JOINTS
    """The joint of each point."""
    rotation_measured: NDArray[np.bool_] | None = None
    """(F, P) where the rotation is measured; None: wherever the position is. A headset that only turns has rotations,
    a marker has positions."""
    noise_m: NDArray[np.float64] | None = None
    """(F, P) standard deviation of the positions; None: only the solver's own expectation counts."""
    rotation_noise_rad: NDArray[np.float64] | None = None
    """(F, P) standard deviation of the rotations, per axis; None: they are exact."""
    shown: tuple[bool, ...] | None = None
    """Whether the prior sees each point too; None: all of them."""

    told_stands: NDArray[np.int8] | None = None
    """(F, 2) 1 where somebody says that the left or the right foot stands, -1 where it does not, else 0; None: nobody
    says anything."""
    told_seated: NDArray[np.bool_] | None = None
    """(F,) True where somebody says that the performer sits, and a measured pelvis is the place; such frames are
    `seated`, too. None: nobody says anything."""
    fingers: FingerTracks | None = None
    """What is known of the fingers. The solver does not use it; the motion gets it as it is."""

    def __len__(self) -> int:
        return len(self.positions_m)

    @property
    def rotation_known(self) -> NDArray[np.bool_]:
        """Return where the rotation of each point is measured, (F, P)."""
        return self.measured if self.rotation_measured is None else self.rotation_measured

    def part(self, frames: slice) -> Sensors:
        """Return the sensors of some of the frames."""
        return replace(
            self,
            positions_m=self.positions_m[frames],
            rotations_wxyz=self.rotations_wxyz[frames],
            measured=self.measured[frames],
            start_s=self.start_s + (frames.start or 0) / self.fps,
            seated=_part(self.seated, frames),
            told_stands=_part(self.told_stands, frames),
            told_seated=_part(self.told_seated, frames),
            rotation_measured=_part(self.rotation_measured, frames),
            noise_m=_part(self.noise_m, frames),
            rotation_noise_rad=_part(self.rotation_noise_rad, frames),
            fingers=None if self.fingers is None else self.fingers.part(frames),
        )

    def with_points(self, *points: MeasuredPoint) -> Sensors:
        """Return the sensors with more measured points.

        Raises:
            InPoseError: a point has another number of frames, or there is no such joint.
        """
        frames = len(self)
        for point in points:
            if not 0 <= point.joint < len(JOINT_NAMES):
                raise InPoseError(f"There is no joint {point.joint}.", f"The last one is {len(JOINT_NAMES) - 1}.")
            if len(point.positions_m) != frames or len(point.measured) != frames:
                raise InPoseError(
                    f"The measured {JOINT_NAMES[point.joint]} has {len(point.positions_m)} frames instead of {frames}.",
                    "A point needs a value in every frame, also where it is not measured.",
                )
        identity = np.tile((1.0, 0.0, 0.0, 0.0), (frames, 1))
        nothing = np.zeros(frames, np.bool_)
        joined = self
        for point in points:
            turned = nothing if point.rotations_wxyz is None else point.measured
            if point.rotations_wxyz is not None and point.rotation_measured is not None:
                turned = point.rotation_measured
            rotations_wxyz = identity if point.rotations_wxyz is None else point.rotations_wxyz
            noise_m, noise_rad = _spread(point.noise_m, frames), _spread(point.rotation_noise_rad, frames)
            joined = replace(
                joined,
                positions_m=_beside(joined.positions_m, point.positions_m),
                rotations_wxyz=_beside(joined.rotations_wxyz, rotations_wxyz),
                measured=_beside(joined.measured, point.measured),
                joints=(*joined.joints, point.joint),
                rotation_measured=_beside(joined.rotation_known, turned),
                noise_m=_beside(_or_zero(joined.noise_m, joined.measured), noise_m),
                rotation_noise_rad=_beside(_or_zero(joined.rotation_noise_rad, joined.measured), noise_rad),
                shown=(*(joined.shown or (True,) * len(joined.joints)), point.shown),
            )
        return joined


def _part(values: NDArray[Any] | None, frames: slice) -> NDArray[Any] | None:
    return None if values is None else values[frames]


def _beside(values: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
    """Return series (F, P, ...) with one more point (F, ...)."""
    return np.concatenate((values, more[:, None]), axis=1)


def _or_zero(noise: FloatArray | None, measured: BoolArray) -> FloatArray:
    return np.zeros(measured.shape) if noise is None else noise


def _spread(noise: FloatArray | float, frames: int) -> FloatArray:
    return np.broadcast_to(np.asarray(noise, np.float64), (frames,))
