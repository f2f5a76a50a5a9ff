# SPDX-License-Identifier: GPL-3.0-or-later
"""Import exported files with Blender's own importers, and read the places of the joints from its evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from inpose_blender.bpy_compat import all_curves, assign_action
from inpose_blender.export.clips import find_clips, played
from inpose_blender.export.sampling import GameFrame
from inpose_blender.rig.prepare import prepare_rig

BONE_SHAPE = "Icosphere"
"""The glTF importer draws bones with it."""


@dataclass(frozen=True)
class Imported:
    """Hold what an importer made of a file."""

    armature: Any
    places_m: dict[str, dict[str, np.ndarray]]
    """Clip to bone to path, (F, 3), Z up."""
    fps: float
    meshes: tuple[str, ...]
    parents: dict[str, str]


def import_file(path: Path, fps: float = 24.0) -> Imported:
    """Import a file into an empty Blender; the glTF importer wants to know the frame rate."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = round(fps)
    if path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif path.suffix == ".bvh":
        bpy.ops.import_anim.bvh(filepath=str(path), global_scale=0.01, update_scene_fps=True)
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    (armature,) = (each for each in bpy.data.objects if each.type == "ARMATURE")
    scene = bpy.context.scene
    _disconnect(armature)
    places = {}
    for action in list(bpy.data.actions):
        if not any(curve.data_path.startswith("pose.") for curve in all_curves(action)):
            continue  # of shape keys
        if armature.animation_data.action is not action:
            slot = action.slots[0] if hasattr(action, "slots") else None
            assign_action(armature.animation_data, action, slot)
        for track in armature.animation_data.nla_tracks:
            track.mute = True
        first, last = (round(frame) for frame in action.frame_range)
        rows = []
        for frame in range(first, last + 1):
            scene.frame_set(frame)
            rows.append([np.array(armature.matrix_world @ bone.head) for bone in armature.pose.bones])
        paths = np.array(rows)
        names = [bone.name for bone in armature.pose.bones]
        places[action.name] = {name: paths[:, index] for index, name in enumerate(names)}
    return Imported(
        armature,
        places,
        scene.render.fps / scene.render.fps_base,
        tuple(sorted(each.name for each in bpy.data.objects if each.type == "MESH" and each.name != BONE_SHAPE)),
        {bone.name: bone.parent.name if bone.parent else "" for bone in armature.data.bones},
    )


def _disconnect(armature: Any) -> None:
    """Let bones move: the FBX importer connects a bone that begins where its parent ends, and Blender then ignores its
    location."""
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in armature.data.edit_bones:
        bone.use_connect = False
    bpy.ops.object.mode_set(mode="OBJECT")


def played_places_m(rig: Any) -> dict[str, dict[str, np.ndarray]]:
    """Return what the rig plays in the user's scene, in the game frame: clip to bone to path, (F, 3)."""
    scene = bpy.context.scene
    frame = GameFrame.of(rig, prepare_rig(rig, scene).measure).matrix
    places = {}
    before = scene.frame_current
    for clip in find_clips(rig, scene, "takes"):
        with played(rig, clip):
            rows = []
            for number in range(clip.first_frame, clip.last_frame + 1):
                scene.frame_set(number)
                rows.append([np.array(rig.matrix_world @ bone.head) for bone in rig.pose.bones])
        paths = np.array(rows) @ frame[:3, :3].T + frame[:3, 3]
        places[clip.name] = {bone.name: paths[:, index] for index, bone in enumerate(rig.pose.bones)}
    scene.frame_set(before)
    return places


def largest_distance_m(imported: Imported, played: dict[str, dict[str, np.ndarray]]) -> float:
    """Return the largest distance of a joint from its place, over all clips; the clips have the same frames."""
    by_name = {own_name(name, played): places for name, places in imported.places_m.items()}
    assert sorted(by_name) == sorted(played)
    worst = 0.0
    for clip, places in by_name.items():
        for bone, path in places.items():
            if bone in played[clip]:
                assert path.shape == played[clip][bone].shape
                worst = max(worst, float(np.linalg.norm(path - played[clip][bone], axis=1).max()))
    return worst


def own_name(action_name: str, clips: dict[str, Any]) -> str:
    """Return the clip that an importer's action stands for: importers add names of objects and layers."""
    parts = action_name.split("|")
    found = [clip for clip in clips if clip in parts or action_name.startswith(f"{clip}_")]
    return found[0] if found else action_name
