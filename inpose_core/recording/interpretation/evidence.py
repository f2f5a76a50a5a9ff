# SPDX-License-Identifier: Apache-2.0
"""Guess the axes, the left hand and the unit of three tracks from typical human movement.

This module does not depend on file formats. A person's head is upright most of the time and above the hands; the hands
are in front of the head when they reach out, the left one to the left; people walk in the direction they look. In real
files the hands are behind the head in up to two thirds of the frames, so only far reaches are used. Devices help too:
a hand turns about a wrist and an elbow that are behind the device it holds. The least moving point of a controller
is 5 to 45 cm behind it in every recording that was measured, and explains up to 90 % of its motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from ...body.quaternions import wxyz_from_xyzw
from ..conventions import Axes, QuaternionOrder, convert_positions, convert_rotations, rotation_matrices

USUAL_REACH_M: Final[float] = 0.70
"""Distance of the farther hand from the head, 95th percentile: 0.55 to 0.95 m in real recordings."""

CANDIDATES: Final[tuple[tuple[str, str, float], ...]] = (
    ("RUB", "OpenXR, OpenVR or WebXR", 0.0),
    ("RUF", "Unity", 0.0),
    ("FRU", "Unreal", -0.1),
    ("FLU", "ROS", -0.1),
    ("RFU", "Blender", -0.1),
    ("RFU/RFU/RUB", "Blender, devices like its cameras", -0.15),
    ("LUF", "Y up, facing +Z", -0.2),
    ("RUB/RUF", "OpenXR's positions with Unity's rotations", -0.5),
    ("RUF/RUB", "Unity's positions with OpenXR's rotations", -0.5),
)
"""The tested axes, their names, and a penalty for rare axes."""

_PIECES: Final[int] = 12
_PIECE_FRAMES: Final[int] = 150
_FAR_REACH: Final[float] = 0.55
"""A hand counts as reaching out from this share of the usual far reach."""
_SWAP_PENALTY: Final[float] = 1.2
"""Swapped hands are rarer than unusual axes."""
_HIGHEST_HEAD: Final[float] = 3.5
"""In far reaches; people who stand and reach out have about two."""
_PIVOT_FRAMES: Final[int] = 5
_FEWEST_STEPS: Final[int] = 20
_LONGEST_STEP: Final[float] = 0.7
"""Share of a far reach that a hand may move in a few frames; more is a jump."""
_WALKED: Final[float] = 0.25
"""Share of a far reach that the head must move within the span to count as walking."""


@dataclass(frozen=True)
class Stance:
    """Hold the stance of a person under the axes being tried; lengths in far reaches."""

    upright: float
    """Mean height of the head's own up axis, 1 for a head that never tilts."""
    above: float
    """-1 to 1: share of the time in which the head is above the hands."""
    height: float
    """Median height of the head."""
    front: float
    """Mean distance of far hands in front of the head."""
    side: float
    """Median distance of the right hand to the right of the left one."""
    walk: float
    """-1 to 1: how well the head's movement follows its gaze; 0 if there was no walking."""
    steadiness: float
    """0 to 1: how much the far hands keep to one side of the head while it turns."""
    pivot: float
    """-1 to 1: how far the hand devices' rotation centres are behind them, weighted by the motion explained."""

    @property
    def score(self) -> float:
        """Return how plausible the stance is; about 8 for plausible axes, below 5 for others."""
        return (
            3.0 * self.upright
            + 2.0 * self.above
            + (float(np.tanh(self.height)) if self.height < _HIGHEST_HEAD else -1.0)
            + 1.5 * float(np.clip(self.front / 0.3, -1, 1))
            + 1.5 * float(np.clip(self.side / 0.2, -1, 1))
            + self.walk
            + self.steadiness
            + 1.5 * self.pivot
        )


