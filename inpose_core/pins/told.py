# SPDX-License-Identifier: Apache-2.0
"""Say when each foot stands, after what an animator says: stances, and feet that are pinned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.skeleton import ANKLE_JOINTS, JOINT_INDEX, TOE_JOINTS
from ..sampling.stances import as_told
from .pin import FEET, PinnedStance, PinSet

_STANDS: Final[int] = 1
_DOES_NOT: Final[int] = -1


def final_stands(motion: Motion, pins: PinSet, start_s: float) -> BoolArray:
    """Return when the left and the right foot stand, (F, 2): the solver's stances with the animator's changes.

    Args:
        motion: the solved motion, with or without the pins.
        pins: what the animator says; pins that are held while a foot stands must be spelled out (`spelled_out`).
        start_s: time in the recording at which the motion begins.
    """
    solved = np.zeros((len(motion), len(FEET)), np.bool_) if motion.foot_stands is None else motion.foot_stands
    times_s = start_s + np.arange(len(motion)) / motion.fps
    return as_told(solved, told_stands(pins, times_s, motion.fps))


def told_stands(pins: PinSet, times_s: FloatArray, fps: float) -> NDArray[np.int8]:
    """Return what is said of the left and the right foot, (F, 2): 1 it stands, -1 it does not, 0 nothing.

    A foot stands where a pin holds it at rest. It does not stand where a pin moves it, nor on its way to a pin and
    back. What is said of a stance counts more.

    Args:
        pins: what the animator says.
        times_s: the time of each frame in the recording, (F,).
        fps: frames per second.
    """
    told = np.zeros((len(times_s), len(FEET)), np.int8)
    feet = [(foot_of(pin.joint), pin) for pin in pins.pins if pin.has_position]
    for foot, pin in feet:
        if foot is not None:
            told[_within(pin.reach_s, times_s, fps), foot] = _DOES_NOT
    for foot, pin in feet:
        if foot is not None and pin.rests:
            told[_within((pin.start_s, pin.stop_s), times_s, fps), foot] = _STANDS
    return _with_stances(told, pins.stances, times_s, fps)


def foot_of(joint: str) -> int | None:
    """Return 0 for the left and 1 for the right foot; None if the joint is no ankle or toe joint."""
    index = JOINT_INDEX[joint]
    return next((joints.index(index) for joints in (ANKLE_JOINTS, TOE_JOINTS) if index in joints), None)


def _with_stances(
    told: NDArray[np.int8], stances: Iterable[PinnedStance], times_s: FloatArray, fps: float
) -> NDArray[np.int8]:
    for stance in stances:
        span = _within((stance.start_s, stance.stop_s), times_s, fps)
        told[span, FEET.index(stance.foot)] = _STANDS if stance.stands else _DOES_NOT
    return told


def _within(span_s: tuple[float, float], times_s: FloatArray, fps: float) -> BoolArray:
    """Return which frames are in a span, (F,); the frames nearest to its ends are inside."""
    half_s = 0.5 / fps
    inside: BoolArray = (times_s >= span_s[0] - half_s) & (times_s <= span_s[1] + half_s)
    return inside
