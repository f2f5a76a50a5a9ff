# SPDX-License-Identifier: Apache-2.0
"""Read and write the project's own CSV: one row per frame, three devices per row.

The header is ``time,head_px,head_py,head_pz,head_qw,head_qx,head_qy,head_qz,left_px,...,right_qz``; seconds, metres,
right-handed, Y up, quaternions wxyz. The columns may come in any order; other columns are ignored.
An empty cell or ``nan`` means that the device was not measured in that frame. A comment before the header may say what
the hand poses are: ``# hand poses: joint``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import RecordingError
from ...system.output import write_output
from ..sessions import continue_clock
from ..tracks import Declared, RawTracks
from ..types import DEVICE_NAMES, POSE_TYPES, PoseType, Recording
from .layouts import Layout
from .text_table import TextTable

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
_POSE_COMMENT: Final[str] = "# hand poses:"
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
    columns = _columns(table)
    cells = table.read(columns.values())
    clock = continue_clock(cells.values[:, 0])
    poses = np.full((len(cells), 21), np.nan)
    poses[:, [CSV_COLUMNS.index(column) - 1 for column in list(columns)[1:]]] = cells.values[:, 1:]
    poses = poses.reshape(-1, 3, 7)
    missing_hands = (
        f"The file has no columns for the {device} hand." for device in DEVICE_NAMES if f"{device}_px" not in columns
    )
    return RawTracks(
        times=clock.times,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="CSV",
        declared=replace(_DECLARED, pose=_declared_pose(table)),
        notes=(*missing_hands, *cells.notes),
        findings=(*cells.findings, *clock.findings),
        session_starts=clock.session_starts,
    )


def write_csv(recording: Recording, path: Path) -> None:
    """Write a recording in the canonical form, with the kind of its hand poses if that is known.

    A pose that was not measured leaves its cells empty.

    Raises:
        OutputError: the file cannot be written.
    """
    poses = np.concatenate((recording.positions_m, recording.rotations_wxyz), axis=-1)
    lines = [f"{_POSE_COMMENT} {recording.pose}"] if recording.pose else []
    lines.append(",".join(CSV_COLUMNS))
    nothing = "," * (len(_POSE_COLUMNS) - 1)
    for time_s, frame, measured in zip(recording.times_s, poses.tolist(), recording.measured.tolist(), strict=True):
        cells = [
            ",".join([f"{x:.9g}" for x in pose]) if seen else nothing
            for pose, seen in zip(frame, measured, strict=True)
        ]
        lines.append(f"{time_s:.9f}," + ",".join(cells))
    write_output(path, [("\n".join(lines) + "\n").encode()])


def _declared_pose(table: TextTable) -> PoseType | None:
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
