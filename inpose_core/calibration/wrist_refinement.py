# SPDX-License-Identifier: Apache-2.0
"""Refine uncertain wrist offsets from the motion: the arms that the prior expects must end at the wrists.

From the rotations of the three devices alone, the prior estimates the rotations of head, torso and arms in every frame.
With the performer's bone lengths, this gives rough positions of the wrists: the rotation of each joint is uncertain by
6 to 20 degrees. So in every frame, the wrist ``p + R o`` is a measurement of the lever arm o, with the covariance ``H S
H^T`` of Theorem 1. It is exact along a stretched arm and inexact across it. Arms in all directions together give the
lever arm. Then the arms are turned to fit the new lever arm, and the system is linearised again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.motion import SOLVER_FPS
from ..body.quaternions import (
    matrix_to_quaternion,
    quaternion_to_matrix,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
)
from ..body.skeleton import COLLAR_JOINTS, ELBOW_JOINTS, JOINT_INDEX, SHOULDER_JOINTS, Skeleton
from ..recording.types import Recording, Sensors
from .lever_arms import BODY, HEAD_JOINT, LEFT_WRIST, RIGHT_WRIST, UNKNOWNS, Evidence, LeverArms
from .performer_body import PerformerBody
from .rigid import RigidOffset, place_all

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior


_SPINE, _NECK, _HEAD = (JOINT_INDEX[name] for name in ("spine3", "neck", "head"))
_TURN_DEVIATIONS_RAD: Final[FloatArray] = np.radians((8.0, 6.0, 9.0, 20.0, 16.0))
"""Residuals of the prior: differences of spine, neck, collar, upper arm and forearm from its estimate."""
_DEVICE_NOISE_M: Final[float] = 0.015
_INDEPENDENT_AFTER_S: Final[float] = 2.5
"""Frames closer together than this are not independent, because a person holds the arms in an unexpected way for a
while. Chosen on simulated recordings of the training people."""
_MOST_NEWS: Final[float] = 8.0
"""Largest number of independent frames of a recording, even of a long one, because habits stay."""
_EVERY: Final[int] = 4
_MOST_FRAMES: Final[int] = 3600
_CHUNK_FRAMES: Final[int] = 600
_FEWEST_FRAMES: Final[int] = 300
_ROUNDS: Final[int] = 6
_SURPRISE: Final[float] = 6.0
"""Squared Mahalanobis distance at which the weight of a frame is one half."""
_LARGEST_TURN_RAD: Final[float] = 1.2


@dataclass(frozen=True)
class ArmEvidence:
    """Hold the prior's estimate and the measurement of one arm, in the frames that count."""

    R_expected: FloatArray
    """(F, 5, 3, 3) global rotations of spine, neck, collar, upper arm, forearm."""
    R_world_device: FloatArray
    """(F, 3, 3) of the hand device."""
    R_world_headset: FloatArray
    """(F, 3, 3)"""
    device_from_headset_m: FloatArray
    """(F, 3) hand device minus headset."""


def expect_arms(
    recording: Recording,
    skeleton: Skeleton,
    offsets: tuple[RigidOffset, RigidOffset, RigidOffset],
    prior: Prior | None = None,
) -> tuple[ArmEvidence, ArmEvidence] | None:
    """Return the prior's estimate of both arms; None if too little is measured.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        skeleton: the performer's body, for the head's height in proportion.
        offsets: head joint and wrists in their devices' frames; of the wrists, only the rotations count.
        prior: the shipped one by default.
    """
    frames = frames_to_look_at(recording)
    if frames is None:
        return None
    # torch loads only where there is something to refine.
    from ..options.solve import SolveSettings  # noqa: PLC0415
    from ..solver.solving import solve  # noqa: PLC0415

    positions_m, devices = recording.positions_m[frames], recording.rotations_wxyz[frames]
    joints_m, joints = place_all(positions_m, devices, offsets)
    sensors = Sensors(joints_m, joints, np.ones((len(frames), 3), dtype=np.bool_))
    # "none": no position of a hand may tell where it is expected.
    settings = SolveSettings(
        guidance="none", steps=2, variation=0.0, device="cpu", use_hand_reach=False, use_floor=False
    )
    expected = solve(sensors, skeleton, settings, prior)
    chosen = slice(0, len(frames), _EVERY)
    R_world = quaternion_to_matrix(expected.rotations_wxyz[chosen])
    R_device = quaternion_to_matrix(devices[chosen])
    left, right = (
        ArmEvidence(
            R_expected=R_world[:, [_SPINE, _NECK, COLLAR_JOINTS[side], SHOULDER_JOINTS[side], ELBOW_JOINTS[side]]],
            R_world_device=R_device[:, 1 + side],
            R_world_headset=R_device[:, 0],
            device_from_headset_m=positions_m[chosen, 1 + side] - positions_m[chosen, 0],
        )
        for side in (0, 1)
    )
    return left, right


