# SPDX-License-Identifier: Apache-2.0
"""Read tables in which a row, or a whole file, belongs to one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import FloatArray
from ...body.points import tracker_joint
from ...errors import RecordingError
from ...system.safe_files import read_bytes
from ..conventions import ReadOptions
from ..findings import Finding
from ..fingers.unity_bones import UNITY_FINGER_BONES
from ..tracks import Track
from ..types import DEVICE_NAMES
from .column_meaning import device_named
from .columns import (
    NO_TIME,
    Angles,
    ColumnPlaces,
    DeviceTracks,
    angles_of,
    column_places,
    column_poses,
    frame_times,
    in_any_order,
    present_columns,
    sorted_track,
    time_column,
)
from .csv_format import CSV_HINT
from .device_files import device_files
from .layouts import DeviceColumns, Layout
from .text_table import Cells, TextTable, open_table

_LARGEST_FILE_BYTES: Final[int] = 2**29
_MOST_TRACKERS: Final[int] = 16
_MOST_DEVICES: Final[int] = 96
_LONGEST_NAME: Final[int] = 64
_TRACKER: Final[str] = "tracker"
_NO_HAND: Final[str] = "osc tracker"
_STILL_M: Final[float] = 1e-3


def read_long(layout: Layout, table: TextTable, options: ReadOptions) -> DeviceTracks:
    """Return the tracks of a table in which each row holds one device, named in the key column.

    Raises:
        RecordingError: columns, the headset's rows or the time are missing.
    """
    columns = present_columns(layout.device("head"), table)
    key = table.find(layout.key)
    if columns is None or key is None:
        raise RecordingError(f"{table.name} does not have the columns of {layout.label}.", CSV_HINT)
    time = time_column(layout, table, options)
    if time is None:
        raise RecordingError(f"{table.name} has no time column.", NO_TIME)
    places = column_places(columns, table)
    cells = table.read(places.numbers, (key, time, *places.matrix))
    rows_of_devices = _rows_of_devices(cells.texts[key])
    clock, unit = frame_times(table, time, cells, layout.time_unit, devices=list(rows_of_devices.values()))

    def tracks_in(angles: Angles) -> DeviceTracks:
        positions, quaternions = column_poses(columns, places, cells, angles)
        tracks = {
            name: sorted_track(Track(clock.times[rows], positions[rows], quaternions[rows]))
            for name, rows in rows_of_devices.items()
        }
        found = _told_apart(tracks, layout, table.name)
        return DeviceTracks(
            found.tracks,
            unit,
            found.sides_certain,
            cells.notes,
            clock.session_starts,
            (*cells.findings, *clock.findings, *angles.findings),
            found.trackers,
            found.finger_bones,
        )

    return in_any_order(tracks_in, angles_of([(columns, places)], cells, layout))


@dataclass(frozen=True)
class _Devices:
    """Hold what the devices of a table are."""

    tracks: tuple[Track | None, Track | None, Track | None]
    """Head, left and right."""
    sides_certain: bool
    trackers: dict[str, Track]
    finger_bones: dict[str, Track]


def _told_apart(found: Mapping[str, Track], layout: Layout, name_of_table: str) -> _Devices:
    """Return which of the tracks are head, hands and trackers.

    Raises:
        RecordingError: there is no headset.
    """
    tracks = dict(found)
    finger_bones = {name: tracks.pop(name) for name in list(tracks) if name in UNITY_FINGER_BONES}
    trackers = _assigned_trackers(layout, tracks)
    others = {name: tracks.pop(name) for name in list(tracks) if tracker_joint(name) is not None}
    chosen: list[Track | None] = []
    for device in DEVICE_NAMES:
        listed = [str(value).lower() for value in layout.devices.get(device, ())] if layout.devices else [device]
        # If there are several headsets ("hmd", "hmd 2"), the one with the most rows is used.
        fitting = [name for name in tracks if name in listed or name.rstrip(" 0123456789") in listed]
        if not layout.devices:
            fitting = fitting or [name for name in tracks if device_named(name) == device]
        name = max(fitting, key=lambda name: len(tracks[name].times), default=None)
        chosen.append(tracks.pop(name) if name is not None else None)
    if chosen[0] is None:
        raise RecordingError(f"{name_of_table} has no rows of a headset in the column {layout.key}.", CSV_HINT)
    named = chosen[1] is not None and chosen[2] is not None
    # Base stations never move; among the rest, the devices with the most rows are the controllers. What is called a
    # tracker is one only if nothing else can be a hand, and never if it comes from OSC, which has no hands.
    hands = [name for name, track in tracks.items() if _moves(track) and not name.startswith(_NO_HAND)]
    hands = [name for name in hands if not name.startswith(_TRACKER)] or hands
    moving = sorted((tracks[name] for name in hands), key=lambda track: -len(track.times))
    sided = _by_side(tracks)
    left, right = chosen[1] or sided[0], chosen[2] or sided[1]
    if left is None and right is None:
        left, right = [*moving, None, None][:2]
    used = {id(track) for track in (left, right)}
    # A second headset or hand is no tracker.
    others |= {
        name: track
        for name, track in tracks.items()
        if id(track) not in used and not device_named(name) and _moves(track)
    }
    if layout.trackers == "recognised":
        taken = {tracker_joint(name) for name in trackers} - {None}
        by_name = {name: track for name, track in others.items() if tracker_joint(name) not in taken}
        trackers = by_name | trackers
    most = sorted(trackers.items(), key=lambda item: -len(item[1].times))[:_MOST_TRACKERS]
    return _Devices((chosen[0], left, right), named, dict(most), finger_bones)


def _assigned_trackers(layout: Layout, tracks: dict[str, Track]) -> dict[str, Track]:
    """Take the tracks of the trackers that the layout assigns out of the others, and return them by their places."""
    found: dict[str, Track] = {}
    for place in layout.tracker_names:
        listed = [str(value).lower() for value in layout.devices.get(place, ())]
        name = max((name for name in tracks if name in listed), key=lambda name: len(tracks[name].times), default=None)
        if name is not None:
            found[place] = tracks.pop(name)
    return found


def _rows_of_devices(keys: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each device, in the file's order; if there are too many devices, keep those with most rows."""
    numbers: dict[str, int] = {}
    of_rows = np.array([numbers.setdefault(key.lower()[:_LONGEST_NAME], len(numbers)) for key in keys], dtype=np.intp)
    names = list(numbers)
    counts = np.bincount(of_rows, minlength=len(names))
    kept = np.sort(np.argsort(-counts, kind="stable")[:_MOST_DEVICES])
    return {names[number]: np.flatnonzero(of_rows == number) for number in kept.tolist()}


