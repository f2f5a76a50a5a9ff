# SPDX-License-Identifier: Apache-2.0
"""Refine a solved motion: feet that stand do not slide, toes do not sink, elbows bend no further than elbows can, and
the hands stay where they were measured.

A planted foot is one more measurement of the same kind as a hand, so refining is the guidance's own Gauss-Newton step
with two more points. The prior's calibrated covariance shares the correction out: mostly to knees and hips, whose
angles it knows least, and some to the spine, with which the pelvis moves.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from ..body.kinematics import chain_offsets, forward_kinematics, rotated_chains
from ..body.skeleton import ELBOW_JOINTS, SENSOR_JOINTS, SHOULDER_JOINTS, TOE_JOINTS, WRIST_JOINTS
from ..options.solve import SolveSettings
from ..prior.checkpoint import ResidualCalibration
from ..prior.feet import feet_positions_m
from .differences import difference_noise, difference_positions
from .estimate import Estimate
from .foot_planting import FootPaths, PlantingSettings, plant_feet
from .in_pieces import FRAMES_AT_ONCE, in_pieces
from .measurement import Measurement
from .reach import beyond_variance, within_reach
from .smoothing import smooth_in_time
from .tangent import TangentRows, carrying_joints, turn_towards

_HEAD: Final[int] = SENSOR_JOINTS[0]
_ITERATIONS: Final[int] = 5
_FOOT_NOISE_RATIO: Final[float] = 0.002
"""Standard deviation of a planted toe over the body size: 3 mm for an adult."""
_TOLD_TOES: Final[slice] = slice(2, 4)
"""The toes among ankles and toes."""
_TOLD_SHARE: Final[float] = 0.6
"""How far the toes go from where the solved legs have them to where the prior tells them."""
_TOLD_SMOOTHING_FRAMES: Final[float] = 1.5
_TOLD_FADE_FRAMES: Final[float] = 10.0
_KEPT_NOISE_RATIO: Final[float] = 0.0005
"""Standard deviation of what stays while a shoulder gives way: 1 mm for an adult."""
_ELBOW_NOISE_RATIO: Final[float] = 0.004
"""Standard deviation of an arm's shortest length over the body size: the limit is soft by 6 mm for an adult."""


def refine(
    R_world: Tensor,
    measurement: Measurement,
    paths: FootPaths,
    calibration: ResidualCalibration,
    settings: SolveSettings,
) -> Tensor:
    """Return rotations (F, 22, 3, 3) after all that is corrected in a solved motion.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: head and hands, which stay met.
        paths: where the toes are and where they are to be, of `foot_paths`.
        calibration: how far each joint's rotation is to be trusted.
        settings: what to correct, and how firmly.
    """
    if settings.planting_strength > 0:
        R_world = plant(R_world, measurement, paths, calibration, settings)
    return limit_elbows(R_world, measurement, calibration, settings)


def plant(
    R_world: Tensor,
    measurement: Measurement,
    paths: FootPaths,
    calibration: ResidualCalibration,
    settings: SolveSettings,
) -> Tensor:
    """Return rotations whose feet stand where they stand; the arguments are those of `refine`."""
    toes_m, target_m = (
        torch.as_tensor(path_m, dtype=R_world.dtype, device=R_world.device)
        for path_m in (paths.solved_m, paths.target_m)
    )
    target_m = toes_m + settings.planting_strength * (target_m - toes_m)
    kappa = measurement.kappa[:1] - torch.cat((measurement.kappa[1:], chain_offsets(measurement.offsets_m, TOE_JOINTS)))
    hands_m, beyond_m = within_reach(R_world, kappa[:2], difference_positions(measurement.y_m))
    y_m = torch.cat((hands_m, measurement.y_m[:, :1] - target_m), dim=1)
    foot_noise_m = target_m.new_full(target_m.shape[:2], _FOOT_NOISE_RATIO * measurement.body_size_m)
    noise = difference_noise(measurement, settings.position_noise_ratio, foot_noise_m) + beyond_variance(beyond_m, 6)
    variance = calibration.at(float(calibration.log_snr[-1]))
    joints = carrying_joints(kappa)
    components = tuple(range(3 * len(kappa)))
    # Where a hand is lost its place means nothing; the feet have one always.
    known = torch.cat((measurement.measured[:, 1:], torch.ones_like(measurement.measured[:, 1:])), dim=1)[..., None]
    refined = R_world.clone()
    for first in range(0, len(R_world), FRAMES_AT_ONCE):
        part = slice(first, first + FRAMES_AT_ONCE)
        R = R_world[part][:, joints]
        for _ in range(_ITERATIONS):
            v = rotated_chains(R, kappa[:, joints])
            residual_m = ((y_m[part] - v.sum(dim=-2)) * known[part]).flatten(-2)
            R = turn_towards(R, TangentRows(v, residual_m, noise[part], components), variance[joints])
        refined[part, joints] = R
    return refined


