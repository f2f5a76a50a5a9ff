# SPDX-License-Identifier: Apache-2.0
"""Recognise the columns of an unknown table by the words in their names, as a person would.

``HMD Pos X``, ``leftHandRotation.w``, ``xLeftPos``, ``Kopf Position Y``, ``HMD_Rotation_Pitch``: each name is split
into words. One word names the device, one the kind, and one the axis. Eyes, gaze, fingers, speeds and forces are
ignored. A name with a slip of the pen counts where the right one is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .column_vocabulary import (
    AXES,
    EULER,
    HEAD,
    LEFT,
    NEUTRAL,
    OTHER,
    POSITION,
    RIGHT,
    ROTATION,
    TIME,
    corrected,
    split_words,
)
from .layouts import AngleUnit, Layout
from .rotation_columns import PITCH_YAW_ROLL, UNITY_EULER_ORDER

_GLUED: Final[re.Pattern[str]] = re.compile(
    r"(pos|rot|quat|euler|ang|loc|ori|[pqtr])([xyzw])|(q|quat|rot)([ijk])|([xyzw])(pos|rot|ang|loc|quat)"
)
_UNIT: Final[re.Pattern[str]] = re.compile(
    r"[(\[{<]\s*([^)\]}>]{0,12})[)\]}>]|_(?:in_)?(m|cm|mm|deg|rad|degrees|radians|meters|metres)$"
)
_LOCAL: Final[frozenset[str]] = frozenset({"local", "relative", "rel", "filtered", "smoothed", "predicted", "previous"})
_ANGLES: Final[tuple[str, ...]] = ("pitch", "yaw", "roll")
_HEADING: Final[str] = "heading"
_UNIT_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("cm", "centimeters", "centimetres"), "cm"),
    **dict.fromkeys(("mm", "millimeters", "millimetres"), "mm"),
}
_ANGLE_WORDS: Final[dict[str, AngleUnit]] = {
    **dict.fromkeys(("deg", "degree", "degrees", "°", "grad"), "deg"),
    **dict.fromkeys(("rad", "radian", "radians"), "rad"),
}
_TIME_JOINED: Final[frozenset[str]] = frozenset(
    {"deltatimems", "recordingtime", "gametime", "realtime", "systemtime", "frametimeseconds", "unitytime", "simtime"}
    | {"marcadetiempo", "dataeora", "timestampms", "timestampns", "timestampus", "timems", "timesec", "elapsedseconds"}
)


@dataclass(frozen=True)
class ColumnMeaning:
    """Hold what a column's name says."""

    device: str
    """head, left or right."""
    kind: str
    """p for a position, q for a quaternion or any rotation, e for Euler angles; empty if the name has no such word."""
    axis: str
    """x, y, z, w, pitch, yaw or roll; empty for a column of whole vectors."""
    base: str
    """The rest of the name, by which columns belong together."""
    strangers: int
    """Words without a known meaning."""


def meaning_of(column: str, *, correct: bool = False) -> ColumnMeaning | None:
    """Return what a column's name means; None if it names no device or something else, such as a speed."""
    words = _split(column)
    if correct:
        words = [corrected(word) for word in words]
    axis, kind, rest = _component(words)
    device = _device(rest)
    if not device:
        return None
    for word in reversed(rest):
        # "r" is the right hand before it is a rotation.
        if not kind and word not in LEFT | RIGHT:
            kind = _kind(word)
    if not kind and (axis == "w" or ("r" in rest and device != "right")):
        kind = "q"
    if axis in _ANGLES or axis == _HEADING:
        kind = "e"
    elif axis and axis not in "xyzw" and kind != "q":
        return None
    axis = AXES.get(axis, axis)
    known = HEAD | LEFT | RIGHT | NEUTRAL | POSITION | ROTATION | EULER
    strangers = sum(word not in known and not word.isdigit() for word in rest) + 3 * bool(_LOCAL & set(rest))
    return ColumnMeaning(device, kind, axis, " ".join(rest), strangers)


