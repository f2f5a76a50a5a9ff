# SPDX-License-Identifier: Apache-2.0
"""Measure how much three tracks, read in some axes, move like a person who faces forward.

This module does not depend on file formats. A person's head is upright most of the time and above the hands. Front and
back are the hard part: in real files the hands are behind the headset in up to two thirds of the frames, because
hanging hands and the hands of a T-pose are behind the eyes. So the evidence is what a body can do: a head nods and
turns about a neck behind the eyes, a hand turns about a wrist and an elbow behind it, and all of these and the
shoulder are behind the eyes; a bending head moves forward, a hand that is lifted from the hip comes forward, people
walk where they look and look down rather than up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, lengths
from ..conventions import Axes, AxesMatrices, rotation_matrices
from .turning_points import FEWEST_STEPS, TURN_SPANS, TurnSums, arm_evidence, calmness, dot, finite_mean, moved

USUAL_REACH_M: Final[float] = 0.70
"""Distance of the farther hand from the head, 95th percentile: 0.55 to 0.95 m in real recordings."""

_HIGHEST_HEAD: Final[float] = 3.5
"""In far reaches; people who stand and reach out have about two."""
_SPAN: Final[int] = 4
"""Samples (`SAMPLE_S`) over which movement is compared."""
_STROLL_SPAN: Final[int] = 15
_LEAST_HEADING: Final[float] = 0.35
"""A head that looks further down than this has no heading."""
_CLEAR_MOVEMENT: Final[float] = 0.02
_HANGING, _RAISED = -0.75, -0.3
"""Heights of hands relative to the head."""
_REACHING: Final[float] = 0.35
"""Distance in front of the head or behind it."""
_WIDE: Final[float] = 1.5
"""Distance of the hands from each other in a T-pose."""


@dataclass(frozen=True)
class BodySigns:
    """Hold what a reading of the tracks says about the person; lengths in far reaches, shares from -1 to 1.

    Mirroring front and back changes the sign of everything from ``reaching`` to ``lifting``.
    """

    upright: float
    """Mean height of the head's own up axis, 1 for a head that never tilts."""
    above: float
    """Share of the time in which the head is above the hands."""
    height: float
    """How high the head is, squashed to 1."""
    side: float
    """How far the right hand is to the right of the left one."""
    steadiness: float
    """0 to 1: how much the hands keep to one side of the head while it turns."""
    lever: float
    """0 to 1: share of the hands' motion that rotation about one point explains; low if rotations are misread."""
    reaching: float
    """How often hands are clearly in front of the eyes rather than clearly behind them."""
    hanging: float
    """How far other hanging hands are in front of the eyes, times their share of the time."""
    middle: float
    """The same for hands at the height of the chest."""
    raised: float
    """The same for hands at the height of the shoulders or above."""
    wide: float
    """The same for arms that are held out to both sides, as in a T-pose."""
    looking_down: float
    """Mean of the sine of the head's pitch."""
    walking: float
    """How well the head's movement follows its gaze."""
    neck: float
    """How far the point about which the head turns is behind it, weighted by the motion that this explains."""
    handle: float
    """How clearly the points about which the hands turn lie behind the devices along their own axis, as with a
    controller; hands with other axes of their own say little."""
    elbow: float
    """How far these points are behind the hands, weighted by the motion that they explain; less if hands turn fast."""
    shoulder: float
    """How far these points are behind the eyes, weighted likewise: elbows and shoulders are, unless arms reach out."""
    hanging_arm: float
    """The same for low hands, however fast."""
    bending: float
    """How well sinking of the head goes with moving forward."""
    lifting: float
    """How well rising of low hands goes with moving forward."""

    @property
    def values(self) -> FloatArray:
        """Return all values, in the order of the fields."""
        return np.array([getattr(self, each.name) for each in fields(self)])


SIGN_FIELDS: Final[tuple[str, ...]] = tuple(each.name for each in fields(BodySigns))


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


