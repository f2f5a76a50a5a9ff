# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the bones that a game engine needs, and make them one tree.

An engine needs the bones that deform meshes, and a root. In control rigs, deform bones hang from helper bones, which
have no use outside of Blender. So the parent of a deform bone becomes the nearest deform bone above it, or a deform
bone at the same place as a helper above it: in Rigify, DEF-thigh.L hangs from ORG-spine, and DEF-spine is at the same
place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import FloatArray, RigError

ROOT_NAME: Final[str] = "root"
_SAME_PLACE: Final[float] = 1e-4
"""Of the height of the skeleton."""
_LOW: Final[float] = 0.1
"""A root bone is no higher than this above the floor, of the height of the skeleton."""


@dataclass(frozen=True)
class GameBone:
    """Hold one bone of the exported skeleton."""

    name: str
    parent: str
    """Empty for the top of the tree."""
    is_new: bool = False
    """It is no bone of the rig."""


@dataclass(frozen=True)
class GameSkeleton:
    """Hold the exported skeleton: one tree, parents first."""

    bones: tuple[GameBone, ...]
    root: str
    """The bone on the floor that carries all others; empty if there is none."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the bones."""
        return tuple(bone.name for bone in self.bones)

    @property
    def parents(self) -> tuple[int, ...]:
        """Return the index of each bone's parent, -1 for none."""
        index = {name: place for place, name in enumerate(self.names)}
        return tuple(index.get(bone.parent, -1) for bone in self.bones)


@dataclass(frozen=True)
class RestPlace:
    """Hold where a bone of a rig rests, in the armature frame."""

    name: str
    parent: str
    head: FloatArray
    tail: FloatArray
    deforms: bool


def rest_places(armature_data: Any) -> tuple[RestPlace, ...]:
    """Return all bones of an armature, parents first."""
    return tuple(
        RestPlace(
            bone.name,
            bone.parent.name if bone.parent else "",
            np.array(bone.head_local, dtype=np.float64),
            np.array(bone.tail_local, dtype=np.float64),
            bool(bone.use_deform),
        )
        for bone in _parents_first(armature_data.bones)
    )


def game_skeleton(
    bones: Sequence[RestPlace],
    floor: float,
    up: FloatArray,
    *,
    whole: str,
    carriers: Collection[str],
    root: bool,
) -> GameSkeleton:
    """Return the skeleton to export.

    Args:
        bones: all bones of the rig, parents first.
        floor: the height of the floor along ``up``, in the armature frame.
        up: (3,) unit vector in the armature frame.
        whole: the bone above the hips that carries the whole rig; empty if there is none.
        carriers: bones that carry objects: they are exported even if they deform nothing.
        root: a bone on the floor must carry all others.

    Raises:
        RigError: no bone of the rig deforms anything.
    """
    by_name = {bone.name: bone for bone in bones}
    kept = {bone.name for bone in bones if bone.deforms or bone.name in carriers}
    if not kept:
        raise RigError("No bone of the rig deforms anything.", "Switch on Deform for the bones of the body.")
    height = float(np.ptp([bone.head @ up for bone in bones])) or 1.0
    is_low = bool(whole) and float(by_name[whole].head @ up) <= floor + _LOW * height
    kept |= {whole} if is_low else set()
    parents = _parents(bones, kept, _SAME_PLACE * height)
    tops = [name for name in kept if not parents[name]]
    top = whole if is_low else ""
    if not top and (root or len(tops) > 1):
        top = _free_name(by_name)
    if top:
        parents |= {name: top for name in tops if name != top}
        parents[top] = ""
    names = [bone.name for bone in bones if bone.name in kept]
    names = names if top in kept else [top, *names] if top else names
    ordered = (GameBone(name, parents[name], is_new=name not in by_name) for name in _in_order(names, parents))
    return GameSkeleton(tuple(ordered), top)


def _parents(bones: Sequence[RestPlace], kept: Collection[str], near: float) -> dict[str, str]:
    """Return the parent of each kept bone among the kept ones; empty for a top."""
    by_name = {bone.name: bone for bone in bones}
    cell = np.full(3, near)
    twins: dict[tuple[int, ...], list[str]] = {}
    for bone in bones:
        if bone.name in kept:
            twins.setdefault(_cell(bone, cell), []).append(bone.name)
    parents: dict[str, str] = {}
    for bone in bones:
        if bone.name not in kept:
            continue
        parents[bone.name] = ""
        above = bone.parent
        while above:
            found = above if above in kept else _twin(by_name[above], bone.name, twins, by_name, cell)
            if found and not _leads_to(found, bone.name, parents):
                parents[bone.name] = found
                break
            above = by_name[above].parent
    return parents


def _twin(
    helper: RestPlace,
    child: str,
    twins: Mapping[tuple[int, ...], list[str]],
    by_name: Mapping[str, RestPlace],
    cell: FloatArray,
) -> str:
    """Return a kept bone at the place of a helper bone that does not hang from the child; else an empty name."""
    above = {name: bone.parent for name, bone in by_name.items()}
    return next((name for name in twins.get(_cell(helper, cell), ()) if not _leads_to(name, child, above)), "")


def _leads_to(name: str, target: str, parents: Mapping[str, str]) -> bool:
    """Say whether a bone is another one, or hangs from it."""
    while name and name != target:
        name = parents.get(name, "")
    return bool(name)


def _cell(bone: RestPlace, cell: FloatArray) -> tuple[int, ...]:
    ends = np.concatenate((bone.head / cell, bone.tail / cell))
    return tuple(int(value) for value in np.round(ends))


def _in_order(names: Sequence[str], parents: Mapping[str, str]) -> list[str]:
    """Return names so that parents come first."""
    done: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        ready = [name for name in waiting if not parents[name] or parents[name] in done]
        assert ready, "bones are no tree"
        done |= dict.fromkeys(ready)
        waiting = [name for name in waiting if name not in done]
    return list(done)


def _free_name(taken: Collection[str]) -> str:
    candidates = (ROOT_NAME, "Root", "game_root", *(f"{ROOT_NAME}.{number:03d}" for number in range(1, 1000)))
    return next(name for name in candidates if name not in taken)


def _parents_first(bones: Any) -> list[Any]:
    return sorted(bones, key=lambda bone: len(bone.parent_recursive))