def far_reach(positions: FloatArray) -> float | None:
    """Return how far the farther hand gets from the head (95th percentile), in the file's unit; None without hands.

    Args:
        positions: positions of head, left and right, (F, 3, 3); NaN if not measured.
    """
    offsets = np.linalg.norm(positions[:, 1:] - positions[:, :1], axis=-1)
    farther = offsets[np.isfinite(offsets).any(axis=1)]
    if len(farther) == 0:
        return None
    reach = float(np.percentile(np.nanmax(farther, axis=1), 95))
    return reach if np.isfinite(reach) and reach > 0 else None


def stance(positions: FloatArray, wxyz: FloatArray) -> Stance | None:
    """Return the person's stance in OpenXR's axes, from positions (F, 3, 3) in any unit and rotations (F, 3, 4).

    Returns None if there is no head or no hand.
    """
    reach = far_reach(positions)
    head = np.isfinite(positions[:, 0]).all(-1) & np.isfinite(wxyz[:, 0]).all(-1)
    head &= np.linalg.norm(np.where(np.isfinite(wxyz[:, 0]), wxyz[:, 0], 0.0), axis=-1) > 1e-3
    if reach is None or head.sum() < 2:
        return None
    p, R = positions[head] / reach, rotation_matrices(wxyz[head, 0])
    forward = -R[:, :, 2] * (1.0, 0.0, 1.0)
    looks = np.linalg.norm(forward, axis=-1) > 0.35  # a head that looks down has no heading
    forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-9)
    right = np.stack((-forward[:, 2], np.zeros(len(forward)), forward[:, 0]), axis=-1)
    offsets = p[:, 1:] - p[:, :1]
    flat = offsets * (1.0, 0.0, 1.0)
    with np.errstate(invalid="ignore"):
        lower = offsets[..., 1] < 0
        far = (np.linalg.norm(offsets, axis=-1) > _FAR_REACH) & looks[:, None]
    seen = np.isfinite(offsets[..., 1])
    ahead = (flat * forward[:, None]).sum(-1)
    aside = (flat * right[:, None]).sum(-1)
    across = ((p[:, 2] - p[:, 1]) * right).sum(-1)[looks]
    across = across[np.isfinite(across)]
    return Stance(
        upright=float(R[:, 1, 1].mean()),
        above=2 * float(lower[seen].mean()) - 1,
        height=float(np.median(p[:, 0, 1])),
        front=float(ahead[far].mean()) if far.any() else 0.0,
        side=float(np.median(across)) if len(across) else 0.0,
        walk=_walk(p[:, 0], forward, looks),
        steadiness=_steadiness(ahead[far], aside[far]) if far.any() else 0.0,
        pivot=float(np.mean([_pivot(positions[:, hand] / reach, wxyz[:, hand]) for hand in (1, 2)])),
    )


def look_like_joints(positions: FloatArray, wxyz: FloatArray) -> bool:
    """Return whether these are joints of a body whose T-pose has the left arm along +X, not devices.

    A wrist joint rotates about an elbow towards the body along its X axis; a device's elbow is behind it.
    """
    reach = far_reach(positions)
    found = stance(positions, wxyz)
    if reach is None or found is None or found.side > 0:
        return False
    for hand, towards_body in ((1, -1.0), (2, 1.0)):
        v, explained = _least_moving_point(positions[:, hand] / reach, wxyz[:, hand])
        if explained < 0.1 or towards_body * v[0] < 1.2 * max(abs(v[1]), abs(v[2])):
            return False
    return True


class Candidate(NamedTuple):
    """Hold one reading of the numbers, and how plausible its stance is."""

    axes: Axes
    order: QuaternionOrder
    label: str
    swapped: bool
    """Left and right swapped."""
    score: float
    stance: Stance


