# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how many finger bones a bake moves, and by what. Does not import bpy or numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from ..core import FingerTracks

FingerMode = Literal["recorded", "relaxed", "off"]
FingerSource = Literal["joints", "buttons", "relaxed"]

SOURCE_TEXTS: Final[dict[FingerSource, str]] = {
    "joints": "{count} finger bones follow the recorded fingers.",
    "buttons": "{count} finger bones: the hands are relaxed, and close with the buttons of the controllers.",
    "relaxed": "{count} finger bones: the hands are relaxed.",
}


@dataclass(frozen=True)
class MovedFingers:
    """Hold how many finger bones a bake moves; 0: it leaves the fingers alone, or the rig has none."""

    count: int = 0
    source: FingerSource = "relaxed"


def moved_fingers(bones: int, tracks: FingerTracks | None, mode: FingerMode) -> MovedFingers:
    """Return what moves the finger bones of a rig.

    Args:
        bones: how many there are.
        tracks: what the recording says about the fingers.
        mode: the user's choice.
    """
    if mode == "off":
        return MovedFingers()
    if mode == "relaxed" or tracks is None or tracks.is_empty:
        return MovedFingers(bones)
    return MovedFingers(bones, "joints" if tracks.measured.any() else "buttons")
