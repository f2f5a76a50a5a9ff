# SPDX-License-Identifier: Apache-2.0
"""Put what a device measures where pins want it. The recorded movement goes on around a pin.

In the ease of a pin, the path of the device is moved by as much as the pin is away from it. So a pin that corrects a
hand by 3 cm in the middle of a wave leaves the wave as it is, and moves it by 3 cm there. A pin that holds a hand for
some time also stops its movement, in the last part of the ease.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..body.quaternions import conjugate_quaternion, multiply_quaternions, slerp, slerp_at
from .influence import pinned_path
from .pin import Pin

_STOPS: Final[int] = 3
"""The movement stops with this power of the pin's influence: in about a tenth of a second for the usual ease."""


@dataclass(frozen=True)
class DevicePin:
    """Hold a pin of a device, and its influence in each frame."""

    pin: Pin
    share: FloatArray
    """(F,) as `share_of` returns it."""


def pinned_places(
    places_m: FloatArray, known: BoolArray, pins: Sequence[DevicePin], times_s: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return the path of a device with its pins, (F, 3), and where it is known, (F,).

    Args:
        places_m: (F, 3) what was measured.
        known: (F,) where it was measured; elsewhere a pin counts only in its own frames.
        pins: those that say where the device is, in their order.
        times_s: (F,) the time of each frame in the recording.
    """
    for one, share in _shares(pins):
        nearest_s = _nearest_inside(one.pin, times_s)
        wanted_m, _ = pinned_path(one.pin, nearest_s)
        assert wanted_m is not None, "it has a position"
        target_m = wanted_m
        if known.any():
            at_pin_m = np.stack([np.interp(nearest_s, times_s[known], axis) for axis in places_m[known].T], axis=1)
            moves = (1 - _stopped(one))[:, None] * (places_m - at_pin_m)
            target_m = np.where(known[:, None], wanted_m + moves, wanted_m)
        counts = _where_it_counts(share, known)
        places_m = places_m + counts[:, None] * (target_m - places_m)
        known = known | (counts > 0)
    return places_m, known


def pinned_turns(
    turns_wxyz: FloatArray, known: BoolArray, pins: Sequence[DevicePin], times_s: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return the rotations of a device with its pins, (F, 4), and where they are known, (F,); as `pinned_places`."""
    for one, share in _shares(pins):
        nearest_s = _nearest_inside(one.pin, times_s)
        _, wanted = pinned_path(one.pin, nearest_s)
        assert wanted is not None, "it has a rotation"
        target = wanted
        if known.any():
            at_pin = slerp_at(times_s[known], turns_wxyz[known], nearest_s)
            moving = slerp(turns_wxyz, at_pin, _stopped(one)[:, None])
            correction = multiply_quaternions(wanted, conjugate_quaternion(at_pin))
            target = np.where(known[:, None], multiply_quaternions(correction, moving), wanted)
        counts = _where_it_counts(share, known)
        turns_wxyz = slerp(turns_wxyz, target, counts[:, None])
        known = known | (counts > 0)
    return turns_wxyz, known


def _nearest_inside(pin: Pin, times_s: FloatArray) -> FloatArray:
    """Return for each frame the time of the pin that is nearest to it: the frame's own, or one of the pin's ends."""
    nearest_s: FloatArray = np.clip(times_s, pin.start_s, pin.stop_s)
    return nearest_s


def _stopped(one: DevicePin) -> FloatArray:
    """Return how far the recorded movement has stopped in each frame, (F,): a pin of one frame stops nothing."""
    return one.share**_STOPS if one.pin.stop_s > one.pin.start_s else np.zeros_like(one.share)


def _shares(pins: Sequence[DevicePin]) -> list[tuple[DevicePin, FloatArray]]:
    """Return the pins with their influence on what the pins before them have made, (F,).

    Where two pins overlap, the later one counts. If they do not, the ease of the later one leaves the earlier one
    alone.
    """
    shares = []
    for number, one in enumerate(pins):
        share = one.share
        for before in pins[:number]:
            if before.pin.stop_s < one.pin.start_s or one.pin.stop_s < before.pin.start_s:
                together = 1 - before.share * one.share
                left = np.divide(1 - before.share, together, out=np.ones_like(together), where=together > 0)
                share = np.where(one.share < 1, share * left, share)
        shares.append((one, share))
    return shares


def _where_it_counts(share: FloatArray, known: BoolArray) -> FloatArray:
    """Return the share of a pin: where nothing is measured, only a whole one counts."""
    return np.where(known | (share >= 1), share, 0.0)
