# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the joints of a body by its structure alone, if the names of the bones do not help.

The only assumption about the rest pose is that left and right are equal: lengths and branches are compared, not
positions. Two pairs of equal limbs hang on one trunk. Fingers and feet tell which pair is the arms. Only at the end
does a direction count: left and right follow from the directions of toes and knees.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np

from ..core import FloatArray, rotation_between
from .families import choose_spine
from .limb_pairs import LimbPair, limb_pairs
from .rest_tree import SAME_PLACE, RestBone, RestTree
from .words import arm_words, is_split, leg_words

_FOREARM_RATIO: Final[float] = 0.9
_LONGEST_COLLAR: Final[float] = 0.5
"""Longest collar, as a part of the arm's length."""
_SPLIT_COST: Final[float] = 0.08
"""Penalty for each additional bone of a limb: twist bones are rarer than hands and fingers."""
_TWIST_COST: Final[float] = 0.3
"""Penalty for a joint at a bone that is called a twist bone."""
_WORDS: Final[float] = 0.5
"""How much the words in the names of a limb count, against lengths."""
_LONGEST_ARM: Final[float] = 0.8
"""Of the length of the legs: what is longer counts no more, as wings are."""
_PELVIS_ABOVE_HIPS: Final[float] = 0.12
"""Of the stature, where a pelvis can be."""
_HEAD_ABOVE_SHOULDERS: Final[float] = 0.075
"""Height of the head joint above the shoulders over stature."""


def map_by_structure(bones: Sequence[RestBone]) -> dict[str, str] | None:
    """Return joint name to bone name, or None if the bones are not built like a body."""
    if not bones:
        return None
    tree = RestTree(bones)
    limbs = list(limb_pairs(tree))
    best = None
    for legs in limbs:
        for arms in limbs:
            # Arms grow on the trunk, legs at its beginning: the trunk lies between what both share and the arms.
            shared = tree.common(legs.parent, arms.parent)
            if legs is arms or shared is None or tree.is_below(arms.parent, legs.a[0], legs.b[0]):
                continue
            trunk = tree.path(shared, arms.parent)
            if len(trunk) < 2 or len(tree.path(shared, legs.parent)) > len(trunk):
                continue
            found = _assemble(tree, legs, arms, shared)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
    return best[1] if best else None


def _assemble(tree: RestTree, legs: LimbPair, arms: LimbPair, shared: str) -> tuple[float, dict[str, str]] | None:
    """Put a body together from its limbs; the score says how much of a body it is."""
    leg, arm = _leg_joints(tree, legs), _arm_joints(tree, arms)
    if leg is None or arm is None:
        return None
    (leg_cost, leg_a, leg_b), (arm_cost, arm_a, arm_b) = leg, arm
    hips = (tree.head[leg_a["hip"]] + tree.head[leg_b["hip"]]) / 2
    shoulders = (tree.head[arm_a["shoulder"]] + tree.head[arm_b["shoulder"]]) / 2
    stature = (np.linalg.norm(shoulders - hips) + _chain_length(tree, leg_a, ("hip", "knee", "ankle"))) / 0.8
    ankles = (tree.head[leg_a["ankle"]] + tree.head[leg_b["ankle"]]) / 2
    pelvis = _pelvis(tree, shared, arms.parent, hips, ankles, float(stature))
    trunk = tree.path(pelvis, arms.parent)[1:]
    if not trunk:
        return None
    up = tree.unit(tree.head[trunk[-1]] - tree.head[trunk[-2] if len(trunk) > 1 else pelvis])
    split = _neck_chain(tree, trunk, arms, shoulders, up)
    if split is None:
        return None
    trunk, neck_chain = split
    head_at = _head_index(tree, neck_chain, shoulders, float(stature))
    central = {"pelvis": pelvis, "head": neck_chain[head_at]} | choose_spine(trunk)
    if head_at > 0:
        central["neck"] = neck_chain[0]
    sides = _left_and_right(tree, pelvis, trunk, (leg_a, leg_b), (arm_a, arm_b), shoulders - hips)
    found = dict(central)
    for limb_sides in sides:
        for side, joints in zip(("left", "right"), limb_sides, strict=True):
            found |= {f"{side}_{joint}": bone for joint, bone in joints.items()}
    leg_length = _chain_length(tree, leg_a, ("hip", "knee", "ankle"))
    arm_length = min(_chain_length(tree, arm_a, ("shoulder", "elbow", "wrist")), _LONGEST_ARM * leg_length)
    length = leg_length + arm_length
    told = leg_words((*leg_a.values(), *leg_b.values())) + arm_words((*arm_a.values(), *arm_b.values()))
    return length / tree.size - leg_cost - arm_cost + _WORDS * told, found


