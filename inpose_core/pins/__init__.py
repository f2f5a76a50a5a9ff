# SPDX-License-Identifier: Apache-2.0
"""Pins: what an animator says about a solved motion (this foot was here, it stood from here to there).

`pins.solving` solves again with them; it is not imported here, because the add-on has no use for the solver.
"""

from .asking import with_pinned_devices, with_pins
from .pin import DEFAULT_EASE_S, FEET, Pin, PinKey, PinnedStance, PinSet, joined_spans
from .standing import held_while_standing
from .storage import load_pins, pins_from_json, pins_to_json, save_pins

__all__ = [
    "DEFAULT_EASE_S",
    "FEET",
    "Pin",
    "PinKey",
    "PinSet",
    "PinnedStance",
    "held_while_standing",
    "joined_spans",
    "load_pins",
    "pins_from_json",
    "pins_to_json",
    "save_pins",
    "with_pinned_devices",
    "with_pins",
]
