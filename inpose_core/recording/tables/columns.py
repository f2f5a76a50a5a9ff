# SPDX-License-Identifier: Apache-2.0
"""Find the columns of a layout in a table, and convert their cells to times and poses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...errors import RecordingError
from ..conventions import ReadOptions
from ..findings import Finding
from ..sessions import ContinuedClock, continue_clock
from ..tracks import Track
from .layouts import DeviceColumns, Layout
from .rotation_columns import euler_to_xyzw, matrices_to_poses, numbers_in_cells
from .text_table import Cells, TextTable
from .times import parse_times

NO_TIME: Final[str] = "Set the frame rate (--recording-fps 90), or name the time column with --columns."


@dataclass(frozen=True)
class DeviceTracks:
    """Hold a table's tracks of head, left and right hand."""

    tracks: tuple[Track | None, Track | None, Track | None]
    time_unit: str | None
    """The unit of the times, if the cells show it."""
    sides_certain: bool = False
    """The table declares which hand is the left one."""
    notes: tuple[str, ...] = ()
    """Notes for the user."""
    session_starts: tuple[float, ...] = ()
    """First time of each later session (`sessions.continue_clock`)."""
    findings: tuple[Finding, ...] = ()


def present_columns(columns: DeviceColumns | None, table: TextTable) -> DeviceColumns | None:
    """Return a device's columns; None if the table lacks any of them."""
    return None if columns is None or missing_column(columns, table) else columns


def missing_column(columns: DeviceColumns | None, table: TextTable) -> str:
    """Return the first of a device's columns that the table lacks; empty if none."""
    names = (*columns.position, *columns.rotation) if columns else ()
    return next((name for name in names if table.find(name) is None), "")


def time_column(layout: Layout, table: TextTable, options: ReadOptions) -> int | None:
    """Return the index of the time column; None if a rate is given instead.

    Raises:
        RecordingError: there is neither a time column nor a rate.
    """
    time = next((place for column in layout.times if (place := table.find(column)) is not None), None)
    if time is None and options.recording_fps is None:
        raise RecordingError(f"{table.name} has no time column that InPose knows.", NO_TIME)
    return time


def frame_times(table: TextTable, place: int | None, cells: Cells) -> tuple[ContinuedClock, str | None]:
    """Return the times of all rows and their unit if the cells show it; 0, 1, 2, ... without a time column."""
    if place is None:
        return ContinuedClock(np.arange(len(cells), dtype=np.float64)), None
    times, unit = parse_times(cells.texts[place], table.header[place], table.name)
    return continue_clock(times), unit


@dataclass(frozen=True)
class ColumnPlaces:
    """Hold the indices of a device's columns in a table."""

    position: tuple[int, ...]
    rotation: tuple[int, ...]
    """Empty if one cell holds a whole matrix."""
    matrix: tuple[int, ...]
    """The column of cells that hold a whole matrix."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the columns to read as numbers."""
        return (*self.position, *self.rotation)


def column_places(columns: DeviceColumns, table: TextTable) -> ColumnPlaces:
    """Return the indices of a device's columns; columns that the table lacks are skipped."""

    def places(names: Iterable[str]) -> tuple[int, ...]:
        return tuple(place for name in names if (place := table.find(name)) is not None)

    position, rotation = places(columns.position), places(columns.rotation)
    in_one_cell = columns.kind == "m" and len(columns.rotation) == 1
    return ColumnPlaces(position, () if in_one_cell else rotation, rotation if in_one_cell else ())


def column_poses(
    columns: DeviceColumns, places: ColumnPlaces, cells: Cells, layout: Layout
) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4) in the file's axes."""
    position, rotation = cells.numbers(places.position), cells.numbers(places.rotation)
    if columns.kind == "q":
        return position, rotation
    if columns.kind == "e":
        turns_deg = rotation[:, ["XYZ".index(axis) for axis in layout.euler_order]]
        return position, euler_to_xyzw(turns_deg, layout.euler_order)
    matrices = numbers_in_cells(cells.texts[places.matrix[0]], 12) if places.matrix else rotation
    positions, quaternions = matrices_to_poses(matrices)
    return (position if columns.position else positions), quaternions


def sorted_track(track: Track) -> Track:
    """Return a track sorted by time."""
    order = np.argsort(track.times, kind="stable")
    return Track(*(array[order] for array in track))
