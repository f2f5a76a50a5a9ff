# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep in the scene which character is animated."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


def _is_armature_of_scene(settings: bpy.types.PropertyGroup, candidate: bpy.types.Object) -> bool:
    """Offer the armatures of the scene that owns the settings: those of other scenes cannot be animated here."""
    return candidate.type == "ARMATURE" and _has(settings.id_data, candidate)


class RigChoice:
    """Hold which character is animated; mixed into the scene's settings."""

    armature: bpy.props.PointerProperty(
        name="Armature",
        description="Armature of the character. If empty, the active object",
        type=bpy.types.Object,
        poll=_is_armature_of_scene,
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
    # Fast, unlike the scene's own list, in which those of excluded collections are, too.
    return context.view_layer.objects.get(candidate.name) == candidate or _has(context.scene, candidate)


def _has(scene: bpy.types.Scene, candidate: bpy.types.Object) -> bool:
    found = scene.objects.get(candidate.name)
    # A linked object may have the name of a local one.
    return found == candidate or (found is not None and candidate in scene.objects.values())
