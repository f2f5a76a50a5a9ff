# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pose of a character in every frame of a clip, as Blender evaluates it, with all constraints and layers.

A scene of its own evaluates the character and what it depends on, and nothing else: that is faster than the user's
scene, whose frame, pose and selection stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core import FloatArray
from ..rig.home import home_world
from ..rig.measure import RigMeasure
from ..rig.shown import shown
from .clips import Clip, played
from .skeleton import GameSkeleton

BLENDER_FROM_CORE: Final[FloatArray] = np.array(((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)))
"""A character that faces +Z with Y up faces -Y with Z up, as Blender's exporters expect."""


@dataclass(frozen=True)
class SampledClip:
    """Hold the poses of a clip in the game frame: metres, Z up, facing -Y, the origin on the floor at the rig."""

    clip: Clip
    fps: float
    rotations: NDArray[np.float32]
    """(F, B, 3, 3) of the bones of the game skeleton."""
    heads_m: NDArray[np.float64]
    """(F, B, 3)"""
    largest_stretch: tuple[float, str]
    """By how much a bone is scaled at most, as a share, and which bone."""


@dataclass(frozen=True)
class GameFrame:
    """Hold how the scene's world becomes the frame of the exported character."""

    matrix: FloatArray
    """(4, 4) world to game frame."""
    reference: FloatArray
    """(4, 4) matrix of the armature object that belongs to it: where the rig stands, whatever root motion moves."""

    @classmethod
    def of(cls, armature_object: Any, measure: RigMeasure) -> GameFrame:
        """Return the frame in which the rig stands at the origin and faces -Y."""
        matrix = np.eye(4)
        matrix[:3, :3] = BLENDER_FROM_CORE @ measure.R_world_core.T * measure.metres_per_unit
        matrix[:3, 3] = -matrix[:3, :3] @ measure.origin_world
        return cls(matrix, home_world(armature_object))

    @property
    def rest(self) -> FloatArray:
        """Return the matrix from the armature frame at rest to the game frame, (4, 4)."""
        return self.matrix @ self.reference


def sample_clips(
    armature_object: Any,
    scene: Any,
    clips: tuple[Clip, ...],
    skeleton: GameSkeleton,
    rest: FloatArray,
    frame: GameFrame,
) -> tuple[SampledClip, ...]:
    """Return the poses of all clips; nothing of the user's scene changes. A new bone stays at ``rest``, (B, 4, 4)."""
    own = bpy.data.scenes.new("InPose export")
    try:
        own.render.fps, own.render.fps_base = scene.render.fps, scene.render.fps_base
        fps = scene.render.fps / scene.render.fps_base
        sampled = []
        with shown(armature_object) as seen:
            own.collection.objects.link(seen)
            for clip in clips:
                with played(seen, clip):
                    sampled.append(_sample(seen, own, clip, skeleton, rest, frame, fps))
        return tuple(sampled)
    finally:
        bpy.data.scenes.remove(own)


def _sample(
    armature_object: Any, own: Any, clip: Clip, skeleton: GameSkeleton, rest: FloatArray, frame: GameFrame, fps: float
) -> SampledClip:
    bones = armature_object.data.bones
    place_of = {bone.name: place for place, bone in enumerate(armature_object.pose.bones)}
    # A new root is none of the rig's bones: any row stands for it, and is replaced at the end.
    places = np.array([place_of.get(bone.name, 0) for bone in skeleton.bones])
    is_new = np.array([bone.is_new for bone in skeleton.bones])
    rest_scale = float(np.linalg.norm(frame.rest[:3, :3], axis=0).mean())
    flat = np.empty(16 * len(bones), dtype=np.float32)
    rotations = np.empty((len(clip), len(places), 3, 3), dtype=np.float32)
    heads_m = np.empty((len(clip), len(places), 3))
    stretch, stretched = 0.0, ""
    to_game = frame.matrix
    for row in range(len(clip)):
        own.frame_set(clip.first_frame + row)
        posed = armature_object.evaluated_get(own.view_layers[0].depsgraph)
        world = np.array(posed.matrix_world, dtype=np.float64)
        if row == 0:  # an object that moves begins where the rig stands
            to_game = frame.rest @ np.linalg.inv(world)
        posed.pose.bones.foreach_get("matrix", flat)
        matrices = (to_game @ world) @ flat.reshape(-1, 4, 4).transpose(0, 2, 1)[places].astype(np.float64)
        rotations[row], scales = _split(matrices[:, :3, :3])
        heads_m[row] = matrices[:, :3, 3]
        change = np.where(is_new, 0.0, np.abs(scales / rest_scale - 1.0).max(axis=1))
        if change.max() > stretch:
            stretch, stretched = float(change.max()), skeleton.names[int(change.argmax())]
    rotations[:, is_new], heads_m[:, is_new] = rest[is_new, :3, :3], rest[is_new, :3, 3]
    return SampledClip(clip, fps, rotations, heads_m, (stretch, stretched))


def _split(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rotations of matrices (B, 3, 3) without scale and shear, and the scales (B, 3); a bone keeps its
    direction."""
    scales = np.maximum(np.linalg.norm(matrices, axis=1), 1e-12)
    along = matrices[:, :, 1] / scales[:, 1:2]
    side = matrices[:, :, 0] - along * np.einsum("bi,bi->b", along, matrices[:, :, 0])[:, None]
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12)
    return np.stack((side, along, np.cross(side, along)), axis=2), scales
