# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, divide, move and delete stances of the feet. What changes is kept as pins."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import TYPE_CHECKING, Any, Final

import bpy

from ..bake.operators import has_take
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..takes.clock import clock_of_take
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .operators import keep_chosen
from .properties import FOOT_ITEMS, chosen_stand

if TYPE_CHECKING:
    from .stand_edits import FootStances, ListedStance

_STEP_S: Final[float] = 0.2
"""Length of the step that divides a stance: the shortest one of people."""
_NEW_S: Final[float] = 0.5


def _has_stand(operator: Any, context: bpy.types.Context) -> bool:
    if not has_take(operator, context):
        return False
    if chosen_stand(context) is None:
        operator.poll_message_set(tr("Choose a stance in the list first"))
        return False
    return True


class _StandOperator:
    """Change the chosen stance; mixed into operators, which say how."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A stance must be chosen in the list."""
        return _has_stand(cls, context)

    def changed(self, context: bpy.types.Context, stances: "FootStances", stance: "ListedStance") -> "FootStances":
        """Return the stances after the change."""
        raise NotImplementedError

    def frame_after(self, stance: "ListedStance") -> int:
        """Return a frame of the stance after the change, or near it."""
        return stance.first

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change the stance, and keep the change as pins."""
        from .stand_list import change, listed_of
        from .stands import stances_of

        armature, stance = chosen_armature(context), listed_of(chosen_stand(context))
        assert armature is not None, "poll has seen one"
        assert stance is not None, "poll has seen one"
        try:
            stances = stances_of(context.scene, armature)
        except InPoseError as error:
            show_error(self, context, error, "Changing a stance")
            return {"CANCELLED"}
        after = self.changed(context, stances, stance)
        if after.said == stances.said:
            return {"CANCELLED"}
        change(context, armature, after, stance.foot, self.frame_after(stance))
        keep_chosen(context, armature)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_add_stand(bpy.types.Operator):
    """Let a foot stand for half a second from the current frame on"""

    bl_idname = "inpose.add_stand"
    bl_label = "Add a stance"
    bl_options = {"REGISTER", "UNDO"}

    foot: bpy.props.EnumProperty(name="Foot", description="The foot that stands", items=FOOT_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it; its frames can be changed in the panel or in the timeline."""
        from .stand_edits import SaidStance
        from .stand_list import change
        from .stands import stances_of

        armature, frame = chosen_armature(context), context.scene.frame_current
        assert armature is not None, "poll has seen one"
        foot = [joint for joint, *_ in FOOT_ITEMS].index(self.foot)
        try:
            stances = stances_of(context.scene, armature)
        except InPoseError as error:
            show_error(self, context, error, "Changing a stance")
            return {"CANCELLED"}
        last = frame + _frames_in(context, _NEW_S) - 1
        change(context, armature, stances.with_said(SaidStance(foot, frame, last, stands=True)), foot, frame)
        keep_chosen(context, armature)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_split_stand(_StandOperator, bpy.types.Operator):
    """Divide the chosen stance at the current frame: the foot takes a step there"""

    bl_idname = "inpose.split_stand"
    bl_label = "Divide"
    bl_options = {"REGISTER", "UNDO"}

    frames: bpy.props.IntProperty(
        name="Step", description="Frames in which the foot does not stand; 0 takes a short step", min=0, soft_max=60
    )

    def changed(self, context: bpy.types.Context, stances: "FootStances", stance: "ListedStance") -> "FootStances":
        """Divide it."""
        frames = self.frames or _frames_in(context, _STEP_S)
        return stances.split(stance, context.scene.frame_current, frames)


class INPOSE_OT_move_stand(_StandOperator, bpy.types.Operator):
    """Move the chosen stance in time"""

    bl_idname = "inpose.move_stand"
    bl_label = "Move"
    bl_options = {"REGISTER", "UNDO"}

    frames: bpy.props.IntProperty(name="Frames", description="By how many frames; negative is earlier", default=1)

    def changed(self, _context: bpy.types.Context, stances: "FootStances", stance: "ListedStance") -> "FootStances":
        """Move it, as far as its neighbours let it."""
        return stances.shifted(stance, self.frames)

    def frame_after(self, stance: "ListedStance") -> int:
        """Return its first frame then, if its neighbours let it."""
        return stance.first + self.frames


class INPOSE_OT_remove_stand(_StandOperator, bpy.types.Operator):
    """Delete the chosen stance: the foot does not stand there"""

    bl_idname = "inpose.remove_stand"
    bl_label = "Delete"
    bl_options = {"REGISTER", "UNDO"}

    def changed(self, _context: bpy.types.Context, stances: "FootStances", stance: "ListedStance") -> "FootStances":
        """Say that the foot does not stand there."""
        from .stand_edits import SaidStance

        return stances.with_said(SaidStance(stance.foot, stance.first, stance.last, stands=False))


class INPOSE_OT_reset_stand(_StandOperator, bpy.types.Operator):
    """Take back what you changed of the chosen stance"""

    bl_idname = "inpose.reset_stand"
    bl_label = "As solved"
    bl_options = {"REGISTER", "UNDO"}

    def changed(self, _context: bpy.types.Context, stances: "FootStances", stance: "ListedStance") -> "FootStances":
        """Remove what was said of it."""
        return stances.as_solved(stance)


def _frames_in(context: bpy.types.Context, recorded_s: float) -> int:
    """Return the frames of the scene for some time of the recording, at least one."""
    armature = chosen_armature(context)
    assert armature is not None, "poll has seen one"
    return max(round(recorded_s * clock_of_take(armature.inpose_take, context.scene).fps), 1)


class INPOSE_MT_add_stand(bpy.types.Menu):
    """Let a foot stand from the current frame on"""

    bl_idname = "INPOSE_MT_add_stand"
    bl_label = "Add a stance"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each foot."""
        for joint, label, _, _ in FOOT_ITEMS:
            self.layout.operator("inpose.add_stand", text=label).foot = joint


CLASSES = (
    INPOSE_OT_add_stand,
    INPOSE_OT_split_stand,
    INPOSE_OT_move_stand,
    INPOSE_OT_remove_stand,
    INPOSE_OT_reset_stand,
    INPOSE_MT_add_stand,
)