def _chain_length(tree: RestTree, joints: dict[str, str], names: Sequence[str]) -> float:
    places = [tree.head[joints[name]] for name in names]
    return float(sum(np.linalg.norm(b - a) for a, b in itertools.pairwise(places)))


def _leg_joints(tree: RestTree, legs: LimbPair) -> tuple[float, dict[str, str], dict[str, str]] | None:
    """Find hip, knee, ankle and toes in a chain: thigh and shin are alike, and behind the ankle it bends forward."""
    along = np.array([tree.head[bone] for bone in legs.a])
    apart = np.linalg.norm(along - [tree.head[bone] for bone in legs.b], axis=1)
    first = int(np.argmax(apart > SAME_PLACE * tree.size))  # hip joints without length begin in the middle
    steps = np.linalg.norm(np.diff(along, axis=0), axis=1)
    best: tuple[float, int, int] | None = None
    for ankle in range(first + 2, len(along)):
        walked = np.concatenate(([0.0], np.cumsum(steps[first:ankle])))
        knee = first + int(np.argmin(abs(walked - walked[-1] / 2)))
        if not first < knee < ankle or walked[-1] < 1e-9:
            continue
        cost = abs(walked[-1] - 2 * walked[knee - first]) / walked[-1]
        if ankle + 1 < len(along):
            bend = _angle(along[ankle] - along[ankle - 1], along[ankle + 1] - along[ankle])
            cost -= 0.3 * min(bend / np.radians(60), 1.0)
        cost += 0.3 * (1 - walked[-1] / max(steps[first:].sum(), 1e-9))  # a whole leg rather than its half
        cost += _TWIST_COST * sum(is_split(legs.a[joint]) for joint in (knee, ankle))
        if best is None or cost < best[0]:
            best = (float(cost), knee, ankle)
    if best is None:
        return _leg_with_loose_foot(tree, legs) if len(legs.a) == 2 else None
    cost, knee, ankle = best
    result = []
    for chain in (legs.a, legs.b):
        joints = {"hip": chain[first], "knee": chain[knee], "ankle": chain[ankle]}
        toe = _toe(tree, chain[ankle], float(steps[first:ankle].sum()))
        if toe is not None:
            joints["foot"] = toe
        result.append(joints)
    return cost, result[0], result[1]


def _leg_with_loose_foot(tree: RestTree, legs: LimbPair) -> tuple[float, dict[str, str], dict[str, str]] | None:
    """Find feet that are children of a root bone, as in rigs for inverse kinematics, while thighs and shins are not."""
    result = []
    for hip, knee in (legs.a, legs.b):
        thigh = tree.head[knee] - tree.head[hip]
        expected = tree.head[knee] + thigh
        ankle = min(tree.head, key=lambda bone: float(np.linalg.norm(tree.head[bone] - expected)))
        if np.linalg.norm(tree.head[ankle] - expected) > 0.4 * np.linalg.norm(thigh) or ankle in (hip, knee):
            return None
        joints = {"hip": hip, "knee": knee, "ankle": ankle}
        toe = _toe(tree, ankle, 2 * float(np.linalg.norm(thigh)))
        if toe is not None:
            joints["foot"] = toe
        result.append(joints)
    return (0.3, result[0], result[1]) if result[0]["ankle"] != result[1]["ankle"] else None


def _toe(tree: RestTree, ankle: str, leg_length: float) -> str | None:
    """Return the bone at the ball of the foot; of five toes the middle one."""
    toes = [toe for toe in tree.children[ankle] if 0.02 * leg_length < tree.length(toe) < 0.6 * leg_length]
    if not toes:
        return None
    longest = max(tree.length(toe) for toe in toes)
    toes = [toe for toe in toes if tree.length(toe) > 0.6 * longest]
    middle = np.mean([tree.head[toe] for toe in toes], axis=0)
    return min(toes, key=lambda toe: float(np.linalg.norm(tree.head[toe] - middle)))


