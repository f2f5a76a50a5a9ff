# SPDX-License-Identifier: Apache-2.0
"""Look at the first rows of a table, and say which columns InPose takes for which: for people who assign them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from ..errors import RecordingError
from ..options.reading import ReadOptions
from ..recording.registry import file_beginning, recording_formats
from ..recording.tables.assigned_devices import AssignedDevice
from ..recording.tables.assignment import Assignment, mapping_path
from ..recording.tables.column_guess import guess_assignment, spare_groups
from ..recording.tables.csv_format import CSV_HINT
from ..recording.tables.layouts import Layout
from ..recording.tables.reader import layout_of, recognises
from ..recording.tables.text_table import TextTable, open_table
from ..recording.types import DEVICE_NAMES

_LOOKED_AT_BYTES: Final[int] = 1 << 20
_ROWS: Final[int] = 400
_SHOWN_ROWS: Final[int] = 4
_MOST_KINDS: Final[int] = 64
_LONGEST_CELL: Final[int] = 9
_LONGEST_NAME: Final[int] = 28
_NUMBER: Final[re.Pattern[str]] = re.compile(r"[-+\d.,:eE]+|[-+]?nan|")
_PARTS: Final[dict[str, str]] = {
    "time": "the time",
    "key": "the column of the devices' names",
    "name": "the device that is",
    "position": "the position of",
    "rotation": "the rotation of",
    "place": "the place of",
}
_DEVICES: Final[tuple[str, str, str]] = ("the head", "the left hand", "the right hand")


@dataclass(frozen=True)
class TableColumn:
    """Hold one column of a table."""

    number: int
    """From the left; the first is 1."""
    name: str
    cells: tuple[str, ...]
    """The first rows. Words are not shown: they may be a person's name."""
    kinds: tuple[str, ...] = ()
    """The different words of a column that may name the devices; empty for other columns."""


