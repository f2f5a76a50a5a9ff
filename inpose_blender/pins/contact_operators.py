# SPDX-License-Identifier: GPL-3.0-or-later
"""Put feet, hands or the seat of the character on an object."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy

from ..bake.operators import has_take
from ..errors import InPoseError
from ..rig.properties import chosen_armature
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .operators import keep_chosen
from .properties import CONTACT_ITEMS, is_surface, pins_of


class INPOSE_OT_add_contact(bpy.types.Operator):
    """Put feet, a hand or the body on the object at the current frame, to follow it when it moves. Then solve again"""

    bl_idname = "inpose.add_contact"
    bl_label = "Add contact"
    bl_options = {"REGISTER", "UNDO"}

    contact: bpy.props.EnumProperty(name="Contact", description="What touches the object", items=CONTACT_ITEMS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An object must be chosen, and something must have been solved for the armature."""
        if not has_take(cls, context):
            return False
        if touched_object(context, chosen_armature(context)) is None:
            cls.poll_message_set(tr("Choose the object in the panel Contacts, or select it"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the pins, each with its handle on the object."""
        from .contacts import hold_on, sit_on, stand_on

        armature = chosen_armature(context)
        thing = touched_object(context, armature)
        try:
            if self.contact == "sit":
                sit_on(context, armature, thing)
            elif self.contact in {"left_hand", "right_hand"}:
                hold_on(context, armature, thing, ("left_hand", "right_hand").index(self.contact))
            else:
                stand_on(context, armature, thing, {"left_foot": (0,), "right_foot": (1,)}.get(self.contact, (0, 1)))
        except InPoseError as error:
            show_error(self, context, error, "Adding a contact")
            return {"CANCELLED"}
        assert armature is not None, "poll has seen one"
        keep_chosen(context, armature)
        pins_of(armature).surface = thing
        clear_error(context)
        return {"FINISHED"}


def touched_object(context: bpy.types.Context, armature: Any) -> Any:
    """Return the object that a contact would be with: the chosen one, or the active one; None without either."""
    chosen = pins_of(armature).surface
    if is_surface(chosen) and chosen.name in context.scene.objects:
        return chosen
    active = context.view_layer.objects.active
    wears = active is not None and active.find_armature() == armature
    return active if is_surface(active) and not wears else None


CLASSES = (INPOSE_OT_add_contact,)
