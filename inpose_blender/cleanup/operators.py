# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, move and remove clean-up edits."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..bake.edits.properties import KIND_ITEMS, chosen_edit, edits_of
from ..bake.operators import has_take
from ..errors import EditError
from ..options import EDIT_KIND_OF, EDIT_KINDS
from ..rig.properties import chosen_armature
from ..ui.lists import move_chosen, remove_chosen
from ..ui.status import clear_error, show_error
from ..ui.translate import tr


def _has_edit(operator: Any, context: bpy.types.Context) -> bool:
    if not has_take(operator, context):
        return False
    if chosen_edit(chosen_armature(context)) is None:
        operator.poll_message_set(tr("Choose an edit first"))
        return False
    return True


class INPOSE_OT_add_edit(bpy.types.Operator):
    """Add a clean-up edit for the preview range, or for the whole take. Click Apply edits to see it"""

    bl_idname = "inpose.add_edit"
    bl_label = "Add edit"
    bl_options = {"REGISTER", "UNDO"}

    kind: bpy.props.EnumProperty(name="Kind", description="What the edit does", items=KIND_ITEMS)

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Say what this kind of edit does."""
        return tr(EDIT_KIND_OF[properties.kind].description)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it at the end of the list, with the usual amount of its kind."""
        armature, scene = chosen_armature(context), context.scene
        assert armature is not None, "poll has seen one"
        edits, kind = edits_of(armature), EDIT_KIND_OF[self.kind]
        edit = edits.entries.add()
        edit.kind, edit.amount, edit.hold_hands = self.kind, kind.usual, kind.holds_hands
        edit.whole = not scene.use_preview_range
        edit.first, edit.last = (
            (scene.frame_preview_start, scene.frame_preview_end)
            if scene.use_preview_range
            else (scene.frame_start, scene.frame_end)
        )
        edits.chosen = len(edits.entries) - 1
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_remove_edit(bpy.types.Operator):
    """Remove the chosen edit. Click Apply edits to see the motion without it"""

    bl_idname = "inpose.remove_edit"
    bl_label = "Remove edit"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An edit must be chosen."""
        return _has_edit(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it, and choose the next one."""
        try:
            remove_chosen(edits_of(chosen_armature(context)))
        except TypeError:  # of a library override
            error = EditError(tr("This edit is that of the linked file, so it cannot be removed."), tr("Mute it."))
            show_error(self, context, error, "Removing")
            return {"CANCELLED"}
        return {"FINISHED"}


class INPOSE_OT_move_edit(bpy.types.Operator):
    """Apply the chosen edit earlier or later than its neighbour in the list"""

    bl_idname = "inpose.move_edit"
    bl_label = "Move edit"
    bl_options = {"REGISTER", "UNDO"}

    step: bpy.props.IntProperty(name="Step", description="-1 moves the edit up, 1 down", default=1, min=-1, max=1)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An edit must be chosen."""
        return _has_edit(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Exchange it with its neighbour."""
        return {"FINISHED"} if move_chosen(edits_of(chosen_armature(context)), self.step) else {"CANCELLED"}


class INPOSE_OT_edit_to_preview(bpy.types.Operator):
    """Give the chosen edit the frames of the preview range (press P in the timeline and drag)"""

    bl_idname = "inpose.edit_to_preview"
    bl_label = "From preview range"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An edit must be chosen, and a range be set."""
        if not _has_edit(cls, context):
            return False
        if not context.scene.use_preview_range:
            cls.poll_message_set(tr("Set a preview range first"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take the frames."""
        edit, scene = chosen_edit(chosen_armature(context)), context.scene
        edit.whole = False
        edit.first, edit.last = scene.frame_preview_start, scene.frame_preview_end
        return {"FINISHED"}


class INPOSE_MT_add_edit(bpy.types.Menu):
    """Add a clean-up edit"""

    bl_idname = "INPOSE_MT_add_edit"
    bl_label = "Add edit"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each kind."""
        for kind in EDIT_KINDS:
            self.layout.operator("inpose.add_edit", text=kind.label).kind = kind.name


CLASSES = (
    INPOSE_OT_add_edit,
    INPOSE_OT_remove_edit,
    INPOSE_OT_move_edit,
    INPOSE_OT_edit_to_preview,
    INPOSE_MT_add_edit,
)
