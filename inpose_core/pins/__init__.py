# SPDX-License-Identifier: Apache-2.0
"""Pins: what an animator says about a solved motion (this foot was here, it stood from here to there).

`pins.solving` solves again with them; it is not imported here, because the add-on has no use for the solver.
"""

from .asking import with_pinned_devices, with_pins
from .pin import DEFAULT_EASE_S, FEET, Pin, PinKey, PinnedSeat, PinnedStance, PinSet, joined_spans
from .spelling import pelvis_above_seat_m, spelled_out
from .standing import pins_while_standing
from .storage import load_pins, pins_from_json, pins_to_json, save_pins
from .told import final_stands

__all__ = [
    "DEFAULT_EASE_S",
    "FEET",
    "Pin",
    "PinKey",
    "PinSet",
    "PinnedSeat",
    "PinnedStance",
    "final_stands",
    "joined_spans",
    "load_pins",
    "pelvis_above_seat_m",
    "pins_from_json",
    "pins_to_json",
    "pins_while_standing",
    "save_pins",
    "spelled_out",
    "with_pinned_devices",
    "with_pins",
]
