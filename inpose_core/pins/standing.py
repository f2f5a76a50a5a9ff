# SPDX-License-Identifier: Apache-2.0
"""Hold the pin of a foot as long as the foot stands: a foot that was moved on the floor stood there all the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..arrays import runs
from ..body.motion import Motion
from ..body.skeleton import ANKLE_JOINTS, JOINT_INDEX, TOE_JOINTS
from .pin import Pin

_ON_FLOOR: Final[float] = 0.04
"""Largest change of a standing foot's height, over the body size: 6 cm for an adult."""


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
    if joint not in (*ANKLE_JOINTS, *TOE_JOINTS) or not 0 <= frame < len(motion):
        return pin
    foot = (ANKLE_JOINTS if joint in ANKLE_JOINTS else TOE_JOINTS).index(joint)
    solved_m = motion.part(slice(frame, frame + 1)).joint_positions_m[0, joint]
    pinned = pin.keys[0].position_m
    assert pinned is not None, "it has a position"
    if abs(pinned[1] - solved_m[1]) > _ON_FLOOR * motion.skeleton.standing_head_height_m:
        return pin
    for first, end in runs(motion.foot_stands[:, foot]):
        if first <= frame < end:
            return replace(pin, start_s=start_s + first / motion.fps, stop_s=start_s + (end - 1) / motion.fps)
    return pin
