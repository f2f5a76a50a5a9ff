# SPDX-License-Identifier: Apache-2.0
"""Hold the pin of a foot as long as the foot stands: a foot that was moved on the floor stood there all the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import runs
from ..body.motion import Motion
from ..body.skeleton import JOINT_INDEX, TOE_JOINTS
from .pin import Pin, PinSet
from .told import final_stands, foot_of

_ON_FLOOR: Final[float] = 0.04
"""Largest change of a standing foot's height, over the body size: 6 cm for an adult."""
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


def held_while_standing(pin: Pin, motion: Motion, start_s: float, said: PinSet = PinSet()) -> Pin:  # noqa: B008 (frozen)
    """Return a pin of one frame as a pin of the whole stance around this frame.

    It stays as it is if its joint is no ankle or toe joint, if the foot does not stand there, or if the pin lifts it
    from where it stands.

    Args:
        pin: the pin.
        motion: the solved motion that the animator corrects.
        start_s: time in the recording at which the motion begins.
        said: what the animator says of stances; only its stances count.
    """
    joint, foot = JOINT_INDEX[pin.joint], foot_of(pin.joint)
    frame = round((pin.start_s - start_s) * motion.fps)
    if motion.foot_stands is None or not pin.has_position or pin.stop_s > pin.start_s or len(pin.keys) > 1:
        return pin
    if foot is None or not 0 <= frame < len(motion):
        return pin
    solved_m = motion.part(slice(frame, frame + 1)).joint_positions_m[0, joint]
    pinned = pin.keys[0].position_m
    assert pinned is not None, "it has a position"
    if abs(pinned[1] - solved_m[1]) > _ON_FLOOR * motion.skeleton.standing_head_height_m:
        return pin
    stands = final_stands(motion, PinSet(stances=said.stances), start_s)
    for first, end in runs(stands[:, foot]):
        if first <= frame < end:
            return replace(pin, start_s=start_s + first / motion.fps, stop_s=start_s + (end - 1) / motion.fps)
    return pin
