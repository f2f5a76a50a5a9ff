# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the meshes of a character for an export, as its skin on the exported skeleton. The originals are not touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..core import FloatArray


@dataclass(frozen=True)
class MeshSource:
    """Hold one mesh object of a character, and the bone that carries it whole, if one does."""

    mesh_object: Any
    bone: str = ""


def mesh_sources(armature_object: Any, scene: Any) -> tuple[MeshSource, ...]:
    """Return the meshes that render and that a character's bones deform or carry."""
    found = []
    for candidate in scene.objects:
        if candidate.type != "MESH" or candidate.hide_render or not len(candidate.data.vertices):
            continue
        deformed = any(mod.type == "ARMATURE" and mod.object == armature_object for mod in candidate.modifiers)
        by_parent = candidate.parent == armature_object and candidate.parent_type == "ARMATURE"
        carried = _carrying_bone(candidate, armature_object)
        if deformed or by_parent or carried is not None:
            found.append(MeshSource(candidate, "" if deformed or by_parent else carried or ""))
    return tuple(found)


def copied_mesh(
    source: MeshSource, armature_object: Any, game_armature: Any, scene: Any, to_data: FloatArray
) -> tuple[Any, list[str]]:
    """Return a copy that the game armature deforms, and the modifiers that were left out.

    Args:
        source: the mesh.
        armature_object: the rig.
        game_armature: the exported armature object.
        scene: gets the copy.
        to_data: (4, 4) the armature frame at rest to the frame of the exported data.
    """
    original = source.mesh_object
    world = np.array(original.matrix_world, dtype=np.float64)
    in_armature = np.linalg.inv(np.array(armature_object.matrix_world, dtype=np.float64)) @ world
    bone = armature_object.pose.bones.get(_bone_of(original, armature_object))
    if bone is not None:  # it is where the pose has it now
        at_rest = np.array(bone.bone.matrix_local) @ np.linalg.inv(np.array(bone.matrix))
        in_armature = at_rest @ in_armature
    copy = original.copy()
    copy.data = original.data.copy()
    copy.animation_data_clear()
    copy.parent = None
    copy.matrix_world = Matrix(world.tolist())
    copy.constraints.clear()
    scene.collection.objects.link(copy)
    left_out = _apply_modifiers(copy, scene)
    matrix = to_data @ in_armature
    copy.data.transform(Matrix(matrix.tolist()), shape_keys=True)
    if np.linalg.det(matrix[:3, :3]) < 0:
        copy.data.flip_normals()
    copy.matrix_world = Matrix.Identity(4)
    copy.parent = game_armature
    copy.hide_viewport = copy.hide_select = False
    if source.bone:
        copy.vertex_groups.clear()
        group = copy.vertex_groups.new(name=source.bone)
        group.add(list(range(len(copy.data.vertices))), 1.0, "REPLACE")
    skin = copy.modifiers.new("Armature", "ARMATURE")
    skin.object = game_armature
    skin.show_viewport = False  # nothing needs the deformed mesh, and an export is faster without
    return copy, left_out


def _apply_modifiers(copy: Any, scene: Any) -> list[str]:
    """Apply all modifiers but those of armatures, and remove those. Shape keys and modifiers exclude each other: a
    modifier that would be applied is left out then, and its name is returned."""
    others = []
    for modifier in list(copy.modifiers):
        if modifier.type == "ARMATURE" or not modifier.show_render:
            copy.modifiers.remove(modifier)
        else:
            others.append(modifier)
    if not others:
        return []
    if copy.data.shape_keys is not None:
        names = [modifier.name for modifier in others]
        copy.modifiers.clear()
        return names
    for modifier in others:
        modifier.show_viewport = True
    depsgraph = scene.view_layers[0].depsgraph
    depsgraph.update()
    bare = copy.data
    copy.data = bpy.data.meshes.new_from_object(
        copy.evaluated_get(depsgraph), preserve_all_data_layers=True, depsgraph=depsgraph
    )
    copy.modifiers.clear()
    bpy.data.meshes.remove(bare)
    return []


def _carrying_bone(candidate: Any, armature_object: Any) -> str | None:
    """Return the bone from which an object hangs, directly or by way of other objects; None if it hangs elsewhere."""
    while candidate is not None:
        if candidate.parent == armature_object and candidate.parent_type == "BONE":
            return str(candidate.parent_bone)
        candidate = candidate.parent
    return None


def _bone_of(original: Any, armature_object: Any) -> str:
    return _carrying_bone(original, armature_object) or ""