def _arm_joints(tree: RestTree, arms: LimbPair) -> tuple[float, dict[str, str], dict[str, str]] | None:
    """Find collar, shoulder, elbow and wrist: upper arm and forearm are alike, hands have fingers."""
    along = np.array([tree.head[bone] for bone in arms.a])
    steps = np.linalg.norm(np.diff(along, axis=0), axis=1)
    fingers = [len(tree.children[bone]) for bone in arms.a]
    hands = [index for index, count in enumerate(fingers) if count >= 3 and index >= 2]
    best: tuple[float, int, int, int] | None = None
    for wrist in hands[:1] or range(2, len(along)):
        for shoulder in range(wrist - 1):
            walked = np.concatenate(([0.0], np.cumsum(steps[shoulder:wrist])))
            if walked[-1] < 1e-9:
                continue
            elbow = shoulder + int(np.argmin(abs(walked - walked[-1] / (1 + _FOREARM_RATIO))))
            if not shoulder < elbow < wrist:
                continue
            upper, fore = walked[elbow - shoulder], walked[-1] - walked[elbow - shoulder]
            cost = abs(fore - _FOREARM_RATIO * upper) / walked[-1]
            cost += max(0.0, float(steps[:shoulder].sum() / walked[-1]) - _LONGEST_COLLAR)
            cost += 0.5 * float(steps[wrist:].sum() > walked[-1])  # a hand is shorter than an arm
            cost += _SPLIT_COST * (wrist - shoulder - 2)
            cost += _TWIST_COST * sum(is_split(arms.a[joint]) for joint in (shoulder, elbow, wrist))
            if shoulder == 0 and wrist >= 3:
                cost += 0.25  # most rigs have a collar
            if best is None or cost < best[0]:
                best = (float(cost), shoulder, elbow, wrist)
    if best is None:
        return None
    cost, shoulder, elbow, wrist = best
    result = []
    for chain in (arms.a, arms.b):
        joints = {"shoulder": chain[shoulder], "elbow": chain[elbow], "wrist": chain[wrist]}
        if shoulder > 0:
            joints["collar"] = chain[0]
        result.append(joints)
    return cost - (0.2 if hands else 0.0), result[0], result[1]


def _pelvis(tree: RestTree, shared: str, chest: str, hips: FloatArray, ankles: FloatArray, stature: float) -> str:
    """Return the bone nearest to the hips: the one that carries legs and trunk, its parent, or its child."""
    candidates = [shared]
    path = tree.path(shared, chest)
    up = tree.head[chest] - hips
    parent = tree.parent[shared]
    # A root on the floor carries everything and is no pelvis, however short the legs are.
    if parent is not None and (tree.head[parent] - ankles) @ up > 0.5 * (hips - ankles) @ up:
        candidates.append(parent)
    # A trunk that begins downwards begins above the pelvis; a bone in the belly of a toon is no pelvis either.
    begins_downwards = len(path) > 2 and (tree.head[path[1]] - tree.head[shared]) @ up < 0
    if begins_downwards and np.linalg.norm(tree.head[path[1]] - hips) < _PELVIS_ABOVE_HIPS * stature:
        candidates.append(path[1])
    margin = {shared: 0.0}
    return min(
        candidates,
        key=lambda bone: float(np.linalg.norm(tree.head[bone] - hips)) / stature + margin.get(bone, 0.025),
    )


def _neck_chain(
    tree: RestTree, trunk: list[str], arms: LimbPair, shoulders: FloatArray, up: FloatArray
) -> tuple[list[str], list[str]] | None:
    """Split the trunk from the chain to the head; if the collars hang on the neck, the neck is part of both."""
    top = trunk[-1]
    rising = [
        child
        for child in tree.children[top]
        if child not in (arms.a[0], arms.b[0]) and _rise(tree, child, tree.head[top], up) > 0
    ]
    if not rising:
        return None
    first = max(rising, key=lambda child: _rise(tree, child, tree.head[top], up))
    chain = [first]
    while len(tree.forks(chain[-1])) == 1:
        chain += tree.forks(chain[-1])
    collars_on_neck = (tree.head[top] - shoulders) @ up > SAME_PLACE * tree.size and len(trunk) > 2
    return (trunk[:-1], [top, *chain]) if collars_on_neck else (trunk, chain)


