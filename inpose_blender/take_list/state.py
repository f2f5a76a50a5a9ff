# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how far a take is: recorded, solved, baked, or baked and then edited."""

from __future__ import annotations

from typing import Any, Final, Literal

from ..bake.takes_of_actions import bakes_on
from ..takes.listed import data_of, is_solved
from .edited import is_known_as_edited

TakeState = Literal["recorded", "solved", "baked", "edited"]
STATE_LABELS: Final[dict[TakeState, str]] = {
    "recorded": "Recorded",
    "solved": "Solved",
    "baked": "Baked",
    "edited": "Baked and edited",
}
STATE_ICONS: Final[dict[TakeState, str]] = {
    "recorded": "REC",
    "solved": "ARMATURE_DATA",
    "baked": "ACTION",
    "edited": "GREASEPENCIL",
}


def state_of(entry: Any) -> TakeState:
    """Return how far a take is, on its own character."""
    if not is_solved(entry):
        return "recorded"
    baked = bakes_on(entry.character, entry.name) if entry.character is not None else []
    if not baked:
        return "solved"
    from ..bake.baked_actions import has_edited_strip  # loads numpy, which the drawing of an empty list need not

    edited = [is_known_as_edited(action) for action in baked]  # of all of them: each is looked at later
    return "edited" if any(edited) or has_edited_strip(entry.character, entry.name) else "baked"


def confidence_of(entry: Any) -> float | None:
    """Return how sure the solver is of a take on average, 0 to 1; None if that is unknown."""
    confidence = float(data_of(entry).solved.confidence)
    return confidence if confidence >= 0.0 else None
