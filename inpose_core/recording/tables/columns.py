# SPDX-License-Identifier: Apache-2.0
"""Find the columns of a layout in a table, and convert their cells to times and poses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from ...body.hands.tracks import FingerTracks
from ...errors import ColumnsError
from ..coarse_clock import spread_ticks
from ..conventions import ReadOptions
from ..findings import Finding
from ..sessions import ContinuedClock, continue_clock, continue_clock_of_devices
from ..tracks import Track
from .column_meaning import time_unit_in
from .layouts import DeviceColumns, Layout
from .rotation_columns import (
    PITCH_YAW_ROLL,
    UNITY_EULER_ORDER,
    euler_to_xyzw,
    in_radians,
    matrices_to_poses,
    numbers_in_cells,
    rotator_to_xyzw,
)
from .text_table import Cells, TextTable
from .time_choice import time_place
from .times import parse_times

NO_TIME: Final[str] = "Set the frame rate (--recording-fps 90), or name the time column with --columns."


@dataclass(frozen=True)
class DeviceTracks:
    """Hold a table's tracks of head, left and right hand."""

    tracks: tuple[Track | None, Track | None, Track | None]
    time_unit: str | None
    """The unit of the times, if it is known."""
    sides_certain: bool = False
    """The table declares which hand is the left one."""
    notes: tuple[str, ...] = ()
    """Notes for the user."""
    session_starts: tuple[float, ...] = ()
    """First time of each later session (`sessions.continue_clock`)."""
    findings: tuple[Finding, ...] = ()
    others: Mapping[str, Track] = field(default_factory=dict)
    """Further devices that move, by their names."""
    finger_bones: Mapping[str, Track] = field(default_factory=dict)
    """Bones of fingers, by the names of `UNITY_FINGER_BONES`."""
    buttons: FingerTracks | None = None
    """The buttons in the rows of the head."""
    read_in: Callable[[str], DeviceTracks] | None = None
    """Return the same tracks with their Euler angles read in another order; None if the table has none."""


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
        ColumnsError: there is neither a time column nor a rate.
    """
    time = time_place(layout, table)
    if time is None and options.recording_fps is None and layout.fps is None:
        raise ColumnsError(f"{table.name} has no time column that InPose knows.", NO_TIME)
    return time


def frame_times(
    table: TextTable,
    place: int | None,
    cells: Cells,
    declared_unit: str | None,
    *,
    devices: Sequence[NDArray[np.intp]] = (),
) -> tuple[ContinuedClock, str | None]:
    """Return the times of all rows and their unit, if it is known; 0, 1, 2, ... without a time column.

    Clock times are in seconds, whatever is declared. What the layout declares counts more than the column's name.

    Args:
        table: the table.
        place: the index of its time column.
        cells: its cells.
        declared_unit: the unit of the layout.
        devices: the rows of each device, if each row holds one. Rows of one time are then no sign of a coarse clock.
    """
    if place is None:
        return ContinuedClock(np.arange(len(cells), dtype=np.float64)), None
    times, unit = parse_times(cells.texts[place], table.header[place], table.name)
    unit = unit or declared_unit or time_unit_in(table.header[place])
    if devices:
        return continue_clock_of_devices(times, devices), unit
    spread = spread_ticks(times)
    clock = continue_clock(spread.times)
    return replace(clock, findings=(*spread.findings, *clock.findings)), unit


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


@dataclass(frozen=True)
class Angles:
    """Hold how a table writes Euler angles; found in all of its devices together."""

    are_written: bool = False
    """The table has Euler angles at all."""
    order: str = UNITY_EULER_ORDER
    """As in `Layout.euler_order`."""
    degrees: float = 1.0
    """Degrees per unit."""
    z_up: bool = False
    """For pitch, yaw and roll."""
    findings: tuple[Finding, ...] = ()


def angles_of(devices: Sequence[tuple[DeviceColumns, ColumnPlaces]], cells: Cells, layout: Layout) -> Angles:
    """Return how a table writes its Euler angles, from the layout or from the numbers; an unknown order is Unity's."""
    written = [cells.numbers(places.rotation) for columns, places in devices if columns.kind == "e"]
    if not written:
        return Angles()
    radians = layout.angle_unit == "rad" or (layout.angle_unit is None and in_radians(np.concatenate(written)))
    told = (
        Finding(
            "unit",
            "The rotations are in radians, not in degrees. InPose takes this into account.",
            "repaired",
        ),
    )
    positions = [cells.numbers(places.position) for _, places in devices]
    return Angles(
        are_written=True,
        order=layout.euler_order or UNITY_EULER_ORDER,
        degrees=float(np.degrees(1.0)) if radians else 1.0,
        z_up=_is_z_up(positions),
        findings=told if radians and layout.angle_unit is None else (),
    )


def in_any_order(tracks_in: Callable[[Angles], DeviceTracks], angles: Angles) -> DeviceTracks:
    """Return a table's tracks, which can be read again with Euler angles of another order.

    Args:
        tracks_in: gives the tracks of angles that are written so.
        angles: how they are written as far as that is known.
    """
    tracks = tracks_in(angles)
    if not angles.are_written:
        return tracks
    return replace(tracks, read_in=lambda order: tracks_in(replace(angles, order=order)))


def _is_z_up(positions: Sequence[FloatArray]) -> bool:
    """Return whether the head is above the hands along Z rather than along Y. The path of the head says nothing."""
    head, *hands = positions
    if not hands:
        return False
    above = np.concatenate([head - hand for hand in hands])
    above = above[np.isfinite(above).all(axis=1)]
    if not len(above):
        return False
    median = np.median(above, axis=0)
    return bool(median[2] > median[1])


def column_poses(
    columns: DeviceColumns, places: ColumnPlaces, cells: Cells, angles: Angles
) -> tuple[FloatArray, FloatArray]:
    """Return positions (F, 3) and quaternions (F, 4) in the file's axes."""
    position, rotation = cells.numbers(places.position), cells.numbers(places.rotation)
    if columns.kind == "q":
        return position, rotation
    if columns.kind == "e":
        turns_deg = rotation * angles.degrees
        order = angles.order
        if order == PITCH_YAW_ROLL:
            return position, rotator_to_xyzw(turns_deg, z_up=angles.z_up)
        return position, euler_to_xyzw(turns_deg[:, ["XYZ".index(axis) for axis in order]], order)
    matrices = numbers_in_cells(cells.texts[places.matrix[0]], 12) if places.matrix else rotation
    positions, quaternions = matrices_to_poses(matrices)
    return (position if columns.position else positions), quaternions


def sorted_track(track: Track) -> Track:
    """Return a track sorted by time."""
    order = np.argsort(track.times, kind="stable")
    return Track(*(array[order] for array in track))
