# SPDX-License-Identifier: GPL-3.0-or-later
"""Find when the IK control of a foot can rest, and let it rest there: one value from landing to heel-off. No bpy here.

The solver plants the toes, and the heel may rise before they leave. A control at the ankle therefore rests for a part
of each stance only: for the longest stretch in which it stays near its median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, conjugate_quaternion, multiply_quaternions, runs
from ..keys.axes import channel_rotation
from .channels import Channel

_NEAR_M: Final[float] = 0.010
_NEAR_RAD: Final[float] = float(np.radians(4.0))
"""How far a control may be from its median while it rests, and how far it may go in one frame: solved feet roll by that
much, and at heel-off they do far more."""
_FEWEST: Final[int] = 3
"""Frames that a rest takes at least."""
_FADE: Final[int] = 4
"""Frames before and after a rest in which the control goes over to its own way."""


@dataclass(frozen=True)
class RestingFeet:
    """Hold the channels with the rests in them."""

    channels: list[Channel]
    rests: dict[int, tuple[tuple[int, int], ...]]
    """For channels, by their index: the first and the last frame of each rest."""


def resting_feet(
    channels: Sequence[Channel],
    feet: Mapping[str, int],
    modes: Mapping[str, str],
    stands: BoolArray,
    metres_per_unit: float,
) -> RestingFeet:
    """Return the channels with a constant pose for the feet's controls while they rest, and a smooth way to it.

    Args:
        channels: all channels of a bake, with a value for each frame.
        feet: the bones that are controls of feet, and whether of the left (0) or the right foot (1).
        modes: rotation mode of the bones.
        stands: (F, 2) whether the left and the right foot stand.
        metres_per_unit: metres of one unit of a location.
    """
    result, rests = list(channels), {}
    for bone, foot in feet.items():
        own = [
            index
            for index, channel in enumerate(channels)
            if channel.group == bone and len(channel.values) == len(stands) and _kind(channel) is not None
        ]
        if not own:
            continue
        spans = []
        for first, end in runs(stands[:, foot]):
            is_near = np.ones(end - first, np.bool_)
            for index in own:
                is_near &= _is_near(channels[index], modes.get(bone, "XYZ"), slice(first, end), metres_per_unit)
            longest = max(runs(is_near), key=lambda run: run[1] - run[0], default=(0, 0))
            if longest[1] - longest[0] >= _FEWEST:
                spans.append((int(first + longest[0]), int(first + longest[1] - 1)))
        for index in own:
            result[index] = replace(channels[index], values=_with_rests(channels[index].values, spans))
            rests[index] = tuple(spans)
    return RestingFeet(result, rests)


def _kind(channel: Channel) -> str | None:
    """Return the rotation mode of a channel, an empty text for Euler angles; ``location``; or None for all others."""
    kinds = {"location": "location", "quaternion": "QUATERNION", "angle": "AXIS_ANGLE", "euler": ""}
    return kinds.get(channel.data_path.rpartition(".")[2].rpartition("_")[2])


def _is_near(channel: Channel, mode: str, span: slice, metres_per_unit: float) -> BoolArray:
    """Return in which frames of a stance a channel is near its median, and slow enough to stop there."""
    values = channel.values
    median = np.median(values[span], axis=0, keepdims=True)
    steps = _apart(channel, mode, values[1:], values[:-1], metres_per_unit)
    fastest = np.maximum(np.append(0.0, steps), np.append(steps, 0.0))[span]
    away = _apart(channel, mode, values[span], np.broadcast_to(median, values[span].shape), metres_per_unit)
    return np.asarray(np.maximum(away, fastest) <= 1.0)


def _apart(channel: Channel, mode: str, a: FloatArray, b: FloatArray, metres_per_unit: float) -> FloatArray:
    """Return how far apart values of a channel are, (F,), in what counts as near."""
    kind = _kind(channel)
    if kind == "location":
        return np.asarray(metres_per_unit / _NEAR_M * np.linalg.norm(a - b, axis=1))
    back = conjugate_quaternion(channel_rotation(b, kind or mode))
    turn = multiply_quaternions(channel_rotation(a, kind or mode), back)
    angle = 2 * np.arctan2(np.linalg.norm(turn[:, 1:], axis=1), np.abs(turn[:, 0]))
    return np.asarray(angle / _NEAR_RAD)


def _with_rests(values: FloatArray, spans: Sequence[tuple[int, int]]) -> FloatArray:
    """Return the values with their mean in each rest. Two rests share the frames between them."""
    result = values.copy()
    rest_of = [values[first : last + 1].mean(axis=0) for first, last in spans]
    before = [0, *(last + 1 for _, last in spans)]
    after = [*(first for first, _ in spans), len(values)]
    for (first, last), rest, start, stop in zip(spans, rest_of, before, after[1:], strict=False):
        result[first : last + 1] = rest
        for edge, frames in (
            (first, np.arange(first - 1, max(start, first - _FADE) - 1, -1)),
            (last, np.arange(last + 1, min(stop, last + _FADE + 1))),
        ):
            share = 1 - np.arange(1, len(frames) + 1) / (len(frames) + 1)
            result[frames] += (share * share * (3 - 2 * share))[:, None] * (rest - values[edge])
    return result
