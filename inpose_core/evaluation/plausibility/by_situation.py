# SPDX-License-Identifier: Apache-2.0
"""Measure pairs of truth and solution frame by frame, and gather the figures of each situation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import BoolArray, FloatArray
from ...body.motion import Motion
from ...body.quaternions import rotate_vector
from ...body.skeleton import ANKLE_JOINTS, JOINT_INDEX, KNEE_JOINTS, LEG_CHAINS, TOE_JOINTS
from ...training.packing import frames_without_glitches
from ...training.situations import Situation, situations
from ..metrics import LOWER_JOINTS, STANDING_SPEED_M_S, align_heads
from ..reliability import EDGES, NEAR_M
from .arm_limits import elbows_beyond, wrists_beyond
from .figures import MotionFigures, SituationFigures, Spread
from .sole import sole_depth_m, sole_vertices_m
from .stances import found_landings, landings, planted_feet

ALL: Final[str] = "all"
"""Name of the figures of all frames."""
_FEWEST_FRAMES: Final[int] = 30
_FREE_LEG: Final[list[int]] = [*KNEE_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS]


@dataclass(frozen=True)
class _Tracks:
    """Hold what is measured of one motion in each frame; sides are left and right."""

    toe_speed_m_s: FloatArray
    """(F, 2), of all directions."""
    over_ground_m_s: FloatArray
    """(F, 2) horizontal speed of the toes."""
    planted: BoolArray
    lands: BoolArray
    knee_deg: FloatArray
    knee_speed_deg_s: FloatArray
    lift_m: FloatArray
    depth_m: FloatArray
    gap_m: FloatArray
    """(F, 2) height of the lowest point of each sole."""
    elbow: BoolArray
    wrist: BoolArray


@dataclass(frozen=True)
class _Comparison:
    """Hold what is measured of a solution against its truth in each frame."""

    error_cm: FloatArray
    """(F,) mean of all joints."""
    legs_cm: FloatArray
    stands: BoolArray
    """(F, 2) feet that the solver plants."""
    found: BoolArray
    """(F, 2) true landings that the solution has too."""
    confidence: FloatArray
    near: BoolArray


Part = TypeVar("Part", _Tracks, _Comparison)


def situations_of(motion: Motion, activity: str = "") -> NDArray[np.int8]:
    """Return the `Situation` of each frame, (F,)."""
    forward = rotate_vector(motion.rotations_wxyz[:, JOINT_INDEX["pelvis"]], np.array([0.0, 0.0, 1.0]))[:, [0, 2]]
    forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-6)
    body = motion.skeleton
    return situations(
        motion.joint_positions_m,
        forward,
        body.sole_height_m,
        body.leg_length_m,
        body.standing_head_height_m,
        activity,
    )


def figures_by_situation(
    pairs: Sequence[tuple[Motion, Motion]], labels: Sequence[NDArray[np.int8]]
) -> dict[str, SituationFigures]:
    """Return the figures of all frames (`ALL`), and of each situation that lasts half a second, by its name.

    Frames near a glitch of the capture are left out.

    Args:
        pairs: truth and solution of each clip, with equal frame counts and on the same body.
        labels: each clip's situations, (F,).
    """
    label = np.concatenate(labels)
    true = [_tracks(truth) for truth, _ in pairs]
    solved = [_tracks(solution) for _, solution in pairs]
    compared = [_comparison(*pair, a, b) for pair, a, b in zip(pairs, true, solved, strict=True)]
    captured = np.concatenate([frames_without_glitches(truth) for truth, _ in pairs])
    chosen = {ALL: captured}
    chosen |= {situation.name.lower().replace("_", " "): captured & (label == situation) for situation in Situation}
    fps, a, b, c = pairs[0][0].fps, _joined(true), _joined(solved), _joined(compared)
    return {
        name: _figures(_kept(c, kept), _kept(a, kept), _kept(b, kept), fps)
        for name, kept in chosen.items()
        if kept.sum() >= _FEWEST_FRAMES
    }


def _tracks(motion: Motion) -> _Tracks:
    p, fps = motion.joint_positions_m, motion.fps
    toes_m = p[:, list(TOE_JOINTS)]
    velocity_m_s = _rate(toes_m, fps)
    planted = planted_feet(toes_m, fps)
    knee_deg = np.stack([_flexion_deg(p, *leg) for leg in LEG_CHAINS], axis=1)
    soles_m = sole_vertices_m(motion)
    return _Tracks(
        toe_speed_m_s=np.linalg.norm(velocity_m_s, axis=-1),
        over_ground_m_s=np.linalg.norm(velocity_m_s[..., [0, 2]], axis=-1),
        planted=planted,
        lands=landings(planted),
        knee_deg=knee_deg,
        knee_speed_deg_s=np.abs(_rate(knee_deg, fps)),
        lift_m=np.abs(toes_m[:, 0, 1] - toes_m[:, 1, 1]),
        depth_m=sole_depth_m(soles_m),
        gap_m=soles_m[..., 1].min(axis=-1),
        elbow=elbows_beyond(motion),
        wrist=wrists_beyond(motion),
    )


def _comparison(truth: Motion, solution: Motion, true: _Tracks, solved: _Tracks) -> _Comparison:
    p, p_hat = truth.joint_positions_m, solution.joint_positions_m
    error_cm = 100 * np.linalg.norm(p - align_heads(p, p_hat), axis=-1)
    # As the confidence was calibrated: where the solver puts the legs in the room.
    leg_m = np.linalg.norm(p - p_hat, axis=-1)[:, _FREE_LEG].mean(axis=1)
    stands, confidence = solution.foot_stands, solution.confidence
    return _Comparison(
        error_cm=error_cm.mean(axis=1),
        legs_cm=error_cm[:, list(LOWER_JOINTS)].mean(axis=1),
        stands=solved.planted if stands is None else stands,
        found=found_landings(true.lands, solved.lands, truth.fps),
        confidence=np.ones(len(p)) if confidence is None else confidence,
        near=leg_m <= NEAR_M,
    )


def _rate(values: FloatArray, fps: float) -> FloatArray:
    return np.gradient(values, axis=0) * fps if len(values) > 1 else np.zeros_like(values)


def _flexion_deg(p: FloatArray, hip: int, knee: int, ankle: int) -> FloatArray:
    thigh, shin = p[:, knee] - p[:, hip], p[:, ankle] - p[:, knee]
    cosine = (thigh * shin).sum(-1) / np.maximum(np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1), 1e-9)
    return np.asarray(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))))


def _joined(parts: Sequence[Part]) -> Part:
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def _kept(part: Part, kept: BoolArray) -> Part:
    return type(part)(**{name: values[kept] for name, values in vars(part).items()})


def _figures(compared: _Comparison, true: _Tracks, solved: _Tracks, fps: float) -> SituationFigures:
    seconds = len(compared.error_cm) / fps
    standing = true.planted & (true.toe_speed_m_s <= STANDING_SPEED_M_S)
    return SituationFigures(
        seconds=seconds,
        mpjpe_cm=float(compared.error_cm.mean()),
        legs_cm=float(compared.legs_cm.mean()),
        legs_95_cm=float(np.percentile(compared.legs_cm, 95)),
        steps_found=_share(compared.found, true.lands),
        contact_recall=_share(compared.stands, true.planted),
        contact_precision=_share(true.planted, compared.stands),
        confidence=float(compared.confidence.mean()),
        near=float(compared.near.mean()),
        confidence_error=_confidence_error(compared),
        solved=_of_motion(solved, standing, seconds),
        true=_of_motion(true, standing, seconds),
    )


def _of_motion(tracks: _Tracks, standing: BoolArray, seconds: float) -> MotionFigures:
    return MotionFigures(
        sliding_cm_s=100 * _mean_of(tracks.over_ground_m_s, standing),
        stance_share=float(tracks.planted.mean()),
        steps_per_s=float(tracks.lands.sum() / seconds),
        knee_deg=Spread.of(tracks.knee_deg),
        knee_speed_deg_s=Spread.of(tracks.knee_speed_deg_s),
        toe_speed_cm_s=Spread.of(100 * tracks.toe_speed_m_s),
        toe_lift_cm=float(100 * np.percentile(tracks.lift_m, 95)),
        sole_depth_cm=float(100 * tracks.depth_m.mean()),
        sole_depth_99_cm=float(100 * np.percentile(tracks.depth_m, 99)),
        sole_gap_cm=100 * _mean_of(np.maximum(tracks.gap_m, 0.0), tracks.planted),
        elbows_beyond=float(tracks.elbow.mean()),
        wrists_beyond=float(tracks.wrist.mean()),
    )


def _share(flags: BoolArray, among: BoolArray) -> float:
    return float(flags[among].mean()) if among.any() else float("nan")


def _mean_of(values: FloatArray, among: BoolArray) -> float:
    return float(values[among].mean()) if among.any() else float("nan")


def _confidence_error(compared: _Comparison) -> float:
    total = 0.0
    for low, high in pairwise(EDGES):
        inside = (compared.confidence >= low) & ((compared.confidence < high) | (high == EDGES[-1]))
        if inside.any():
            total += float(inside.mean() * abs(compared.confidence[inside].mean() - compared.near[inside].mean()))
    return total