@dataclass(frozen=True)
class TableLook:
    """Hold what a person sees of a table who assigns its columns."""

    columns: tuple[TableColumn, ...]
    has_header: bool
    assignment: Assignment
    """What InPose reads, or would guess."""
    by: str
    """Who assigns the columns: the table's names, a preset, a mapping, or only a guess."""
    is_guess: bool
    """Nothing is known of the table: without a person it is not read."""
    spare: tuple[AssignedDevice, ...] = ()
    """Poses that the assignment does not use: a tracker may have made them."""

    @property
    def header(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return tuple(column.name for column in self.columns)


def look_at_table(path: Path, options: ReadOptions | None = None) -> TableLook:
    """Return the columns of a table with its first rows, and their assignment.

    Args:
        path: the table; only its beginning is read.
        options: how it is read.

    Raises:
        RecordingError: it is missing, no table, or one of several files of a recording.
    """
    data = file_beginning(path, _LOOKED_AT_BYTES)
    named = next((one for one in recording_formats() if one.recognises(data)), None)
    if named is None or named.recognises is not recognises:
        kind = f" but {named.name}" if named is not None and named.source else ""
        raise RecordingError(f"{path.name} is no table{kind}, so it has no columns to assign.", "Choose a text table.")
    if len(data) == _LOOKED_AT_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    table = open_table(data, path.name, CSV_HINT)
    rows = list(islice((row for row in table.rows.texts() if row and any(row)), _ROWS))
    layout, by = _layout_of(table, path, options or ReadOptions())
    if layout is not None and layout.shape == "files":
        raise RecordingError(
            f"{path.name} is one of several files, one for each device. Their columns cannot be assigned by hand.",
            "Write all devices into one table.",
        )
    assignment = guess_assignment(table.header, rows) if layout is None else Assignment.from_layout(layout, table)
    return TableLook(
        columns=tuple(_column(table, rows, place) for place in range(len(table.header))),
        has_header=table.has_header,
        assignment=assignment,
        by=by,
        is_guess=layout is None,
        spare=spare_groups(rows, len(table.header), assignment),
    )


def table_lines(look: TableLook, name: str) -> Iterator[str]:
    """Yield the lines that `inpose info` prints of a table: its columns by number, and how to assign them."""
    yield f"{name}: {len(look.columns)} columns" + ("" if look.has_header else ", no header")
    used = _uses(look.assignment)
    width = max((min(len(column.name), _LONGEST_NAME) for column in look.columns), default=0)
    for column in look.columns:
        cells = "  ".join(f"{cell[:_LONGEST_CELL]:>{_LONGEST_CELL}}" for cell in column.cells)
        use = used.get(column.number, "")
        yield f"  #{column.number:<4} {column.name[:_LONGEST_NAME]:<{width}}  {cells}  {use}".rstrip()
    yield f"  assigned by {look.by}" if not look.is_guess else "  InPose guesses the columns on the right"
    for part, device in look.assignment.missing:
        worn = _DEVICES[device] if device < len(_DEVICES) else f"tracker {device - len(_DEVICES) + 1}"
        yield f"  not assigned: {_PARTS[part]}" + ("" if part in ("time", "key") else f" {worn}")
    yield "  To assign columns, correct this line and add it to the command (#3 is the third column):"
    yield f'    --columns "{option_text(look.assignment)}"'
    yield f"  Or write {mapping_path(Path(name)).name} beside the table, in Blender by Assign columns."


def option_text(assignment: Assignment) -> str:
    """Return the short form of ``--columns`` for people, with columns by number; dots where something is missing."""
    document = assignment.to_document()
    columns = document.pop("columns")
    if assignment.key is not None:
        return assignment.to_option().replace('"', '\\"')
    letter = next((key[-1] for key in columns if key[-2:] in ("_q", "_e", "_m")), "q")
    wanted = ["time", *(f"{device}_{part}" for device in DEVICE_NAMES for part in ("p", letter))]
    wanted += [name for name in columns if name not in wanted]  # the trackers
    if letter == "m":
        wanted = [name for name in wanted if name in columns or not name.endswith("_p")]
    parts = [f"{name}={_braced(columns.get(name, ()))}" for name in wanted]
    return ", ".join([*parts, *(f"{name}={value}" for name, value in document.items())])


def _braced(columns: Sequence[str]) -> str:
    if not columns:
        return "..."
    return columns[0] if len(columns) == 1 else "#{" + ",".join(column.lstrip("#") for column in columns) + "}"


def _layout_of(table: TextTable, path: Path, options: ReadOptions) -> tuple[Layout | None, str]:
    try:
        found = layout_of(table, path, options)
    except RecordingError:
        if options.columns:
            raise
        found = None  # the mapping beside the table does not fit: that is why a person looks
    return (None, "") if found is None else found


def _column(table: TextTable, rows: Sequence[Sequence[str]], place: int) -> TableColumn:
    cells = [row[place].strip() if place < len(row) else "" for row in rows]
    shown = tuple(_shown(cell) for cell in cells[:_SHOWN_ROWS])
    kinds = tuple(dict.fromkeys(cell for cell in cells if cell))
    return TableColumn(place + 1, table.header[place], shown, kinds if 2 <= len(kinds) <= _MOST_KINDS else ())


def _shown(cell: str) -> str:
    if not _NUMBER.fullmatch(cell):
        return "(text)"
    try:
        return cell if len(cell) <= _LONGEST_CELL else f"{float(cell):.4g}"
    except ValueError:
        return cell


def _uses(assignment: Assignment) -> dict[int, str]:
    """Return in words what each assigned column is."""
    uses = {assignment.time: "time", assignment.key: "device"}
    owns = [*zip(DEVICE_NAMES, assignment.devices, strict=True)]
    for number, tracker in enumerate(assignment.trackers or (), 1):
        owns.append((tracker.place or f"tracker {number}", tracker.columns))
    for device, own in owns if assignment.key is None else [("", assignment.devices[0])]:
        letters = {4: "wxyz" if assignment.quaternion_order == "wxyz" else "xyzw"}.get(len(own.rotation), "xyz")
        for column, axis in zip(own.position, "xyz", strict=False):
            uses[column] = f"{device} position {axis}".strip()
        for number, column in enumerate(own.rotation):
            axis = letters[number] if number < len(letters) and assignment.kind != "matrix" else str(number + 1)
            known = assignment.kind != "quaternion" or assignment.quaternion_order is not None
            uses[column] = f"{device} rotation {axis if known else number + 1}".strip()
    return {number: use for number, use in uses.items() if number is not None}
