# SPDX-License-Identifier: Apache-2.0
"""Recognise the columns of an unknown table by the words in their names, as a person would.

``HMD Pos X``, ``leftHandRotation.w``, ``xLeftPos``, ``Kopf Position Y``, ``HMD_Rotation_Pitch``: each name is split
into words. One word names the device, one the kind, and one the axis. Eyes, gaze, fingers, speeds and forces are
ignored. A name with a slip of the pen counts where the right one is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .column_meaning import ANGLES, component_of, is_time, is_time_step, kind_of, meaning_of, unit_in, words_of
from .column_vocabulary import AXES, OTHER
from .layouts import AngleUnit, Layout
from .rotation_columns import PITCH_YAW_ROLL

_UNIT_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("cm", "centimeters", "centimetres"), "cm"),
    **dict.fromkeys(("mm", "millimeters", "millimetres"), "mm"),
}
_ANGLE_WORDS: Final[dict[str, AngleUnit]] = {
    **dict.fromkeys(("deg", "degree", "degrees", "°", "grad"), "deg"),
    **dict.fromkeys(("rad", "radian", "radians"), "rad"),
}


def layout_by_words(header: Sequence[str]) -> Layout | None:
    """Return which columns are head and hands, and the time; None if head and a hand are not found."""
    exact = _layout(header, correct=False)
    if exact is not None and exact.columns["time"] and {"left_p", "right_p"} <= exact.columns.keys():
        return exact
    corrected = _layout(header, correct=True)
    found = [layout for layout in (exact, corrected) if layout is not None]
    # The names as they are, unless corrected ones complete a hand or the time.
    return max(found, key=lambda layout: len(layout.columns) + bool(layout.columns["time"]), default=None)


def missing_by_words(header: Sequence[str]) -> list[str]:
    """Return which parts of head and hands the columns' names do not give, in words; empty if they give none at all."""
    found = [meaning for column in header if (meaning := meaning_of(column, correct=True)) is not None]
    if not found:
        return []
    names = {"head": "the head", "left": "the left hand", "right": "the right hand"}
    missing = []
    for device, words in names.items():
        own = [meaning for meaning in found if meaning.device == device]
        turns = {meaning.axis for meaning in own if meaning.kind in ("q", "e")}
        if not {"x", "y", "z"} <= {meaning.axis for meaning in own if meaning.kind in ("p", "")}:
            missing.append(f"the position of {words}")
        if not ({"x", "y", "z"} <= turns or set(ANGLES) <= turns):
            missing.append(f"the rotation of {words}")
    return missing


def long_layout_by_words(header: Sequence[str]) -> Layout | None:
    """Return the columns of a table in which each row holds one device; None if they are not found."""
    time = [column for column in header if is_time(column)]
    key = next((column for column in header if set(words_of(column)) & _KEYS and column not in time), None)
    groups: dict[str, dict[str, str]] = {"p": {}, "q": {}, "e": {}}
    for column in header:
        if column == key or column in time:
            continue
        axis, kind, rest = component_of(["of", *words_of(column)])
        if OTHER & set(rest) or not axis:
            continue
        kind = kind or next((found for word in reversed(rest) if (found := kind_of(word))), "")
        if axis in ANGLES:
            kind = "e"
        groups[kind or ("q" if axis == "w" else "p")].setdefault(AXES[axis], column)
    position, turn, euler = groups["p"], groups["q"], groups["e"]
    if key is None or not {"x", "y", "z"} <= position.keys():
        return None
    columns: dict[str, Any] = {"time": time, "p": [position[axis] for axis in "xyz"]}
    if set("xyzw") <= turn.keys():
        columns["q"] = [turn[axis] for axis in "xyzw"]
    elif set(ANGLES) <= euler.keys():
        columns["e"] = [euler[axis] for axis in ANGLES]
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
        euler_order=PITCH_YAW_ROLL if columns.get("e", [""])[0] == euler.get("pitch") else None,
    )


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


def _layout(header: Sequence[str], *, correct: bool) -> Layout | None:
    groups: dict[str, dict[tuple[str, str], dict[str, str]]] = {"head": {}, "left": {}, "right": {}}
    strangers: dict[tuple[str, str], int] = {}
    time = [column for column in header if is_time(column)]
    if correct and not time:
        time = [column for column in header if is_time(column, correct=True)]
    # Without times, the steps from row to row are summed up.
    time = time or [column for column in header if is_time_step(column)]
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
        named = _best(found_groups, strangers, ("e",), ANGLES)
        if position is None or not (turn or euler or named):
            continue
        columns[f"{device}_p"] = [position[axis] for axis in "xyz"]
        if turn:
            columns[f"{device}_q"] = [turn[axis] for axis in "xyzw"]
            order = "xyzw"
        elif euler:
            columns[f"{device}_e"] = [euler[axis] for axis in "xyz"]
        elif named:
            columns[f"{device}_e"] = [named[axis] for axis in ANGLES]
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
        euler_order=PITCH_YAW_ROLL if angles else None,
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
