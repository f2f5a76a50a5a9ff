# SPDX-License-Identifier: Apache-2.0
"""Measure whether solved legs move like real legs: stances, steps, foot sliding, knees, speeds, by situation.

Joint errors alone cannot distinguish a gliding walk from a walk whose steps are a little off. All figures are measured
per frame, with joints in metres, Y up, at the motion's own rate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import rotate_vector
from ..body.skeleton import JOINT_INDEX, LEG_CHAINS, TOE_JOINTS
from ..training.situations import Situation, situations
from .metrics import LOWER_JOINTS, STANDING_SPEED_M_S, align_heads

_STANCE_SPEED_M_S: Final[float] = 0.3
"""A foot is planted while its toes are slower than this."""
_STANCE_HEIGHT_M: Final[float] = 0.06
_SHORTEST_STANCE_S: Final[float] = 0.08
_FEWEST_FRAMES: Final[int] = 30


@dataclass(frozen=True)
class LegFigures:
    """Hold the leg motion in some frames: the solved legs beside the true ones."""

    frames: int
    legs_cm: float
    legs_95_cm: float
    slide_cm_s: float
    """Horizontal speed of solved toes while the true ones are planted."""
    slide_of_truth_cm_s: float
    stance_share: float
    """Share of time in which a foot is planted, mean of both feet."""
    stance_share_of_truth: float
    steps_per_s: float
    steps_per_s_of_truth: float
    knee_deg: float
    """Median knee flexion."""
    knee_deg_of_truth: float
    toe_speed_99_cm_s: float
    toe_speed_99_of_truth_cm_s: float
    toe_lift_cm: float
    """Height of the higher toe over the lower one, 95th percentile."""
    toe_lift_of_truth_cm: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(frozen=True)
class _Legs:
    """Hold the leg motion of one motion in each frame."""

    toe_speed_m_s: FloatArray
    planted: NDArray[np.bool_]
    lands: NDArray[np.bool_]
    knee_deg: FloatArray
    lift_m: FloatArray


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


def leg_figures(pairs: list[tuple[Motion, Motion]], labels: list[NDArray[np.int8]]) -> dict[str, LegFigures]:
    """Return figures of all frames ("all") and of each situation that lasts half a second, by its name.

    Args:
        pairs: ground truth and solution of each clip, with equal frame counts and on the same body.
        labels: each clip's situations, (F,).
    """
    label = np.concatenate(labels)
    error_cm, solved, true = [], [], []
    for truth, solution in pairs:
        p, p_hat = truth.joint_positions_m, solution.joint_positions_m
        error_cm.append(100 * np.linalg.norm(p - align_heads(p, p_hat), axis=-1)[:, list(LOWER_JOINTS)].mean(axis=1))
        true.append(_legs_of(p, truth))
        solved.append(_legs_of(p_hat, solution))
    fps = pairs[0][0].fps
    errors, a, b = np.concatenate(error_cm), _joined(solved), _joined(true)
    chosen = {"all": np.ones(len(label), dtype=bool)}
    chosen |= {situation.name.lower().replace("_", " "): label == situation for situation in Situation}
    return {
        name: _figures(errors[kept], _kept(a, kept), _kept(b, kept), fps)
        for name, kept in chosen.items()
        if kept.sum() >= _FEWEST_FRAMES
    }


def _legs_of(p: FloatArray, motion: Motion) -> _Legs:
    toes_m = p[:, list(TOE_JOINTS)]
    velocity = np.gradient(toes_m, axis=0) * motion.fps if len(p) > 1 else np.zeros_like(toes_m)
    speed = np.linalg.norm(velocity, axis=-1)
    smooth = gaussian_filter1d(speed, 1.0, axis=0, mode="nearest")
    low = toes_m[..., 1] < motion.skeleton.sole_height_m + _STANCE_HEIGHT_M
    planted = _long_enough((smooth < _STANCE_SPEED_M_S) & low, round(_SHORTEST_STANCE_S * motion.fps))
    lands = np.zeros_like(planted)
    lands[1:] = planted[1:] & ~planted[:-1]
    return _Legs(
        toe_speed_m_s=np.linalg.norm(velocity[..., [0, 2]], axis=-1),
        planted=planted,
        lands=lands,
        knee_deg=np.stack([_flexion_deg(p, *leg) for leg in LEG_CHAINS], axis=1),
        lift_m=np.abs(toes_m[:, 0, 1] - toes_m[:, 1, 1]),
    )


def _flexion_deg(p: FloatArray, hip: int, knee: int, ankle: int) -> FloatArray:
    thigh, shin = p[:, knee] - p[:, hip], p[:, ankle] - p[:, knee]
    cosine = (thigh * shin).sum(-1) / np.maximum(np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1), 1e-9)
    return np.asarray(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))))


def _long_enough(flags: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Return flags (F, 2) without runs shorter than the given number of frames."""
    kept = np.zeros_like(flags)
    for foot in range(flags.shape[1]):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], flags[:, foot].astype(np.int8), [0]))))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            kept[first:end, foot] = end - first >= frames
    return kept


def _joined(parts: list[_Legs]) -> _Legs:
    return _Legs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def _kept(legs: _Legs, kept: NDArray[np.bool_]) -> _Legs:
    return _Legs(**{name: values[kept] for name, values in vars(legs).items()})


def _figures(error_cm: FloatArray, solved: _Legs, true: _Legs, fps: float) -> LegFigures:
    standing = true.planted & (true.toe_speed_m_s <= STANDING_SPEED_M_S)
    seconds = len(error_cm) / fps

    def slide(legs: _Legs) -> float:
        return float(100 * legs.toe_speed_m_s[standing].mean()) if standing.any() else float("nan")

    return LegFigures(
        frames=len(error_cm),
        legs_cm=float(error_cm.mean()),
        legs_95_cm=float(np.percentile(error_cm, 95)),
        slide_cm_s=slide(solved),
        slide_of_truth_cm_s=slide(true),
        stance_share=float(solved.planted.mean()),
        stance_share_of_truth=float(true.planted.mean()),
        steps_per_s=float(solved.lands.sum() / seconds),
        steps_per_s_of_truth=float(true.lands.sum() / seconds),
        knee_deg=float(np.median(solved.knee_deg)),
        knee_deg_of_truth=float(np.median(true.knee_deg)),
        toe_speed_99_cm_s=float(100 * np.percentile(solved.toe_speed_m_s, 99)),
        toe_speed_99_of_truth_cm_s=float(100 * np.percentile(true.toe_speed_m_s, 99)),
        toe_lift_cm=float(100 * np.percentile(solved.lift_m, 95)),
        toe_lift_of_truth_cm=float(100 * np.percentile(true.lift_m, 95)),
    )
