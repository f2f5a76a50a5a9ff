# SPDX-License-Identifier: Apache-2.0
"""Refine a solved motion: planted feet do not slide, toes do not sink below the floor, people who stand upright have
straight legs, elbows do not bend too far, and the hands stay at their measured places.

A planted foot is a measurement of the same kind as a hand. So the refinement is the guidance's own Gauss-Newton step
with more rows. The prior's calibrated covariance distributes the correction: most goes to knees and hips, whose angles
the prior knows least, and some to the spine, which moves the pelvis.
"""

from __future__ import annotations

import math
from typing import Final

from ..body.kinematics import chain_offsets
from ..body.rotations import norm
from ..body.skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    HIP_JOINTS,
    KNEE_JOINTS,
    SENSOR_JOINTS,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
)
from ..numerics import Array, frames_first, frames_last, namespace_of
from ..options.solve import SolveSettings
from ..prior.uncertainty import Uncertainty
from .foot_planting import FootPaths
from .in_pieces import in_pieces, pieces
from .measurement import Measurement
from .point_rows import PointRows
from .tangent import TangentRows, carriers_of, carrying_joints, chains, turn_towards
from .tangent_guidance import FINAL_ITERATIONS, ITERATIONS_BEFORE_REFINEMENT

_ITERATIONS: Final[int] = 5
_OF_POINTS: Final[int] = FINAL_ITERATIONS - ITERATIONS_BEFORE_REFINEMENT
_FOOT_NOISE_RATIO: Final[float] = 0.002
"""Standard deviation of a planted toe over the body size: 3 mm for an adult."""
_BELOW_KNEE: Final[float] = 10.0
"""The same below a measured knee, over this: 3 cm for an adult."""
_KEPT_NOISE_RATIO: Final[float] = 0.0005
"""Standard deviation of hands and toes while a shoulder turns: 1 mm for an adult."""
_ELBOW_NOISE_RATIO: Final[float] = 0.004
"""Standard deviation of an arm's shortest length over the body size: the limit is soft by 6 mm for an adult."""


def refine(
    R_world: Array,
    measurement: Measurement,
    paths: FootPaths,
    uncertainty: Uncertainty,
    settings: SolveSettings,
) -> Array:
    """Return the rotations of a solved motion (F, 22, 3, 3) after all corrections.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: head and hands, which stay at their measured places.
        paths: solved and target paths of the toes, from `foot_paths`.
        uncertainty: the variance of each joint's rotation.
        settings: the corrections and their strength.
    """
    if settings.planting_strength > 0:
        R_world = plant(R_world, measurement, paths, uncertainty, settings)
    return limit_elbows(R_world, measurement, uncertainty, settings)


def plant(
    R_world: Array,
    measurement: Measurement,
    paths: FootPaths,
    uncertainty: Uncertainty,
    settings: SolveSettings,
) -> Array:
    """Return rotations with planted feet, and with legs as straight as those of an upright person.

    The arguments are those of `refine`.
    """
    xp = namespace_of(R_world)
    solved_m, target_m = xp.asarray(paths.solved_m, R_world), xp.asarray(paths.target_m, R_world)
    target_m = solved_m + settings.planting_strength * (target_m - solved_m)
    offsets_m = measurement.offsets_m
    toes = measurement.kappa[:1] - chain_offsets(offsets_m, TOE_JOINTS)
    legs = chain_offsets(offsets_m, HIP_JOINTS) - chain_offsets(offsets_m, ANKLE_JOINTS)
    legs_m = (norm(offsets_m[list(KNEE_JOINTS)]) + norm(offsets_m[list(ANKLE_JOINTS)]))[:, None]
    variance = uncertainty.at(float(uncertainty.log_snr[-1]))
    foot_noise_m = _FOOT_NOISE_RATIO * measurement.body_size_m
    extension = xp.asarray(paths.legs.share, R_world)
    extension_noise = xp.asarray(paths.legs.deviation / settings.planting_strength, R_world)

    refined = xp.copy(R_world)

    def plant_part(part: slice) -> None:
        seen = measurement.part(part)
        is_told = seen.told_stands is not None and bool((seen.told_stands > 0).any())
        if bool(seen.feet_measured.all()) and not is_told:
            # Nothing is to be planted; the points are met as closely as without planting.
            rows = PointRows.of(seen, variance)
            R = rows.turned(frames_last(R_world[part][:, rows.joints]), settings.position_noise_ratio, _OF_POINTS)
            refined[part, rows.joints] = frames_first(R)
            return
        rows = PointRows.of(seen, variance, toes, legs)
        points, feet = rows.count, rows.count + len(toes)
        # All of points and toes, and the height of the hips over the ankles.
        components = (*range(3 * feet), 3 * feet + 1, 3 * feet + 4)
        R = frames_last(R_world[part][:, rows.joints])
        targets = rows.targets(R)
        toes_m = frames_last(rows.seen.y_m[:, :1] - target_m[part])
        # Where a planted foot stands is a guess; below a measured knee it gives in.
        guessed = xp.astype_of(frames_last(rows.seen.knees_measured), toes_m)
        feet_noise_m = foot_noise_m * (1 + (_BELOW_KNEE - 1) * guessed)
        noise = xp.zeros((len(components), len(components), toes_m.shape[-1]), toes_m)
        noise[: 3 * feet, : 3 * feet] = rows.noise(targets, settings.position_noise_ratio, feet_noise_m)
        extended_m, deviation_m = legs_m * extension[part], legs_m * extension_noise[part]
        noise[-2, -2], noise[-1, -1] = deviation_m[0] ** 2, deviation_m[1] ** 2
        for _ in range(_ITERATIONS):
            v = chains(R, rows.kappa)
            p_m = v.sum(axis=1)
            # The feet always have a target.
            of_points_m, of_toes_m = targets.residual_m(p_m[:points]), toes_m - p_m[points:feet]
            residual_m = xp.concat((of_points_m, of_toes_m)).reshape(3 * feet, -1)
            aside_m2 = p_m[feet:, 0] ** 2 + p_m[feet:, 2] ** 2
            higher_m = xp.sqrt((extended_m**2 - aside_m2).clip(min=0)) - p_m[feet:, 1]
            linear = TangentRows(v, xp.concat((residual_m, higher_m)), noise, components, rows.carriers)
            R = turn_towards(R, linear, rows.variance)
        refined[part, rows.joints] = frames_first(R)

    xp.map_parts(plant_part, pieces(len(R_world)), R_world)
    return refined


