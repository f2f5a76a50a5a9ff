# SPDX-License-Identifier: Apache-2.0
"""Read recordings from tables: the project's own CSV, presets, columns recognised by words, or a mapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.tracks import FingerTracks
from ...errors import ColumnsError, RecordingError
from ..arrival_clock import SteadyClock, without_delays
from ..conventions import ReadOptions
from ..fingers.unity_bones import fingers_of_bones
from ..tracks import Declared, EulerAngles, RawTracks, Track, join_tracks, trackers_at
from ..types import DEVICE_NAMES
from .assignment import mapping_path
from .buttons import button_columns, buttons_from
from .column_words import layout_by_words, long_layout_by_words, missing_by_words
from .columns import (
    Angles,
    DeviceTracks,
    angles_of,
    column_places,
    column_poses,
    frame_times,
    in_any_order,
    missing_column,
    present_columns,
    time_column,
)
from .csv_format import CSV_HINT, OWN_LAYOUT, is_own, read_own
from .devices import read_files, read_long
from .layouts import DeviceColumns, Layout, layout_from, presets
from .players import player_columns, split_players
from .text_table import TextTable, is_text, open_table
from .tracker_columns import unused_poses
from .trackers import quaternion_order_of, tracker_track, wide_trackers

recognises = is_text
"""`read` decides whether the text is a table of poses."""


def read(data: bytes, name: str, path: Path | None = None, options: ReadOptions | None = None) -> RawTracks:
    """Return the poses of a table.

    Args:
        data: the file.
        name: its name, for messages.
        path: its path; a recording with one file per device needs it to find the other files.
        options: ``columns`` says which columns are which.

    Raises:
        ColumnsError: the columns are unknown, missing or not numeric.
        RecordingError: the table is damaged, or has no movement.
    """
    options = options or ReadOptions()
    table = open_table(data, name, CSV_HINT)
    found = layout_of(table, path, options)
    if found is None:
        raise _unknown_columns(table)
    layout, by = found
    return read_own(table) if layout is OWN_LAYOUT else _read(layout, table, path, options, by)


def layout_of(table: TextTable, path: Path | None, options: ReadOptions) -> tuple[Layout, str] | None:
    """Return which columns of a table are which, and who says so; None if nobody does.

    The order of trust: the given columns, the mapping beside the table, InPose's own header, a preset, the names.

    Raises:
        RecordingError: the given mapping cannot be understood, or the table lacks its columns.
    """
    beside = columns_beside(path)
    if options.columns is None and beside is not None:
        options = replace(options, columns=str(beside))
    if options.columns:
        return _given(layout_from(options.columns), table, options, beside)
    if is_own(table.header):
        return OWN_LAYOUT, "InPose's own header"
    fitting = [layout for layout in presets() if _matches(layout, table)]
    if fitting:
        best = max(fitting, key=lambda layout: (_column_count(layout), layout.time_unit is not None))
        return best, f"the preset {best.name}"
    by_words = layout_by_words(table.header) or long_layout_by_words(table.header)
    return None if by_words is None else (by_words, "the columns' names")


def _given(layout: Layout, table: TextTable, options: ReadOptions, beside: Path | None) -> tuple[Layout, str]:
    if layout.name == "columns" or _matches(layout, table):
        return layout, "the given columns"
    if beside is None or options.columns != str(beside):
        raise ColumnsError(
            f"{table.name} does not have the columns of {layout.label}.", "Choose another preset, or none."
        )
    lacks = next((lack for device in DEVICE_NAMES if (lack := missing_column(layout.device(device), table))), "")
    raise ColumnsError(
        f"{table.name} does not have the columns that {beside.name} assigns"
        + (f": there is no column {lacks}." if lacks else "."),
        "Assign the columns again, or remove this file.",
    )


def columns_beside(path: Path | None) -> Path | None:
    """Return the mapping that lies beside a table, such as ``take.csv.columns.json``; None if there is none."""
    if path is None:
        return None
    mapping = mapping_path(path)
    return mapping if mapping.is_file() else None


def _unknown_columns(table: TextTable) -> RecordingError:
    """Return the error for a table whose columns are unknown: what was recognised, its first rows, what to do."""
    if len(table.header) < _FEWEST_COLUMNS:
        return RecordingError(
            f"{table.name} is text, but not a CSV recording: its first line is not a header.", CSV_HINT
        )
    if table.has_header:
        sentence = f"{table.name} is a table whose columns InPose does not know."
        shown = [f"Its columns are {_listed(table.header)}."]
    else:
        sentence = f"{table.name} is a table without a header, so InPose does not know its columns."
        shown = ["Its columns are called 1, 2, 3, ... from the left."]
    missing = missing_by_words(table.header)
    if missing:
        shown.append(f"InPose did not find {', '.join(missing)}.")
    if table.preview:
        # Words stay unshown: a cell may hold a person's name.
        cells = [cell if _NUMBER.fullmatch(cell) else "(text)" for cell in table.preview[0]]
        shown.append(f"Its first row is {_listed(cells)}.")
    shown.append(
        'Say which column is which: click "Assign columns" in Blender, or write --columns "time=..., '
        'head_p=NAME{XYZ}, head_q=NAME{XYZW}, left_p=..., left_q=..., right_p=..., right_q=..." (#3 is the third '
        "column). Or rename the columns: " + CSV_HINT
    )
    return ColumnsError(sentence, " ".join(shown))


def _listed(cells: Sequence[str]) -> str:
    shown = [cell[:24] for cell in cells[:_MOST_SHOWN]]
    return ", ".join(shown) + (" ..." if len(cells) > _MOST_SHOWN else "")


_NUMBER: Final[re.Pattern[str]] = re.compile(r"[-+\d.,eE:]+")
_FEWEST_COLUMNS: Final[int] = 5
_MOST_SHOWN: Final[int] = 12


def _matches(layout: Layout, table: TextTable) -> bool:
    """Return whether a table has all columns of the layout, except that one hand may be missing."""
    devices = [layout.device(device) for device in DEVICE_NAMES]
    have = [device is not None and all(map(table.has, _columns_of(device))) for device in devices]
    if layout.shape == "long" and not table.has(layout.key):
        return False
    has_time = any(map(table.has, layout.times)) or not layout.times
    return has_time and have[0] and (have[1] or have[2])


def _columns_of(device: DeviceColumns) -> set[str]:
    return {column.lower() for column in (*device.position, *device.rotation)}


def _column_count(layout: Layout) -> int:
    return len(set().union(*(_columns_of(c) for d in DEVICE_NAMES if (c := layout.device(d)) is not None)))


def _read(layout: Layout, table: TextTable, path: Path | None, options: ReadOptions, by: str) -> RawTracks:
    if layout.shape == "long":
        found = read_long(layout, table, options)
    elif layout.shape == "files":
        found = read_files(layout, table, path, options)
    else:
        found = _read_wide(layout, table, options)
    raw, read_in = _raw(found, layout, by), found.read_in
    if read_in is None:
        return raw
    return replace(raw, euler=EulerAngles(layout.euler_order, lambda order: _raw(read_in(order), layout, by)))


def _raw(found: DeviceTracks, layout: Layout, by: str) -> RawTracks:
    times, positions, quaternions = join_tracks(found.tracks)
    order = quaternion_order_of(layout.device("head"))
    clock, starts = SteadyClock(times), found.session_starts
    if layout.times_of_arrival:
        clock = without_delays(times)
        starts = tuple(np.interp(starts, times, clock.times_s).tolist())
    return RawTracks(
        times=clock.times_s,
        positions=positions,
        quaternions=quaternions,
        format="CSV" if layout.name in {"words", "columns"} else f"CSV ({layout.label})",
        declared=Declared(
            unit=layout.unit,
            axes=layout.axes,
            quaternion_order=order,
            time_unit=found.time_unit,
            hands=found.sides_certain,
            pose=layout.pose,
            fps=layout.fps,
            by=by,
        ),
        notes=found.notes,
        findings=(*found.findings, *clock.findings),
        session_starts=starts,
        trackers=trackers_at(times, found.others),
        fingers=_fingers(found, times),
        finger_sides_certain=bool(found.finger_bones),
    )


def _fingers(found: DeviceTracks, times: FloatArray) -> FingerTracks | None:
    """Return the fingers on the head's clock: their bones, or else the buttons."""
    if found.finger_bones:
        bones = {name: (track.times, track.quaternions) for name, track in found.finger_bones.items()}
        return fingers_of_bones(bones, times)
    head = found.tracks[0]
    if found.buttons is None or head is None:
        return None
    return found.buttons.part(np.argsort(head.times, kind="stable"))


