# SPDX-License-Identifier: Apache-2.0
"""Find the rotations of the devices and the positions of the wrists from a T-pose or A-pose."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    geodesic_angle,
    matrix_to_quaternion,
    multiply_quaternions,
    normalize_quaternion,
    quaternion_to_matrix,
    rotate_vector,
    rotation_between,
)
from ..recording.types import Recording
from .calibration_pose import CalibrationPose
from .lever_arms import BODY, HEAD_JOINT, LEFT_WRIST, RIGHT_WRIST, UNKNOWNS, Evidence
from .performer_body import PerformerBody
from .rigid import RigidOffset

_HELD_DEVIATION_M: Final[FloatArray] = np.array((0.006, 0.008, 0.02))
"""Of the mean of a held pose, along the arms, up and forward: hands sway by 1 to 2 cm within seconds, and where the
body faces is known to a degree or two, which moves the hands forward and back."""
_HEIGHT_DEVIATION_M: Final[float] = 0.012
_LARGEST_HEADSET_TILT_RAD: Final[float] = np.radians(20.0)
LARGEST_TURN_RAD: Final[float] = np.radians(70.0)
"""If a hand is turned further than this from the preset of a known hand pose, its palm is not down."""


def wrist_turn(recording: Recording, held: CalibrationPose, side: int) -> FloatArray:
    """Return the wrist joint's rotation in its device's frame, wxyz (4,). In the pose, the rotation of the joint is
    known.

    Palms look down: in a T-pose the joint has the body's heading, in an A-pose it is swung down with the arm.
    """
    R_world_joint = multiply_quaternions(_heading(held), _arm_swing(held, side))
    R_world_device = recording.rotations_wxyz[held.frames, 1 + side]
    return _mean(multiply_quaternions(conjugate_quaternion(R_world_device), R_world_joint))


def head_turn(recording: Recording, held: CalibrationPose, preset: RigidOffset) -> tuple[FloatArray, float]:
    """Return the head joint's rotation in the headset's frame, (4,), and the preset's tilt from it in radians.

    In the pose the head is level. A headset is tilted on the face by a few degrees. If the performer looks to the
    floor, it is tilted further, and the preset is used.
    """
    joints = multiply_quaternions(recording.rotations_wxyz[held.frames, 0], preset.wxyz)
    up = rotate_vector(conjugate_quaternion(_mean(joints)), (0.0, 1.0, 0.0))
    tilt = float(np.arccos(np.clip(up[1], -1.0, 1.0)))
    if tilt > _LARGEST_HEADSET_TILT_RAD:
        return preset.wxyz, tilt
    levelled = matrix_to_quaternion(rotation_between((0.0, 1.0, 0.0), up))
    return multiply_quaternions(preset.wxyz, levelled), tilt


def with_pose(
    evidence: Evidence,
    recording: Recording,
    held: CalibrationPose,
    body: PerformerBody,
    head_joint_height_m: float | None,
) -> Evidence:
    """Return the evidence with that of the pose: the wrists are at the ends of the body's arms.

    Args:
        evidence: the beliefs so far.
        recording: at a constant rate, its floor at y = 0.
        held: the pose.
        body: the performer's; its uncertainty must have been added as a belief.
        head_joint_height_m: the performer's, if it is known by other means than the headset.
    """
    R_body_world = quaternion_to_matrix(conjugate_quaternion(_heading(held)))
    frames = held.frames
    R_body_headset = R_body_world @ quaternion_to_matrix(recording.rotations_wxyz[frames, 0])
    head_m = recording.positions_m[frames, 0]
    if head_joint_height_m is not None:
        rows = np.zeros((1, UNKNOWNS))
        rows[0, HEAD_JOINT] = R_body_headset.mean(axis=0)[1]
        evidence = evidence.seeing(rows, head_joint_height_m - head_m[:, 1].mean(), _HEIGHT_DEVIATION_M)
    for side, wrist in enumerate((LEFT_WRIST, RIGHT_WRIST)):
        across = 1.0 if side == 0 else -1.0
        along = held.arm_direction(side)
        of_body = np.column_stack((np.diag((across, 1.0, 1.0)), along, along))
        arm_m = rotate_vector(_arm_swing(held, side), body.upper_arms_m[side] + body.forearms_m[side])
        swings_m = np.array((0.0, 1.0, 1.0)) * held.arm_deviation_rad * np.linalg.norm(arm_m)
        expected_m = body.shoulders_m[side] + arm_m
        R_body_device = (R_body_world @ quaternion_to_matrix(recording.rotations_wxyz[frames, 1 + side])).mean(axis=0)
        device_m = recording.positions_m[frames, 1 + side]
        rows = np.zeros((3, UNKNOWNS))
        rows[:, wrist], rows[:, BODY] = R_body_device, -of_body
        if head_joint_height_m is not None:
            above = rows[1:2].copy()
            height_m = head_joint_height_m + expected_m[1]
            evidence = evidence.seeing(above, height_m - device_m[:, 1].mean(), _HEIGHT_DEVIATION_M)
        rows[:, HEAD_JOINT] = -R_body_headset.mean(axis=0)
        evidence = evidence.seeing(
            rows, expected_m - R_body_world @ (device_m - head_m).mean(axis=0), np.hypot(_HELD_DEVIATION_M, swings_m)
        )
    return evidence


def turn_from_preset(turn_wxyz: FloatArray, preset: RigidOffset) -> float:
    """Return the angle in radians between a solved turn, wxyz (4,), and the preset's."""
    return float(geodesic_angle(turn_wxyz, preset.wxyz))


def _heading(held: CalibrationPose) -> FloatArray:
    half = 0.5 * held.heading_rad
    return np.array((np.cos(half), 0.0, np.sin(half), 0.0))


def _arm_swing(held: CalibrationPose, side: int) -> FloatArray:
    """Return the rotation of an arm from the T-pose to its low and forward direction, in the body's axes."""
    mirror = -0.5 if side == 0 else 0.5
    drop, forward = mirror * held.arm_drop_rad, mirror * held.arm_forward_rad
    down = np.array((np.cos(drop), 0.0, 0.0, np.sin(drop)))
    return multiply_quaternions((np.cos(forward), 0.0, np.sin(forward), 0.0), down)


def _mean(rotations_wxyz: FloatArray) -> FloatArray:
    """Return the mean of rotations that lie close together."""
    return normalize_quaternion(continuous_signs(rotations_wxyz).mean(axis=0))
