# SPDX-License-Identifier: Apache-2.0
"""Read and write the project's own CSV: one row per frame, three devices per row.

The header is ``time,head_px,head_py,head_pz,head_qw,head_qx,head_qy,head_qz,left_px,...,right_qz``; seconds, metres,
right-handed, Y up, quaternions wxyz. Times may also be clock times or dates (`times`). The columns may come in any
order; other columns are ignored. An empty cell or ``nan`` means that the device was not measured in that frame.
Trackers have columns of the same form: ``hips_px, ... hips_qz``, ``left_foot_px`` and so on (`TRACKER_NAMES`); a
tracker of another name is told by its place in a T-pose, and one without rotation columns is a marker. A comment before
the header may say what the hand poses are: ``# hand poses: joint``. `finger_columns` has the
columns of fingers and buttons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.points import tracker_joint
from ...errors import RecordingError
from ...system.output import write_output
from ..coarse_clock import spread_ticks
from ..sessions import continue_clock
from ..trackers import TrackerTracks
from ..tracks import Declared, RawTracks
from ..types import DEVICE_NAMES, POSE_TYPES, PoseType, Recording
from .finger_columns import finger_places, read_fingers, write_fingers
from .layouts import Layout
from .text_table import TextTable
from .times import parse_times

_POSE_COLUMNS: Final[tuple[str, ...]] = ("px", "py", "pz", "qw", "qx", "qy", "qz")
CSV_COLUMNS: Final[tuple[str, ...]] = ("time", *(f"{name}_{part}" for name in DEVICE_NAMES for part in _POSE_COLUMNS))
"""The canonical header."""

CSV_HINT: Final[str] = (
    "The header must name time, head_px, head_py, head_pz, head_qw ... head_qz, left_px ..., right_px ... ; "
    "other tables are read with --columns."
)
OWN_LAYOUT: Final[Layout] = Layout(
    name="own",
    label="InPose's own CSV",
    columns={"time": "time", "p": "{device}_p{xyz}", "q": "{device}_q{wxyz}"},
    unit="m",
    axes="RUB",
    time_unit="s",
)
_POSITION: Final[int] = 3
_MOST_TRACKERS: Final[int] = 32
_POSE_COMMENT: Final[str] = "# hand poses:"
_CLOCK_MARK: Final[str] = ":"
"""Clock times and dates have it, and seconds do not."""
_DECLARED: Final[Declared] = Declared(
    unit="m", axes="RUB", quaternion_order="wxyz", time_unit="s", hands=True, by="InPose's own CSV"
)


def is_own(header: Sequence[str]) -> bool:
    """Return whether a header has columns of the canonical form."""
    own = [name.lower() for name in header if name.lower() in CSV_COLUMNS]
    return len(own) >= 4 and (any(name[:4] in ("left", "righ") for name in own) or len(own) == len(header))


def read_own(table: TextTable) -> RawTracks:
    """Return the poses of a table with the canonical header; missing values are NaN.

    Raises:
        RecordingError: a column is missing or appears twice, or a cell is not a number.
    """
    columns, trackers, fingers = _columns(table), _tracker_columns(table), finger_places(table)
    of_trackers = [place for places in trackers.values() for place in places]
    time, *of_devices = columns.values()
    numbers = (*of_devices, *of_trackers, *fingers.values())
    if any(_CLOCK_MARK in row[time] for row in table.sample):
        cells = table.read(numbers, (time,))
        times, _ = parse_times(cells.texts[time], table.header[time], table.name)
    else:
        cells = table.read((*numbers, time))
        times = cells.values[:, -1]
    first_finger = len(of_devices) + len(of_trackers)
    spread = spread_ticks(times)
    clock = continue_clock(spread.times)
    poses = np.full((len(cells), 21), np.nan)
    own = cells.values[:, : len(of_devices)]
    poses[:, [CSV_COLUMNS.index(column) - 1 for column in list(columns)[1:]]] = own
    poses = poses.reshape(-1, 3, 7)
    missing_hands = (
        f"The file has no columns for the {device} hand." for device in DEVICE_NAMES if f"{device}_px" not in columns
    )
    return RawTracks(
        times=clock.times,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="CSV",
        declared=replace(_DECLARED, pose=declared_pose(table)),
        notes=(*missing_hands, *cells.notes),
        findings=(*cells.findings, *spread.findings, *clock.findings),
        session_starts=clock.session_starts,
        trackers=_trackers(trackers, cells.values[:, len(of_devices) : first_finger]),
        fingers=read_fingers(tuple(fingers), cells.values[:, first_finger : len(numbers)]),
    )


def write_csv(recording: Recording, path: Path) -> None:
    """Write a recording in the canonical form, with the kind of its hand poses if that is known.

    A pose that was not measured leaves its cells empty. Trackers and fingers follow in columns of their own names.

    Raises:
        OutputError: the file cannot be written.
    """
    poses, seen_poses = np.concatenate((recording.positions_m, recording.rotations_wxyz), axis=-1), recording.measured
    columns, widths = list(CSV_COLUMNS), [len(_POSE_COLUMNS)] * len(DEVICE_NAMES)
    if (trackers := recording.trackers) is not None:
        of_trackers = np.concatenate((trackers.positions_m, trackers.rotations_wxyz), axis=-1)
        poses = np.concatenate((poses, of_trackers), axis=1)
        seen_poses = np.concatenate((seen_poses, trackers.measured), axis=1)
        parts = [_POSE_COLUMNS if turns else _POSE_COLUMNS[:_POSITION] for turns in trackers.turns]
        columns += [f"{name}_{part}" for name, own in zip(trackers.names, parts, strict=True) for part in own]
        widths += [len(own) for own in parts]
    finger_columns, finger_cells = write_fingers(recording.fingers)
    lines = [f"{_POSE_COMMENT} {recording.pose}"] if recording.pose else []
    lines.append(",".join([*columns, *finger_columns]))
    rows = zip(recording.times_s, poses.tolist(), seen_poses.tolist(), strict=True)
    for index, (time_s, frame, measured) in enumerate(rows):
        cells = [
            ",".join([f"{x:.9g}" for x in pose[:width]]) if seen else "," * (width - 1)
            for pose, width, seen in zip(frame, widths, measured, strict=True)
        ]
        lines.append(",".join([f"{time_s:.9f}", *cells, *finger_cells[index : index + 1]]))
    write_output(path, [("\n".join(lines) + "\n").encode()])


def _tracker_columns(table: TextTable) -> dict[str, list[int]]:
    """Return the places of each tracker's columns: three of a position, and four of a rotation if there are any."""
    found: dict[str, list[int]] = {}
    for column in table.header:
        name = column.lower().removesuffix("_px")
        if not column.lower().endswith("_px") or name in DEVICE_NAMES:
            continue
        places = [table.find(f"{name}_{part}") for part in _POSE_COLUMNS]
        position, rotation = places[:3], places[3:]
        wanted = position if None in rotation else places
        if None not in wanted and len(found) < _MOST_TRACKERS:
            found[name] = [place for place in wanted if place is not None]
    return found


