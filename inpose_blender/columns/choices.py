# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn what the dialog shows into an assignment of columns, and back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from ..core_tables import (
    ROTATION_COLUMNS,
    AssignedDevice,
    AssignedTracker,
    Assignment,
    Columns,
    Kind,
    TableLook,
)
from ..options import AXES_NAMES, ReadOptions, options_of

_DEVICES: Final[tuple[str, str, str]] = ("head", "left", "right")
_PLACES: Final[tuple[str, str, str]] = ("x", "y", "z")
_TURNS: Final[tuple[str, str, str, str]] = ("first", "second", "third", "fourth")
_UNITS: Final[tuple[str, ...]] = next(o.choice_names for o in options_of(ReadOptions) if o.name == "unit")
_AXES: Final[tuple[str, ...]] = next(o.choice_names for o in options_of(ReadOptions) if o.name == "axes")
_NONE: Final[str] = "auto"


@contextmanager
def filling(choices: Any) -> Iterator[None]:
    """Change several fields of the dialog without showing the result of each."""
    choices.is_filling = True
    try:
        yield
    finally:
        choices.is_filling = False


def fill_choices(choices: Any, look: TableLook, reading: ReadOptions) -> None:
    """Show a table and its assignment, and what the user has already said of its numbers."""
    choices.columns.clear()
    for column in look.columns:
        item = choices.columns.add()
        item.name = f"{column.number}: {column.name}"
        item.cells = "   ".join(column.cells)
    choices.words.clear()
    for word in dict.fromkeys(word for column in look.columns for word in column.kinds):
        choices.words.add().name = word
    choices.spare.clear()
    for group in look.spare:
        own = choices.spare.add()
        own.position, own.rotation = (_first(block, choices) for block in (group.position, group.rotation))
    choices.is_guess, choices.chosen = look.is_guess, -1
    given = {name: getattr(reading, name) for name in ("axes", "time_unit", "quaternion_order", "euler_order")}
    if reading.unit in _UNITS:
        given["unit"] = reading.unit
    if reading.recording_fps is not None:
        given["fps"] = reading.recording_fps
    said = {name: value for name, value in given.items() if value is not None}
    with filling(choices):
        _show(choices, replace(look.assignment, **said))


def _show(choices: Any, assignment: Assignment) -> None:
    names = [""] + [item.name for item in choices.columns]
    trackers = assignment.trackers or ()
    owns = (*assignment.devices, *(one.columns for one in trackers))
    rotations, order = _in_table_order(owns, assignment.quaternion_order)
    positions = [own.position for own in owns]
    choices.one_by_one = not all(_follow(block) for block in (*positions, *rotations))
    choices.knows_trackers = assignment.trackers is not None
    choices.trackers.clear()
    for tracker in trackers:
        choices.trackers.add().place = tracker.place or _NONE
    choices.time = names[assignment.time or 0]
    choices.key = names[assignment.key or 0]
    choices.rows = "frame" if assignment.key is None else "device"
    named = (*assignment.names, *(one.names for one in trackers))
    for own, position, rotation, words in zip(_poses(choices), positions, rotations, named, strict=True):
        own.position, own.rotation = (names[block[0]] if block else "" for block in (position, rotation))
        own.word = words[0] if words else ""
        for parts, block in ((_PLACES, position), (_TURNS, rotation)):
            for place, part in enumerate(parts):
                setattr(own, part, names[block[place]] if place < len(block) <= len(parts) else "")
    size = len(rotations[0]) or ROTATION_COLUMNS[assignment.kind][0]
    choices.kind = f"matrix_{size}" if assignment.kind == "matrix" else assignment.kind
    choices.quaternion_order = order or _NONE
    choices.euler_order = assignment.euler_order or _NONE
    choices.angle_unit = assignment.angle_unit or _NONE
    choices.unit, choices.time_unit = assignment.unit or _NONE, assignment.time_unit or _NONE
    choices.axes = _NONE if assignment.axes is None else _axes_name(assignment.axes)
    choices.axes_letters = assignment.axes or "RUB"
    choices.pose = assignment.pose or ""
    if assignment.fps is not None:
        choices.fps = assignment.fps


def assignment_of(choices: Any) -> Assignment:
    """Return the assignment that the dialog shows.

    Raises:
        InPoseError: the letters of the axes do not fit.
    """
    kind, _, size = choices.kind.partition("_")
    of_rotation: Kind = kind
    count = int(size) if size else ROTATION_COLUMNS[of_rotation][0]
    columns = len(choices.columns)
    own = list(_poses(choices))
    by_device = choices.rows == "device"
    found = [_device(one, count, columns, one_by_one=choices.one_by_one) for one in own]
    time, axes = _number(choices.time), choices.axes
    if axes == "custom":
        axes = choices.axes_letters
        ReadOptions(axes=axes)
    words = [(one.word,) if one.word else () for one in own]
    key = _number(choices.key)
    trackers = tuple(
        AssignedTracker(
            "" if tracker.place == _NONE else tracker.place,
            AssignedDevice() if by_device else found[number],
            words[number] if by_device else (),
        )
        for number, tracker in enumerate(choices.trackers, len(_DEVICES))
    )
    return Assignment(
        time=time,
        devices=(found[0],) * 3 if by_device else (found[0], found[1], found[2]),
        kind=of_rotation,
        quaternion_order=_known(choices.quaternion_order) if kind == "quaternion" else None,
        euler_order=_known(choices.euler_order) if kind == "euler" else None,
        angle_unit=_known(choices.angle_unit) if kind in ("euler", "rotator") else None,
        unit=_known(choices.unit),
        axes=_known(axes),
        time_unit=_known(choices.time_unit) if time is not None else None,
        fps=None if time is not None or by_device else round(choices.fps, 3),
        pose=choices.pose or None,
        key=(key or 0) if by_device else None,
        names=(words[0], words[1], words[2]) if by_device else ((), (), ()),
        trackers=trackers if trackers or choices.knows_trackers else None,
    )


