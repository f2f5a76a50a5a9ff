# SPDX-License-Identifier: Apache-2.0
"""Find the points about which head and hands turn: a neck, a wrist, an elbow, a shoulder.

All readings of a file's axes are compared, so what is the same in all of them is summed once (`TurnSums`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray, lengths
from ..conventions import AxesMatrices
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


class TurningPoint(NamedTuple):
    """Hold the point about which a device turns."""

    point: FloatArray
    """(3,) in the device's frame, in far reaches."""
    share: float
    """0 to 1: the share of the device's motion that rotation about it explains."""


class Arm(NamedTuple):
    """Hold what the turning point of one hand says, weighted by the share of its motion that it explains."""

    handle: float
    """-1 to 1: how clearly the point lies behind the device along the device's own axis."""
    elbow: float
    """-1 to 1: how far the point is behind the hand."""
    shoulder: float
    """-1 to 1: how far the point is behind the eyes."""
    hanging: float
    """The same for the frames in which the hand is low."""


def arm_evidence(
    turning_points: Sequence[TurningPoint], R: FloatArray, forward: FloatArray, ahead: FloatArray, up: FloatArray
) -> list[Arm]:
    """Return what the turning points of a hand say about front and back.

    Args:
        turning_points: of the hand, one for each span.
        R: its rotations, (F, 3, 3).
        forward: where the head looks, level, (F, 3).
        ahead: how far the hand is in front of the head, (F,), in far reaches.
        up: how far it is above the head, (F,).
    """
    with np.errstate(invalid="ignore"):
        low = up < _LOW
    # Where the head looks, in the hand's own axes: all points are behind the hand by the same mean.
    from_hand = np.einsum("fa,fab->fb", forward, R)
    turned = np.isfinite(from_hand).all(axis=-1)
    known = turned & np.isfinite(ahead)
    hand = _mean(from_hand[turned])
    eyes, eyes_if_low = ((_mean(from_hand[rows]), _mean(ahead[rows])) for rows in (known, known & low))

    def behind(point: FloatArray, mean: tuple[FloatArray, FloatArray]) -> float:
        return float(np.tanh(-(mean[0] @ point + mean[1]) / 0.1))

    arms = []
    for point, share in turning_points:
        along = float(point[2] / max(0.05, np.linalg.norm(point)))
        arms.append(
            Arm(
                share * float(np.sign(along)) * max(0.0, abs(along) - _CLEAR_HANDLE) / (1 - _CLEAR_HANDLE),
                share * float(np.tanh(-(hand @ point) / 0.1)),
                share * behind(point, eyes),
                share * float(low.mean()) * behind(point, eyes_if_low),
            )
        )
    return arms


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean of values (N, ...); zero if there are none."""
    return np.asarray(values.mean(axis=0) if len(values) else np.zeros(values.shape[1:]))


def calmness(R: FloatArray) -> float:
    """Return 1 for hands (F, 2, 3, 3) that turn slowly, towards 0 for fast ones.

    Fast hands flick at the wrist, so the point about which they turn is no elbow.
    """
    turned = np.einsum("fhab,fhab->fh", R[1:], R[:-1])
    angle_rad = np.arccos(np.clip((turned - 1) / 2, -1, 1))
    speed_rad_s = np.sqrt(finite_mean(angle_rad**2)) / SAMPLE_S
    return float(1 / (1 + (speed_rad_s / _FAST_RAD_S) ** 2))


class TurnSums(NamedTuple):
    """Hold the sums over a device's track from which the point about which it turns follows in any axes."""

    turns: FloatArray
    """(3, 3) sum of ``dR^T dR`` over all steps."""
    turned_ways: FloatArray
    """(3, 3, 3) sum of ``dR_ij dp_k``."""
    ways: float
    """Sum of ``|dp|^2``; 0 if the track says nothing."""

    @classmethod
    def of(cls, p: FloatArray, R: FloatArray, span: int) -> TurnSums:
        """Return the sums of a track in far reaches, (F, 3) and (F, 3, 3), for steps over a span of samples."""
        dp = moved(p, span)
        dR = R[span:] - R[:-span]
        good = np.isfinite(dp).all(-1) & np.isfinite(dR).all((-2, -1)) if len(dp) else np.zeros(0, np.bool_)
        if good.sum() < FEWEST_STEPS:
            return cls(np.zeros((3, 3)), np.zeros((3, 3, 3)), 0.0)
        dp, flat = dp[good] - dp[good].mean(axis=0), dR[good].reshape(-1, 9)
        products = (flat.T @ flat).reshape(3, 3, 3, 3)
        return cls(np.einsum("abac->bc", products), (flat.T @ dp).reshape(3, 3, 3), float((dp**2).sum()))

    def turning_point(self, axes: AxesMatrices) -> TurningPoint:
        """Fit the point ``v`` in the device's frame for which ``|dp + dR v|`` is least."""
        if self.ways <= 0:
            return TurningPoint(np.zeros(3), 0.0)
        device = axes.device
        A = device @ self.turns @ device.T
        b = device @ np.einsum("ik,ijk->j", axes.rotations.T @ axes.positions, self.turned_ways)
        v = np.linalg.solve(A + (1e-3 * np.trace(A) + 1e-12) * np.eye(3), -b)
        return TurningPoint(v, max(0.0, -float(2 * v @ b + v @ A @ v) / self.ways))


def moved(p: FloatArray, span: int) -> FloatArray:
    """Return the movement over a span, (F - span, 3); NaN where it is a jump."""
    way = p[span:] - p[:-span] if len(p) > span else np.zeros((0, 3))
    with np.errstate(invalid="ignore"):
        return np.where(lengths(way)[..., None] < _LONGEST_STEP * span, way, np.nan)


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the dot products of vectors (..., 3)."""
    return np.asarray(np.einsum("...i,...i->...", a, b))


def finite_mean(values: FloatArray) -> float:
    """Return the mean of the finite values; 0 if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else 0.0
