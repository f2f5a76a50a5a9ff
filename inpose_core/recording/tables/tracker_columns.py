# SPDX-License-Identifier: Apache-2.0
"""Recognise the columns of trackers in a table with one row per frame: ``waist_pos_x``, ``LeftFootRotation.w``,
``tracker_1_position_x``.

A name counts if nothing is left of it but a place on the body, or a tracker's number, beside the words for position or
rotation, the axis, and words such as *Vive* or *role*. So speeds, fingers and eyes are not mistaken for trackers. Other
poses of a table are told, not used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from ...body.points import tracker_joint
from .column_meaning import component_of, device_of, kind_of, words_of
from .column_vocabulary import AXES, EULER, LEFT, OTHER, POSITION, RIGHT, ROTATION
from .layouts import DeviceColumns

_TRACKER: Final[str] = "tracker"
_SERIAL: Final[str] = "lhr"
"""Serial numbers of SteamVR's devices begin so."""
_FILLERS: Final[frozenset[str]] = frozenset({_TRACKER, "trackers", "vive", "htc", "role", "steamvr", "openvr", "body"})
_SIDED_PARTS: Final[frozenset[str]] = frozenset(
    {"thigh", "upper_leg", "hip", "shin", "calf", "lower_leg", "leg", "heel", "upper_arm", "forearm", "lower_arm"}
)
"""Further places on the left and the right where trackers are worn; calibration finds which joint they measure."""
_NOT_WORN: Final[frozenset[str]] = OTHER - {
    *("foot", "feet", "toe", "toes", "heel", "ankle", "shin", "calf", "knee", "thigh", "hip", "leg", "elbow"),
    *("shoulder", "waist", "up", "tracker", "trackers"),
}
"""Words of poses that are no trackers: eyes, fingers, targets, rays."""
_MOST: Final[int] = 16
_SIDES: Final[dict[str, frozenset[str]]] = {"left": LEFT, "right": RIGHT}


def tracker_columns(header: Sequence[str], taken: Collection[str]) -> dict[str, DeviceColumns]:
    """Return the columns of each tracker by its name; one without a complete rotation is a marker.

    Args:
        header: the names of the table's columns.
        taken: columns of head, hands and time.
    """
    groups = _groups(header, taken, _tracker_name)
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


def unused_poses(header: Sequence[str], used: Collection[str]) -> tuple[str, ...]:
    """Return the names of complete poses, position and rotation, that nothing uses and that trackers may have made.

    Args:
        header: the names of the table's columns.
        used: columns that InPose reads.
    """
    return tuple(
        name
        for name, kinds in _groups(header, used, _name_of_another).items()
        if set("xyz") <= kinds.get("p", {}).keys()
        and (set("xyzw") <= kinds.get("q", {}).keys() or set("xyz") <= {*kinds.get("e", {}), *kinds.get("q", {})})
    )


def _groups(
    header: Sequence[str], taken: Collection[str], name_of: Callable[[Sequence[str]], str]
) -> dict[str, dict[str, dict[str, str]]]:
    """Return the columns by the name of their device, their kind (p, q or e) and their axis.

    Args:
        header: the names of the table's columns.
        taken: columns to leave out.
        name_of: gives the device's name from the words that are left of a column's; empty to leave the column out.
    """
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for column in header:
        if column in taken:
            continue
        axis, kind, rest = component_of(words_of(column))
        axis = AXES.get(axis, axis)
        if axis not in ("x", "y", "z", "w"):
            continue
        name = name_of([word for word in rest if word not in POSITION | ROTATION | EULER])
        if name:
            kind = kind or next((said for word in reversed(rest) if (said := kind_of(word))), "")
            kind = kind or ("q" if axis == "w" else "p")
            groups.setdefault(name, {}).setdefault(kind, {}).setdefault(axis, column)
    return groups


def _tracker_name(words: Sequence[str]) -> str:
    """Return a tracker's name of the words that are left of a column's; empty if it is none."""
    is_tracker = _TRACKER in words
    words = [word for word in words if word not in _FILLERS]
    if is_tracker and words and all(map(_is_number, words)):
        return "_".join((_TRACKER, *words))
    sides = [side for side, names in _SIDES.items() if names & set(words)]
    plain = [word for word in words if not any(word in names for names in _SIDES.values())]
    place = "_".join((*sides, *plain))
    if len(sides) < 2 and (tracker_joint(place) is not None or (sides and "_".join(plain) in _SIDED_PARTS)):
        return place
    return ""


def _is_number(word: str) -> bool:
    """Return whether a word is a tracker's number or letter, or a part of a serial such as LHR-0A12."""
    return word.isdigit() or len(word) == 1 or word == _SERIAL


def _name_of_another(words: Sequence[str]) -> str:
    return "" if device_of(words) or _NOT_WORN & set(words) else " ".join(words)
