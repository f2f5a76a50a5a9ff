# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at what an object plays without a new bake, in a scene of its own: nothing that the user sees moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..bpy_compat import assign_action
from ..core import FloatArray
from ..rig.home import home_world
from ..rig.shown import shown_copy


@dataclass(frozen=True)
class Others:
    """Say what plays when a new bake takes the place of an earlier one."""

    replaced: frozenset[str] = frozenset()
    """Names of the actions that no longer play."""
    brought_back: str = ""
    """Name of an action in a muted track that plays again."""


def played_moves(armature_object: Any, names: Sequence[str], frames: Sequence[float], others: Others) -> FloatArray:
    """Return how bones move away from their rest pose in the armature frame, (frames, bones, 4, 4).

    The frame is that of the armature object where it stands without root motion.

    Args:
        armature_object: the object.
        names: which bones.
        frames: frames of the scene, also between whole ones.
        others: what plays.
    """
    rests = np.array([np.linalg.inv(np.array(armature_object.data.bones[name].matrix_local)) for name in names])
    from_world = np.linalg.inv(home_world(armature_object))

    def look(posed: Any) -> FloatArray:
        moved: FloatArray = np.array([posed.pose.bones[name].matrix for name in names], dtype=np.float64) @ rests
        return from_world @ np.array(posed.matrix_world, dtype=np.float64) @ moved

    return np.array(_at_frames(armature_object, frames, others, look))


def played_values(
    armature_object: Any, paths: Sequence[tuple[str, str]], frames: Sequence[float], others: Others
) -> list[FloatArray]:
    """Return the values of channels, one (frames, components) for each of ``paths``, (bone, channel)."""

    def look(posed: Any) -> list[list[float]]:
        return [list(getattr(posed.pose.bones[bone], channel)) for bone, channel in paths]

    found = _at_frames(armature_object, frames, others, look)
    return [np.array([values[index] for values in found], dtype=np.float64) for index in range(len(paths))]


def played_properties(
    armature_object: Any, paths: Sequence[str], frames: Sequence[float], others: Others
) -> FloatArray:
    """Return the values of single numbers, (frames, paths), for their data paths from the armature object."""

    def look(posed: Any) -> list[float]:
        return [float(posed.path_resolve(path)) for path in paths]

    return np.array(_at_frames(armature_object, frames, others, look), dtype=np.float64)


def _at_frames(armature_object: Any, frames: Sequence[float], others: Others, look: Callable[[Any], Any]) -> list[Any]:
    found = []
    with _copy_in_own_scene(armature_object, others) as (copy, scene):
        for frame in frames:
            whole = int(np.floor(frame))
            scene.frame_set(whole, subframe=float(frame - whole))
            found.append(look(copy.evaluated_get(scene.view_layers[0].depsgraph)))
    return found


@contextmanager
def _copy_in_own_scene(armature_object: Any, others: Others) -> Iterator[tuple[Any, Any]]:
    scene = bpy.data.scenes.new("InPose playing")
    copy = shown_copy(armature_object)
    try:
        scene.collection.objects.link(copy)
        animation = copy.animation_data
        if animation is not None:
            if animation.action is not None and animation.action.name in others.replaced:
                assign_action(animation, None, None)
            for track in animation.nla_tracks:
                names = {strip.action.name for strip in track.strips if strip.action is not None}
                if names & others.replaced:
                    track.mute = True
                elif others.brought_back in names:
                    track.mute = False
        yield copy, scene
    finally:
        bpy.data.scenes.remove(scene)
        bpy.data.objects.remove(copy)
