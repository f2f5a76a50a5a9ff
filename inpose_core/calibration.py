# SPDX-License-Identifier: Apache-2.0
"""Turn device poses into joint poses, in the size of the body that will be solved.

Where the offsets come from:

* head: the eyes of a person of 1.75 m lie 6 cm above and 10 cm in front of the head joint (MakeHuman 3 and 11 cm,
  Mixamo 8 and 10 cm, LibOVR's neck model 7.5 and 8 cm).
* grip: the wrist in the OpenXR grip frame, measured in a capture of a Quest 3 that recorded both: L (-37, 65, 2) mm,
  the same within 1 mm for the right hand mirrored; the axes are exact permutations of each other.
* aim: the same capture, grip to aim: L (10, -23, -46) mm, 44.9 degrees down, 6.6 in, 2.7 about the roll.
* raw: the wrist in the raw OpenVR frame of a Vive wand, measured as the least moving point against a forearm tracker;
  the grip is pitched up by 15 degrees as Monado has it for Index controllers.
* saber: the game pitches the saber by 16.3 degrees and shifts it by (0, 22, -10) mm on Index controllers
  (Unity axes, before any setting of the player); with Monado's grip of the Index, 15.4 degrees at (0, -15, 130) mm,
  the grip lies 12 cm behind the saber's origin on the line of the blade. Its pitch to the hand is the players'
  choice: on two replays of one player, elbows between a shoulder below the head and the wrist bend the
  wrist least (95th percentile 67 to 78 degrees instead of 103 to 114) and reach it most often when the blade lies as
  the aim does, 45 degrees from the grip towards the fingers. A replay that tells the offset needs none of this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import CalibrationError
from .quaternions import (
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    rotate_vector,
)
from .recording.resample import resample_recording
from .recording.stature import EYE_HEIGHT_RATIO, has_eye_level_origin, standing_height_m
from .recording.types import SOLVER_FPS, HandOffsets, PoseType, Recording, Sensors
from .skeleton import Skeleton

FloatArray = NDArray[np.float64]

HEAD_JOINT_IN_HEADSET_M: Final[tuple[float, float, float]] = (0.0, -0.06, 0.10)
"""For a performer of `_REFERENCE_STATURE_M`; +Z points to the back of the head."""

_REFERENCE_STATURE_M: Final[float] = 1.75
SMALLEST_STATURE_M: Final[float] = 0.5
LARGEST_STATURE_M: Final[float] = 2.6
_SEATED_STATURE_M: Final[float] = 1.35

_HALF_TURN_ABOUT_Y: Final[tuple[float, float, float, float]] = (0.0, 0.0, 1.0, 0.0)
"""A device looks along -Z, the head joint faces +Z."""


@dataclass(frozen=True)
class CalibrationSettings:
    """Say what the recording does not: how tall the performer is, and what the hand poses are."""

    stature_m: float | None = None
    """The performer's height from floor to crown; None estimates it from the headset's height."""
    pose: PoseType | None = None
    """None takes what the recording says, else "grip"."""
    fps: float = SOLVER_FPS


@dataclass(frozen=True)
class Calibrated:
    """Hold the solver's measurement and how it came about."""

    sensors: Sensors
    pose: PoseType
    stature_m: float
    """The performer's."""
    scale: float
    """Skeleton size over performer size."""
    notes: tuple[str, ...]


class RigidOffset(NamedTuple):
    """A pose in a parent frame."""

    position_m: FloatArray
    wxyz: FloatArray

    def then(self, inner: RigidOffset) -> RigidOffset:
        """Return the pose of ``inner``, which is given in this frame, in this frame's parent."""
        return RigidOffset(
            self.position_m + rotate_vector(self.wxyz, inner.position_m), multiply_quaternions(self.wxyz, inner.wxyz)
        )

    def inverse(self) -> RigidOffset:
        """Return the pose of the parent frame in this frame."""
        back = conjugate_quaternion(self.wxyz)
        return RigidOffset(-rotate_vector(back, self.position_m), back)


def calibrate(recording: Recording, skeleton: Skeleton, settings: CalibrationSettings | None = None) -> Calibrated:
    """Return joint poses at a constant rate, scaled about the floor to the skeleton.

    A recording of "joint" poses is only resampled: no offsets, no scaling, and its floor stays where it is.

    Raises:
        CalibrationError: the performer's stature is impossible, or cannot be told from the recording.
    """
    settings = settings or CalibrationSettings()
    pose: PoseType = settings.pose or recording.pose or "grip"
    if settings.stature_m is not None and not SMALLEST_STATURE_M <= settings.stature_m <= LARGEST_STATURE_M:
        raise CalibrationError(
            f"A stature of {settings.stature_m:g} m is not a person's.", "Give the performer's height in metres."
        )
    resampled = resample_recording(recording, settings.fps)
    if pose == "joint":
        stature_m = settings.stature_m or skeleton.stature_m
        sensors = Sensors(resampled.positions_m, resampled.rotations_wxyz, resampled.measured, settings.fps)
        return Calibrated(sensors, pose, stature_m, 1.0, recording.notes)

    notes = list(recording.notes)
    stature_m, lift_m = _stature_and_lift(recording, settings.stature_m, notes)
    positions_m = resampled.positions_m + np.array((0.0, lift_m, 0.0))
    joints_m = np.empty_like(positions_m)
    rotations_wxyz = np.empty_like(resampled.rotations_wxyz)
    offsets = (head_offset(stature_m), *(_hand_offset(pose, side, recording.hand_offsets) for side in (0, 1)))
    for device, offset in enumerate(offsets):
        R_world_device = resampled.rotations_wxyz[:, device]
        joints_m[:, device] = positions_m[:, device] + rotate_vector(R_world_device, offset.position_m)
        rotations_wxyz[:, device] = continuous_signs(multiply_quaternions(R_world_device, offset.wxyz))
    if settings.pose is None and recording.pose is None:
        notes.append("The recording does not say what its hand poses are; OpenXR grip poses are assumed.")

    scale = _standing_head_joint_m(skeleton) / _performer_head_joint_m(stature_m)
    sensors = Sensors(joints_m * scale, rotations_wxyz, resampled.measured, settings.fps)
    return Calibrated(sensors, pose, stature_m, scale, tuple(notes))


