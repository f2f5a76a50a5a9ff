# SPDX-License-Identifier: GPL-3.0-or-later
"""Loop a stretch of the solved motion."""

from __future__ import annotations

import bpy

from ..bake.operators import has_take
from ..bake.properties import options_of_take
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..takes.memory import take_loader
from ..ui.status import show_error, show_result
from ..ui.translate import tr
from .properties import loop_options


class INPOSE_OT_loop_stretch(bpy.types.Operator):
    """Make a loop of a stretch of the solved motion, as a new action: for example a walk cycle. InPose keeps your \
current action"""

    bl_idname = "inpose.loop_stretch"
    bl_label = "Loop the stretch"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake one round: this takes no longer than a click."""
        from ..rig.prepare import prepare_rig
        from .baking import bake_loop

        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        take = armature.inpose_take
        try:
            rig = prepare_rig(armature, scene)
            solved, options = take_loader(take)(), options_of_take(scene, take)
            result = bake_loop(rig, scene, solved, take.first_frame, options, loop_options(scene), take.label)
        except InPoseError as error:
            show_error(self, context, error, "Looping")
            return {"CANCELLED"}
        text = tr(
            "Baked {action}, frames {first} to {last}, then again",
            action=result.action_name,
            first=result.first_frame,
            last=result.last_frame,
        )
        notes: tuple[str, ...] = ()
        if result.kept_action_name:
            notes = (tr("The action {action} is kept in a muted NLA track.", action=result.kept_action_name),)
        show_result(self, context, text, notes)
        return {"FINISHED"}


CLASSES = (INPOSE_OT_loop_stretch,)