def add_tracker(choices: Any) -> None:
    """Add a tracker with the first pose, or the first name of a device, that has no use yet; else without any."""
    with filling(choices):
        tracker = choices.trackers.add()
        parts = ("position", "rotation", *_PLACES, *_TURNS)
        used = {getattr(own, part) for own in _poses(choices) for part in parts} - {""}
        spare = next((own for own in choices.spare if own.position not in used and own.rotation not in used), None)
        if spare is not None:
            tracker.pose.position, tracker.pose.rotation = spare.position, spare.rotation
            _spread(tracker.pose, choices)
        words = {own.word for own in _poses(choices)}
        tracker.pose.word = next((item.name for item in choices.words if item.name not in words), "")


def remove_tracker(choices: Any, number: int) -> None:
    """Remove a tracker, the first of which is 0. The mapping then says which are left."""
    choices.trackers.remove(number)
    choices.knows_trackers = True


def spread_blocks(choices: Any) -> None:
    """Fill in the columns one by one from the blocks if they are to be chosen so, else the blocks' beginnings."""
    with filling(choices):
        for own in _poses(choices):
            if choices.one_by_one:
                _spread(own, choices)
            else:
                own.position, own.rotation = own.x, own.first


def _spread(own: Any, choices: Any) -> None:
    """Fill in the columns of a pose one by one from its blocks."""
    for first, parts in (("position", _PLACES), ("rotation", _TURNS)):
        start = _number(getattr(own, first))
        block = () if start is None else _block(start, len(parts), len(choices.columns))
        for place, part in enumerate(parts):
            setattr(own, part, choices.columns[block[place] - 1].name if place < len(block) else "")


def _poses(choices: Any) -> Iterator[Any]:
    """Yield the chosen columns of head, hands and trackers."""
    yield from (getattr(choices, device) for device in _DEVICES)
    yield from (tracker.pose for tracker in choices.trackers)


def _first(block: Columns, choices: Any) -> str:
    return choices.columns[block[0] - 1].name if block else ""


def used_twice(assignment: Assignment) -> int | None:
    """Return a column that has two uses; None if there is none."""
    devices = assignment.devices if assignment.key is None else assignment.devices[:1]
    devices = (*devices, *(one.columns for one in assignment.trackers or ()))
    used = [number for own in devices for number in (*own.position, *own.rotation)]
    used += [number for number in (assignment.time, assignment.key) if number]
    return next((number for number in used if used.count(number) > 1), None)


def _device(own: Any, count: int, columns: int, *, one_by_one: bool) -> AssignedDevice:
    if one_by_one and count <= len(_TURNS):
        position = [_number(getattr(own, part)) for part in _PLACES]
        rotation = [_number(getattr(own, part)) for part in _TURNS[:count]]
        return AssignedDevice(_given(position), _given(rotation))
    place, turn = _number(own.position), _number(own.rotation)
    return AssignedDevice(
        () if place is None else _block(place, len(_PLACES), columns),
        () if turn is None else _block(turn, count, columns),
    )


def _in_table_order(owns: Sequence[AssignedDevice], order: str | None) -> tuple[list[Columns], str | None]:
    """Return the rotations in the order of the table's columns, where their letters allow it, and the order."""
    rotations = [own.rotation for own in owns]
    if order == "xyzw" and all(len(block) in (0, 4) for block in rotations):
        first_w = [(block[3], *block[:3]) for block in rotations if block]
        if first_w and all(map(_follow, first_w)):
            return [(block[3], *block[:3]) if block else () for block in rotations], "wxyz"
    return rotations, order


def _follow(block: Sequence[int]) -> bool:
    return all(later - earlier == 1 for earlier, later in itertools.pairwise(block))


def _block(start: int, count: int, columns: int) -> Columns:
    return tuple(range(start, min(start + count, columns + 1)))


def _axes_name(axes: str) -> str:
    named = (name for name in _AXES if axes in (name, AXES_NAMES[name]))
    return next(named, "custom")


def _given(numbers: Sequence[int | None]) -> Columns:
    return tuple(number for number in numbers if number is not None)


def _number(name: str) -> int | None:
    """Return the number of a column from its name in the list; None for an empty field."""
    digits = name.partition(":")[0]
    return int(digits) if digits.isdigit() else None


def _known(choice: str) -> Any:
    return None if choice == _NONE else choice
