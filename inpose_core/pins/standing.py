# SPDX-License-Identifier: Apache-2.0
"""Hold the pin of a foot as long as the foot stands: a foot that was moved on the floor stood there all the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import FloatArray, runs
from ..body.motion import Motion
from ..body.skeleton import ANKLE_JOINTS, JOINT_INDEX, JOINT_NAMES, TOE_JOINTS
from .pin import Pin, PinKey, PinSet
from .told import final_stands, foot_of

_ON_FLOOR: Final[float] = 0.04
"""Largest change of a standing foot's height, over the body size: 6 cm for an adult."""
_NEAR_S: Final[float] = 0.1
"""A foot that has just lifted, or is about to land, is taken to be where it stands."""
_LEAST_LEVEL: Final[float] = 0.2
"""Level part of a foot's length from which on it points anywhere."""
_MET_M: Final[float] = 0.01


def with_pinned_stances(motion: Motion, pins: PinSet, start_s: float) -> Motion:
    """Return a motion whose feet stand where pins hold them, but not where they miss their pins.

    The foot lock of a bake would otherwise hold a foot at a place where it is not.

    Args:
        motion: the motion with the pins.
        pins: what it was solved with.
        start_s: time in the recording at which it begins.
    """
    if motion.foot_stands is None:
        return motion
    stands = final_stands(motion, pins, start_s)
    times_s, half_s = start_s + np.arange(len(motion)) / motion.fps, 0.5 / motion.fps
    for pin in pins.pins:
        foot = foot_of(pin.joint)
        if foot is None or not pin.rests:
            continue
        held = np.flatnonzero((times_s >= pin.start_s - half_s) & (times_s <= pin.stop_s + half_s))
        if not len(held):
            continue
        positions_m = motion.part(held).joint_positions_m
        off_m = positions_m[:, JOINT_INDEX[pin.joint]] - np.array(pin.keys[0].position_m)
        # A foot that turns about a pinned ankle does not stand on its toes, which the foot lock would hold.
        toes_m = positions_m[:, TOE_JOINTS[foot]]
        toes_off_m = toes_m - np.median(toes_m, axis=0)
        away = np.maximum(np.linalg.norm(off_m, axis=-1), np.linalg.norm(toes_off_m, axis=-1)) >= _MET_M
        stands[held[away], foot] = False
    return replace(motion, foot_stands=stands)


def pins_while_standing(pin: Pin, motion: Motion, start_s: float, said: PinSet = PinSet()) -> tuple[Pin, ...]:  # noqa: B008 (frozen)
    """Return the pins that hold a foot in its place for the whole stance around a pin of one frame.

    An ankle that is moved along the floor is held. If it is lifted no further than a heel lifts it, it is pinned in its
    frame, and the toes are held. The pin stays as it is if its joint is no ankle or toe joint, if the foot does not
    stand there, or if the pin lifts the foot.

    Args:
        pin: the pin.
        motion: the solved motion that the animator corrects.
        start_s: time in the recording at which the motion begins.
        said: what the animator says of stances; only its stances count.
    """
    span_s = _stance_around(pin, motion, start_s, said)
    pinned = pin.keys[0].position_m
    if span_s is None or pinned is None:
        return (pin,)
    joint, frame = JOINT_INDEX[pin.joint], round((pin.start_s - start_s) * motion.fps)
    solved_m = motion.part(slice(frame, frame + 1)).joint_positions_m[0]
    if abs(pinned[1] - solved_m[joint, 1]) <= _ON_FLOOR * motion.skeleton.standing_head_height_m:
        return (replace(pin, start_s=span_s[0], stop_s=span_s[1]),)
    if joint not in ANKLE_JOINTS:
        return (pin,)
    toes = TOE_JOINTS[ANKLE_JOINTS.index(joint)]
    toes_m = _toes_below_heel(np.array(pinned), solved_m[joint], solved_m[toes])
    if toes_m is None:
        return (pin,)
    x, y, z = toes_m.tolist()
    held = replace(
        pin, joint=JOINT_NAMES[toes], start_s=span_s[0], stop_s=span_s[1], keys=(PinKey(pin.start_s, (x, y, z)),)
    )
    return (held, pin)


def _toes_below_heel(ankle_m: FloatArray, solved_ankle_m: FloatArray, solved_toes_m: FloatArray) -> FloatArray | None:
    """Return where the toes stand, (3,), if the heel is lifted so that the ankle is here; None if the foot is higher.

    The toes point where they did, at the height at which they stood.
    """
    foot_m = float(np.linalg.norm(solved_toes_m - solved_ankle_m))
    high_m = ankle_m[1] - solved_toes_m[1]
    ahead = (solved_toes_m - solved_ankle_m) * (1.0, 0.0, 1.0)
    level_m = float(np.linalg.norm(ahead))
    if not 0 < high_m < foot_m or level_m < _LEAST_LEVEL * foot_m:
        return None
    toes_m: FloatArray = ankle_m + ahead / level_m * np.sqrt(foot_m**2 - high_m**2)
    toes_m[1] = solved_toes_m[1]
    return toes_m


def _stance_around(pin: Pin, motion: Motion, start_s: float, said: PinSet) -> tuple[float, float] | None:
    """Return the time of the stance around a pin of one frame of a foot; None if there is none."""
    foot = foot_of(pin.joint)
    frame = round((pin.start_s - start_s) * motion.fps)
    if foot is None or motion.foot_stands is None or not 0 <= frame < len(motion):
        return None
    if not pin.has_position or pin.stop_s > pin.start_s or len(pin.keys) > 1:
        return None
    near, stands = round(_NEAR_S * motion.fps), final_stands(motion, PinSet(stances=said.stances), start_s)
    around = [(first, end) for first, end in runs(stands[:, foot]) if first - near <= frame < end + near]
    if not around:
        return None
    first, end = max(around, key=lambda span: span[0] <= frame < span[1])
    return start_s + first / motion.fps, start_s + (end - 1) / motion.fps
