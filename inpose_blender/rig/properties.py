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
    """Return the armature to animate: the chosen one, the active one, or the one that deforms the active mesh.

    Blender keeps a deleted object while it is chosen, so the chosen one counts only if it is in the scene.
    """
    chosen = context.scene.inpose.armature
    if chosen is not None and _is_in_scene(chosen, context.scene):
        return chosen
    active = context.view_layer.objects.active
    if active is None or active.type == "ARMATURE":
        return active
    return active.find_armature()


def _is_in_scene(candidate: bpy.types.Object, scene: bpy.types.Scene) -> bool:
    found = scene.objects.get(candidate.name)
    # A linked object may have the name of a local one.
    return found == candidate or (found is not None and candidate in scene.objects.values())
