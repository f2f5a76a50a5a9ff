# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe the exported skeleton as BVH: centimetres, Y up, facing +Z, the rig's own rest pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..core import BvhAnimation, FloatArray, continuous_signs, matrix_to_quaternion
from .notes import ExportNote
from .sampling import BLENDER_FROM_CORE, SampledClip
from .skeleton import GameSkeleton

_CENTIMETRES: Final[float] = 100.0
_TOLERANCE_M: Final[float] = 1e-3


@dataclass(frozen=True)
class NotedBvh:
    """Hold a BVH animation, and what it cannot contain."""

    value: BvhAnimation
    notes: tuple[ExportNote, ...]


def bvh_animation(skeleton: GameSkeleton, rest: FloatArray, lengths_m: FloatArray, sampled: SampledClip) -> NotedBvh:
    """Return a clip as BVH: rotations away from the rest pose, and the path of the top bone.

    Bones right below the top bone have a path, too, where they move against it: in MMD, trunk and hips hang from one
    bone that stays on the floor.
    """
    skeleton, rest, lengths_m, sampled = _below_the_root(skeleton, rest, lengths_m, sampled)
    parents, names = skeleton.parents, tuple("_".join(name.split()) for name in skeleton.names)
    to_core = BLENDER_FROM_CORE.T
    heads_m = rest[:, :3, 3] @ BLENDER_FROM_CORE
    turns = to_core @ (sampled.rotations.astype(np.float64) @ rest[:, :3, :3].swapaxes(1, 2)) @ to_core.T
    local = turns.copy()
    offsets_m = heads_m.copy()
    for bone, parent in enumerate(parents):
        if parent >= 0:
            local[:, bone] = turns[:, parent].swapaxes(1, 2) @ turns[:, bone]
            offsets_m[bone] = heads_m[bone] - heads_m[parent]
    with_children = set(parents)
    tails = (rest[:, :3, 1] * lengths_m[:, None]) @ BLENDER_FROM_CORE * _CENTIMETRES
    top = parents.index(-1)
    places_m = sampled.heads_m @ BLENDER_FROM_CORE
    paths_m = _paths_below(top, parents, turns, offsets_m, places_m)
    animation = BvhAnimation(
        names,
        parents,
        offsets_m * _CENTIMETRES,
        {names[bone]: tails[bone] for bone in range(len(names)) if bone not in with_children},
        continuous_signs(matrix_to_quaternion(local)),
        places_m[:, top] * _CENTIMETRES,
        sampled.fps,
        {names[bone]: path_m * _CENTIMETRES for bone, path_m in paths_m.items()},
    )
    return NotedBvh(animation, _misplaced(skeleton, turns, offsets_m, places_m, paths_m))


def _below_the_root(
    skeleton: GameSkeleton, rest: FloatArray, lengths_m: FloatArray, sampled: SampledClip
) -> tuple[GameSkeleton, FloatArray, FloatArray, SampledClip]:
    """Leave out a top bone with a single child, because only the top of a BVH skeleton has a path: that of the hips."""
    while skeleton.parents.count(0) == 1:
        _, child, *others = skeleton.bones
        skeleton = GameSkeleton((replace(child, parent=""), *others), "")
        rest, lengths_m = rest[1:], lengths_m[1:]
        sampled = replace(sampled, rotations=sampled.rotations[:, 1:], heads_m=sampled.heads_m[:, 1:])
    return skeleton, rest, lengths_m, sampled


def _paths_below(
    top: int, parents: tuple[int, ...], turns: FloatArray, offsets_m: FloatArray, places_m: FloatArray
) -> dict[int, FloatArray]:
    """Return the place in the top bone, (F, 3), of each bone right below it that moves against it."""
    paths_m = {}
    for bone in (bone for bone, parent in enumerate(parents) if parent == top):
        path_m = np.einsum("fij,fi->fj", turns[:, top], places_m[:, bone] - places_m[:, top])
        if np.linalg.norm(path_m - offsets_m[bone], axis=1).max() > _TOLERANCE_M:
            paths_m[bone] = path_m
    return paths_m


def _misplaced(
    skeleton: GameSkeleton,
    turns: FloatArray,
    offsets_m: FloatArray,
    places_m: FloatArray,
    paths_m: Mapping[int, FloatArray],
) -> tuple[ExportNote, ...]:
    """Return a note if bones of fixed length do not reach all places."""
    reached_m = places_m.copy()
    for bone, parent in enumerate(skeleton.parents):
        if parent >= 0 and bone not in paths_m:
            reached_m[:, bone] = reached_m[:, parent] + turns[:, parent] @ offsets_m[bone]
    errors_m = np.linalg.norm(reached_m - places_m, axis=2).max(axis=0)
    worst = int(errors_m.argmax())
    if errors_m[worst] <= _TOLERANCE_M:
        return ()
    values = (("bone", skeleton.names[worst]), ("mm", f"{1000 * errors_m[worst]:.0f}"))
    return (ExportNote("bone_length", values),)