def _trackers(columns: Mapping[str, Sequence[int]], values: FloatArray) -> TrackerTracks | None:
    """Return the trackers of a table, from the values (F, ...) of their columns one after the other."""
    if not columns:
        return None
    count = len(values)
    positions_m, rotations_wxyz = np.empty((count, len(columns), 3)), np.empty((count, len(columns), 4))
    first = 0
    for index, places in enumerate(columns.values()):
        own = values[:, first : first + len(places)]
        positions_m[:, index] = own[:, :3]
        rotations_wxyz[:, index] = own[:, 3:] if len(places) > _POSITION else (1.0, 0.0, 0.0, 0.0)
        first += len(places)
    return TrackerTracks(
        names=tuple(columns),
        joints=tuple(tracker_joint(name) for name in columns),
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=np.isfinite(positions_m).all(axis=-1) & np.isfinite(rotations_wxyz).all(axis=-1),
        turns=tuple(len(places) > _POSITION for places in columns.values()),
    )


def declared_pose(table: TextTable) -> PoseType | None:
    """Return the kind of the hand poses that a comment before the header gives."""
    for comment in table.comments:
        if comment.lower().startswith(_POSE_COMMENT):
            word = comment[len(_POSE_COMMENT) :].strip().lower()
            return next((pose for pose in POSE_TYPES if pose == word), None)
    return None


def _columns(table: TextTable) -> dict[str, int]:
    """Return the index of each canonical column, in canonical order; all columns of a hand may be missing."""
    found = {column: table.find(column) for column in CSV_COLUMNS}
    columns = {column: place for column, place in found.items() if place is not None}
    devices = [device for device in DEVICE_NAMES if any(f"{device}_{part}" in columns for part in _POSE_COLUMNS)]
    required = ["time", *(f"{device}_{part}" for device in devices for part in _POSE_COLUMNS)]
    missing = [column for column in required if column not in columns]
    if missing:
        raise RecordingError(
            f"{table.name} lacks the column {', '.join(missing[:6])}{' ...' * (len(missing) > 6)}.", CSV_HINT
        )
    if len(devices) < 2 or devices[0] != "head":
        raise RecordingError(f"{table.name} has columns for {' and '.join(devices) or 'no device'} only.", CSV_HINT)
    return columns
