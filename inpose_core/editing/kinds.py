# SPDX-License-Identifier: Apache-2.0
"""Declare the kinds of clean-up edits once: the panel, the command line, and the table in the docs follow.

Imports nothing that takes time to load, because Blender's panels need the kinds when Blender starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

KindName = Literal["smooth", "exaggerate", "straighten_knees", "ground", "unbend_wrists", "spread_arms"]
MirrorPlane = Literal["heading", "room"]
"""Plane in which a take is mirrored: through the start of the character, along the direction in which it then looks; or
the plane x = 0 of the recorded room."""


@dataclass(frozen=True)
class EditKind:
    """Say what a kind of edit does, and what its amount means."""

    name: KindName
    label: str
    description: str
    amount_label: str
    amount_description: str
    usual: float
    """The amount of a new edit."""
    least: float
    most: float
    unit: Literal["s", "m", "share"]
    holds_hands: bool
    """Whether a new edit keeps the hands where they are; a kind that is about the hands does not have the choice."""
    can_hold_hands: bool = True


KINDS: Final[tuple[EditKind, ...]] = (
    EditKind(
        "smooth",
        "Smooth",
        "Smooth the body against jitter. Planted feet stay where they are",
        "Time",
        "Time over which the motion is smoothed",
        usual=0.1,
        least=0.0,
        most=1.0,
        unit="s",
        holds_hands=True,
    ),
    EditKind(
        "exaggerate",
        "Exaggerate",
        "Make the movement larger, or calm it. Planted feet stay where they are",
        "Factor",
        "Size of the movement: 1 leaves it, 2 doubles it, 0.5 halves it",
        usual=1.3,
        least=0.0,
        most=3.0,
        unit="share",
        holds_hands=False,
    ),
    EditKind(
        "straighten_knees",
        "Straighten knees",
        "Raise the body so that slightly bent knees become straighter. The feet stay where they are",
        "Amount",
        "How much of the bend is removed: 1 makes the leg as straight as it can be without snapping",
        usual=0.7,
        least=0.0,
        most=1.0,
        unit="share",
        holds_hands=False,
    ),
    EditKind(
        "ground",
        "Feet to the ground",
        "Put the feet on an uneven ground, or on a floor at another height",
        "Body follows",
        "How much the body goes up and down with the ground: 0 moves only the legs, 1 the whole body",
        usual=1.0,
        least=0.0,
        most=1.0,
        unit="share",
        holds_hands=False,
    ),
    EditKind(
        "unbend_wrists",
        "Unbend wrists",
        "Bring wrists that bend further than wrists can back into their range. The wrists stay in place",
        "Amount",
        "How much of the bend beyond the range is removed",
        usual=1.0,
        least=0.0,
        most=1.0,
        unit="share",
        holds_hands=True,
        can_hold_hands=False,
    ),
    EditKind(
        "spread_arms",
        "Arms out of the body",
        "Move arms and hands that go into the body to its skin. They move no further than this needs",
        "Distance",
        "Distance that the arms keep from the skin of the body",
        usual=0.005,
        least=0.0,
        most=0.3,
        unit="m",
        holds_hands=False,
        can_hold_hands=False,
    ),
)
KIND_OF: Final[dict[str, EditKind]] = {kind.name: kind for kind in KINDS}
