# SPDX-License-Identifier: Apache-2.0
"""Shorten what is held to the time in which the body reaches it: a foot that stands further away lands later, and a
body that sits down is on its way before it sits."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.motion import Motion
from ..body.skeleton import JOINT_INDEX
from .influence import pinned_path
from .pin import Pin, PinnedSeat, PinSet
from .spelling import pelvis_pin

_REACHED_M: Final[float] = 0.005


def as_far_as_reached(pins: PinSet, motion: Motion, start_s: float) -> PinSet:
    """Return pins that hold feet, while these stand, and seats only as long as the body reaches them.

    Other pins stay: the animator said their frames. A foot that is out of reach stays, too, and is told. A seat that is
    out of reach keeps the time in which the pelvis is nearest to it, so what is told is how far away it is.

    Args:
        pins: what is asked for, spelled out (`spelled_out`).
        motion: the motion that was solved with them.
        start_s: time in the recording at which it begins.
    """
    held = {pin: _reached_foot(pin, motion, start_s) for pin in pins.pins if pin.while_standing}
    seats = {seat: _reached_seat(seat, motion, start_s) for seat in pins.seats}
    of_seats = {pelvis_pin(seat, motion.skeleton): pelvis_pin(seats[seat], motion.skeleton) for seat in seats}
    changed = {**of_seats, **held}
    return replace(pins, pins=tuple(changed.get(pin, pin) for pin in pins.pins), seats=tuple(seats.values()))


def _reached_foot(pin: Pin, motion: Motion, start_s: float) -> Pin:
    first, off_m = _distances_m(pin, motion, start_s)
    met = np.flatnonzero(off_m < _REACHED_M)
    asked = (pin.keys[0].at_s - start_s) * motion.fps - first
    if len(met) < 2 or not met[0] <= asked <= met[-1]:
        return pin
    starts_s, stops_s = _span_s(pin, off_m < _REACHED_M, first, motion, start_s)
    return replace(pin, start_s=starts_s, stop_s=stops_s)


def _reached_seat(seat: PinnedSeat, motion: Motion, start_s: float) -> PinnedSeat:
    pin = pelvis_pin(seat, motion.skeleton)
    first, off_m = _distances_m(pin, motion, start_s)
    if len(off_m) < 2:
        return seat
    starts_s, stops_s = _span_s(pin, off_m < off_m.min() + _REACHED_M, first, motion, start_s)
    return replace(seat, start_s=starts_s, stop_s=stops_s)


def _distances_m(pin: Pin, motion: Motion, start_s: float) -> tuple[int, FloatArray]:
    """Return the first frame of a pin in a motion, and how far its joint is from it in each of its frames, (N,)."""
    first = max(round((pin.start_s - start_s) * motion.fps), 0)
    stop = max(min(round((pin.stop_s - start_s) * motion.fps) + 1, len(motion)), first)
    frames = np.arange(first, stop)
    wanted_m, _ = pinned_path(pin, start_s + frames / motion.fps)
    assert wanted_m is not None, "feet and seats are held in a place"
    off_m: FloatArray = np.linalg.norm(
        motion.part(frames).joint_positions_m[:, JOINT_INDEX[pin.joint]] - wanted_m, axis=-1
    )
    return first, off_m


def _span_s(pin: Pin, met: BoolArray, first: int, motion: Motion, start_s: float) -> tuple[float, float]:
    """Return the time from the first to the last frame in which a pin is met; its own ends stay as they are."""
    met_frames = np.flatnonzero(met)
    starts_s = pin.start_s if met[0] else start_s + (first + int(met_frames[0])) / motion.fps
    stops_s = pin.stop_s if met[-1] else start_s + (first + int(met_frames[-1])) / motion.fps
    return starts_s, stops_s
