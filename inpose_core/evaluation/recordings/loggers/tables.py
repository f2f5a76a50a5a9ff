# SPDX-License-Identifier: Apache-2.0
"""Write takes as tables: one row per frame, or one row per device and frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from ....arrays import FloatArray
from ....recording.conventions import TIME_UNITS_S
from ..devices import Take
from .conventions import positions_in, quaternions_in, unity_angles_deg, unreal_angles_deg
from .logger import Logger

RotationStyle = Literal["xyzw", "wxyz", "unity_degrees", "unity_radians", "unreal_degrees"]
TimeStyle = Callable[[FloatArray], list[str]]

_START: Final[datetime] = datetime(2026, 3, 14, 15, 9, 26)


@dataclass(frozen=True)
class TableStyle:
    """Set everything that differs between tables of one row per frame."""

    devices: tuple[str, str, str]
    """Names of head, left and right."""
    position: str
    """A column's name; ``{device}`` and ``{axis}`` stand for names."""
    rotation: str
    axes: str
    time: str = "time"
    time_style: TimeStyle | None = None
    """Seconds with five decimals by default."""
    unit: str = "m"
    rotations: RotationStyle = "xyzw"
    position_axes: str = "xyz"
    """Letters of the position's columns."""
    rotation_axes: tuple[str, ...] = ()
    """Ends of the rotation's columns; () takes the style's own letters."""
    delimiter: str = ","
    decimal_comma: bool = False
    lost: str = ""
    """Cells of a device that is not measured."""
    encoding: str = "utf-8"
    before: tuple[str, ...] = ()
    """Lines before the header."""
    extra: tuple[tuple[str, str], ...] = ()
    """More columns: their names, and the text that all their cells hold."""
    exchanged: bool = False
    """The left hand's numbers stand under the right one's names."""


def write_table(take: Take, style: TableStyle) -> bytes:
    """Return a table of one row per frame."""
    rotations = _rotations(take, style)
    positions = positions_in(take, style.axes, style.unit)
    values = np.concatenate((positions, rotations), axis=-1)
    measured = take.measured
    if style.exchanged:
        values, measured = values[:, (0, 2, 1)], measured[:, (0, 2, 1)]
    lines = [*style.before, style.delimiter.join(table_header(style))]
    times = (style.time_style or seconds_text)(take.times_s)
    lost = [style.lost] * values.shape[-1]
    tail = [text for _, text in style.extra]
    for time, frame, seen in zip(times, values.tolist(), measured.tolist(), strict=True):
        cells = [time]
        for numbers, tracked in zip(frame, seen, strict=True):
            cells += [f"{number:.5f}" for number in numbers] if tracked else lost
        if style.decimal_comma:
            cells = [cell.replace(".", ",") for cell in cells]
        lines.append(style.delimiter.join(cells + tail))
    return ("\n".join(lines) + "\n").encode(style.encoding)


def table_header(style: TableStyle) -> list[str]:
    """Return the names of a table's columns."""
    letters = style.rotation_axes or tuple(style.rotations if style.rotations in ("xyzw", "wxyz") else "xyz")
    names = [style.time]
    for device in style.devices:
        names += [style.position.format(device=device, axis=axis) for axis in style.position_axes]
        names += [style.rotation.format(device=device, axis=axis) for axis in letters]
    return [*names, *(name for name, _ in style.extra)]


def table_logger(name: str, style: TableStyle, suffix: str = ".csv") -> Logger:
    """Return a logger of this style."""
    return Logger(name, suffix, lambda take: write_table(take, style))


def write_steamvr_rows(take: Take) -> bytes:
    """Return a table of one row per device and frame, as SteamVR recorders write."""
    lines = [
        "timestamp,deviceIndex,controllerType,serial,position.x,position.y,position.z,rotation.w,rotation.x,rotation.y,rotation.z"
    ]
    positions, quaternions = positions_in(take, "RUB", "m"), quaternions_in(take, "RUB", "wxyz")
    kinds = ("hmd", take.controller.type, take.controller.type)
    values = np.concatenate((positions, quaternions), axis=-1).tolist()
    for time_s, frame, seen in zip(take.times_s.tolist(), values, take.measured.tolist(), strict=True):
        for device, (numbers, tracked) in enumerate(zip(frame, seen, strict=True)):
            if tracked:
                cells = ",".join(f"{number:.6f}" for number in numbers)
                lines.append(f"{1000 + time_s:.4f},{(0, 3, 4)[device]},{kinds[device]},LHR-{device},{cells}")
    return ("\n".join(lines) + "\n").encode()


