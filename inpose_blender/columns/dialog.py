# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the dialog: the first rows of the table, the columns of each device, and what comes out."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..ui.drawing import wrapped
from ..ui.popup import popup_is_drawn
from ..ui.translate import tr
from .dialog_state import DEVICES, choices_of

WIDTH: Final[int] = 640
_LIST_ROWS: Final[int] = 9
_FEWEST_LIST_ROWS: Final[int] = 4
_LINE: Final[int] = 96
_NAMES: Final[float] = 0.16
"""Share of the width for the devices' names."""


class INPOSE_UL_columns(bpy.types.UIList):
    """List the columns of a table with their first rows"""

    bl_idname = "INPOSE_UL_columns"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw the number and the name, the first cells, and what the column is."""
        row = layout.split(factor=0.28)
        row.label(text=item.name, translate=False)
        row = row.split(factor=0.66)
        row.label(text=item.cells, translate=False)
        row.label(text=item.use, translate=False)


def draw_dialog(layout: Any, context: bpy.types.Context) -> None:
    """Draw everything that is chosen."""
    from .preview import result_lines

    popup_is_drawn(context)
    choices = choices_of(context)
    if choices.is_guess:
        layout.label(text="InPose guessed these columns. Check them.", icon="INFO")
    rows = max(_LIST_ROWS - len(choices.trackers), _FEWEST_LIST_ROWS)
    layout.template_list("INPOSE_UL_columns", "", choices, "columns", choices, "chosen", rows=rows)
    layout.row(align=True).prop(choices, "rows", expand=True)
    by_device = choices.rows == "device"
    if by_device:
        row = layout.row()
        row.prop_search(choices, "key", choices, "columns")
    devices = layout.column(align=True)
    header = devices.split(factor=_NAMES)
    header.label(text="")
    header = header.row(align=True)
    if choices.one_by_one:
        header.label(text="Position")
        header.label(text="Rotation")
    else:
        header.label(text="Position begins at")
        header.label(text="Rotation begins at")
    _draw_devices(devices, choices, by_device)
    _draw_trackers(devices, choices, by_device)
    sides = layout.split(factor=0.5)
    for side in (left := sides.column(align=True), right := sides.column(align=True)):
        side.use_property_split = True
        side.use_property_decorate = False
    left.prop(choices, "kind")
    if choices.kind == "quaternion":
        left.prop(choices, "quaternion_order")
    elif choices.kind == "euler":
        left.prop(choices, "euler_order")
    if choices.kind in ("euler", "rotator"):
        left.prop(choices, "angle_unit")
    if not choices.kind.startswith("matrix"):
        left.prop(choices, "one_by_one")
    right.prop_search(choices, "time", choices, "columns")
    right.prop(choices, "time_unit" if choices.time or by_device else "fps")
    right.prop(choices, "unit")
    right.prop(choices, "axes")
    if choices.axes == "custom":
        right.prop(choices, "axes_letters")
    box = layout.box().column(align=True)
    for sentence, icon in result_lines(context):
        for line in wrapped(sentence, _LINE):
            box.label(text=line, icon=icon, translate=False)
            icon = "BLANK1"  # noqa: PLW2901 (only the first line has one)


def _draw_devices(layout: Any, choices: Any, by_device: bool) -> None:
    in_parts = choices.one_by_one and not choices.kind.startswith("matrix")
    head, _, _ = owns = (choices.head, choices.left, choices.right)
    if by_device:
        _draw_pose(layout, "", head, choices, in_parts)
        for name, own in zip(DEVICES, owns, strict=True):
            row = layout.split(factor=_NAMES)
            row.label(text=name)
            row.prop_search(own, "word", choices, "words", text="")
        return
    for name, own in zip(DEVICES, owns, strict=True):
        _draw_pose(layout, tr(name), own, choices, in_parts)


def _draw_trackers(layout: Any, choices: Any, by_device: bool) -> None:
    """Draw a row for each tracker, and the button that adds one: most tables have none."""
    in_parts = choices.one_by_one and not choices.kind.startswith("matrix")
    for number, tracker in enumerate(choices.trackers):
        row = layout.split(factor=_NAMES)
        row.prop(tracker, "place", text="")
        row = row.row(align=True)
        if by_device:
            row.prop_search(tracker.pose, "word", choices, "words", text="")
        else:
            _draw_columns(row, tracker.pose, choices, in_parts)
        row.operator("inpose.remove_tracker_columns", text="", icon="X").number = number
    row = layout.split(factor=_NAMES)
    row.label(text="")
    row.operator("inpose.add_tracker_columns", icon="ADD")


def _draw_pose(layout: Any, name: str, own: Any, choices: Any, in_parts: bool) -> None:
    row = layout.split(factor=_NAMES)
    row.label(text=name, translate=False)
    _draw_columns(row.row(align=True), own, choices, in_parts)


def _draw_columns(fields: Any, own: Any, choices: Any, in_parts: bool) -> None:
    turns = ("first", "second", "third", "fourth") if choices.kind == "quaternion" else ("first", "second", "third")
    for first, parts in (("position", ("x", "y", "z")), ("rotation", turns)):
        if not in_parts:
            fields.prop_search(own, first, choices, "columns", text="", icon=_ICONS[first])
            continue
        part = fields.column(align=True)  # one below the other: else the names would not be readable
        for one in parts:
            part.prop_search(own, one, choices, "columns", text="", icon=_ICONS[first])


_ICONS: Final[dict[str, str]] = {"position": "ORIENTATION_GLOBAL", "rotation": "DRIVER_ROTATIONAL_DIFFERENCE"}

CLASSES = (INPOSE_UL_columns,)
