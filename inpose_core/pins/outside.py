# SPDX-License-Identifier: Apache-2.0
"""Say which pins lie outside of a take, for example because its end was trimmed."""

from __future__ import annotations

from typing import Final

from .pin import PinSet

_NEAR_S: Final[float] = 0.01
"""A pin of the last frame may be a rounding error after it."""


def pins_outside(pins: PinSet, first_s: float, last_s: float) -> tuple[str, ...]:
    """Return a sentence for each pin, stance and seat that is wholly outside of a motion.

    Args:
        pins: what the animator says.
        first_s: time in the recording of the motion's first pose.
        last_s: that of its last pose.
    """
    spans = [(f"pin of the {pin.joint.replace('_', ' ')}", pin.start_s, pin.stop_s) for pin in pins.pins]
    spans += [(f"stance of the {stance.foot} foot", stance.start_s, stance.stop_s) for stance in pins.stances]
    spans += [("seat", seat.start_s, seat.stop_s) for seat in pins.seats]
    return tuple(
        f"The {what} at {start_s:.2f} s has no effect: the take {_ends(start_s, first_s, last_s)}."
        for what, start_s, stop_s in spans
        if start_s > last_s + _NEAR_S or stop_s < first_s - _NEAR_S
    )


def _ends(start_s: float, first_s: float, last_s: float) -> str:
    return f"ends at {last_s:.2f} s" if start_s > last_s else f"begins at {first_s:.2f} s"
