# SPDX-License-Identifier: GPL-3.0-or-later
"""Import how the core looks at files. It loads all formats: import it only inside functions that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__ == "inpose_blender":
    from inpose_core.body.points import TRACKER_PLACES
    from inpose_core.inspection.table import TableColumn, TableLook, look_at_table
    from inpose_core.recording.file_layout import FileLayout, file_layout
    from inpose_core.recording.tables.assigned_devices import AssignedDevice, AssignedTracker, Columns
    from inpose_core.recording.tables.assignment import ROTATION_COLUMNS, Assignment, Kind, Part, save_assignment
else:
    from ..inpose_core.body.points import TRACKER_PLACES
    from ..inpose_core.inspection.table import TableColumn, TableLook, look_at_table
    from ..inpose_core.recording.file_layout import FileLayout, file_layout
    from ..inpose_core.recording.tables.assigned_devices import AssignedDevice, AssignedTracker, Columns
    from ..inpose_core.recording.tables.assignment import ROTATION_COLUMNS, Assignment, Kind, Part, save_assignment

__all__ = [
    "ROTATION_COLUMNS",
    "TRACKER_PLACES",
    "AssignedDevice",
    "AssignedTracker",
    "Assignment",
    "Columns",
    "FileLayout",
    "Kind",
    "Part",
    "TableColumn",
    "TableLook",
    "file_layout",
    "look_at_table",
    "save_assignment",
]
