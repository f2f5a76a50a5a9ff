# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, select and remove pins."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..bake.operators import has_take
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.lists import remove_chosen
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .handles import choose_only, remove_handle
from .properties import CONTACT_ITEMS, FOOT_ITEMS, JOINT_ITEMS, KIND_ITEMS, chosen_pin, pins_of


def _has_pin(operator: Any, context: bpy.types.Context) -> bool:
    if not has_take(operator, context):
        return False
    if chosen_pin(chosen_armature(context)) is None:
        operator.poll_message_set(tr("Choose a pin first"))
        return False
    return True


class INPOSE_OT_add_pin(bpy.types.Operator):
    """Pin a joint at the current frame. Move the handle to the place where the joint should be, then solve again"""

    bl_idname = "inpose.add_pin"
    bl_label = "Add pin"
    bl_options = {"REGISTER", "UNDO"}

    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=JOINT_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put a handle where the joint is now."""
        from .adding import add_pin_where_solved

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        try:
            pin = add_pin_where_solved(context, armature, self.joint)
        except InPoseError as error:
            show_error(self, context, error, "Adding a pin")
            return {"CANCELLED"}
        keep_chosen(context, armature)
        choose_only(context, pin.handle)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_add_stance(bpy.types.Operator):
    """Say that a foot stands on the ground, or that it does not, from the current frame on"""

    bl_idname = "inpose.add_stance"
    bl_label = "Add stance"
    bl_options = {"REGISTER", "UNDO"}

    joint: bpy.props.EnumProperty(name="Joint", description="The joint that the pin holds", items=FOOT_ITEMS)
    kind: bpy.props.EnumProperty(name="Kind", description="What the pin says", items=KIND_ITEMS[1:3])

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been solved for the armature."""
        return has_take(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add an entry of half a second; its frames can be changed in the panel."""
        from .adding import add_stance

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        add_stance(context, armature, self.joint, self.kind)
        keep_chosen(context, armature)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_pin_pose(bpy.types.Operator):
    """Pin the selected bones as they are posed now, at the current frame"""

    bl_idname = "inpose.pin_pose"
    bl_label = "Pin the pose"
    bl_options = {"REGISTER", "UNDO"}

    use_position: bpy.props.BoolProperty(name="Position", description="Pin where the joints are", default=True)
    use_rotation: bpy.props.BoolProperty(name="Rotation", description="Pin how the joints are turned", default=True)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Bones must be selected in Pose Mode."""
        if not has_take(cls, context):
            return False
        if context.mode != "POSE" or not context.selected_pose_bones:
            cls.poll_message_set(tr("Select bones in Pose Mode"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Pin each selected bone that stands for a joint."""
        from .adding import add_pins_as_posed

        armature = chosen_armature(context)
        assert armature is not None, "poll has seen one"
        try:
            add_pins_as_posed(context, armature, self.use_position, self.use_rotation)
        except InPoseError as error:
            show_error(self, context, error, "Adding a pin")
            return {"CANCELLED"}
        keep_chosen(context, armature)
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_remove_pin(bpy.types.Operator):
    """Remove the chosen pin and its handle. Solve again to see the motion without it"""

    bl_idname = "inpose.remove_pin"
    bl_label = "Remove pin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A pin must be chosen."""
        return _has_pin(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it, and choose the next one."""
        armature = chosen_armature(context)
        pins = pins_of(armature)
        keep_chosen(context, armature)
        remove_handle(pins.entries[pins.chosen].handle)
        remove_chosen(pins)
        return {"FINISHED"}


class INPOSE_OT_select_pin(bpy.types.Operator):
    """Select the handle of the chosen pin, and go to its frame"""

    bl_idname = "inpose.select_pin"
    bl_label = "Select handle"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A pin must be chosen."""
        return _has_pin(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select it."""
        armature = chosen_armature(context)
        pin = chosen_pin(armature)
        if pin.kind in {"stands", "lifts"}:
            context.scene.frame_set(pin.first)
            return {"FINISHED"}
        if pin.handle is None or pin.handle.name not in context.view_layer.objects:
            show_error(self, context, _handle_is_gone(), "Selecting a pin")
            return {"CANCELLED"}
        keep_chosen(context, armature)
        if not pin.first <= context.scene.frame_current <= pin.last:
            context.scene.frame_set(pin.first)
        choose_only(context, pin.handle)
        return {"FINISHED"}


class INPOSE_MT_add_pin(bpy.types.Menu):
    """Pin a joint at the current frame"""

    bl_idname = "INPOSE_MT_add_pin"
    bl_label = "Add pin"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each joint."""
        for joint, label, _, _ in JOINT_ITEMS:
            self.layout.operator("inpose.add_pin", text=label).joint = joint
        self.layout.separator()
        for contact, label, _, _ in CONTACT_ITEMS:
            self.layout.operator("inpose.add_contact", text=label).contact = contact
        self.layout.separator()
        for kind, name in (("stands", "{joint} stands"), ("lifts", "{joint} does not stand")):
            for joint, label, _, _ in FOOT_ITEMS:
                entry = self.layout.operator("inpose.add_stance", text=tr(name, joint=tr(label)), translate=False)
                entry.joint, entry.kind = joint, kind


def keep_chosen(context: bpy.types.Context, armature: Any) -> None:
    """Choose the armature for good: the handle becomes the active object, and the panel must not lose the character."""
    if context.scene.inpose.armature is None:
        context.scene.inpose.armature = armature


def _handle_is_gone() -> InPoseError:
    return InPoseError(tr("The handle of this pin is gone."), tr("Remove the pin, or undo."))


CLASSES = (
    INPOSE_OT_add_pin,
    INPOSE_OT_add_stance,
    INPOSE_OT_pin_pose,
    INPOSE_OT_remove_pin,
    INPOSE_OT_select_pin,
    INPOSE_MT_add_pin,
)
