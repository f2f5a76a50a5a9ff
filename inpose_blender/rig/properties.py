# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene which character is animated."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


def _is_armature(_self: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


class RigChoice:
    """Hold which character is animated; mixed into the scene's settings."""

    armature: bpy.props.PointerProperty(
        name="Armature",
        description="Armature of the character. If empty, the active object",
        type=bpy.types.Object,
        poll=_is_armature,
    )


def chosen_armature(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the armature to animate: the chosen one, the active one, or the one that deforms the active mesh."""
    chosen = context.scene.inpose.armature
    if chosen is not None:
        return chosen
    active = context.view_layer.objects.active
    if active is None or active.type == "ARMATURE":
        return active
    return active.find_armature()
