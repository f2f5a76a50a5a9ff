# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduce the keys of the active action, on a stretch and for the selected bones."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any

import bpy

from ..bpy_compat import selected_bones
from ..controls.operators import has_editable_action
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.status import show_error, show_result
from ..ui.translate import tr


class INPOSE_OT_reduce_keys(bpy.types.Operator):
    """Remove keys of the active action as long as hands, feet, head and pelvis stay in place. Selected bones, or all \
of them"""

    bl_idname = "inpose.reduce_keys"
    bl_label = "Reduce keys"
    bl_options = {"REGISTER", "UNDO"}

    first_frame: bpy.props.IntProperty(name="First frame", description="First frame of the stretch", default=1)
    last_frame: bpy.props.IntProperty(name="Last frame", description="Last frame of the stretch", default=1)
    distance_mm: bpy.props.FloatProperty(
        name="Key distance",
        description="How far hands, feet, head and pelvis may be off between keys, in millimetres",
        default=2.0,
        min=0.1,
        max=100.0,
        soft_max=10.0,
    )
    angle_deg: bpy.props.FloatProperty(
        name="Key angle",
        description="How far hands, feet, head and pelvis may be turned between keys, in degrees",
        default=0.5,
        min=0.05,
        max=20.0,
        soft_max=5.0,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The armature must have an action that can be changed."""
        return has_editable_action(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Propose the preview range, or else the frames of the action, and the limits of the bake."""
        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        start, stop = armature.animation_data.action.frame_range
        if scene.use_preview_range:
            start, stop = scene.frame_preview_start, scene.frame_preview_end
        self.first_frame, self.last_frame = round(start), round(stop)
        self.distance_mm, self.angle_deg = scene.inpose_bake.key_distance_mm, scene.inpose_bake.key_angle_deg
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Reduce the keys of the bones that are selected in Pose Mode; of all bones, if none is selected."""
        from ..bake.settings import KeyTolerance
        from .reducing import reduce_action

        armature: Any = chosen_armature(context)
        first, last = sorted((self.first_frame, self.last_frame))
        selected = selected_bones(armature) if context.mode == "POSE" else frozenset()
        tolerance = KeyTolerance(self.distance_mm, self.angle_deg)
        try:
            result = reduce_action(armature, context.scene, tolerance, first, last, selected)
        except InPoseError as error:
            show_error(self, context, error, "Reducing keys")
            return {"CANCELLED"}
        context.scene.frame_set(context.scene.frame_current, subframe=context.scene.frame_subframe)
        text = tr(
            "{left} of {before} keys are left ({percent} %). Largest error: {mm} mm, {degrees} degrees",
            left=result.left,
            before=result.before,
            percent=round(100 * result.left / result.before),
            mm=f"{result.change.mm:.1f}",
            degrees=f"{result.change.degrees:.2f}",
        )
        notes = [
            tr("Farthest off: {bone}, in frame {frame}", bone=result.change.bone, frame=result.change.frame),
            tr(
                "The action from before is kept: choose {action} in the Action Editor to return to it.",
                action=result.original,
            ),
        ]
        if result.left_alone:
            notes.insert(
                1, tr("Channels that are locked, muted, held or modified, left alone: {count}", count=result.left_alone)
            )
        show_result(self, context, text, notes)
        return {"FINISHED"}


CLASSES = (INPOSE_OT_reduce_keys,)