@dataclass(frozen=True)
class Samples:
    """Hold an excerpt of head and hands in a file's axes, and what is the same in all axes."""

    p: FloatArray
    """(F, 3, 3) positions in far reaches; NaN if not measured."""
    R: FloatArray
    """(F, 3, 3, 3) rotations; NaN if not measured."""
    head: BoolArray
    """(F,) where the head is measured."""
    calm: float
    """1 for hands that turn slowly, towards 0 for fast ones."""
    turns: Mapping[tuple[int, int], TurnSums]
    """For each device and span (`TURN_SPANS`; for the head, only the first)."""

    @classmethod
    def of(cls, positions: FloatArray, wxyz: FloatArray) -> Samples | None:
        """Return samples of positions (F, 3, 3) in any unit and rotations (F, 3, 4); None without a head or a hand."""
        reach = far_reach(positions)
        R = rotation_matrices(wxyz)
        head = np.isfinite(positions[:, 0]).all(-1) & np.isfinite(R[:, 0]).all((-2, -1))
        if reach is None or head.sum() < 2:
            return None
        p = np.where(head[:, None, None], positions / reach, np.nan)
        turning = ((0, TURN_SPANS[0]), *product((1, 2), TURN_SPANS))
        turns = {(device, span): TurnSums.of(p[:, device], R[:, device], span) for device, span in turning}
        return cls(p, R, head, calmness(R[:, 1:]), turns)


def body_signs(samples: Samples, axes: Axes) -> BodySigns:
    """Return what the samples say about the person if they are read in these axes."""
    matrices, head = AxesMatrices.of(axes), samples.head
    p = samples.p @ matrices.positions.T
    # One large product takes less time than many small ones: vec(A R B^T) is (A x B) vec(R).
    R = (samples.R.reshape(-1, 9) @ np.kron(matrices.rotations, matrices.device).T).reshape(samples.R.shape)
    point = {key: sums.turning_point(matrices) for key, sums in samples.turns.items()}
    forward = -R[:, 0, :, 2] * (1.0, 0.0, 1.0)
    length = lengths(forward)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        forward = np.where(length > _LEAST_HEADING, forward / length, np.nan)
    right = np.stack((-forward[:, 2], np.zeros(len(forward)), forward[:, 0]), axis=-1)
    from_head = p[:, 1:] - p[:, :1]
    ahead, aside = dot(from_head, forward[:, None]), dot(from_head, right[:, None])
    up = from_head[..., 1]
    across = dot(p[:, 2] - p[:, 1], right)
    seen = np.isfinite(ahead)
    wide = (np.abs(np.nan_to_num(across)) > _WIDE)[:, None] & np.ones_like(seen)

    with np.errstate(invalid="ignore"):
        reaches = (np.abs(ahead) > _REACHING) & ~wide
    near = ~wide & ~reaches

    def in_front(where: BoolArray) -> float:
        chosen = where & seen
        return float(np.tanh(ahead[chosen] / 0.15).sum() / max(1, seen.sum()))

    height = float(np.median(p[head, 0, 1]))
    neck, neck_share = point[0, TURN_SPANS[0]]
    arms = [
        arm
        for hand in (1, 2)
        for arm in arm_evidence(
            [point[hand, span] for span in TURN_SPANS], R[:, hand], forward, ahead[:, hand - 1], up[:, hand - 1]
        )
    ]
    way = moved(p[:, 0], _SPAN)
    with np.errstate(invalid="ignore"):
        return BodySigns(
            upright=float(R[head, 0, 1, 1].mean()),
            above=finite_mean(np.sign(-up)),
            height=float(np.tanh(height)) if height < _HIGHEST_HEAD else -1.0,
            side=finite_mean(np.tanh(across / 0.2)),
            steadiness=_steadiness(ahead, aside),
            lever=float(np.mean([point[hand, TURN_SPANS[0]].share for hand in (1, 2)])),
            reaching=float((np.sign(ahead) * (reaches & seen)).sum(where=seen) / max(1, seen.sum())),
            hanging=in_front((up < _HANGING) & near),
            middle=in_front((up >= _HANGING) & (up < _RAISED) & near),
            raised=in_front((up >= _RAISED) & near),
            wide=in_front(wide),
            looking_down=float(R[head, 0, 1, 2].mean()),
            walking=0.5 * (_walking(way, forward, 0.09) + _walking(moved(p[:, 0], _STROLL_SPAN), forward, 0.4)),
            neck=neck_share * float(np.tanh(neck[2] / 0.1)),
            handle=float(np.mean([arm.handle for arm in arms])),
            elbow=samples.calm * float(np.mean([arm.elbow for arm in arms])),
            shoulder=samples.calm * float(np.mean([arm.shoulder for arm in arms])),
            hanging_arm=float(np.mean([arm.hanging for arm in arms])),
            bending=_bending(way, forward),
            lifting=float(np.mean([_lifting(from_head[:, hand], forward) for hand in (0, 1)])),
        )


