# SPDX-License-Identifier: GPL-3.0-or-later
"""Snap FK to IK and IK to FK, over a range of frames of any action."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..bpy_compat import selected_bones
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.status import show_error, show_result
from ..ui.translate import tr
from .active_action import is_mixed_in


def has_editable_action(operator: Any, context: bpy.types.Context) -> bool:
    """Return whether the chosen armature has an action that can be changed; if not, tell Blender what is missing."""
    armature: Any = chosen_armature(context)
    animation = armature.animation_data if armature is not None and armature.type == "ARMATURE" else None
    if context.mode not in {"OBJECT", "POSE"}:
        operator.poll_message_set(tr("Switch to Object Mode or Pose Mode"))
    elif animation is None or animation.action is None:
        operator.poll_message_set(tr("Select an armature with an action"))
    elif animation.use_tweak_mode:
        operator.poll_message_set(tr("The action of an NLA strip is open: leave Tweak Mode (Tab in the NLA Editor)"))
    elif not armature.is_editable:
        operator.poll_message_set(tr("The armature is linked from another file: make a library override first"))
    else:
        return True
    return False


class _Snap(bpy.types.Operator):
    """Hold what both directions share."""

    bl_options = {"REGISTER", "UNDO"}
    direction: Any = None

    first_frame: bpy.props.IntProperty(name="First frame", description="First frame that gets keys", default=1)
    last_frame: bpy.props.IntProperty(name="Last frame", description="Last frame that gets keys", default=1)
    only_keyed: bpy.props.BoolProperty(
        name="Only frames with keys",
        description="Set keys only in the frames in which the action has keys, instead of in every frame",
        default=False,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The armature must have an action whose keys are the pose."""
        if not has_editable_action(cls, context):
            return False
        armature: Any = chosen_armature(context)
        if is_mixed_in(armature.animation_data):
            cls.poll_message_set(
                tr("The active action is added to the NLA tracks below it. Choose an action that replaces them")
            )
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Propose the frame range of the action."""
        armature: Any = chosen_armature(context)
        start, stop = armature.animation_data.action.frame_range
        self.first_frame, self.last_frame = round(start), round(stop)
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Snap the limbs to which selected bones belong; all limbs, if none is selected."""
        from .snap import keyed_frames, snap

        armature = chosen_armature(context)
        first, last = sorted((self.first_frame, self.last_frame))
        frames: Any = range(first, last + 1)
        if self.only_keyed:
            frames = keyed_frames(armature, first, last)
        if not len(frames):
            self.report({"WARNING"}, tr("There are no keys between these frames"))
            return {"CANCELLED"}
        selected = selected_bones(armature) if context.mode == "POSE" else frozenset()
        try:
            kept, limbs = snap(armature, context.scene, self.direction, frames, selected)
        except InPoseError as error:
            show_error(self, context, error, "Snapping")
            return {"CANCELLED"}
        context.scene.frame_set(context.scene.frame_current, subframe=context.scene.frame_subframe)
        text = tr("Snapped {limbs} limbs in {frames} frames", limbs=limbs, frames=len(frames))
        where = tr(
            "The action from before the first snap is kept: choose {action} in the Action Editor to return to it.",
            action=kept,
        )
        show_result(self, context, text, [where])
        return {"FINISHED"}


class INPOSE_OT_snap_ik_to_fk(_Snap):
    """Move the IK controls to where FK has the limbs, and switch these to IK. Selected limbs, or all of them"""

    bl_idname = "inpose.snap_ik_to_fk"
    bl_label = "Snap IK to FK"
    direction = "ik_to_fk"


class INPOSE_OT_snap_fk_to_ik(_Snap):
    """Turn the FK controls to where IK has the limbs, and switch these to FK. Selected limbs, or all of them"""

    bl_idname = "inpose.snap_fk_to_ik"
    bl_label = "Snap FK to IK"
    direction = "fk_to_ik"


CLASSES = (INPOSE_OT_snap_ik_to_fk, INPOSE_OT_snap_fk_to_ik)
