# SPDX-License-Identifier: Apache-2.0
"""Find the points about which head and hands turn: a neck, a wrist, an elbow, a shoulder."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from .excerpts import SAMPLE_S

TURN_SPANS: Final[tuple[int, int]] = (2, 6)
"""Samples over which a rotation is compared: a wrist turns quickly, a shoulder slowly."""

FEWEST_STEPS: Final[int] = 20
_LOW: Final[float] = -0.6
"""Height of low hands relative to the head, in far reaches."""
_LONGEST_STEP: Final[float] = 0.2
"""Share of a far reach that a device may move from sample to sample; more is a jump."""
_FAST_RAD_S: Final[float] = 4.0
_CLEAR_HANDLE: Final[float] = 0.6
"""Share of the way to the turning point from which it counts as lying along the device."""


class Arm(NamedTuple):
    """Hold what the turning point of one hand says."""

    share: float
    """Share of the hand's motion that rotation about the point explains."""
    handle: float
    """-1 to 1: how clearly the point lies behind the device along the device's own axis, times the share."""
    elbow: float
    """-1 to 1: how far the point is behind the hand, times the share."""
    shoulder: float
    """-1 to 1: how far the point is behind the eyes, times the share."""
    hanging: float
    """The same for the frames in which the hand is low."""


def arm_evidence(p: FloatArray, R: FloatArray, forward: FloatArray, hand: int, span: int) -> Arm:
    """Return what the turning point of a hand says about front and back.

    Args:
        p: positions of head and hands in far reaches, (F, 3, 3).
        R: their rotations, (F, 3, 3, 3).
        forward: where the head looks, level, (F, 3).
        hand: 1 left, 2 right.
        span: samples over which rotations are compared.
    """
    point, share = turning_point(p[:, hand], R[:, hand], span)
    from_hand, hand_from_head = R[:, hand] @ point, p[:, hand] - p[:, 0]
    with np.errstate(invalid="ignore"):
        low = hand_from_head[:, 1] < _LOW
    behind_hand = -dot(from_hand, forward)
    behind_eyes = -dot(from_hand + hand_from_head, forward)
    along = float(point[2] / max(0.05, np.linalg.norm(point)))
    return Arm(
        share,
        share * float(np.sign(along)) * max(0.0, abs(along) - _CLEAR_HANDLE) / (1 - _CLEAR_HANDLE),
        share * float(np.tanh(finite_mean(behind_hand) / 0.1)),
        share * float(np.tanh(finite_mean(behind_eyes) / 0.1)),
        share * float(low.mean()) * float(np.tanh(finite_mean(behind_eyes[low]) / 0.1)),
    )


def calmness(R: FloatArray) -> float:
    """Return 1 for hands (F, 2, 3, 3) that turn slowly, towards 0 for fast ones.

    Fast hands flick at the wrist, so the point about which they turn is no elbow.
    """
    turned = np.einsum("fhab,fhab->fh", R[1:], R[:-1])
    angle_rad = np.arccos(np.clip((turned - 1) / 2, -1, 1))
    speed_rad_s = np.sqrt(finite_mean(angle_rad**2)) / SAMPLE_S
    return float(1 / (1 + (speed_rad_s / _FAST_RAD_S) ** 2))


def turning_point(p: FloatArray, R: FloatArray, span: int) -> tuple[NDArray[np.float64], float]:
    """Fit the point ``v`` in a device's frame for which ``|dp + dR v|`` over a span is least.

    Returns:
        ``v`` in far reaches, and 0 to 1: the share of the device's motion that rotation about it explains.
    """
    dp = moved(p, span)
    dR = R[span:] - R[:-span]
    good = np.isfinite(dp).all(-1) & np.isfinite(dR).all((-2, -1)) if len(dp) else np.zeros(0, np.bool_)
    if good.sum() < FEWEST_STEPS:
        return np.zeros(3), 0.0
    dp, dR = dp[good] - dp[good].mean(axis=0), dR[good]
    total = float((dp**2).sum())
    if total <= 0:
        return np.zeros(3), 0.0
    A = np.einsum("fba,fbc->ac", dR, dR)
    v = np.linalg.solve(A + (1e-3 * np.trace(A) + 1e-12) * np.eye(3), -np.einsum("fba,fb->a", dR, dp))
    return v, max(0.0, 1 - float(((dp + dR @ v) ** 2).sum()) / total)


def moved(p: FloatArray, span: int) -> FloatArray:
    """Return the movement over a span, (F - span, 3); NaN where it is a jump."""
    way = p[span:] - p[:-span] if len(p) > span else np.zeros((0, 3))
    with np.errstate(invalid="ignore"):
        return np.where(np.linalg.norm(way, axis=-1, keepdims=True) < _LONGEST_STEP * span, way, np.nan)


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the dot products of vectors (..., 3)."""
    return np.asarray((a * b).sum(-1))


def finite_mean(values: FloatArray) -> float:
    """Return the mean of the finite values; 0 if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else 0.0
