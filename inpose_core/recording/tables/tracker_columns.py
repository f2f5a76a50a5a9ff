# SPDX-License-Identifier: Apache-2.0
"""Recognise the columns of trackers in a table with one row per frame: ``waist_pos_x``, ``LeftFootRotation.w``,
``tracker_1_position_x``.

A name counts if nothing is left of it but a place on the body, or a tracker's number, beside the words for position or
rotation and the axis. So speeds, fingers and eyes are not mistaken for trackers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from ...body.points import tracker_joint
from .column_meaning import component_of, kind_of, words_of
from .column_vocabulary import AXES, EULER, LEFT, POSITION, RIGHT, ROTATION
from .layouts import DeviceColumns

_TRACKER: Final[str] = "tracker"
_MOST: Final[int] = 16
_SIDES: Final[dict[str, frozenset[str]]] = {"left": LEFT, "right": RIGHT}


def tracker_columns(header: Sequence[str], taken: Collection[str]) -> dict[str, DeviceColumns]:
    """Return the columns of each tracker by its name; one without a complete rotation is a marker.

    Args:
        header: the names of the table's columns.
        taken: columns of head, hands and time.
    """
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for column in header:
        if column in taken:
            continue
        axis, kind, rest = component_of(words_of(column))
        axis = AXES.get(axis, axis)
        if axis not in ("x", "y", "z", "w"):
            continue
        name = _tracker_name([word for word in rest if word not in POSITION | ROTATION | EULER])
        if name:
            kind = kind or next((said for word in reversed(rest) if (said := kind_of(word))), "")
            kind = kind or ("q" if axis == "w" else "p")
            groups.setdefault(name, {}).setdefault(kind, {}).setdefault(axis, column)
    found: dict[str, DeviceColumns] = {}
    for name, kinds in groups.items():
        place, turn = kinds.get("p", {}), kinds.get("q", {})
        angles = kinds.get("e", {}) or ({} if "w" in turn else turn)
        if len(found) == _MOST or not set("xyz") <= place.keys():
            continue
        position = tuple(place[axis] for axis in "xyz")
        if set("xyzw") <= turn.keys():
            found[name] = DeviceColumns(position, tuple(turn[axis] for axis in "xyzw"), "q", "xyzw")
        elif set("xyz") <= angles.keys():
            found[name] = DeviceColumns(position, tuple(angles[axis] for axis in "xyz"), "e")
        else:
            found[name] = DeviceColumns(position, (), "q", "xyzw")
    return found


def _tracker_name(words: Sequence[str]) -> str:
    """Return a tracker's name of the words that are left of a column's; empty if it is none."""
    sides = [side for side, names in _SIDES.items() if names & set(words)]
    plain = [word for word in words if not any(word in names for names in _SIDES.values())]
    place = "_".join((*sides, *(word for word in plain if word != _TRACKER)))
    if len(sides) < 2 and tracker_joint(place) is not None:
        return place
    if _TRACKER in words and all(word == _TRACKER or word.isdigit() for word in words):
        return "_".join(words)
    return ""
