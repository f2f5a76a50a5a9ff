# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduce the keys of the active action, on a stretch and for the selected bones."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from typing import Any, Final

import bpy

from ..bpy_compat import selected_bones
from ..controls.operators import has_editable_action
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.option_properties import angle_property
from ..ui.status import show_error, show_result
from ..ui.translate import tr

_ANGLE_NAME: Final[str] = "Key angle"
_ANGLE_SENTENCE: Final[str] = "How far hands, feet, head and pelvis may be turned between keys"
_ANGLE_LIMITS_DEG: Final[dict[str, float]] = {"default": 0.5, "min": 0.05, "max": 20.0, "soft_max": 5.0}


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
        description="How far hands, feet, head and pelvis may be off between keys",
        subtype="DISTANCE_CAMERA",
        default=2.0,
        min=0.1,
        max=100.0,
        soft_max=10.0,
    )
    angle_deg: bpy.props.FloatProperty(name=_ANGLE_NAME, description=_ANGLE_SENTENCE, **_ANGLE_LIMITS_DEG)
    angle_shown: angle_property("angle_deg", _ANGLE_LIMITS_DEG, _ANGLE_NAME, _ANGLE_SENTENCE)

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

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the frames and the limits, which are those of the panel, with their units."""
        self.layout.use_property_split = True
        for name in ("first_frame", "last_frame", "distance_mm", "angle_shown"):
            self.layout.prop(self, name)

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
