# SPDX-License-Identifier: Apache-2.0
"""Pins: what an animator says about a solved motion (this foot was here, it stood from here to there), and solving
again with it."""

from .pin import DEFAULT_EASE_S, FEET, Pin, PinKey, PinSet, Stand, joined_spans
from .solving import Miss, SolvedAgain, missed_pins, solve_again
from .storage import load_pins, pins_from_json, pins_to_json, save_pins

__all__ = [
    "DEFAULT_EASE_S",
    "FEET",
    "Miss",
    "Pin",
    "PinKey",
    "PinSet",
    "SolvedAgain",
    "Stand",
    "joined_spans",
    "load_pins",
    "missed_pins",
    "pins_from_json",
    "pins_to_json",
    "save_pins",
    "solve_again",
]
