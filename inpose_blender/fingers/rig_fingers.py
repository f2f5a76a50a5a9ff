# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect from Blender what a bake of the fingers needs: their bones, where they rest, and what carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mathutils import Matrix, Quaternion

from ..core import Finger, FingerChain, FloatArray, Side, chain_places
from ..rig.families import RigMapping
from ..rig.switched_off import is_active
from ..rig.tree import BoneTree, CarriedBone, posable_copy, posed_matrices, turned_share
from .find import Hands, find_fingers, heads_of

_FOLLOWS: Final[float] = 0.99
_STAYS: Final[float] = 0.01
_WIDEST_TAIL_COSINE: Final[float] = 0.5
"""A last bone that points elsewhere than its finger does not say where the finger ends."""


@dataclass(frozen=True)
class RigFingers:
    """Hold the finger bones of a rig, without Blender's pointers."""

    bones: Mapping[Side, Mapping[Finger, tuple[str, ...]]]
    """From the palm to the tip."""
    places: Mapping[Side, Mapping[Finger, FloatArray]]
    """(B + 1, 3) where these bones begin, and where the finger ends, in the rest pose, in the armature frame."""
    wrists: Mapping[Side, str]
    """The bone of each hand."""
    wrist_places: Mapping[Side, FloatArray]
    """(3,) where the hands begin."""
    tree: BoneTree
    """What carries each finger bone, and the bones between it and the hand; carriers first."""
    modes: Mapping[str, str]
    """Rotation mode of each bone."""
    locked: Mapping[str, tuple[bool, bool, bool]]
    """For the bones in an Euler mode, which angles are locked."""

    @property
    def count(self) -> int:
        """Return how many finger bones there are."""
        return sum(len(bones) for fingers in self.bones.values() for bones in fingers.values())


def rig_fingers(armature_object: Any, mapping: RigMapping, scene: Any) -> RigFingers | None:
    """Return the fingers of a rig; None if it has none that keyframes can move."""
    hands = _free(armature_object, find_fingers(armature_object, mapping))
    if not hands:
        return None
    wrists = {side: mapping.bones[f"{side}_wrist"] for side in hands}
    if mapping.family.is_control_rig:
        tree = _probed(armature_object, mapping, hands, wrists, scene)
        hands = {
            side: {finger: chain for finger, chain in fingers.items() if set(chain.bones) <= tree.keys()}
            for side, fingers in hands.items()
        }
        hands = {side: fingers for side, fingers in hands.items() if fingers}
    else:
        tree = _parents(armature_object.data, hands)
    pose = armature_object.pose.bones
    names = [bone for fingers in hands.values() for chain in fingers.values() for bone in chain.bones]
    data = armature_object.data
    return RigFingers(
        bones={side: {finger: chain.bones for finger, chain in fingers.items()} for side, fingers in hands.items()},
        places={
            side: {finger: _places(data, chain) for finger, chain in fingers.items()} for side, fingers in hands.items()
        },
        wrists=wrists,
        wrist_places={
            side: np.array(data.bones[mapping.anchor(f"{side}_wrist")].head_local, dtype=np.float64) for side in hands
        },
        tree=tree,
        modes={name: pose[name].rotation_mode for name in names},
        locked={name: tuple(pose[name].lock_rotation) for name in names},
    )


def _free(armature_object: Any, hands: Hands) -> dict[Side, dict[Finger, FingerChain]]:
    """Return the fingers whose bones no constraint holds."""
    pose = armature_object.pose.bones
    free: dict[Side, dict[Finger, FingerChain]] = {}
    for side, fingers in hands.items():
        for finger, chain in fingers.items():
            if not any(is_active(constraint) for bone in chain.bones for constraint in pose[bone].constraints):
                free.setdefault(side, {})[finger] = chain
    return free


