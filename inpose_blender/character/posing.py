# SPDX-License-Identifier: GPL-3.0-or-later
"""Pose an armature at some frames, in a scene of its own: nothing that the user sees moves or is evaluated for it."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ..core import FloatArray
from ..rig.shown import shown

_SLICE_S: Final[float] = 0.012
"""Time after which the posing pauses, so that Blender can draw."""


@dataclass(frozen=True)
class PosedBones:
    """Hold how bones of an armature move away from their rest pose, in the armature frame."""

    frames: tuple[int, ...]
    moves: dict[str, FloatArray]
    """For each bone (frames, 4, 4): the matrix from the rest position of a point to where the bone carries it."""


def pose_bones(
    armature_object: Any, names: Iterable[str], frames: Sequence[int], limit_s: float
) -> Generator[None, None, PosedBones]:
    """Evaluate bones at frames, pausing now and then so that Blender can draw; close it to take back what it made.

    Args:
        armature_object: the armature, with the action that moves it.
        names: which bones.
        frames: which frames of the scene, the most needed first.
        limit_s: after this time no more frames are evaluated: a rig may be slow.
    """
    names = list(names)
    rests = np.array([np.linalg.inv(np.array(armature_object.data.bones[name].matrix_local)) for name in names])
    scene = bpy.data.scenes.new("InPose check")
    done: list[int] = []
    posed: list[FloatArray] = []
    spent_s, paused = 0.0, time.perf_counter()
    try:
        with shown(armature_object) as seen:
            scene.collection.objects.link(seen)
            for frame in frames:
                began = time.perf_counter()
                scene.frame_set(frame)
                pose = seen.evaluated_get(scene.view_layers[0].depsgraph).pose.bones
                posed.append(np.array([pose[name].matrix for name in names], dtype=np.float64) @ rests)
                done.append(frame)
                spent_s += time.perf_counter() - began
                if spent_s > limit_s:
                    break
                if time.perf_counter() - paused > _SLICE_S:
                    yield
                    paused = time.perf_counter()
    finally:
        with suppress(ReferenceError):  # another file was opened in a pause
            bpy.data.scenes.remove(scene)
    order = np.argsort(done)
    moves = np.array(posed)[order]
    return PosedBones(
        tuple(done[index] for index in order), {name: moves[:, index] for index, name in enumerate(names)}
    )


def spread_frames(first: int, last: int, most: int) -> list[int]:
    """Return frames from all over a range, so that also the first few of them are from all over it."""
    count = min(most, last - first + 1)
    even = [round(value) for value in np.linspace(first, last, count)]
    # Van der Corput's order: each next one falls into the largest gap.
    order = sorted(range(count), key=lambda index: int(f"{index:010b}"[::-1], 2))
    return list(dict.fromkeys(even[index] for index in order))