def write_vectors_in_cells(take: Take) -> bytes:
    """Return a table whose cells hold whole vectors, as Unity's ToString writes them."""
    positions, quaternions = positions_in(take, "RUF", "m"), quaternions_in(take, "RUF", "xyzw")
    angles = unity_angles_deg(take)
    lines = ["Time\tHMD\tLeftHand\tRightHand"]
    for frame, time_s in enumerate(take.times_s.tolist()):
        cells = [f"{time_s:.4f}"]
        for device in range(3):
            parts = (quaternions[frame, device], angles[frame, device], positions[frame, device])
            cells.append(" ".join("(" + ", ".join(f"{x:.4f}" for x in part) + ")" for part in parts))
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode()


def seconds_text(times_s: FloatArray) -> list[str]:
    """Return seconds."""
    return [f"{time_s:.5f}" for time_s in times_s]


def number_text(unit: str, start: float) -> TimeStyle:
    """Return a style of whole numbers in a unit, counted from ``start`` seconds."""
    return lambda times_s: [f"{round((start + time_s) / TIME_UNITS_S[unit])}" for time_s in times_s]


def clock_text(start_s: float) -> TimeStyle:
    """Return a style of clock times without a date, from this second of the day on; midnight begins at zero again."""

    def text(times_s: FloatArray) -> list[str]:
        of_day = (start_s + times_s) % 86400.0
        return [f"{int(s // 3600):02d}:{int(s // 60 % 60):02d}:{s % 60:06.3f}" for s in of_day]

    return text


def date_text(times_s: FloatArray) -> list[str]:
    """Return ISO dates with microseconds."""
    return [(_START + timedelta(seconds=float(time_s))).isoformat(timespec="microseconds") for time_s in times_s]


def _rotations(take: Take, style: TableStyle) -> FloatArray:
    if style.rotations in ("xyzw", "wxyz"):
        return quaternions_in(take, style.axes, style.rotations)
    if style.rotations == "unreal_degrees":
        return unreal_angles_deg(take)
    degrees = unity_angles_deg(take)
    return np.radians(degrees) if style.rotations == "unity_radians" else degrees


def joined_rows(parts: Sequence[bytes], with_headers: bool) -> bytes:
    """Return tables of one logger written one after the other into one file, with or without each one's header."""
    first, *rest = parts
    return b"".join((first, *(part if with_headers else part.partition(b"\n")[2] for part in rest)))


INPOSE: Final[TableStyle] = TableStyle(
    ("head", "left", "right"), "{device}_p{axis}", "{device}_q{axis}", "RUB", rotations="wxyz", lost=""
)
"""The project's own CSV, which declares its axes."""
UNITY: Final[TableStyle] = TableStyle(
    ("Head", "LeftHand", "RightHand"),
    "{device}Pos{axis}",
    "{device}Rot{axis}",
    "RUF",
    time="Timestamp",
    position_axes="XYZ",
    rotation_axes=("X", "Y", "Z", "W"),
)
OPENVR_WIDE: Final[TableStyle] = TableStyle(
    ("hmd", "left_controller", "right_controller"),
    "{device}_pos_{axis}",
    "{device}_rot_{axis}",
    "RUB",
    time="timestamp_ms",
    time_style=number_text("ms", 0.0),
    rotations="wxyz",
)
UNREAL: Final[TableStyle] = TableStyle(
    ("HMD", "LeftController", "RightController"),
    "{device}_Location_{axis}",
    "{device}_Rotation_{axis}",
    "FRU",
    time="Time",
    unit="cm",
    rotations="unreal_degrees",
    position_axes="XYZ",
    rotation_axes=("Pitch", "Yaw", "Roll"),
)

INPOSE_CSV: Final[Logger] = table_logger("inpose", INPOSE)
UNITY_CSV: Final[Logger] = table_logger("unity", UNITY)
OPENVR_CSV: Final[Logger] = table_logger("openvr_wide", OPENVR_WIDE)
STEAMVR_ROWS: Final[Logger] = Logger("steamvr", ".csv", write_steamvr_rows)
VECTORS: Final[Logger] = Logger("vectors_in_cells", ".tsv", write_vectors_in_cells)
