# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the 22 joints with their bones."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ...joint_names import OPTIONAL_JOINTS, STORED_PROPERTY
from ..properties import chosen_armature
from .operators import (
    INPOSE_OT_mapping_export,
    INPOSE_OT_mapping_import,
    INPOSE_OT_mapping_mirror,
    INPOSE_OT_mapping_pick,
    INPOSE_OT_mapping_reset,
    is_chosen,
)
from .properties import SPOKEN, can_be_mapped

_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Trunk", ("pelvis", "spine1", "spine2", "spine3", "neck", "head")),
    *(
        (f"{side.capitalize()} {limb}", tuple(f"{side}_{joint}" for joint in joints))
        for side in ("left", "right")
        for limb, joints in (
            ("arm", ("collar", "shoulder", "elbow", "wrist")),
            ("leg", ("hip", "knee", "ankle", "foot")),
        )
    ),
)


class INPOSE_PT_rig_mapping(bpy.types.Panel):
    """Show and change the bone of each joint."""

    bl_idname = "INPOSE_PT_rig_mapping"
    bl_label = "Joints and Bones"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "InPose"
    bl_parent_id = "INPOSE_PT_rig"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Without an armature there is nothing to map."""
        armature = chosen_armature(context)
        return armature is not None and armature.type == "ARMATURE"

    def draw(self, context: Any) -> None:
        """Draw the kind of rig, a row for each joint, and the buttons for the whole mapping."""
        layout = self.layout
        armature: Any = chosen_armature(context)
        from ..find import find_mapping

        mapping = find_mapping(armature)
        row = layout.row(align=True)
        if mapping is None:
            row.label(text="Not recognised: choose the bones", icon="ERROR")
        else:
            row.label(text=mapping.family.label, icon="ERROR" if mapping.missing_required else "CHECKMARK")
        row.operator(INPOSE_OT_mapping_import.bl_idname, text="", icon="IMPORT")
        row.operator(INPOSE_OT_mapping_export.bl_idname, text="", icon="EXPORT")
        if not can_be_mapped(armature):
            layout.label(text="Linked data: you cannot change the bones here", icon="LIBRARY_DATA_DIRECT")
        for title, joints in _GROUPS:
            column = layout.column(align=True)
            column.enabled = can_be_mapped(armature)
            column.label(text=title)
            for joint in joints:
                _draw_joint(column, armature, joint)
        row = layout.row(align=True)
        row.operator(INPOSE_OT_mapping_mirror.bl_idname, icon="MOD_MIRROR")
        row = layout.row(align=True)
        row.active = is_chosen(armature)
        row.operator(INPOSE_OT_mapping_reset.bl_idname, icon="FILE_REFRESH")


def _draw_joint(layout: Any, armature_object: Any, joint: str) -> None:
    armature_data = armature_object.data
    group = getattr(armature_data if armature_data.is_editable else armature_object, STORED_PROPERTY)
    bone = getattr(group, joint)
    unknown = bool(bone) and bone not in armature_data.bones
    needed = not bone and joint not in OPTIONAL_JOINTS
    row = layout.row(align=True)
    row.alert = needed or unknown
    split = row.split(factor=0.36, align=True)
    icon = "ERROR" if needed or unknown else "DOT" if bone else "REMOVE"
    split.label(text=SPOKEN[joint].removeprefix("Left ").removeprefix("Right ").capitalize(), icon=icon)
    split.prop_search(group, joint, armature_data, "bones", text="")
    row.operator(INPOSE_OT_mapping_pick.bl_idname, text="", icon="RESTRICT_SELECT_OFF").joint = joint
