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
    if chosen is not None and _is_in_scene(chosen, context):
        return chosen
    active = context.view_layer.objects.active
    if active is None or active.type == "ARMATURE":
        return active
    return active.find_armature()


def _is_in_scene(candidate: bpy.types.Object, context: bpy.types.Context) -> bool:
    """Return whether an object can be found in the scene; panels ask this at each draw."""
    name = candidate.name
    if context.view_layer.objects.get(name) == candidate:  # fast, unlike the scene's own list
        return True
    found = context.scene.objects.get(name)  # in an excluded collection
    # A linked object may have the name of a local one.
    return found == candidate or (found is not None and candidate in context.scene.objects.values())
