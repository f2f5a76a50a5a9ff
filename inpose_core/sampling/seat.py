# SPDX-License-Identifier: Apache-2.0
"""Seat a solved motion where the performer is known to sit: the pelvis rests on the seat, the feet on the floor.

Head and hands locate the trunk, but give no information about the legs of a seated performer. The seat does. The
resting pelvis is one more measurement of the same kind as a hand, and the correction is distributed over the trunk.
Then the legs follow from hips and floor (`seated_pose`). They blend into the solved legs when the performer sits down
or stands up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.kinematics import chain_offsets, forward_kinematics
from ..body.skeleton import ANKLE_JOINTS, HIP_JOINTS, SENSOR_JOINTS
from ..numerics import Array, frames_first, frames_last, namespace_of, to_numpy
from ..options.solve import SolveSettings
from ..prior.conditioning import ScaleFreeSensors
from ..prior.uncertainty import Uncertainty
from .foot_planting import FootPaths
from .in_pieces import in_pieces, pieces
from .measurement import Measurement
from .point_rows import PointRows
from .seated_pose import SeatedBody, resting_ankles, resting_hips, sit, twist_above_seat
from .smoothing import smooth_in_time
from .tangent import TangentRows, chains, turn_towards

_HEAD: Final[int] = SENSOR_JOINTS[0]
_FADE_S: Final[float] = 0.6
"""Length of the transition of the legs between the solved motion and the seat."""
_ITERATIONS: Final[int] = 4
_SEAT_NOISE_RATIO: Final[float] = 0.02
"""How far a pelvis moves on its seat, standard deviation over the body size: 3 cm for an adult."""
_SURPRISE_RATIO: Final[float] = 0.06
"""Distance over body size at which this deviation has grown by the square root of two, so that a performer who rises a
little is not held down."""
_SMOOTHING_FRAMES: Final[float] = 6.0
_LEAST_SHARE: Final[float] = 0.03


def with_posture(sensors: ScaleFreeSensors, seated: BoolArray | None) -> ScaleFreeSensors:
    """Return the prior's condition with the flag of sitting; the flag of standing stays unknown.

    Args:
        sensors: the condition of a whole recording.
        seated: (F,) where the performer is known to sit, or None.
    """
    if seated is None or not seated.any():
        return sensors
    xp = namespace_of(sensors.head_height_ratio)
    flags = np.stack((np.zeros(len(seated)), seated), axis=-1)
    return replace(sensors, posture=xp.asarray(flags, sensors.head_height_ratio))


@dataclass(frozen=True)
class Seated:
    """Hold a motion after it was seated, and when its feet stand."""

    R_world: Array
    """(F, 22, 3, 3)"""
    feet: FootPaths


def seat(
    R_world: Array,
    measurement: Measurement,
    feet: FootPaths,
    uncertainty: Uncertainty,
    settings: SolveSettings,
    seated: BoolArray | None,
    told_seated: BoolArray | None = None,
) -> Seated:
    """Return rotations that sit while the performer sits, and foot paths that are planted there.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: head and hands, which stay at their measured places, and the floor.
        feet: when the solved feet stand.
        uncertainty: the variance of each joint's rotation.
        settings: how firmly hands are held.
        seated: (F,) where the performer is known to sit, or None.
        told_seated: (F,) where a measured pelvis is on a seat, or None.
    """
    if seated is None or not seated.any():
        return Seated(R_world, feet)
    # Measured hips or feet need no seat, except hips that somebody has put on one.
    hips = to_numpy(measurement.hips_measured).astype(np.bool_)
    hips = hips if told_seated is None else hips & ~told_seated
    seated = seated & ~hips & ~to_numpy(measurement.feet_measured.any(axis=-1)).astype(np.bool_)
    xp = namespace_of(R_world)
    body = SeatedBody(
        _in_numpy(measurement.offsets_m),
        measurement.leg_length_m,
        measurement.sole_height_m,
        measurement.fps,
    )
    stands = feet.stands.copy()
    seated_R = xp.copy(R_world)
    for first, stop in runs(seated):
        part = slice(first, stop)
        seen = measurement.part(part)
        share = _share(stop - first, first > 0, stop < len(seated), measurement.fps)
        hips_m, ankles_m = np.split(_joints_m(R_world[part], seen, (*HIP_JOINTS, *ANKLE_JOINTS)), 2, axis=1)
        rest_m = resting_hips(hips_m, body)
        feet_m = resting_ankles(ankles_m, rest_m, share, body)
        twisted = xp.copy(R_world[part])
        for piece in pieces(len(twisted)):
            R = twist_above_seat(_in_numpy(twisted[piece]), hips_m[piece], rest_m[piece], share[piece])
            twisted[piece] = xp.asarray(R, R_world)
        kept = _keep_hips(twisted, seen, uncertainty, settings, share, rest_m)
        for piece in pieces(len(kept)):
            R, head_m = _in_numpy(kept[piece]), _in_numpy(seen.y_m[piece, 0])
            R = sit(R, head_m, rest_m[piece], feet_m[piece], share[piece], body)
            kept[piece] = xp.asarray(R, R_world)
        seated_R[part] = kept
        # Between two stands of one foot there is always a frame in which it does not stand.
        inside = np.flatnonzero(share >= 1.0) + first
        if len(inside):
            stands[part] = False
            stands[inside[0] : inside[-1] + 1] = True
    return Seated(seated_R, replace(feet, stands=stands))


def _share(frames: int, fades_in: bool, fades_out: bool, fps: float) -> FloatArray:
    """Return the share of the seat in each frame, (F,), from 0 to 1."""
    step = 1.0 / max(1.0, _FADE_S * fps)
    place = np.arange(frames) + 1.0
    share = np.ones(frames)
    if fades_in:
        share = np.minimum(share, step * place)
    if fades_out:
        share = np.minimum(share, step * place[::-1])
    return share * share * (3 - 2 * share)


def _in_numpy(array: Array) -> FloatArray:
    return to_numpy(array).astype(np.float64)


def _joints_m(R_world: Array, measurement: Measurement, joints: Sequence[int]) -> FloatArray:
    """Return where joints of a solution are, (F, J, 3), the head where it was measured."""

    def from_head_m(R: Array) -> Array:
        positions_m = forward_kinematics(R, measurement.offsets_m)
        return positions_m[:, list(joints)] - positions_m[:, _HEAD, None]

    return _in_numpy(in_pieces(from_head_m, R_world) + measurement.y_m[:, :1])


def _keep_hips(
    R_world: Array,
    measurement: Measurement,
    uncertainty: Uncertainty,
    settings: SolveSettings,
    share: FloatArray,
    rest_m: FloatArray,
) -> Array:
    """Return rotations (F, 22, 3, 3) whose hips rest on the seat; hands stay where they were measured."""
    xp = namespace_of(R_world)
    offsets_m = measurement.offsets_m
    hips = measurement.kappa[:1] - chain_offsets(offsets_m, HIP_JOINTS)
    variance = uncertainty.at(float(uncertainty.log_snr[-1]))
    solved_m = xp.asarray(_joints_m(R_world, measurement, HIP_JOINTS), R_world)
    away_m = smooth_in_time(xp.asarray(rest_m, R_world) - solved_m, _SMOOTHING_FRAMES)
    target_m = solved_m + away_m * xp.asarray(share, R_world)[:, None, None]
    distance = xp.sqrt((away_m**2).sum(axis=-1)) / (_SURPRISE_RATIO * measurement.body_size_m)
    held = xp.asarray(np.maximum(share, _LEAST_SHARE), R_world)[:, None]
    noise_m = frames_last(_SEAT_NOISE_RATIO * measurement.body_size_m * xp.sqrt(1 + distance**2) / held)
    kept = xp.copy(R_world)

    def keep_part(part: slice) -> None:
        rows = PointRows.of(measurement.part(part), variance, hips)
        R = frames_last(R_world[part][:, rows.joints])
        targets = rows.targets(R)
        hips_m = frames_last(rows.seen.y_m[:, :1] - target_m[part])
        noise = rows.noise(targets, settings.position_noise_ratio, noise_m[:, part])
        for _ in range(_ITERATIONS):
            v = chains(R, rows.kappa)
            p_m = v.sum(axis=1)
            residual_m = xp.concat((targets.residual_m(p_m[: rows.count]), hips_m - p_m[rows.count :]))
            linear = TangentRows(v, residual_m.reshape(len(noise), -1), noise, carriers=rows.carriers)
            R = turn_towards(R, linear, rows.variance)
        kept[part, rows.joints] = frames_first(R)

    xp.map_parts(keep_part, pieces(len(R_world)), R_world)
    return kept