def _component(words: Sequence[str]) -> tuple[str, str, list[str]]:
    """Return a name's axis, its kind if both are one word, and the other words."""
    axis, kind = "", ""
    rest: list[str] = []
    for place, word in enumerate(words):
        glued = _GLUED.fullmatch(word) if len(words) > 1 and not axis else None
        if (
            not axis
            and len(words) > 1
            and word in AXES
            and (place == len(words) - 1 or (place == 0 and word in "xyzw"))
        ):
            axis = word
        elif glued:
            axis, part = glued[2] or glued[4] or glued[5], glued[1] or glued[3] or glued[6]
            kind = _kind(part)
            rest.append(part)
        else:
            rest.append(word)
    return axis, kind, rest


def _device(words: Sequence[str]) -> str:
    """Return head, left or right; empty if the words name none of them, or something beside them."""
    joined = "".join(words)
    centre = "centereye" in joined
    if OTHER & set(words) and not centre:
        return ""
    head = centre or bool(HEAD & set(words))
    named = {word for word in words if len(word) > 1 or not word.isascii()}
    sides = [side for side, names in (("left", LEFT), ("right", RIGHT)) if names & named]
    if not sides and not head:
        # A single letter is a side only beside nothing better: r may be a rotation.
        sides = [side for side, names in (("left", LEFT), ("right", RIGHT)) if names & set(words)]
    if len(sides) == 1:
        return sides[0]
    return "head" if not sides and head else ""


def layout_by_words(header: Sequence[str]) -> Layout | None:
    """Return which columns are head and hands, and the time; None if head and a hand are not found."""
    return _layout(header, correct=False) or _layout(header, correct=True)


def long_layout_by_words(header: Sequence[str]) -> Layout | None:
    """Return the columns of a table in which each row holds one device; None if they are not found."""
    time = [column for column in header if is_time(column)]
    key = next((column for column in header if set(_split(column)) & _KEYS and column not in time), None)
    groups: dict[str, dict[str, str]] = {"p": {}, "q": {}, "e": {}}
    for column in header:
        if column == key or column in time:
            continue
        axis, kind, rest = _component(["of", *_split(column)])
        if OTHER & set(rest) or not axis:
            continue
        kind = kind or next((found for word in reversed(rest) if (found := _kind(word))), "")
        if axis in _ANGLES:
            kind = "e"
        groups[kind or ("q" if axis == "w" else "p")].setdefault(AXES[axis], column)
    position, turn, euler = groups["p"], groups["q"], groups["e"]
    if key is None or not {"x", "y", "z"} <= position.keys():
        return None
    columns: dict[str, Any] = {"time": time, "p": [position[axis] for axis in "xyz"]}
    if set("xyzw") <= turn.keys():
        columns["q"] = [turn[axis] for axis in "xyzw"]
    elif set(_ANGLES) <= euler.keys():
        columns["e"] = [euler[axis] for axis in _ANGLES]
    elif angles := next((one for one in (euler, turn) if set("xyz") <= one.keys()), None):
        columns["e"] = [angles[axis] for axis in "xyz"]
    else:
        return None
    return Layout(
        name="words",
        label="the columns' names",
        columns=columns,
        shape="long",
        key=key,
        quaternion_order="xyzw" if "q" in columns else None,
        euler_order=PITCH_YAW_ROLL if columns.get("e", [""])[0] == euler.get("pitch") else UNITY_EULER_ORDER,
    )


def device_named(text: str) -> str:
    """Return head, left or right for the name of a device in a cell; empty if it is none of them."""
    return _device(split_words(text))


_KEYS: Final[frozenset[str]] = frozenset(
    {
        "device",
        "name",
        "object",
        "joint",
        "id",
        "type",
        "node",
        "part",
        "body",
        "role",
        "source",
        "entity",
        "bone",
        "label",
    }
    | {"gerat", "objekt", "tracker", "trackedobject", "devicename", "deviceid", "sensor"}
)


def is_time(column: str, *, correct: bool = False) -> bool:
    """Return whether a column's name says that it holds times."""
    words = _split(column)
    if correct:
        words = [corrected(word) for word in words]
    text = "".join(words)
    return (
        text in TIME | _TIME_JOINED
        or (bool(words) and words[0] in TIME - {"t"} and len(words) <= 3)
        or (
            len(words) == 2
            and words[1] in {"time", "timestamp", "seconds", "zeit"}
            and words[0] not in {"delta", "reaction"}
        )
    )