def look_like_joints(samples: Samples, found: BodySigns) -> bool:
    """Return whether these are joints of a body whose T-pose has the left arm along +X, not devices.

    A wrist joint rotates about an elbow towards the body along its X axis; a device's elbow is behind it.

    Args:
        samples: in OpenXR's axes.
        found: what they say about the person.
    """
    if found.side > 0:
        return False
    openxr = AxesMatrices.of(Axes("RUB"))
    for hand, towards_body in ((1, -1.0), (2, 1.0)):
        v, explained = samples.turns[hand, TURN_SPANS[0]].turning_point(openxr)
        if explained < 0.1 or towards_body * v[0] < 1.2 * max(abs(v[1]), abs(v[2])):
            return False
    return True


def uprightness(positions: FloatArray, wxyz: FloatArray, axes: Axes) -> float:
    """Return the mean height of the head's own up axis in these axes; NaN without a head."""
    matrices = AxesMatrices.of(axes)
    R = rotation_matrices(wxyz[np.isfinite(positions[:, 0]).all(-1), 0])
    heights = np.einsum("a,fab,b->f", matrices.rotations[1], R, matrices.device[1])
    heights = heights[np.isfinite(heights)]
    return float(heights.mean()) if len(heights) else float("nan")


def _walking(way: FloatArray, forward: FloatArray, clear: float) -> float:
    along = dot(way, forward[: len(way)])
    known = np.isfinite(along)
    walks = known & (np.hypot(way[:, 0], way[:, 2]) > 0.7 * clear)
    return float(np.tanh(along[walks] / clear).sum() / known.sum()) if known.any() else 0.0


def _bending(way: FloatArray, forward: FloatArray) -> float:
    along = dot(way, forward[: len(way)])
    known = np.isfinite(along)
    return -_correlation(way[known, 1], along[known])


def _lifting(hand_from_head: FloatArray, forward: FloatArray) -> float:
    way = moved(hand_from_head, _SPAN)
    along = dot(way, forward[: len(way)])
    with np.errstate(invalid="ignore"):
        low = np.isfinite(along) & (hand_from_head[: len(way), 1] < -0.45)
    if low.sum() < FEWEST_STEPS:
        return 0.0
    return _correlation(way[low, 1], along[low]) * float(low.mean())


def _correlation(up: FloatArray, along: FloatArray) -> float:
    """Return how two movements go together, -1 to 1; near 0 if there is little movement up and down."""
    power = float((up**2).sum() * (along**2).sum())
    if len(up) < FEWEST_STEPS or power <= 0:
        return 0.0
    return float((up * along).sum() / np.sqrt(power) * np.tanh(np.sqrt((up**2).mean()) / _CLEAR_MOVEMENT))


def _steadiness(ahead: FloatArray, aside: FloatArray) -> float:
    length = np.hypot(ahead, aside)
    with np.errstate(invalid="ignore"):
        sure = length > 0.05
    if not sure.any():
        return 0.0
    return float(np.hypot((ahead[sure] / length[sure]).mean(), (aside[sure] / length[sure]).mean()))
