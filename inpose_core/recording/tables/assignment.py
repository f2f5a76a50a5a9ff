# SPDX-License-Identifier: Apache-2.0
"""Assign the columns of a table by their numbers, as a person does who looks at its first rows. The result is a mapping
that `layouts` reads: the text of ``--columns``, or the file beside the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ...errors import RecordingError
from ...options.reading import QuaternionOrder
from ...system.output import write_output
from ...system.safe_files import read_bytes
from ..types import DEVICE_NAMES, PoseType
from .assigned_devices import (
    AssignedDevice,
    AssignedTracker,
    Columns,
    assigned_device,
    assigned_trackers,
    column_numbers,
)
from .layouts import AngleUnit, Layout, Rotation
from .rotation_columns import PITCH_YAW_ROLL
from .text_table import TextTable
from .time_choice import time_place

Kind = Literal["quaternion", "euler", "rotator", "matrix"]
"""How a table writes rotations; a rotator is pitch, yaw and roll in this order, a matrix may hold the position, too."""

Part = Literal["time", "key", "name", "position", "rotation", "place"]

ROTATION_COLUMNS: Final[Mapping[Kind, tuple[int, ...]]] = {
    "quaternion": (4,),
    "euler": (3,),
    "rotator": (3,),
    "matrix": (12, 16, 1),
}
"""Numbers of columns that a rotation of each kind may have, the usual one first."""
_LETTER: Final[Mapping[Kind, Rotation]] = {"quaternion": "q", "euler": "e", "rotator": "e", "matrix": "m"}
_OURS: Final[str] = "assigned in InPose"
_LARGEST_MAPPING: Final[int] = 65536


@dataclass(frozen=True)
class Assignment:
    """Say which columns of a table are which, and what is known of their numbers; None is guessed later."""

    time: int | None = None
    devices: tuple[AssignedDevice, AssignedDevice, AssignedDevice] = (
        AssignedDevice(),
        AssignedDevice(),
        AssignedDevice(),
    )
    """Head, left hand and right hand. Where each row holds one device, all have the columns of the first one."""
    kind: Kind = "quaternion"
    quaternion_order: QuaternionOrder | None = None
    euler_order: str | None = None
    angle_unit: AngleUnit | None = None
    unit: str | None = None
    axes: str | None = None
    time_unit: str | None = None
    fps: float | None = None
    """Frame rate of a table without times."""
    pose: PoseType | None = None
    key: int | None = None
    """The column that names the device of a row; 0 if it has to be chosen yet; None if each row holds all devices."""
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())
    """The values of the key for head, left hand and right hand."""
    trackers: tuple[AssignedTracker, ...] | None = None
    """All trackers of the table; None: those that its names tell."""

    @property
    def missing(self) -> tuple[tuple[Part, int], ...]:
        """Return what has to be assigned yet: the part, and the device; the first tracker is device 3. One hand may be
        missing."""
        found: list[tuple[Part, int]] = []
        if self.time is None and (self.fps is None or self.key is not None):
            found.append(("time", 0))
        if self.key is not None:
            found += [] if self.key else [("key", 0)]
            found += self._missing_of(0)
            found += [] if self.names[0] else [("name", 0)]
            # Two nameless hands are told apart by where they are.
            return (*found, *self._missing_of_trackers())
        found += self._missing_of(0)
        hands = [self._missing_of(hand) for hand in (1, 2)]
        half = [missing for hand, missing in enumerate(hands, 1) if missing and self._has_any(hand)]
        found += [one for missing in half for one in missing]
        if not half and all(hands):
            found += hands[0]
        return (*found, *self._missing_of_trackers())

    def _missing_of_trackers(self) -> Iterator[tuple[Part, int]]:
        """Yield what trackers lack: a place of their own, or columns."""
        seen: set[str] = set()
        for device, own in enumerate(self.trackers or (), len(DEVICE_NAMES)):
            if own.place in seen:
                yield "place", device
            seen |= {own.place} - {""}
            if self.key is not None:
                if not own.names:
                    yield "name", device
                continue
            of_matrix = self.kind == "matrix" and bool(own.columns.rotation)
            if len(own.columns.position) != 3 and not (of_matrix and not own.columns.position):
                yield "position", device
            if len(own.columns.rotation) not in (0, *ROTATION_COLUMNS[self.kind]):
                yield "rotation", device

    def _has_any(self, device: int) -> bool:
        return bool(self.devices[device].position or self.devices[device].rotation)

    def _missing_of(self, device: int) -> list[tuple[Part, int]]:
        own, found = self.devices[device], list[tuple[Part, int]]()
        if len(own.position) != 3 and not (self.kind == "matrix" and not own.position):
            found.append(("position", device))
        if len(own.rotation) not in ROTATION_COLUMNS[self.kind]:
            found.append(("rotation", device))
        return found

    def to_document(self, header: Sequence[str] = ()) -> dict[str, Any]:
        """Return the mapping; columns get their names where the header has each of them once, else their numbers."""
        given: dict[str, Any] = {
            "unit": self.unit,
            "axes": self.axes,
            "time_unit": self.time_unit,
            "pose": self.pose,
            "fps": self.fps if self.time is None else None,
            "trackers": None if self.trackers is None else "assigned",
        }
        if self.kind == "quaternion":
            given["quaternion_order"] = self.quaternion_order
        if self.kind in ("euler", "rotator"):
            given["angle_unit"] = self.angle_unit
            given["euler_order"] = PITCH_YAW_ROLL if self.kind == "rotator" else self.euler_order
        columns: dict[str, Any] = {} if self.time is None else {"time": _named((self.time,), header)}
        letter = _LETTER[self.kind]
        if self.key is not None:
            given |= {"shape": "long", "key": _named((self.key,), header)[0]}
            given["devices"] = {device: list(names) for device, names in zip(DEVICE_NAMES, self.names, strict=True)}
            given["devices"] |= {name: list(one.names) for name, one in self._named_trackers()}
            columns |= _pose_columns("", letter, self.devices[0], header)
        else:
            of_trackers = ((name, one.columns) for name, one in self._named_trackers())
            for device, own in (*zip(DEVICE_NAMES, self.devices, strict=True), *of_trackers):
                columns |= _pose_columns(f"{device}_", letter, own, header)
        return {name: value for name, value in given.items() if value is not None} | {"columns": columns}

    def _named_trackers(self) -> Iterator[tuple[str, AssignedTracker]]:
        """Yield the trackers with the names that a mapping gives them: their places, or numbers."""
        for number, own in enumerate(self.trackers or (), 1):
            yield own.place or f"tracker_{number}", own

    def to_option(self) -> str:
        """Return the mapping as the text of ``--columns``."""
        return json.dumps(self.to_document())

    @classmethod
    def from_layout(cls, layout: Layout, table: TextTable) -> Assignment:
        """Return what a layout assigns in a table; columns that the table lacks are left out."""

        def numbers(names: Sequence[str]) -> Columns:
            return column_numbers(names, table)

        own = [layout.device(device) for device in DEVICE_NAMES]
        devices = [assigned_device(one, table) for one in own]
        head = next((one for one in own if one is not None), None)
        is_rotator = layout.euler_order == PITCH_YAW_ROLL
        kinds: dict[str, Kind] = {"q": "quaternion", "e": "rotator" if is_rotator else "euler", "m": "matrix"}
        time = time_place(layout, table)
        keys = numbers((layout.key,)) if layout.shape == "long" else ()
        named = [tuple(str(value) for value in layout.devices.get(device, ())) for device in DEVICE_NAMES]
        return cls(
            time=None if time is None else time + 1,
            devices=(devices[0], devices[1], devices[2]),
            kind=kinds[head.kind] if head is not None else "quaternion",
            quaternion_order=head.quaternion_order if head is not None and head.kind == "q" else None,
            euler_order=None if is_rotator else layout.euler_order,
            angle_unit=layout.angle_unit,
            unit=layout.unit,
            axes=layout.axes,
            time_unit=layout.time_unit,
            fps=layout.fps,
            pose=layout.pose,
            key=keys[0] if keys else None,
            names=(named[0], named[1], named[2]) if keys else ((), (), ()),
            trackers=assigned_trackers(layout, table, head),
        )


def mapping_path(table: Path) -> Path:
    """Return the path of the mapping that belongs to a table: ``take.csv.columns.json`` for ``take.csv``."""
    return table.with_name(table.name + ".columns.json")


def save_assignment(assignment: Assignment, table: Path, header: Sequence[str]) -> Path:
    """Write the mapping beside the table; the table itself is never touched.

    A mapping that was not written here is kept as ``take.csv.columns.json.bak``.

    Raises:
        RecordingError: something is not assigned.
        OutputError: the folder is not writable, or the disk is full.
    """
    if assignment.missing:
        raise RecordingError("The columns are not assigned completely.", "Assign head, time and at least one hand.")
    path = mapping_path(table)
    before = _content(path)
    if before is not None and _OURS not in before.decode("utf-8", "replace"):
        write_output(path.with_name(path.name + ".bak"), [before])
    document = {"label": _OURS, **assignment.to_document(header)}
    write_output(path, [(json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()])
    return path


def _content(path: Path) -> bytes | None:
    try:
        return read_bytes(path, _LARGEST_MAPPING)
    except (OSError, ValueError):  # there is none, or nothing that InPose would read
        return None


def _pose_columns(prefix: str, letter: Rotation, own: AssignedDevice, header: Sequence[str]) -> dict[str, list[str]]:
    named = {f"{prefix}p": _named(own.position, header), f"{prefix}{letter}": _named(own.rotation, header)}
    return {name: columns for name, columns in named.items() if columns}


def _named(columns: Columns, header: Sequence[str]) -> list[str]:
    lower = [name.lower() for name in header]
    return [
        header[number - 1] if number <= len(header) and lower.count(lower[number - 1]) == 1 else f"#{number}"
        for number in columns
    ]
