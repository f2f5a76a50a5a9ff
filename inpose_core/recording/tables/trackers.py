# SPDX-License-Identifier: Apache-2.0
"""Find the trackers of a table with one row per frame, and read them in the order of the head's quaternions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays import FloatArray
from ...body.points import tracker_joint
from ...errors import RecordingError
from ..conventions import QuaternionOrder
from ..tracks import Track
from .columns import Angles, ColumnPlaces, column_places, column_poses, present_columns
from .layouts import DeviceColumns, Layout
from .text_table import Cells, TextTable
from .tracker_columns import tracker_columns


def wide_trackers(
    layout: Layout, devices: Sequence[DeviceColumns | None], time: int | None, table: TextTable
) -> dict[str, tuple[DeviceColumns, ColumnPlaces]]:
    """Return the columns of each tracker, and where they are: those that the layout assigns, then those that the
    table's names tell.

    Args:
        layout: the layout of the table.
        devices: the columns of head and hands, those that the table has.
        time: the index of the time column.
        table: the table.

    Raises:
        RecordingError: the order of a tracker's quaternions is known, but not that of the head's.
    """
    found = {
        name: own for name in layout.tracker_names if (own := present_columns(layout.device(name), table)) is not None
    }
    order = quaternion_order_of(devices[0])
    for name, own in found.items():
        if order is None and own.rotation and quaternion_order_of(own) is not None:
            raise RecordingError(
                f"The order of the quaternions of {name} is given, but not that of the head's.",
                "Write the letters for the head, too, for example head_q=Rot{XYZW}, or give a quaternion order.",
            )
    # Names tell the order of their own quaternions, so that of the others must be known.
    if layout.trackers == "recognised" and order is not None:
        known = [device for device in (*devices, *found.values()) if device is not None]
        # By their places: a mapping may write #3 for a column.
        numbers = {table.find(name) for device in known for name in (*device.position, *device.rotation)} | {time}
        taken = {table.header[number] for number in numbers if number is not None}
        places = {tracker_joint(name) for name in found}
        for name, own in tracker_columns(table.header, taken).items():
            if name not in found and (tracker_joint(name) is None or tracker_joint(name) not in places):
                found[name] = own
    return {name: (own, column_places(own, table)) for name, own in found.items()}


def quaternion_order_of(columns: DeviceColumns | None) -> QuaternionOrder | None:
    """Return the order of a device's quaternions; None if it has to be guessed."""
    return columns.quaternion_order if columns is not None and columns.kind == "q" else "xyzw"


def tracker_track(
    columns: DeviceColumns,
    places: ColumnPlaces,
    times: FloatArray,
    cells: Cells,
    angles: Angles,
    order: QuaternionOrder | None,
) -> Track:
    """Return the track of a tracker, with quaternions in the given order; a marker's are not a number."""
    if not columns.rotation:
        return Track(times, cells.numbers(places.position), np.full((len(times), 4), np.nan))
    positions, quaternions = column_poses(columns, places, cells, angles)
    own = quaternion_order_of(columns) or order
    if own != order:
        quaternions = np.roll(quaternions, 1 if own == "xyzw" else -1, axis=-1)
    return Track(times, positions, quaternions)