def refined_lever_arms(
    believed: Evidence, arms: tuple[ArmEvidence, ArmEvidence], skeleton: Skeleton, body: PerformerBody, start: LeverArms
) -> LeverArms:
    """Return the most probable lever arms, from the beliefs and the arms.

    Args:
        believed: everything else that is known.
        arms: what the prior expects of both arms.
        skeleton: the performer's body as far as `body` does not tell it: spine, neck, collars.
        body: the performer's upper body.
        start: the solution without the arms.
    """
    turned = [arm.R_expected.copy() for arm in arms]
    solution = start
    for _ in range(_ROUNDS):
        evidence = believed
        seen = []
        for side, arm in enumerate(arms):
            linear = _linearise(arm, turned[side], side, skeleton, body, solution)
            rows, values, whitening, weights = linear.rows, linear.values, linear.whitening, linear.weights
            scale = np.sqrt(weights)[:, None, None] * whitening
            evidence = evidence.seeing(
                (scale @ rows).reshape(-1, UNKNOWNS), (scale @ values[..., None]).reshape(-1), 1.0
            )
            seen.append(linear)
        solution = evidence.solve()
        for side, (arm, linear) in enumerate(zip(arms, seen, strict=True)):
            turned[side] = _turn_arms(arm, linear, solution)
    return solution


@dataclass(frozen=True)
class _Linear:
    rows: FloatArray
    """(F, 3, 14)"""
    values: FloatArray
    """(F, 3)"""
    inverse_covariance: FloatArray
    whitening: FloatArray
    """(F, 3, 3) square root of the inverse covariance."""
    weights: FloatArray
    """(F,)"""
    H: FloatArray
    """(F, 5, 3, 3) displacement of the wrist by each joint's turn."""


def _linearise(
    arm: ArmEvidence, R: FloatArray, side: int, skeleton: Skeleton, body: PerformerBody, at: LeverArms
) -> _Linear:
    across = 1.0 if side == 0 else -1.0
    offsets_m = skeleton.offsets_m
    corrected = body.corrected(at.body_m)
    bones_m = np.stack(
        (
            offsets_m[COLLAR_JOINTS[side]] - offsets_m[_NECK],
            -offsets_m[_HEAD],
            _collar_m(skeleton, corrected, side),
            corrected.upper_arms_m[side],
            corrected.forearms_m[side],
        )
    )
    chains_m = np.einsum("fjab,jb->fja", R, bones_m)
    H = -_cross_matrices(chains_m)
    turns = quaternion_to_rotvec(matrix_to_quaternion(R @ np.swapaxes(arm.R_expected, -1, -2)))
    covariance = np.einsum("j,fjab,fjcb->fac", _TURN_DEVIATIONS_RAD**2, H, H) + np.eye(3) * _DEVICE_NOISE_M**2
    inverse = np.linalg.inv(covariance)

    rows = np.zeros((len(R), 3, UNKNOWNS))
    rows[:, :, LEFT_WRIST if side == 0 else RIGHT_WRIST] = arm.R_world_device
    rows[:, :, HEAD_JOINT] = -arm.R_world_headset
    of_body = np.stack(
        (across * R[:, 2, :, 0], R[:, 2, :, 1], R[:, 2, :, 2], across * R[:, 3, :, 0], across * R[:, 4, :, 0]), axis=-1
    )
    rows[:, :, BODY] = -of_body
    # The wrist as expected, had the arms not been turned to meet the measurement.
    expected_m = chains_m.sum(axis=1) - np.einsum("fjab,fjb->fa", H, turns)
    values = expected_m - of_body @ at.body_m - arm.device_from_headset_m
    left_m = rows @ _vector(at) - values
    surprise = np.einsum("fa,fab,fb->f", left_m, inverse, left_m)
    news = min(len(R) * _EVERY / (_INDEPENDENT_AFTER_S * SOLVER_FPS), _MOST_NEWS)
    weights = news / len(R) / (1.0 + surprise / _SURPRISE)
    return _Linear(rows, values, inverse, np.swapaxes(np.linalg.cholesky(inverse), -1, -2), weights, H)


def _turn_arms(arm: ArmEvidence, linear: _Linear, solution: LeverArms) -> FloatArray:
    """Return the arms after each joint is turned by its share, so that they end at the measured wrists."""
    left_m = linear.rows @ _vector(solution) - linear.values
    pulls = np.einsum("fab,fb->fa", linear.inverse_covariance, left_m)
    turns = np.einsum("j,fjba,fb->fja", _TURN_DEVIATIONS_RAD**2, linear.H, pulls)
    angles = np.linalg.norm(turns, axis=-1, keepdims=True)
    turns *= np.minimum(1.0, _LARGEST_TURN_RAD / np.maximum(angles, 1e-9))
    return quaternion_to_matrix(rotvec_to_quaternion(turns)) @ arm.R_expected


def _collar_m(skeleton: Skeleton, body: PerformerBody, side: int) -> FloatArray:
    """Return the offset from collar to shoulder that gives the shoulder its place in the body."""
    rest_m = skeleton.rest_positions_m
    return rest_m[_HEAD] + body.shoulders_m[side] - rest_m[COLLAR_JOINTS[side]]


def _vector(arms: LeverArms) -> FloatArray:
    return np.concatenate((*arms.wrists_m, arms.head_joint_m, arms.body_m))


def frames_to_look_at(recording: Recording) -> NDArray[np.intp] | None:
    """Return at most a minute of measured frames, (N,), in chunks from the whole recording; None if there are too
    few."""
    frames = np.flatnonzero(recording.measured.all(axis=1))
    if len(frames) < _FEWEST_FRAMES:
        return None
    if len(frames) <= _MOST_FRAMES:
        return frames
    starts = np.linspace(0, len(frames) - _CHUNK_FRAMES, _MOST_FRAMES // _CHUNK_FRAMES).astype(np.intp)
    return np.concatenate([frames[start : start + _CHUNK_FRAMES] for start in starts])


def _cross_matrices(vectors: FloatArray) -> FloatArray:
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    return np.stack((zero, -z, y, z, zero, -x, -y, x, zero), axis=-1).reshape(*vectors.shape, 3)
