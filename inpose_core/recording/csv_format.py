# SPDX-License-Identifier: Apache-2.0
"""Read and write the project's own CSV: one row per frame, three devices per row.

The header is ``time,head_px,head_py,head_pz,head_qw,head_qx,head_qy,head_qz,left_px,...,right_qz``; seconds, metres,
right-handed, Y up, quaternions wxyz. The columns may stand in any order, and others between them are passed over.
An empty cell or ``nan`` means that the device was not measured in that frame.
"""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from ..motion import atomic_output
from .types import DEVICE_NAMES, Recording

if TYPE_CHECKING:
    from _csv import Reader as _Rows  # the csv module names its reader type only for type checkers

_POSE_COLUMNS: Final[tuple[str, ...]] = ("px", "py", "pz", "qw", "qx", "qy", "qz")
CSV_COLUMNS: Final[tuple[str, ...]] = ("time", *(f"{name}_{part}" for name in DEVICE_NAMES for part in _POSE_COLUMNS))
"""The canonical header."""

_HINT: Final[str] = (
    "The header must name time, head_px, head_py, head_pz, head_qw ... head_qz, left_px ..., right_px ... ."
)
_CENTIMETRE_HEAD_HEIGHTS: Final[tuple[float, float]] = (50.0, 300.0)
_LARGEST_FLOAT32: Final[float] = 3.4e38


def recognises(data: bytes) -> bool:
    """Tell whether the file is text; whether it is our CSV is for `read` to say."""
    text = _decode(data[:4096], final=len(data) <= 4096)
    return text is not None and all(character.isprintable() or character in "\t\r\n\f" for character in text)


def read(data: bytes, name: str) -> Recording:
    """Return the poses of a CSV file, not yet cleaned; missing values are NaN and not measured.

    Raises:
        RecordingError: the text is no CSV, columns are missing, or a cell is not a number.
    """
    text = _decode(data, final=True)
    if text is None:
        raise RecordingError(f"{name} is not a text file in UTF-8.", "Save it as CSV in UTF-8.")
    # The csv module stops at NUL and at very long cells with errors of its own.
    rows = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=_delimiter(text), skipinitialspace=True)
    notes: list[str] = []
    try:
        header = _header(rows, name)
        columns = _columns(header, notes, name)
        table = _table(rows, len(header), columns, notes, name)
    except csv.Error as error:
        raise RecordingError(f"{name} is not a CSV file ({error}).", _HINT) from error
    poses = np.full((len(table), 21), np.nan)
    poses[:, [CSV_COLUMNS.index(column) - 1 for column in list(columns)[1:]]] = table[:, 1:]
    poses = poses.reshape(-1, 3, 7)
    measured = np.isfinite(poses).all(axis=-1)
    unit = _unit(poses[:, 0, 1])
    if unit == "cm":
        poses[..., :3] /= 100.0
        notes.append("The positions look like centimetres by the head's height and were divided by 100.")
    return Recording(
        times_s=table[:, 0],
        positions_m=poses[..., :3],
        rotations_wxyz=poses[..., 3:],
        measured=measured,
        format="CSV",
        unit=unit,
        notes=tuple(notes),
    )


def write_csv(recording: Recording, path: Path) -> None:
    """Write a recording in the canonical form; a pose that was not measured leaves its cells empty.

    Raises:
        OutputError: the file cannot be written.
    """
    poses = np.concatenate((recording.positions_m, recording.rotations_wxyz), axis=-1)
    lines = [",".join(CSV_COLUMNS)]
    nothing = "," * (len(_POSE_COLUMNS) - 1)
    for time_s, frame, measured in zip(recording.times_s, poses.tolist(), recording.measured.tolist(), strict=True):
        cells = [
            ",".join([f"{x:.9g}" for x in pose]) if seen else nothing
            for pose, seen in zip(frame, measured, strict=True)
        ]
        lines.append(f"{time_s:.9f}," + ",".join(cells))
    with atomic_output(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _decode(data: bytes, *, final: bool) -> str | None:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final)
    except UnicodeDecodeError:
        return None


def _delimiter(text: str) -> str:
    for line in text.splitlines()[:100]:
        if line.strip() and not line.lstrip().startswith("#"):
            return max(",;\t", key=line.count)
    return ","


def _header(rows: _Rows, name: str) -> list[str]:
    for row in rows:
        if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
            header = [cell.strip().strip('"').lower() for cell in row]
            if "time" not in header and not any(cell.startswith(DEVICE_NAMES) for cell in header):
                raise RecordingError(f"{name} is text, but not a CSV recording: its first line is no header.", _HINT)
            return header
    raise RecordingError(f"{name} has no lines.", _HINT)


def _columns(header: list[str], notes: list[str], name: str) -> dict[str, int]:
    """Return where each canonical column stands, in canonical order; a hand may be missing as a whole."""
    for column in CSV_COLUMNS:
        if header.count(column) > 1:
            raise RecordingError(f"{name} has the column {column} twice.", "Remove one of them.")
    columns = {column: header.index(column) for column in CSV_COLUMNS if column in header}
    devices = [device for device in DEVICE_NAMES if any(f"{device}_{part}" in columns for part in _POSE_COLUMNS)]
    required = ["time", *(f"{device}_{part}" for device in devices for part in _POSE_COLUMNS)]
    missing = [column for column in required if column not in columns]
    if missing:
        raise RecordingError(f"{name} lacks the column {', '.join(missing[:6])}{' ...' * (len(missing) > 6)}.", _HINT)
    if len(devices) < 2 or devices[0] != "head":
        raise RecordingError(f"{name} has columns for {' and '.join(devices) or 'no device'} only.", _HINT)
    notes.extend(f"The file has no columns for the {device} hand." for device in DEVICE_NAMES if device not in devices)
    return columns


def _table(rows: _Rows, width: int, columns: dict[str, int], notes: list[str], name: str) -> NDArray[np.float64]:
    """Return the chosen columns as numbers, (F, 1 + 7 per device); empty cells are NaN."""
    chosen = list(columns.values())
    needed = max(chosen) + 1
    values: list[list[float]] = []
    short_line = 0
    for row in rows:
        if not row or not any(row) or row[0].startswith("#"):
            continue
        if short_line:
            raise RecordingError(f"Line {short_line} of {name} is too short.", f"Each line needs {width} cells.")
        if len(row) < needed:
            short_line = rows.line_num
            continue
        try:
            values.append([float(row[i]) if row[i].strip() else np.nan for i in chosen])
        except ValueError:
            column, cell = next((c, row[i]) for c, i in columns.items() if not _is_number(row[i]))
            raise RecordingError(
                f"Line {rows.line_num} of {name} has {cell[:20]!r} in the column {column}, which is not a number.",
                "Write numbers with a point, or leave the cell empty where nothing was measured.",
            ) from None
    if short_line:
        notes.append("The last line is cut off and was left out.")
    if len(values) < 2:
        raise RecordingError(f"{name} holds no movement: it has fewer than two frames.", "Record at least a second.")
    table = np.array(values)
    table[np.abs(table) > _LARGEST_FLOAT32] = np.nan  # squares of anything larger overflow
    return table


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return not cell.strip()
    return True


def _unit(head_heights: NDArray[np.float64]) -> str:
    finite = head_heights[np.isfinite(head_heights)]
    low, high = _CENTIMETRE_HEAD_HEIGHTS
    # Nobody's head is 50 m up; the tallest rig that is solved stands 12 m high.
    return "cm" if len(finite) and low <= float(np.median(finite)) <= high else "m"
