# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the kinds of findings for people, in English; the panel translates the names. Does not import bpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "axes": "axes unsure",
    "left_and_right": "left and right unsure",
    "unit": "unit",
    "hands_in_head_frame": "hands recorded from the headset",
    "hand_poses": "kind of hand poses",
    "several_takes": "several takes",
    "clock": "clock",
    "damaged": "damaged file",
    "no_pose": "no pose",
    "frozen": "frozen",
    "position_stuck": "position stuck",
    "at_head": "at the headset",
    "parked": "parked",
    "at_origin": "at the origin",
    "out_of_reach": "out of reach",
    "never_tracked": "never tracked",
    "spikes": "jumps",
    "another_device": "another device",
    "another_offset": "held in another way",
    "not_worn": "not worn",
    "strap_slips": "strap slips",
    "recentred": "room moved",
    "headset_jumped": "headset jumped",
    "swapped_hands": "hands swapped",
    "floor_drifts": "floor drifts",
    "floor_lost": "floor jumped",
    "floor_wrong": "floor wrong",
    "stature": "height unusual",
    "seated": "sits",
    "posture_unsure": "posture unsure",
    "rotation_stuck": "rotation stuck",
    "inverse_poses": "poses inverted",
    "room_tilted": "room tilted",
    "several_players": "several players",
    "wrists_bent": "wrists bent too far",
    "calibration_pose": "calibration pose unsure",
}


def kind_name(kind: str) -> str:
    """Return the English name of a kind; of one that is not known, its words."""
    return KINDS.get(kind, kind.replace("_", " "))
