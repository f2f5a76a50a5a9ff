# SPDX-License-Identifier: Apache-2.0
"""Hold the columns of one device by their numbers, and find those of the trackers of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...body.points import TRACKER_PLACES, tracker_joint
from ..types import DEVICE_NAMES
from .layouts import DeviceColumns, Layout
from .text_table import TextTable
from .time_choice import time_place
from .tracker_columns import tracker_columns

Columns = tuple[int, ...]
"""Numbers of columns from the left; the first is 1."""


@dataclass(frozen=True)
class AssignedDevice:
    """Hold the columns of one device; none if it is not assigned."""

    position: Columns = ()
    """x, y, z."""
    rotation: Columns = ()
    """In the order of the kind of rotation; a quaternion in the table's own order."""


@dataclass(frozen=True)
class AssignedTracker:
    """Hold one tracker. One without a rotation is a marker."""

    place: str = ""
    """Of `TRACKER_PLACES`; empty: calibration finds where it is worn."""
    columns: AssignedDevice = AssignedDevice()
    """None where each row holds one device: all have the columns of the first one."""
    names: tuple[str, ...] = ()
    """The values of the key for it."""


def assigned_trackers(
    layout: Layout, table: TextTable, head: DeviceColumns | None
) -> tuple[AssignedTracker, ...] | None:
    """Return the trackers that a layout assigns in a table, and those that the table's names tell.

    None if there are none. A tracker whose rotations are written in another way than the head's is a marker.
    """
    if layout.shape == "long":
        listed = {name: layout.devices[name] for name in layout.tracker_names if name in layout.devices}
        named = [AssignedTracker(_place(name), names=tuple(map(str, words))) for name, words in listed.items()]
        return tuple(named) if named or layout.trackers == "assigned" else None
    found = {name: own for name in layout.tracker_names if (own := layout.device(name)) is not None}
    if layout.trackers == "recognised":
        known = [*(layout.device(device) for device in DEVICE_NAMES), *found.values()]
        used = {number for one in known for part in _parts(assigned_device(one, table)) for number in part}
        time = time_place(layout, table)
        used |= set() if time is None else {time + 1}
        recognised = tracker_columns(table.header, {table.header[number - 1] for number in used})
        places = {_place(name) for name in found} - {""}
        found = {name: one for name, one in recognised.items() if _place(name) not in places} | found
    trackers = [AssignedTracker(_place(name), _as_written(one, head, table)) for name, one in found.items()]
    return tuple(trackers) if trackers or layout.trackers == "assigned" else None


def _as_written(own: DeviceColumns, head: DeviceColumns | None, table: TextTable) -> AssignedDevice:
    """Return a tracker's columns in the order of the head's quaternions."""
    found = assigned_device(own, table)
    if head is None or own.kind != head.kind:
        return AssignedDevice(found.position)
    if own.kind == "q" and own.rotation and own.quaternion_order != head.quaternion_order:
        x, y, z, w = found.rotation
        turned = {"wxyz": (w, x, y, z), "xyzw": (y, z, w, x)}.get(head.quaternion_order or "", ())
        return AssignedDevice(found.position, turned)
    return found


def assigned_device(own: DeviceColumns | None, table: TextTable) -> AssignedDevice:
    """Return the numbers of a device's columns; those that the table lacks are left out."""
    if own is None:
        return AssignedDevice()
    return AssignedDevice(column_numbers(own.position, table), column_numbers(own.rotation, table))


def _parts(own: AssignedDevice) -> tuple[Columns, Columns]:
    return own.position, own.rotation


def column_numbers(names: Sequence[str], table: TextTable) -> Columns:
    """Return the numbers of columns; those that the table lacks are left out."""
    return tuple(place + 1 for name in names if (place := table.find(name)) is not None)


def _place(name: str) -> str:
    """Return the usual name of a tracker's place; empty if its name does not tell one."""
    joint = tracker_joint(name)
    return next((place for place in TRACKER_PLACES if tracker_joint(place) == joint), "")
