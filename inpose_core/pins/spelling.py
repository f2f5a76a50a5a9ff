# SPDX-License-Identifier: Apache-2.0
"""Spell pins out for a solved motion: which frames "while the foot stands" are, and where a seat holds the pelvis."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..body.motion import Motion
from ..body.skeleton import HIP_JOINTS, Skeleton
from .pin import SEAT_EASE_S, Pin, PinKey, PinnedSeat, PinSet
from .standing import pins_while_standing

_HIPS_ABOVE_SEAT: Final[float] = 0.06
"""Height of the hip joints above a seat, over the standing head height: 9 cm for an adult."""


def spelled_out(pins: PinSet, motion: Motion, start_s: float) -> PinSet:
    """Return the pins with first and last frames and places that no longer depend on the motion.

    Pins to hold while a foot stands get the frames of its stance, and each seat gets a pin of the pelvis. Spelling out
    what is spelled out already changes nothing.

    Args:
        pins: what the animator says.
        motion: the motion that the animator corrects.
        start_s: time in the recording at which it begins.
    """
    held = [
        replace(part, while_standing=pin.while_standing and part.rests)
        for pin in pins.pins
        for part in (pins_while_standing(pin, motion, start_s, pins) if pin.while_standing else (pin,))
    ]
    seated = [pelvis_pin(seat, motion.skeleton) for seat in pins.seats]
    return replace(pins, pins=(*(pin for pin in seated if pin not in held), *held))


def pelvis_pin(seat: PinnedSeat, skeleton: Skeleton) -> Pin:
    """Return where a seat holds the pelvis of a body."""
    above_m = pelvis_above_seat_m(skeleton)
    keys = []
    for key in seat.keys:
        assert key.position_m is not None, "a seat has positions"
        x, y, z = key.position_m
        keys.append(PinKey(key.at_s, (x, y + above_m, z)))
    return Pin("pelvis", seat.start_s, seat.stop_s, tuple(keys), ease_s=SEAT_EASE_S)


def pelvis_above_seat_m(skeleton: Skeleton) -> float:
    """Return the height of the pelvis joint above the seat on which the body sits."""
    hips_below_m = -float(skeleton.offsets_m[list(HIP_JOINTS), 1].mean())
    return _HIPS_ABOVE_SEAT * skeleton.standing_head_height_m + max(hips_below_m, 0.0)
