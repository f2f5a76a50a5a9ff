# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the exported skeleton as an armature object with one NLA strip per clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ..bpy_compat import ActionWriter, assign_action, new_strip_of
from ..core import FloatArray, continuous_signs, matrix_to_quaternion
from .sampling import SampledClip
from .skeleton import GameSkeleton

_ARMATURE_NAMES: Final[tuple[str, ...]] = ("Armature", "armature", "ARMATURE", "ArmaturE", "aRMATURE", "Armature_")
"""Unreal takes an object of this name, in any case, for no bone. Blender needs a name that is free."""
_MOVES: Final[float] = 1e-7
_SHORTEST: Final[float] = 1e-3


@dataclass(frozen=True)
class DataFrame:
    """Hold how the exported data are stored: their unit and axes."""

    units_per_metre: float
    y_up: bool
    """The data have Y up, and the object turns them upright: an exporter to Y up then writes an object without
    rotation."""

    @property
    def matrix(self) -> FloatArray:
        """Return the game frame to the frame of the data, (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.turn * self.units_per_metre
        return matrix

    @property
    def turn(self) -> FloatArray:
        """Return the rotation of `matrix`, (3, 3)."""
        return np.array(((1, 0, 0), (0, 0, 1), (0, -1, 0)), dtype=np.float64) if self.y_up else np.eye(3)


def build_armature(
    context: bpy.types.Context,
    scene: Any,
    skeleton: GameSkeleton,
    rest: FloatArray,
    lengths_m: FloatArray,
    data: DataFrame,
) -> Any:
    """Return a new armature object with the exported bones at rest.

    Args:
        context: the window shows the scene.
        scene: gets the object.
        skeleton: the bones.
        rest: (B, 4, 4) their matrices in the game frame, without scale.
        lengths_m: (B,)
        data: how the data are stored.
    """
    armature = bpy.data.armatures.new("InPose export")
    name = next((name for name in _ARMATURE_NAMES if name not in bpy.data.objects), _ARMATURE_NAMES[0])
    game_armature = bpy.data.objects.new(name, armature)
    scene.collection.objects.link(game_armature)
    context.view_layer.objects.active = game_armature
    bpy.ops.object.mode_set(mode="EDIT")
    parents = skeleton.parents
    for bone, matrix, length_m in zip(skeleton.bones, rest, lengths_m, strict=True):
        edit = armature.edit_bones.new(bone.name)
        edit.tail = (0.0, max(length_m * data.units_per_metre, _SHORTEST), 0.0)
        placed = np.eye(4)
        placed[:3, :3] = data.turn @ matrix[:3, :3]
        placed[:3, 3] = data.matrix[:3, :3] @ matrix[:3, 3]
        edit.matrix = Matrix(placed.tolist())
    for bone, parent in zip(skeleton.bones, parents, strict=True):
        if parent >= 0:
            armature.edit_bones[bone.name].parent = armature.edit_bones[skeleton.names[parent]]
    bpy.ops.object.mode_set(mode="OBJECT")
    game_armature.matrix_world = Matrix(np.linalg.inv(_homogeneous(data.turn)).tolist())
    return game_armature


def add_clips(game_armature: Any, skeleton: GameSkeleton, clips: Sequence[SampledClip], data: DataFrame) -> None:
    """Write each clip as an action from frame 0 on, in an NLA track and strip with the name of the clip."""
    bones = game_armature.data.bones
    rest = np.array([np.array(bones[name].matrix_local, dtype=np.float64) for name in skeleton.names])
    animation = game_armature.animation_data_create()
    for sampled in clips:
        writer = ActionWriter(sampled.clip.name, game_armature)
        for place, bone in enumerate(skeleton.bones):
            basis = _basis(sampled, place, skeleton.parents[place], rest, data)
            path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"]'
            wxyz = continuous_signs(matrix_to_quaternion(basis[:, :3, :3]))
            _write(writer, f"{path}.rotation_quaternion", bone.name, wxyz)
            if np.abs(basis[:, :3, 3]).max() > _MOVES * data.units_per_metre:
                _write(writer, f"{path}.location", bone.name, basis[:, :3, 3])
        track = animation.nla_tracks.new()
        track.name = sampled.clip.name
        strip = new_strip_of(track, writer.action, writer.slot, 0)
        strip.name = sampled.clip.name
        strip.frame_start, strip.frame_end = 0, max(len(sampled.clip) - 1, 1)
    assign_action(animation, None, None)


def _basis(
    sampled: SampledClip, place: int, parent: int, rest: NDArray[np.float64], data: DataFrame
) -> NDArray[np.float64]:
    """Return the channels of a bone as matrices (F, 4, 4): its movement away from rest, relative to its parent."""
    posed = _posed(sampled, place, data)
    if parent < 0:
        return np.linalg.inv(rest[place]) @ posed
    local_rest = np.linalg.inv(rest[parent]) @ rest[place]
    return np.linalg.inv(local_rest) @ np.linalg.inv(_posed(sampled, parent, data)) @ posed


def _posed(sampled: SampledClip, place: int, data: DataFrame) -> NDArray[np.float64]:
    matrices = np.zeros((len(sampled.heads_m), 4, 4))
    matrices[:, :3, :3] = data.turn @ sampled.rotations[:, place].astype(np.float64)
    matrices[:, :3, 3] = sampled.heads_m[:, place] @ data.matrix[:3, :3].T
    matrices[:, 3, 3] = 1.0
    return matrices


def _write(writer: ActionWriter, path: str, group: str, values: FloatArray) -> None:
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    points = np.empty((len(values), 2), dtype=np.float32)
    points[:, 0] = np.arange(len(values))
    for index in range(values.shape[1]):
        curve = writer.new_curve(path, index, group)
        curve.keyframe_points.add(len(values))
        points[:, 1] = values[:, index]
        curve.keyframe_points.foreach_set("co", points.ravel())
        curve.keyframe_points.foreach_set("interpolation", np.full(len(values), linear, dtype=np.int32))
        curve.update()


def _homogeneous(rotation: FloatArray) -> FloatArray:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    return matrix
