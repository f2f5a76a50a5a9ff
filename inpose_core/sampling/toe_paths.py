# SPDX-License-Identifier: Apache-2.0
"""Find the stances of a solution and the target paths of the toes, from the solved legs and the prior's estimate of the
feet."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.kinematics import forward_kinematics
from ..body.rotations import norm
from ..body.skeleton import ANKLE_JOINTS, SENSOR_JOINTS, TOE_JOINTS
from ..numerics import Array, namespace_of, to_numpy
from ..prior.feet import feet_positions_m
from .balance import StandingBody, joint_masses, shift_to_balance
from .estimate import Estimate
from .foot_planting import FootPaths, PlantingSettings, plant_feet, rest_toes
from .gaps import fading
from .in_pieces import in_pieces
from .lifted_feet import lift_feet
from .measurement import Measurement
from .smoothing import smooth_in_time
from .stance_evidence import FootTracks, load_stance_evidence
from .stances import as_told, decide_stances
from .upright_legs import LegExtension, expected_extension

_HEAD: Final[int] = SENSOR_JOINTS[0]
_TOLD_TOES: Final[slice] = slice(2, 4)
"""The toes among ankles and toes."""
_TOES, _ANKLES, _MASS = slice(0, 2), slice(2, 4), 4
"""Places of the points that `_standing_body` returns."""
_TOLD_SHARE: Final[float] = 0.5
"""Share of the way that the toes move from their solved place towards the place that the prior predicts."""
_TOLD_SMOOTHING_FRAMES: Final[float] = 1.5
_TOLD_FADE_FRAMES: Final[float] = 10.0
_TOLD_WEIGHT: Final[float] = 200.0
"""How many frames count as much as one in which a pin or a tracker says where a joint is."""
_WELL_KNOWN: Final[float] = 0.03
"""Noise over the body size with which a point counts half: 5 cm for an adult."""
_TRAVEL_SMOOTHING_FRAMES: Final[float] = 10.0
_LONG_GAP_FRAMES: Final[int] = 30


def foot_paths(
    R_world: Array,
    measurement: Measurement,
    estimate: Estimate,
    settings: PlantingSettings = PlantingSettings(),  # noqa: B008 (frozen)
) -> FootPaths:
    """Return the stances of a solution (F, 22, 3, 3), and the target paths of its toes.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: head and hands, whose floor the feet stand on.
        estimate: the prior's estimate of the feet: which of them stand, and where they are.
        settings: how feet are planted.
    """
    body_m = _standing_body(R_world, measurement)
    solved_m = body_m[:, _TOES]
    target_m = to_numpy(towards_predicted_toes(solved_m, measurement, estimate)).astype(np.float64)
    tracks = _foot_tracks(solved_m, measurement, estimate)
    log_odds, speed = load_stance_evidence().log_odds(tracks), tracks.head_speed_per_leg(_TRAVEL_SMOOTHING_FRAMES)
    target_m = _balanced(target_m, to_numpy(body_m), measurement, speed)
    toes_m = target_m.copy()
    if tracks.floor_m is not None:
        toes_m[..., 1] = np.maximum(toes_m[..., 1], tracks.floor_m)
    stands = decide_stances(log_odds, toes_m / tracks.leg_length_m, speed)
    stands &= ~_long_gaps(to_numpy(measurement.measured[:, 0]) > 0)[:, None]
    told = None if measurement.told_stands is None else to_numpy(measurement.told_stands)
    if told is not None:
        stands = as_told(stands, told)
    measured = fading(to_numpy(measurement.feet_measured) > 0)
    hips = to_numpy(measurement.hips_measured | measurement.knees_measured.any(axis=-1))
    legs = _leg_extension(measurement, stands)
    legs = legs.unless(np.maximum(measured.max(axis=1), fading(hips[:, None] > 0)[:, 0]))
    target_m = lift_feet(target_m, log_odds, speed, tracks.leg_length_m)
    weight = _knowledge(measurement)
    paths = plant_feet(target_m, stands, measurement.body_size_m, tracks.floor_m, settings, legs, weight)
    # A foot that is measured stands and swings as it was measured; an ankle that is held in one place turns no foot.
    own_m, share = to_numpy(solved_m), measured[..., None]
    if told is not None:
        own_m = _with_resting_toes(own_m, measurement, told > 0)
    return replace(paths, solved_m=to_numpy(solved_m), target_m=share * own_m + (1 - share) * paths.target_m)


def _with_resting_toes(toes_m: FloatArray, measurement: Measurement, stands: BoolArray) -> FloatArray:
    """Return the paths of the toes, (F, 2, 3), of feet that are said to stand and whose ankles alone are measured."""
    resting_m = toes_m.copy()
    measured, y_m = to_numpy(measurement.measured) > 0, to_numpy(measurement.y_m)
    for foot, (ankle, toe) in enumerate(zip(ANKLE_JOINTS, TOE_JOINTS, strict=True)):
        points = [p for p, joint in enumerate(measurement.joints) if joint == ankle]
        if not points:
            continue
        by_toes = measured[:, [p for p, joint in enumerate(measurement.joints) if joint == toe]].any(axis=1)
        held = stands[:, foot] & measured[:, points[-1]] & ~by_toes
        foot_m = float(norm(measurement.offsets_m[[toe]])[0])
        resting_m[:, foot] = rest_toes(toes_m[:, foot], y_m[:, points[-1]], held, foot_m)
    return resting_m


def _knowledge(measurement: Measurement) -> FloatArray | None:
    """Return how much each frame counts for the place of a stance, (F,): where pins or trackers say more of the body,
    both feet are known better. None if all frames count the same."""
    further = slice(len(SENSOR_JOINTS), None)
    measured = to_numpy(measurement.measured)[:, further] > 0
    if measured.all() or not measured.any():
        return None
    noise_m = to_numpy(measurement.noise_m)[:, further] / (_WELL_KNOWN * measurement.body_size_m)
    told: FloatArray = (measured / (1 + noise_m**2)).max(axis=1)
    return 1 + _TOLD_WEIGHT * told


def _foot_tracks(solved_m: Array, measurement: Measurement, estimate: Estimate) -> FootTracks:
    return FootTracks(
        contact=to_numpy(estimate.contact).astype(np.float64),
        toes_m=to_numpy(solved_m).astype(np.float64),
        head_m=to_numpy(measurement.y_m[:, 0]).astype(np.float64),
        leg_length_m=measurement.leg_length_m,
        body_size_m=measurement.body_size_m,
        floor_m=measurement.sole_height_m if measurement.floor_known else None,
        fps=measurement.fps,
    )


def _long_gaps(known: BoolArray) -> BoolArray:
    """Return where the head is lost for long, (F,): nobody knows where a foot is planted meanwhile."""
    lost = ~known
    for first, end in runs(lost):
        lost[first:end] = end - first > _LONG_GAP_FRAMES
    return lost


def _leg_extension(measurement: Measurement, standing: BoolArray) -> LegExtension:
    if not measurement.floor_known:
        return LegExtension.unknown(len(standing))
    known = to_numpy(measurement.measured[:, 0]) > 0
    return expected_extension(
        to_numpy(measurement.head_height_m) / measurement.body_size_m,
        to_numpy(norm(measurement.head_velocity_per_leg)),
        standing & known[:, None],
    )


def towards_predicted_toes(solved_m: Array, measurement: Measurement, estimate: Estimate) -> Array:
    """Return toe paths (F, 2, 3) between those of the solved legs and those that the prior predicts directly.

    Errors of ten degrees at hip and knee put a foot 16 cm off, so the direct prediction is nearer. The errors of the
    two differ, and their mean is nearer still. Without a measured head and a known floor, the solved paths stay.
    """
    if estimate.feet is None or not measurement.floor_known:
        return solved_m
    told = smooth_in_time(estimate.feet[:, _TOLD_TOES], _TOLD_SMOOTHING_FRAMES)
    told_m = feet_positions_m(told, measurement.y_m[:, 0], measurement.leg_length_m, measurement.sole_height_m)
    known = smooth_in_time(namespace_of(told_m).astype_of(measurement.measured[:, 0], told_m), _TOLD_FADE_FRAMES)
    return solved_m + _TOLD_SHARE * known[:, None, None] * (told_m - solved_m)


def _balanced(toes_m: FloatArray, body_m: FloatArray, measurement: Measurement, speed: FloatArray) -> FloatArray:
    """Return toe paths (F, 2, 3) under the body of people who stand still, where the solved ones are beside it."""
    if not measurement.floor_known:
        return toes_m
    ankles_m = body_m[:, _ANKLES] + (toes_m - body_m[:, _TOES])
    head_ratio = to_numpy(measurement.head_height_m) / measurement.body_size_m
    known = to_numpy(measurement.measured[:, 0]) > 0
    body = StandingBody(toes_m, ankles_m, body_m[:, _MASS])
    return toes_m + shift_to_balance(body, np.where(known, head_ratio, 0.0), speed, measurement.leg_length_m)[:, None]


def solved_toes(R_world: Array, measurement: Measurement) -> Array:
    """Return the positions of the toes of a solution (F, 22, 3, 3), (F, 2, 3); the head is at its measured place."""
    return _standing_body(R_world, measurement)[:, _TOES]


def _standing_body(R_world: Array, measurement: Measurement) -> Array:
    """Return toes, ankles and centre of mass of a solution (F, 22, 3, 3), (F, 5, 3); the head is at its measured
    place."""
    masses = namespace_of(R_world).asarray(joint_masses(), R_world)[:, None]

    def from_head_m(R: Array) -> Array:
        positions_m = forward_kinematics(R, measurement.offsets_m)
        mass_m = (masses * positions_m).sum(axis=1)[:, None]
        points_m = namespace_of(R).concat((positions_m[:, [*TOE_JOINTS, *ANKLE_JOINTS]], mass_m), axis=1)
        return points_m - positions_m[:, _HEAD, None]

    return in_pieces(from_head_m, R_world) + measurement.y_m[:, :1]
