# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the InPose tab of the 3D View's sidebar: recording, armature, solve."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .operators.files import INPOSE_OT_choose_recording
from .operators.solve import INPOSE_OT_cancel, INPOSE_OT_solve_full_body
from .properties import chosen_armature, status_of
from .rig import find_mapping

_LINE_LENGTH: Final[int] = 30


class INPOSE_PT_main(bpy.types.Panel):
    """Lead from a recording to keyframes."""

    bl_idname = "INPOSE_PT_main"
    bl_label = "InPose"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "InPose"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the way from top to bottom."""
        layout, settings, status = self.layout, context.scene.inpose, status_of(context)
        column = layout.column()
        column.enabled = not status.running
        row = column.row(align=True)
        row.prop(settings, "recording", text="", icon="FILE", placeholder="Recording")
        row.operator(INPOSE_OT_choose_recording.bl_idname, text="", icon="FILEBROWSER")
        column.prop(settings, "armature", text="", icon="ARMATURE_DATA")
        _draw_rig(column, chosen_armature(context))
        if status.running:
            layout.progress(factor=status.fraction, text=status.text)
            layout.operator(INPOSE_OT_cancel.bl_idname, icon="CANCEL")
        else:
            row = layout.row()
            row.scale_y = 1.5
            row.operator(INPOSE_OT_solve_full_body.bl_idname, icon="ARMATURE_DATA")
        if status.result and not status.running:
            box = layout.box().column(align=True)
            _draw_text(box, status.result, "ERROR" if status.failed else "CHECKMARK")
            for note in status.notes.splitlines():
                _draw_text(box, note, "BLANK1")


class INPOSE_PT_options(bpy.types.Panel):
    """Offer what seldom needs a change."""

    bl_idname = "INPOSE_PT_options"
    bl_label = "Options"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "InPose"
    bl_parent_id = "INPOSE_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options one below the other."""
        self.layout.use_property_split = True
        self.layout.use_property_decorate = False
        for name in ("pose", "stature", "steps", "variation", "seed", "first_frame"):
            self.layout.prop(context.scene.inpose, name)


def _draw_rig(layout: Any, armature_object: Any) -> None:
    """Say which naming was recognised, and what is missing, before anybody waits for a solve."""
    if armature_object is None or armature_object.type != "ARMATURE":
        layout.label(text="Select an armature", icon="INFO")
        return
    mapping = find_mapping(armature_object)
    if mapping is None:
        layout.label(text=f"{armature_object.name}: not recognised", icon="ERROR")
        return
    found = f"{armature_object.name}: {mapping.family.label}, {len(mapping.bones)} of 22 joints"
    layout.label(text=found, icon="ERROR" if mapping.missing_required else "CHECKMARK")
    if mapping.missing:
        missing = ", ".join(name.replace("_", " ") for name in mapping.missing)
        _draw_text(layout, f"No bone for {missing}", "BLANK1")


def _draw_text(layout: Any, text: str, icon: str) -> None:
    """Break a sentence into lines: labels do not wrap."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _LINE_LENGTH:
            layout.label(text=line, icon=icon)
            line, icon = "", "BLANK1"
        line = f"{line} {word}".strip()
    layout.label(text=line, icon=icon)


CLASSES = (INPOSE_PT_main, INPOSE_PT_options)
