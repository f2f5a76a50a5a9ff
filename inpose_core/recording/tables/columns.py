# SPDX-License-Identifier: Apache-2.0
"""Find a layout's columns in a table, and turn what stands in them into times and poses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ...errors import RecordingError
from ..conventions import ReadOptions
from ..tracks import Track
from .layouts import DeviceColumns, Layout
from .rotation_columns import euler_to_xyzw, matrices_to_poses, numbers_in_cells
from .text_table import TextTable
from .times import parse_times

NO_TIME: Final[str] = "Set the number of frames per second (--fps 90), or name the time column with --columns."

DeviceTracks = tuple[list[Track | None], str | None, bool]
"""The tracks, the unit of their times where the cells tell it, and whether left and right are certain."""


def present_columns(columns: DeviceColumns | None, table: TextTable) -> DeviceColumns | None:
    """Return a device's columns, None where the table lacks any of them."""
    return None if columns is None or missing_column(columns, table) else columns


def missing_column(columns: DeviceColumns | None, table: TextTable) -> str:
    """Return the first of a device's columns that the table lacks; empty if none."""
    names = (*columns.position, *columns.rotation) if columns else ()
    return next((name for name in names if table.find(name) is None), "")


def time_column(layout: Layout, table: TextTable, options: ReadOptions) -> int | None:
    """Return where the time stands, None where a rate is given instead.

    Raises:
        RecordingError: there is no time column, and no rate.
    """
    time = next((place for column in layout.times if (place := table.find(column)) is not None), None)
    if time is None and options.recording_fps is None:
        raise RecordingError(f"{table.name} has no time column that InPose knows.", NO_TIME)
    return time


def frame_times(table: TextTable, place: int | None, cells: Sequence[str], count: int) -> tuple[FloatArray, str | None]:
    """Return the times of all rows, and their unit where the cells tell it; numbers 0, 1, 2 ... without a column."""
    if place is None:
        return np.arange(count, dtype=np.float64), None
    return parse_times(cells, table.header[place], table.name)


class ColumnPlan(NamedTuple):
    """Say where in the numbers position and rotation stand, and where in the texts a matrix in one cell."""

    position: slice
    rotation: slice
    text: int
    """-1 where the matrix, or whatever it is, has columns of its own."""


def plan_columns(columns: DeviceColumns, table: TextTable, numbers: list[int], texts: list[int]) -> ColumnPlan:
    """Add a device's columns to those that are read, and return where they will be."""

    def add(names: Iterable[str]) -> slice:
        start = len(numbers)
        numbers.extend(place for name in names if (place := table.find(name)) is not None)
        return slice(start, len(numbers))

    position = add(columns.position)
    if columns.kind == "m" and len(columns.rotation) == 1:
        place = table.find(columns.rotation[0])
        texts.append(0 if place is None else place)
        return ColumnPlan(position, slice(0, 0), len(texts) - 1)
    return ColumnPlan(position, add(columns.rotation), -1)


def column_poses(
    columns: DeviceColumns, plan: ColumnPlan, values: FloatArray, words: list[list[str]], layout: Layout
) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4) in the file's axes."""
    position, rotation, text = plan
    if columns.kind == "q":
        return values[:, position], values[:, rotation]
    if columns.kind == "e":
        return values[:, position], euler_to_xyzw(
            values[:, rotation][:, ["XYZ".index(axis) for axis in layout.euler_order]], layout.euler_order
        )
    matrices = numbers_in_cells(words[text], 12) if text >= 0 else values[:, rotation]
    positions, quaternions = matrices_to_poses(matrices)
    return (values[:, position] if columns.position else positions), quaternions


def sorted_track(track: Track) -> Track:
    """Return a track in the order of its times."""
    order = np.argsort(track.times, kind="stable")
    return Track(*(array[order] for array in track))