def _read_wide(layout: Layout, table: TextTable, options: ReadOptions) -> DeviceTracks:
    devices = [present_columns(layout.device(device), table) for device in DEVICE_NAMES]
    if devices[0] is None or not any(devices[1:]):
        missing = next((m for d in DEVICE_NAMES if (m := missing_column(layout.device(d), table))), "")
        what = f"lacks the column {missing}" if missing else "has no columns for a head and a hand"
        raise ColumnsError(f"{table.name} {what}.", CSV_HINT)
    present = [(columns, column_places(columns, table)) if columns is not None else None for columns in devices]
    time = time_column(layout, table, options)
    places = [places for _, places in filter(None, present)]
    trackers = wide_trackers(layout, devices, time, table)
    all_places = (*places, *(own for _, own in trackers.values()))
    numbers = [place for one in all_places for place in one.numbers]
    texts = [*(() if time is None else (time,)), *(place for one in all_places for place in one.matrix)]
    buttons = button_columns(table.header)
    players = player_columns(table, (*numbers, *texts))
    cells = table.read(numbers, (*texts, *players, *buttons.values()))
    if places[0].position:
        cells = split_players(cells, players, places[0].position, table)
    clock, unit = frame_times(table, time, cells, layout.time_unit)
    angles = angles_of([*filter(None, present), *trackers.values()], cells, layout)
    order = quaternion_order_of(devices[0])
    lacks = [f"the {name} hand" for name, own in zip(DEVICE_NAMES, devices, strict=True) if own is None]
    lacks += [f"the tracker {name}" for name in layout.tracker_names if name not in trackers]
    notes = [*cells.notes, *(f"The file has no columns for {what}." for what in lacks)]
    if layout.trackers == "recognised":
        notes += _unused_told(unused_poses(table.header, {table.header[place] for place in (*numbers, *texts)}))

    def tracks_in(angles: Angles) -> DeviceTracks:
        head, left, right = (
            None if one is None else Track(clock.times, *column_poses(*one, cells, angles)) for one in present
        )
        return DeviceTracks(
            (head, left, right),
            unit,
            notes=tuple(notes),
            session_starts=clock.session_starts,
            findings=(*cells.findings, *clock.findings, *angles.findings),
            others={name: tracker_track(*one, clock.times, cells, angles, order) for name, one in trackers.items()},
            buttons=buttons_from(buttons, cells.texts, len(cells)) if buttons else None,
        )

    return in_any_order(tracks_in, angles)


def _unused_told(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [
        f"The table also has poses of {_listed(names)}. InPose does not use them. If these are trackers on the body, "
        'assign their columns ("Assign columns", or --columns).'
    ]
