# SPDX-License-Identifier: GPL-3.0-or-later
"""Place a recording as calibration will: on its floor, the hands at the wrists. Does not import bpy.

The head stays where the headset is: the model that is drawn there wears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import FloatArray, Sensors, Skeleton, multiply_quaternions, rotate_vector
from ..options import CalibrationSettings

_MIRRORED: FloatArray = np.array((-1.0, 1.0, 1.0))
"""By the plane between the hands."""


@dataclass(frozen=True)
class CalibratedTracks:
    """Hold a recording with its floor at y = 0, in the performer's metres."""

    sensors: Sensors
    joints: tuple[bool, bool, bool]
    """For head, left and right: the pose is that of the joint, not of the device."""


def calibrated_tracks(
    sensors: Sensors, info: Mapping[str, Any], settings: CalibrationSettings, *, is_joint: bool
) -> CalibratedTracks:
    """Return the recording as calibration will place it, with the user's own correction of the hands.

    Args:
        sensors: the recorded poses.
        info: the worker's description of the recording.
        settings: the user's; only the correction of the hands is read.
        is_joint: the poses are recorded at the joints.
    """
    outlook = info.get("calibration") or {}
    positions_m = sensors.positions_m + np.array((0.0, float(outlook.get("lift_m") or 0.0), 0.0))
    rotations_wxyz = sensors.rotations_wxyz.copy()
    offsets = outlook.get("offsets") or ()
    at_joints = is_joint or len(offsets) == 3
    for hand in (1, 2) if at_joints else ():
        moves = [_correction(settings, hand)]
        if not is_joint:
            moves.insert(0, (np.array(offsets[hand]["position_m"]), np.array(offsets[hand]["wxyz"])))
        for move_m, turn_wxyz in moves:
            positions_m[:, hand] += rotate_vector(rotations_wxyz[:, hand], move_m)
            rotations_wxyz[:, hand] = multiply_quaternions(rotations_wxyz[:, hand], turn_wxyz)
    placed = Sensors(positions_m, rotations_wxyz, sensors.measured, sensors.fps, joints=sensors.joints)
    return CalibratedTracks(placed, (is_joint, at_joints, at_joints))


def scale_of(info: Mapping[str, Any], settings: CalibrationSettings, skeleton: Skeleton, *, is_joint: bool) -> float:
    """Return the rig's size divided by the performer's, as the solve will find it."""
    if not isinstance(settings.scale, str):
        return settings.scale
    outlook = info.get("calibration") or {}
    if settings.scale == "keep":
        return 1.0
    if is_joint:
        return _scale_of_joints(outlook, settings, skeleton)
    if settings.scale == "arm_span" and outlook.get("wrist_span_m"):
        return skeleton.wrist_span_m / float(outlook["wrist_span_m"])
    if outlook.get("head_joint_height_m"):
        return _head_joint_m(skeleton) / float(outlook["head_joint_height_m"])
    stature_m = settings.stature_m or info.get("stature_estimate_m")
    return float(skeleton.stature_m / stature_m) if stature_m else 1.0


def _scale_of_joints(outlook: Mapping[str, Any], settings: CalibrationSettings, skeleton: Skeleton) -> float:
    """Return 1 unless the user says how tall the performer is."""
    given_m = settings.stature_m or (outlook.get("stature_m") if settings.calibration_file is not None else None)
    if settings.scale != "height" or not given_m:
        return 1.0
    return _head_joint_m(skeleton) / _head_joint_m(Skeleton.template(given_m))


def _head_joint_m(skeleton: Skeleton) -> float:
    return skeleton.standing_head_height_m + skeleton.sole_height_m


def _correction(settings: CalibrationSettings, hand: int) -> tuple[FloatArray, FloatArray]:
    """Return what the user says for the left wrist, in the axes of a T-pose; the right one gets the mirror image."""
    rotvec = np.radians(settings.hand_turn_deg)
    angle = float(np.linalg.norm(rotvec))
    axis = rotvec / angle if angle > 0 else np.zeros(3)
    turn_wxyz = np.concatenate(((np.cos(angle / 2),), np.sin(angle / 2) * axis))
    if hand == 1:
        return np.array(settings.hand_offset_m), turn_wxyz
    # Reflecting in X turns the other way about Y and Z.
    return _MIRRORED * settings.hand_offset_m, turn_wxyz * (1.0, 1.0, -1.0, -1.0)