def _rise(tree: RestTree, bone: str, base: FloatArray, up: FloatArray) -> float:
    """Return how straight up a bone and what is below it lead: height less the way aside."""
    chain = tree.longest_path(bone)
    offsets = [tree.head[name] - base for name in chain]
    return max(float(offset @ up - 0.5 * np.linalg.norm(offset - (offset @ up) * up)) for offset in offsets)


def _head_index(tree: RestTree, chain: list[str], shoulders: FloatArray, stature: float) -> int:
    """Return which bone of the chain is the head: the one with a face, or the one at a head's height."""
    if len(tree.forks(chain[-1])) >= 2:
        return len(chain) - 1
    height = [float(np.linalg.norm(tree.head[bone] - shoulders)) / stature for bone in chain]
    error = [abs(value - _HEAD_ABOVE_SHOULDERS) for value in height]
    if len(chain) > 1:
        error[0] += 0.06  # most rigs have a neck
    return int(np.argmin(error))


_Sides = tuple[dict[str, str], dict[str, str]]


def _left_and_right(
    tree: RestTree, pelvis: str, trunk: list[str], legs: _Sides, arms: _Sides, up_vector: FloatArray
) -> tuple[_Sides, _Sides]:
    """Order both pairs of limbs, left first."""
    leg_down = tree.unit(tree.head[legs[0]["ankle"]] - tree.head[legs[0]["hip"]])
    lying_flat = leg_down @ tree.unit(up_vector) > -0.5
    # A rest pose that is no human pose: what the pelvis calls up is where its first spine bone is.
    up = tree.unit(tree.head[trunk[0]] - tree.head[pelvis]) if lying_flat else tree.unit(up_vector)
    forward = _forward(tree, legs, up, leg_down)
    left = np.cross(up, forward)
    across = tree.head[legs[0]["hip"]] - tree.head[legs[1]["hip"]]
    ordered_legs = legs if across @ left >= 0 else (legs[1], legs[0])
    chest_up = tree.unit(tree.head[trunk[-1]] - tree.head[trunk[-2] if len(trunk) > 1 else pelvis])
    if lying_flat and chest_up.any():
        left = rotation_between(up, chest_up) @ left
    across = sum(
        (tree.head[arms[0][joint]] - tree.head[arms[1][joint]] for joint in ("shoulder", "elbow", "wrist")),
        start=np.zeros(3),
    )
    ordered_arms = arms if across @ left >= 0 else (arms[1], arms[0])
    return ordered_legs, ordered_arms


def _forward(tree: RestTree, legs: _Sides, up: FloatArray, leg_down: FloatArray) -> FloatArray:
    """Return where the body looks: along its feet, else where its knees point, else as Blender's characters do."""
    feet, knees = np.zeros(3), np.zeros(3)
    for side in legs:
        hip, knee, ankle = (tree.head[side[name]] for name in ("hip", "knee", "ankle"))
        shank = tree.unit(ankle - hip)
        bend = (knee - hip) - ((knee - hip) @ shank) * shank
        knees += bend
        if "foot" in side:
            feet += tree.head[side["foot"]] - ankle
    for direction in (feet, knees):
        level = direction - (direction @ up) * up
        if abs(leg_down @ up) < 0.5:
            level = level - (level @ leg_down) * leg_down
        if np.linalg.norm(level) > 0.005 * tree.size:
            return tree.unit(level)
    facing = np.array([0.0, -1.0, 0.0])
    level = facing - (facing @ up) * up
    return level / np.linalg.norm(level) if np.linalg.norm(level) > 0.1 else np.array([0.0, 0.0, -1.0])


def _angle(a: FloatArray, b: FloatArray) -> float:
    product = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.arccos(np.clip(a @ b / product, -1.0, 1.0))) if product > 1e-12 else 0.0
