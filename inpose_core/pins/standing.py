# SPDX-License-Identifier: Apache-2.0
"""Hold the pin of a foot as long as the foot stands: a foot that was moved on the floor stood there all the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import runs
from ..body.motion import Motion
from ..body.skeleton import ANKLE_JOINTS, JOINT_INDEX, TOE_JOINTS
from .pin import Pin, PinSet

_ON_FLOOR: Final[float] = 0.04
"""Largest change of a standing foot's height, over the body size: 6 cm for an adult."""
_MET_M: Final[float] = 0.01


def with_pinned_stances(motion: Motion, pins: PinSet, start_s: float) -> Motion:
    """Return a motion whose feet stand where pins hold them, and do not stand where they go to a pin or miss it.

    The foot lock of a bake would otherwise hold a foot between its pinned place and the one before.

    Args:
        motion: the motion with the pins.
        pins: what it was solved with.
        start_s: time in the recording at which it begins.
    """
    if motion.foot_stands is None:
        return motion
    stands = motion.foot_stands.copy()
    times_s, half_s = start_s + np.arange(len(motion)) / motion.fps, 0.5 / motion.fps
    for pin in pins.pins:
        foot = _foot_of(JOINT_INDEX[pin.joint])
        if foot is None or not pin.has_position:
            continue
        begin_s, end_s = pin.reach_s
        stands[(times_s >= begin_s - half_s) & (times_s <= end_s + half_s), foot] = False
    for pin in pins.pins:
        foot = _foot_of(JOINT_INDEX[pin.joint])
        rests = len(pin.keys) == 1 and pin.stop_s > pin.start_s and pin.has_position
        if foot is not None and rests:
            held = np.flatnonzero((times_s >= pin.start_s - half_s) & (times_s <= pin.stop_s + half_s))
            positions_m = motion.part(held).joint_positions_m
            off_m = positions_m[:, JOINT_INDEX[pin.joint]] - np.array(pin.keys[0].position_m)
            # A foot that turns about a pinned ankle does not stand on its toes, which the foot lock would hold.
            toes_m = positions_m[:, TOE_JOINTS[foot]]
            toes_off_m = toes_m - np.median(toes_m, axis=0)
            rest = np.maximum(np.linalg.norm(off_m, axis=-1), np.linalg.norm(toes_off_m, axis=-1)) < _MET_M
            stands[held[rest], foot] = True
    return replace(motion, foot_stands=stands)


def _foot_of(joint: int) -> int | None:
    """Return 0 for the left and 1 for the right foot; None if the joint is no ankle or toe joint."""
    return next((joints.index(joint) for joints in (ANKLE_JOINTS, TOE_JOINTS) if joint in joints), None)


def held_while_standing(pin: Pin, motion: Motion, start_s: float) -> Pin:
    """Return a pin of one frame as a pin of the whole stance around this frame.

    It stays as it is if its joint is no ankle or toe joint, if the foot does not stand in the solved motion, or if the
    pin lifts it from the floor.

    Args:
        pin: the pin.
        motion: the solved motion that the animator corrects.
        start_s: time in the recording at which the motion begins.
    """
    joint = JOINT_INDEX[pin.joint]
    frame = round((pin.start_s - start_s) * motion.fps)
    if motion.foot_stands is None or not pin.has_position or pin.stop_s > pin.start_s or len(pin.keys) > 1:
        return pin
    foot = _foot_of(joint)
    if foot is None or not 0 <= frame < len(motion):
        return pin
    solved_m = motion.part(slice(frame, frame + 1)).joint_positions_m[0, joint]
    pinned = pin.keys[0].position_m
    assert pinned is not None, "it has a position"
    if abs(pinned[1] - solved_m[1]) > _ON_FLOOR * motion.skeleton.standing_head_height_m:
        return pin
    for first, end in runs(motion.foot_stands[:, foot]):
        if first <= frame < end:
            return replace(pin, start_s=start_s + first / motion.fps, stop_s=start_s + (end - 1) / motion.fps)
    return pin