def _places(armature_data: Any, chain: FingerChain) -> FloatArray:
    names = [*chain.bones, *([chain.end] if chain.end else [])]
    heads = heads_of(armature_data, names)
    last = armature_data.bones[chain.bones[-1]]
    tail = np.array(last.tail_local, dtype=np.float64)
    ends = {}
    if len(chain.bones) == 1:
        ends = {last.name: tail}
    else:
        before, own = heads[chain.bones[-1]] - heads[chain.bones[-2]], tail - heads[chain.bones[-1]]
        lengths = float(np.linalg.norm(before) * np.linalg.norm(own))
        if lengths > 0 and before @ own / lengths > _WIDEST_TAIL_COSINE:
            ends = {last.name: tail}
    return chain_places(chain, heads, ends)


def _parents(armature_data: Any, hands: Hands) -> BoneTree:
    """Return the finger bones with their parents, which carry them in an ordinary rig."""
    bones = armature_data.bones
    wanted = {bone for fingers in hands.values() for chain in fingers.values() for bone in chain.bones}
    wanted |= {parent.name for name in tuple(wanted) for parent in bones[name].parent_recursive}
    ordered = sorted((bone for bone in bones if bone.name in wanted), key=lambda bone: len(bone.parent_recursive))
    return {
        bone.name: CarriedBone(
            bone.name,
            bone.parent.name if bone.parent else None,
            bone.use_inherit_rotation,
            np.array(bone.matrix_local, dtype=np.float64),
        )
        for bone in ordered
    }


def _probed(
    armature_object: Any, mapping: RigMapping, hands: Hands, wrists: Mapping[Side, str], scene: Any
) -> BoneTree:
    """On a temporary copy, turn the hands, then all first bones, then all second ones, and look what follows.

    A finger whose bones follow neither completely nor not at all is left out: there is no formula for its keyframes.
    """
    chains = [(wrists[side], *chain.bones) for side, fingers in hands.items() for chain in fingers.values()]
    names = list(dict.fromkeys(bone for chain in chains for bone in chain))
    with posable_copy(armature_object, scene) as copy:
        pose = copy.pose.bones
        for bone, key, value in mapping.family.settings:
            if bone in pose and key in pose[bone]:
                pose[bone][key] = value
        rest = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
        follows: list[dict[str, float]] = []
        for level in range(max(len(chain) for chain in chains) - 1):
            turned = {chain[level] for chain in chains if level < len(chain)}
            for bone in turned:
                pose[bone].matrix_basis = Quaternion((1.0, 1.0, 1.0), _PROBE_RAD).to_matrix().to_4x4()
            now = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
            follows.append({name: turned_share(now[name], rest[name], _PROBE_RAD) for name in names})
            for bone in turned:
                pose[bone].matrix_basis = Matrix.Identity(4)
    tree: BoneTree = {wrist: CarriedBone(wrist, None, True, rest[wrist]) for wrist in wrists.values()}
    for chain in chains:
        own = _carried(chain, follows, rest)
        if own is not None:
            tree |= own
    return tree


_PROBE_RAD: Final[float] = np.radians(30.0)


def _carried(
    chain: tuple[str, ...], follows: list[dict[str, float]], rest: Mapping[str, FloatArray]
) -> BoneTree | None:
    """Return the bones of a finger with the bone that each follows; None if one follows only partly."""
    tree: BoneTree = {}
    for place, bone in enumerate(chain[1:], start=1):
        shares = [follows[level][bone] for level in range(place)]
        if any(_STAYS < share < _FOLLOWS for share in shares):
            return None
        carriers = [chain[level] for level, share in enumerate(shares) if share >= _FOLLOWS]
        tree[bone] = CarriedBone(bone, carriers[-1] if carriers else None, True, rest[bone])
    return tree


def finger_bone_names(fingers: RigFingers | None) -> frozenset[str]:
    """Return all finger bones, and the bones that carry them."""
    return frozenset(fingers.tree if fingers is not None else ())