def head_offset(stature_m: float) -> RigidOffset:
    """Return the head joint in the headset's frame for a performer of this stature."""
    size = stature_m / _REFERENCE_STATURE_M
    return RigidOffset(np.array(HEAD_JOINT_IN_HEADSET_M) * size, np.array(_HALF_TURN_ABOUT_Y))


def wrist_offset(pose: PoseType, side: int) -> RigidOffset:
    """Return the wrist joint in the frame of the recorded hand pose, for side 0 (left) or 1 (right)."""
    left = _LEFT_WRIST_OFFSETS[pose]
    return left if side == 0 else _mirror(left)


def _hand_offset(pose: PoseType, side: int, known: HandOffsets | None) -> RigidOffset:
    if pose != "saber" or known is None:
        return wrist_offset(pose, side)
    saber_in_controller = RigidOffset(known.positions_m[side], known.rotations_wxyz[side])
    return saber_in_controller.inverse().then(wrist_offset(known.controller_pose, side))


def _stature_and_lift(recording: Recording, given_m: float | None, notes: list[str]) -> tuple[float, float]:
    """Return the performer's stature, and how far the recording must be lifted to stand on y = 0."""
    standing_m = standing_height_m(recording)
    if standing_m is None:
        raise CalibrationError("The head is never measured.", "Record with the headset on.")
    if has_eye_level_origin(recording):
        if given_m is None:
            raise CalibrationError(
                "The heights in this recording count from the eyes, not from the floor.",
                "Give the performer's stature (--stature 1.75).",
            )
        notes.append("Heights count from the eyes; the floor was put below them by the given stature.")
        return given_m, EYE_HEIGHT_RATIO * given_m - standing_m
    estimated_m = standing_m / EYE_HEIGHT_RATIO
    if given_m is not None:
        if not 0.6 * given_m < estimated_m < 1.5 * given_m:
            notes.append(
                f"The headset's height fits a performer of {estimated_m:.2f} m, not {given_m:.2f} m: "
                "check the floor and the unit."
            )
        return given_m, 0.0
    if not SMALLEST_STATURE_M <= estimated_m <= LARGEST_STATURE_M:
        raise CalibrationError(
            f"By the headset's height of {standing_m:.3g} m the performer would be {estimated_m:.3g} m tall.",
            "Give the stature (--stature 1.75) and check that the file is in metres above the floor, Y up.",
        )
    if estimated_m < _SEATED_STATURE_M:
        notes.append(f"The stature is estimated at {estimated_m:.2f} m; if the performer sat, give the real one.")
    return estimated_m, 0.0


def _performer_head_joint_m(stature_m: float) -> float:
    """Return the height of the performer's head joint above the floor when standing and looking ahead."""
    return EYE_HEIGHT_RATIO * stature_m + float(head_offset(stature_m).position_m[1])


def _standing_head_joint_m(skeleton: Skeleton) -> float:
    return skeleton.standing_head_height_m + skeleton.sole_height_m


def _mirror(offset: RigidOffset) -> RigidOffset:
    """Reflect a left hand's offset in X for the right hand.

    The reflection S = diag(-1, 1, 1) turns R into S R S: the quaternion's y and z change sign.
    """
    return RigidOffset(offset.position_m * (-1.0, 1.0, 1.0), offset.wxyz * (1.0, 1.0, -1.0, -1.0))


def _from_rotvec_deg(rotvec_deg: ArrayLike) -> FloatArray:
    rotvec = np.radians(np.asarray(rotvec_deg, dtype=np.float64))
    angle = float(np.linalg.norm(rotvec))
    return normalize_quaternion(np.concatenate(([np.cos(angle / 2)], rotvec / angle * np.sin(angle / 2))))


def _left_wrist_offsets() -> dict[PoseType, RigidOffset]:
    no_turn = np.array((1.0, 0.0, 0.0, 0.0))
    # In grip coordinates the fingers of an open hand point along -Y, the thumb along -Z, the back of the left hand
    # along -X. In the T-pose the left fingers point along +X, the back of the hand along +Y, the thumb along +Z.
    R_grip_wrist = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    wrist_in_grip = RigidOffset(np.array((-0.037, 0.065, 0.002)), matrix_to_quaternion(R_grip_wrist))
    aim_in_grip = RigidOffset(np.array((0.010, -0.023, -0.046)), _from_rotvec_deg((-44.9, -6.6, 2.7)))
    grip_in_raw_wxyz = _from_rotvec_deg((15.0, 0.0, 0.0))
    grip_in_saber = RigidOffset(np.array((0.0, 0.0, 0.12)), _from_rotvec_deg((45.0, 0.0, 0.0)))
    return {
        "joint": RigidOffset(np.zeros(3), no_turn),
        "grip": wrist_in_grip,
        "aim": aim_in_grip.inverse().then(wrist_in_grip),
        "raw": RigidOffset(
            np.array((-0.035, 0.019, 0.144)), multiply_quaternions(grip_in_raw_wxyz, wrist_in_grip.wxyz)
        ),
        "saber": grip_in_saber.then(wrist_in_grip),
    }


_LEFT_WRIST_OFFSETS: Final[dict[PoseType, RigidOffset]] = _left_wrist_offsets()