def _split(column: str) -> list[str]:
    return split_words(_UNIT.sub(" ", column))


def unit_in(column: str) -> str:
    """Return the unit that a column's name gives in brackets or at its end, in lower case; empty if none."""
    found = _UNIT.search(column)
    return (found[1] or found[2] or "").strip().lower() if found else ""


def _kind(word: str) -> str:
    if word in POSITION:
        return "p"
    if word in ROTATION:
        return "q"
    return "e" if word in EULER else ""


def _layout(header: Sequence[str], *, correct: bool) -> Layout | None:
    groups: dict[str, dict[tuple[str, str], dict[str, str]]] = {"head": {}, "left": {}, "right": {}}
    strangers: dict[tuple[str, str], int] = {}
    time = [column for column in header if is_time(column)]
    if correct and not time:
        time = [column for column in header if is_time(column, correct=True)]
    for column in header:
        found = None if column in time else meaning_of(column)
        if found is None and correct and column not in time:
            found = meaning_of(column, correct=True)
        elif found is not None and correct and found.strangers:
            found = meaning_of(column, correct=True) or found
        if found is None or not found.axis:
            continue
        key = (found.kind, found.base)
        groups[found.device].setdefault(key, {}).setdefault(found.axis, column)
        strangers[key] = found.strangers
    columns: dict[str, Any] = {"time": time}
    order = None
    angles = False
    for device, found_groups in groups.items():
        if correct:
            _fill_gaps(found_groups, header)
        position = _best(found_groups, strangers, ("p", ""), "xyz")
        turn = _best(found_groups, strangers, ("q", ""), "xyzw")
        euler = _best(found_groups, strangers, ("e", "q"), "xyz")
        named = _best(found_groups, strangers, ("e",), _ANGLES)
        if position is None or not (turn or euler or named):
            continue
        columns[f"{device}_p"] = [position[axis] for axis in "xyz"]
        if turn:
            columns[f"{device}_q"] = [turn[axis] for axis in "xyzw"]
            order = "xyzw"
        elif euler:
            columns[f"{device}_e"] = [euler[axis] for axis in "xyz"]
        elif named:
            columns[f"{device}_e"] = [named[axis] for axis in _ANGLES]
            angles = True
    if "head_p" not in columns or not {"left_p", "right_p"} & columns.keys():
        return None
    units = {unit_in(column) for name, group in columns.items() if name.endswith("_p") for column in group}
    turn_units = {unit_in(column) for name, group in columns.items() if name.endswith("_e") for column in group}
    return Layout(
        name="words",
        label="the columns' names",
        columns=columns,
        unit=next((_UNIT_WORDS[unit] for unit in units if unit in _UNIT_WORDS), None),
        angle_unit=next((_ANGLE_WORDS[unit] for unit in turn_units if unit in _ANGLE_WORDS), None),
        quaternion_order="xyzw" if order else None,
        euler_order=PITCH_YAW_ROLL if angles else UNITY_EULER_ORDER,
    )


def _best(
    groups: Mapping[tuple[str, str], dict[str, str]],
    strangers: Mapping[tuple[str, str], int],
    kinds: tuple[str, ...],
    axes: Sequence[str],
) -> dict[str, str] | None:
    """Return the complete group of the best kind with the fewest strange words; the first one among equals."""
    fitting = [key for key, group in groups.items() if key[0] in kinds and set(axes) <= group.keys()]
    if axes == "xyz":
        fitting = [key for key in fitting if "w" not in groups[key]] or ([] if "p" not in kinds else fitting)
    best = min(fitting, key=lambda key: (kinds.index(key[0]), strangers[key]), default=None)
    return groups[best] if best is not None else None


def _fill_gaps(groups: dict[tuple[str, str], dict[str, str]], header: Sequence[str]) -> None:
    """Give a group that lacks one axis the column between its neighbours, however it is called."""
    places = {column: place for place, column in enumerate(header)}
    used = {column for group in groups.values() for column in group.values() if len(group) > 1}
    for group in groups.values():
        if {"x", "z"} <= group.keys() and "y" not in group and places[group["z"]] - places[group["x"]] == 2:
            between = header[places[group["x"]] + 1]
            if between not in used:
                group["y"] = between