def _by_side(tracks: Mapping[str, Track]) -> list[Track | None]:
    """Return the tracks whose keys name left and right, for each side that exactly one key names."""
    found: list[Track | None] = []
    for side in ("left", "right"):
        named = [track for name, track in tracks.items() if side in name]
        found.append(named[0] if len(named) == 1 else None)
    return found


def _moves(track: Track) -> bool:
    seen = track.positions[np.isfinite(track.positions).all(-1)]
    return len(seen) > 1 and bool((seen.max(axis=0) - seen.min(axis=0)).max() > _STILL_M)


def read_files(layout: Layout, table: TextTable, path: Path | None, options: ReadOptions) -> DeviceTracks:
    """Return the tracks of the given file and its siblings, one device per file.

    Raises:
        RecordingError: the files of the head, or of both hands, are missing.
    """
    if path is None:
        raise RecordingError(
            f"{table.name} contains one of several devices.", "Choose the file in its original folder."
        )
    files = device_files(path)
    missing = [device for device in DEVICE_NAMES if device not in files]
    if "head" in missing or len(missing) > 1:
        raise RecordingError(
            f"{table.name} contains one device, and its folder has no files for {' and '.join(missing)}.",
            "Their names must be the same except for head, left and right (head_movement_T001.csv, lefthand_...).",
        )
    written: dict[str, Angles] = {}
    tracks_of: dict[str, Callable[[Angles], Track]] = {}
    time_unit: str | None = None
    notes: list[str] = []
    findings: list[Finding] = []
    starts: tuple[float, ...] = ()
    for device, file in files.items():
        one = table if file == path else open_table(_bytes_of(file), file.name, CSV_HINT)
        columns = present_columns(layout.device(device), one)
        if columns is None:
            raise RecordingError(f"{file.name} does not have the columns of {layout.label}.", CSV_HINT)
        places, time = column_places(columns, one), time_column(layout, one, options)
        cells = one.read(places.numbers, (*(() if time is None else (time,)), *places.matrix))
        clock, time_unit = frame_times(one, time, cells, layout.time_unit)
        written[device] = angles_of([(columns, places)], cells, layout)
        tracks_of[device] = partial(_track_of_file, clock.times, columns, places, cells)
        notes += cells.notes
        findings += [*cells.findings, *clock.findings, *written[device].findings]
        starts = clock.session_starts if device == "head" else starts
    notes += [f"There is no file for the {device} hand." for device in missing]

    def tracks_in(angles: Angles) -> DeviceTracks:
        head, left, right = (
            tracks_of[device](replace(written[device], order=angles.order)) if device in tracks_of else None
            for device in DEVICE_NAMES
        )
        return DeviceTracks(
            (head, left, right),
            time_unit,
            notes=tuple(notes),
            session_starts=starts,
            findings=tuple(dict.fromkeys(findings)),
        )

    return in_any_order(tracks_in, written["head"])


def _track_of_file(
    times: FloatArray, columns: DeviceColumns, places: ColumnPlaces, cells: Cells, angles: Angles
) -> Track:
    return sorted_track(Track(times, *column_poses(columns, places, cells, angles)))


def _bytes_of(path: Path) -> bytes:
    try:
        return read_bytes(path, _LARGEST_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise RecordingError(f"{path.name} cannot be read ({reason}).", "Check its permissions.") from error