def limit_elbows(
    R_world: Tensor, measurement: Measurement, calibration: ResidualCalibration, settings: SolveSettings
) -> Tensor:
    """Return rotations whose elbows bend little further than the limit; hands and toes stay where they are.

    The bend of an elbow follows from the distance between shoulder and wrist. A hand that was measured nearer to the
    shoulder than the limit allows makes the shoulder give way: collar bone and trunk turn, as far as they are to be
    trusted less than the limit. Frames without such a hand are not touched.
    """
    offsets_m = measurement.offsets_m
    arms = chain_offsets(offsets_m, WRIST_JOINTS) - chain_offsets(offsets_m, SHOULDER_JOINTS)
    nearest_m = _distance_at(settings.elbow_limit_deg, offsets_m)
    frames = (in_pieces(lambda R: _lengths(R, arms), R_world) < nearest_m).any(dim=-1).nonzero()[:, 0]
    if len(frames) == 0:
        return R_world
    kappa = torch.cat((measurement.kappa[:1] - chain_offsets(offsets_m, (*WRIST_JOINTS, *TOE_JOINTS)), arms))
    joints = carrying_joints(kappa)
    variance = calibration.at(float(calibration.log_snr[-1]))[joints]
    limited = R_world.clone()
    for part in frames.split(FRAMES_AT_ONCE):
        R = R_world[part][:, joints]
        kept_m = rotated_chains(R, kappa[:4, joints]).sum(dim=-2)
        for _ in range(_ITERATIONS):
            R = turn_towards(R, _elbow_rows(R, kappa[:, joints], kept_m, nearest_m, measurement.body_size_m), variance)
        limited[part[:, None], joints] = R
    return limited


def _elbow_rows(R: Tensor, kappa: Tensor, kept_m: Tensor, nearest_m: Tensor, body_size_m: float) -> TangentRows:
    """Measure that hands and toes stay, (F, 4, 3), and that the arms are no shorter than ``nearest_m``, (2,)."""
    v = rotated_chains(R, kappa)
    arm_m = v[:, 4:].sum(dim=-2)
    length_m = arm_m.norm(dim=-1)
    along = arm_m / length_m[..., None].clamp(min=1e-6)
    short_m = (nearest_m - length_m).clamp(min=0)
    residual_m = torch.cat((kept_m - v[:, :4].sum(dim=-2), short_m[..., None] * along), dim=1).flatten(-2)
    # Only the length of an arm that is too short is measured; its direction is the hand's affair.
    tight = (_ELBOW_NOISE_RATIO * body_size_m) ** 2
    loose = body_size_m**2
    known = (short_m > 0).to(v.dtype)[..., None, None] * along[..., :, None] * along[..., None, :]
    arms = loose * torch.eye(3, device=v.device) + (tight - loose) * known
    noise = v.new_zeros(len(v), 18, 18)
    noise[:, range(12), range(12)] = (_KEPT_NOISE_RATIO * body_size_m) ** 2
    noise[:, 12:15, 12:15], noise[:, 15:, 15:] = arms[:, 0], arms[:, 1]
    return TangentRows(v, residual_m, noise, tuple(range(18)))


def _distance_at(bend_deg: float, offsets_m: Tensor) -> Tensor:
    """Return the distance from shoulder to wrist of arms whose elbows are bent so, (2,)."""
    upper_m, lower_m = offsets_m[list(ELBOW_JOINTS)].norm(dim=-1), offsets_m[list(WRIST_JOINTS)].norm(dim=-1)
    # With 180 degrees rounding must not make a limit of it.
    cosine = math.cos(math.radians(bend_deg)) if bend_deg < 180 else -math.inf
    return (upper_m.square() + lower_m.square() + 2 * upper_m * lower_m * cosine).clamp(min=0).sqrt()


def _lengths(R_world: Tensor, chains: Tensor) -> Tensor:
    return rotated_chains(R_world, chains).sum(dim=-2).norm(dim=-1)


def foot_paths(
    R_world: Tensor,
    measurement: Measurement,
    estimate: Estimate,
    settings: PlantingSettings = PlantingSettings(),  # noqa: B008 (frozen)
) -> FootPaths:
    """Return when the feet of a solution (F, 22, 3, 3) stand, and where its toes are to be.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: head and hands, whose floor the feet stand on.
        estimate: what the prior says of the feet: which of them stand, and where they are.
        settings: when a foot counts as standing.
    """
    solved_m = solved_toes(R_world, measurement)
    paths = plant_feet(
        towards_told_toes(solved_m, measurement, estimate).double().cpu().numpy(),
        estimate.contact.double().cpu().numpy(),
        measurement.body_size_m,
        measurement.sole_height_m if measurement.floor_known else None,
        settings,
    )
    return replace(paths, solved_m=solved_m.double().cpu().numpy())


def towards_told_toes(solved_m: Tensor, measurement: Measurement, estimate: Estimate) -> Tensor:
    """Return toe paths (F, 2, 3) between those that the solved legs give and those that the prior tells directly.

    Angles of hip and knee that err by ten degrees each put a foot 16 cm off, so what is told directly is nearer; the
    two err differently, and their mean is nearer still. Where head or floor is not known, nothing is told.
    """
    if estimate.feet is None or not measurement.floor_known:
        return solved_m
    told = smooth_in_time(estimate.feet[:, _TOLD_TOES], _TOLD_SMOOTHING_FRAMES)
    told_m = feet_positions_m(told, measurement.y_m[:, 0], measurement.leg_length_m, measurement.sole_height_m)
    known = smooth_in_time(measurement.measured[:, 0].to(told_m.dtype), _TOLD_FADE_FRAMES)
    return solved_m + _TOLD_SHARE * known[:, None, None] * (told_m - solved_m)


def solved_toes(R_world: Tensor, measurement: Measurement) -> Tensor:
    """Return where the toes of a solution (F, 22, 3, 3) are, (F, 2, 3), the head where it was measured."""

    def from_head_m(R: Tensor) -> Tensor:
        positions_m = forward_kinematics(R, measurement.offsets_m)
        return positions_m[:, list(TOE_JOINTS)] - positions_m[:, _HEAD, None]

    return in_pieces(from_head_m, R_world) + measurement.y_m[:, :1]