def best_axes(
    positions: FloatArray, quaternions: FloatArray, orders: tuple[QuaternionOrder, ...], may_swap: bool = True
) -> list[Candidate]:
    """Return candidates of axes, quaternion orders and sides, best first; empty without head or hands.

    A mirrored person with swapped hands looks like a person again. Among such twins (RUF and LUF, FRU and FLU), the one
    whose hands have the right names is chosen.
    """
    p, q = excerpt(positions), excerpt(quaternions)
    ranking = []
    for order in orders:
        wxyz = in_order(q, order)
        for code, label, prior in CANDIDATES:
            axes = Axes.parse(code)
            found = stance(convert_positions(p, axes), convert_rotations(wxyz, axes))
            if found is None:
                continue
            ranking.append(Candidate(axes, order, label, False, found.score + prior, found))
            if may_swap:
                found = replace(found, side=-found.side)
                ranking.append(Candidate(axes, order, label, True, found.score + prior - _SWAP_PENALTY, found))
    return sorted(ranking, key=lambda candidate: -candidate.score)


def excerpt(tracks: FloatArray) -> FloatArray:
    """Return a dozen excerpts of a second or two, spread over a long recording (F, ...); a short one unchanged."""
    if len(tracks) <= _PIECES * _PIECE_FRAMES:
        return tracks
    starts = np.linspace(0, len(tracks) - _PIECE_FRAMES, _PIECES).astype(int)
    return np.concatenate([tracks[start : start + _PIECE_FRAMES] for start in starts])


def in_order(quaternions: FloatArray, order: QuaternionOrder) -> FloatArray:
    """Return quaternions (..., 4) as wxyz."""
    return wxyz_from_xyzw(quaternions) if order == "xyzw" else quaternions


def _walk(head: FloatArray, forward: FloatArray, looks: NDArray[np.bool_]) -> float:
    """Return how well the head's movement over a few tenths of a second follows its gaze."""
    span = max(1, len(head) // 60)
    way = (head[span:] - head[:-span]) * (1.0, 0.0, 1.0)
    length = np.linalg.norm(way, axis=-1)
    walking = (length > _WALKED) & looks[:-span]
    if walking.mean() < 0.1:
        return 0.0
    return float((way * forward[:-span]).sum(-1)[walking].sum() / length[walking].sum())


def _steadiness(ahead: FloatArray, aside: FloatArray) -> float:
    length = np.hypot(ahead, aside)
    sure = length > 0.05
    if not sure.any():
        return 0.0
    return float(np.hypot((ahead[sure] / length[sure]).mean(), (aside[sure] / length[sure]).mean()))


def _pivot(p: FloatArray, wxyz: FloatArray) -> float:
    """Return how far the least moving point is behind a device, weighted by the share of motion it explains."""
    v, explained = _least_moving_point(p, wxyz)
    return explained * float(np.tanh(v[2] / 0.1))


def _least_moving_point(p: FloatArray, wxyz: FloatArray) -> tuple[FloatArray, float]:
    """Fit the point ``v`` in a device's frame for which ``|dp + dR v|`` over a few frames is least.

    Returns:
        ``v`` in far reaches, and 0 to 1: the share of the device's motion that rotation about it explains.
    """
    R = rotation_matrices(wxyz)
    dp, dR = p[_PIVOT_FRAMES:] - p[:-_PIVOT_FRAMES], R[_PIVOT_FRAMES:] - R[:-_PIVOT_FRAMES]
    good = np.isfinite(dp).all(-1) & np.isfinite(dR).all((-2, -1))
    good &= np.linalg.norm(np.where(good[:, None], dp, 0.0), axis=-1) < _LONGEST_STEP
    dp, dR = dp[good], dR[good]
    total = float((dp**2).sum())
    if len(dp) < _FEWEST_STEPS or total <= 0:
        return np.zeros(3), 0.0
    A = np.einsum("fba,fbc->ac", dR, dR)
    v = np.linalg.solve(A + (1e-3 * np.trace(A) + 1e-12) * np.eye(3), -np.einsum("fba,fb->a", dR, dp))
    return v, max(0.0, 1 - float(((dp + dR @ v) ** 2).sum()) / total)