def limit_elbows(R_world: Array, measurement: Measurement, uncertainty: Uncertainty, settings: SolveSettings) -> Array:
    """Return rotations whose elbows bend at most a little more than the limit; hands and toes stay where they are.

    The bend of an elbow follows from the distance between shoulder and wrist. If a hand was measured closer to the
    shoulder than the limit allows, the shoulder moves away: collar bone and trunk turn, because they are less certain
    than the limit. Frames without such a hand do not change.
    """
    xp = namespace_of(R_world)
    offsets_m = measurement.offsets_m
    arms = chain_offsets(offsets_m, WRIST_JOINTS) - chain_offsets(offsets_m, SHOULDER_JOINTS)
    nearest_m = _distance_at(settings.elbow_limit_deg, offsets_m)
    bent = carrying_joints(arms)
    arms_m = in_pieces(lambda R: frames_first(_lengths_m(frames_last(R[:, bent]), arms[:, bent])), R_world)
    frames = xp.flatnonzero((arms_m < nearest_m).any(axis=-1))
    if len(frames) == 0:
        return R_world
    kept = (*WRIST_JOINTS, *TOE_JOINTS, *measurement.joints[len(SENSOR_JOINTS) :])
    kappa = xp.concat((measurement.kappa[:1] - chain_offsets(offsets_m, kept), arms))
    joints = carrying_joints(kappa)
    variance = uncertainty.at(float(uncertainty.log_snr[-1]))
    body_size_m = measurement.body_size_m

    def unbent(part: slice) -> Array:
        R = frames_last(R_world[frames[part]][:, joints])
        left = measurement.part(frames[part]).variance_left(variance)[joints]
        kept_m = chains(R, kappa[: len(kept), joints]).sum(axis=1)
        for _ in range(_ITERATIONS):
            R = turn_towards(R, _elbow_rows(R, kappa[:, joints], kept_m, nearest_m[:, None], body_size_m), left)
        return frames_first(R)

    limited = xp.copy(R_world)
    limited[frames[:, None], joints] = xp.concat(xp.map_parts(unbent, pieces(len(frames)), R_world))
    return limited


def _elbow_rows(R: Array, kappa: Array, kept_m: Array, nearest_m: Array, body_size_m: float) -> TangentRows:
    """Measure that hands, toes and trackers stay, (K, 3, F), and that the arms are no shorter than ``nearest_m``,
    (2, 1)."""
    xp = namespace_of(R)
    v = chains(R, kappa)
    p_m = v.sum(axis=1)
    kept = len(kept_m)
    arm_m = p_m[kept:]
    length_m = xp.sqrt((arm_m**2).sum(axis=1))
    along = arm_m / length_m[:, None].clip(min=1e-6)
    short_m = (nearest_m - length_m).clip(min=0)
    rows = 3 * (kept + 2)
    residual_m = xp.concat((kept_m - p_m[:kept], short_m[:, None] * along)).reshape(rows, -1)
    # Only the length of an arm that is too short is measured; its direction is the hand's affair.
    tight = (_ELBOW_NOISE_RATIO * body_size_m) ** 2
    loose = body_size_m**2
    known = xp.astype_of(short_m > 0, v)[:, None, None] * along[:, :, None] * along[:, None]
    noise = xp.zeros((rows, rows, length_m.shape[-1]), v)
    for row in range(3 * kept):
        noise[row, row] = (_KEPT_NOISE_RATIO * body_size_m) ** 2
    for row in range(3 * kept, rows):
        noise[row, row] = loose
    noise[-6:-3, -6:-3] += (tight - loose) * known[0]
    noise[-3:, -3:] += (tight - loose) * known[1]
    return TangentRows(v, residual_m, noise, carriers=carriers_of(kappa))


def _distance_at(bend_deg: float, offsets_m: Array) -> Array:
    """Return the distance from shoulder to wrist of arms whose elbows are bent by this angle, (2,)."""
    upper_m, lower_m = norm(offsets_m[list(ELBOW_JOINTS)]), norm(offsets_m[list(WRIST_JOINTS)])
    # With 180 degrees rounding must not make a limit of it.
    cosine = math.cos(math.radians(bend_deg)) if bend_deg < 180 else -math.inf
    return namespace_of(offsets_m).sqrt((upper_m**2 + lower_m**2 + 2 * upper_m * lower_m * cosine).clip(min=0))


def _lengths_m(R: Array, kappa: Array) -> Array:
    return namespace_of(R).sqrt((chains(R, kappa).sum(axis=1) ** 2).sum(axis=1))
