# SPDX-License-Identifier: GPL-3.0-or-later
"""Correct a mapping by names with the structure of the rig: names leave joints out, and say little about a spine.

A spine of two or of six bones has the same names as one of four, only shifted: the bone that carries the shoulders is
the third joint of the spine, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from .families import RigMapping, choose_spine, make_mapping
from .rest_tree import SAME_PLACE, RestBone, RestTree

_FOREARM_RATIO: Final[float] = 0.9
_SHORTEST, _LONGEST = 0.5, 1.7
"""Of the expected length: what is shorter is a twist bone, what is longer ends in the fingers."""


def repaired(mapping: RigMapping, bones: Sequence[RestBone]) -> RigMapping:
    """Return the mapping with the joints that the structure tells, and a spine that ends where the arms begin."""
    tree = RestTree(bones)
    found = dict(mapping.bones)
    for side in ("left", "right"):
        _complete_limb(tree, found, side, ("shoulder", "elbow", "wrist"), _FOREARM_RATIO)
        _complete_limb(tree, found, side, ("hip", "knee", "ankle"), 1.0)
    _complete_trunk(tree, found)
    _follow_the_arms(tree, found)
    return make_mapping(mapping.family, found)


def arms_carrier(parents: dict[str, str | None], bones: dict[str, str]) -> str | None:
    """Return the lowest bone that carries both arms, or None where arms are missing or nothing carries both.

    Args:
        parents: the parent of each bone that carries an arm, and of those that carry these.
        bones: joint to bone.
    """
    starts = [bones.get(f"{side}_collar") or bones.get(f"{side}_shoulder") for side in ("left", "right")]
    chains = []
    for start in starts:
        if start is None:
            return None
        chain, bone = [], parents.get(start)
        while bone is not None:
            chain.append(bone)
            bone = parents.get(bone)
        chains.append(chain)
    return next((bone for bone in chains[0] if bone in chains[1]), None)


def _complete_limb(
    tree: RestTree, found: dict[str, str], side: str, names: tuple[str, str, str], second_ratio: float
) -> None:
    first, middle, last = (f"{side}_{name}" for name in names)
    if first not in found and middle in found:
        parent = tree.parent[found[middle]]
        if parent is not None and parent == found.get(f"{side}_collar"):
            _shift_collar(tree, found, side)
        if parent is not None and parent not in found.values():
            found[first] = parent
    used = set(found.values())
    if first not in found:
        return
    if middle not in found and last in found:
        between = [bone for bone in tree.path(found[first], found[last])[1:-1] if bone not in used]
        if between:
            half = np.linalg.norm(tree.head[found[last]] - tree.head[found[first]]) / (1 + second_ratio)
            found[middle] = min(
                between, key=lambda bone: abs(float(np.linalg.norm(tree.head[bone] - tree.head[found[first]])) - half)
            )
    if last not in found and middle in found:
        upper = float(np.linalg.norm(tree.head[found[middle]] - tree.head[found[first]]))
        end = _end_of(tree, found[middle], second_ratio * upper)
        if end is not None and end not in used:
            found[last] = end


def _shift_collar(tree: RestTree, found: dict[str, str], side: str) -> None:
    """Take the bone above for the collar, if there is one: what carries the forearm is the upper arm, and some people
    call it shoulder as others do the collar.
    """
    above = tree.parent[found.pop(f"{side}_collar")]
    other = found.get("right_elbow" if side == "left" else "left_elbow")
    trunk = tree.ancestors(other) if other is not None else []
    if above is not None and above not in trunk and above not in found.values():
        found[f"{side}_collar"] = above


def _end_of(tree: RestTree, start: str, expected: float) -> str | None:
    """Return the bone below ``start`` that is nearest to the expected length of the limb's second half."""
    away = {
        bone: float(np.linalg.norm(tree.head[bone] - tree.head[start])) / max(expected, 1e-12)
        for bone in tree.longest_path(start)[1:]
    }
    fitting = [bone for bone, ratio in away.items() if _SHORTEST < ratio < _LONGEST]
    hands = [bone for bone in fitting if len(tree.children[bone]) >= 3]
    return min(hands or fitting, key=lambda bone: abs(away[bone] - 1), default=None)


def _complete_trunk(tree: RestTree, found: dict[str, str]) -> None:
    used = set(found.values())
    arms = arms_carrier(tree.parent, found)
    if "pelvis" not in found and arms and {"left_hip", "right_hip"} <= set(found):
        lowest = next((found[name] for name in ("spine1", "spine2", "spine3") if name in found), arms)
        carriers = [tree.ancestors(found[f"{side}_hip"])[1:] for side in ("left", "right")]
        carriers.append(tree.ancestors(lowest))
        pelvis = next((bone for bone in carriers[0] if all(bone in chain for chain in carriers)), None)
        if pelvis is not None and (pelvis not in used or pelvis == lowest):
            found["pelvis"] = pelvis
            for joint in ("spine1", "spine2", "spine3"):
                if found.get(joint) == pelvis:
                    del found[joint]
    if "head" not in found and "neck" in found:
        above = tree.forks(found["neck"])
        if len(above) == 1 and above[0] not in used:
            found["head"] = above[0]
        else:  # nothing but a face is above: it is the head
            found["head"] = found.pop("neck")
    if "spine3" not in found and "pelvis" in found and arms:
        trunk = tree.path(found["pelvis"], arms)[1:]
        if trunk and not used & set(trunk):
            found.update(choose_spine(trunk))


def _follow_the_arms(tree: RestTree, found: dict[str, str]) -> None:
    """Let the spine end at the bone that carries the arms, where names say another one."""
    arms = arms_carrier(tree.parent, found)
    if arms is None or arms == found.get("spine3") or not {"pelvis", "head"} <= set(found):
        return
    chain = tree.path(found["pelvis"], found["head"])
    if arms not in chain[1:-1]:
        return
    up = tree.unit(tree.head[found["head"]] - tree.head[found["pelvis"]])
    shoulders = (tree.head[found["left_shoulder"]] + tree.head[found["right_shoulder"]]) / 2
    place = chain.index(arms)
    if arms == found.get("neck") and "spine3" in found:
        # A neck it is: 3ds Max lets the collars hang on it. A last bone below the head may begin between the shoulders.
        lowest = -SAME_PLACE if place == len(chain) - 2 else SAME_PLACE
        if (tree.head[arms] - shoulders) @ up > lowest * tree.size:
            return
    above = chain[place + 1 : -1]
    neck = found.get("neck") if found.get("neck") in above else next(iter(above), None)
    for joint in ("spine1", "spine2", "spine3", "neck"):
        found.pop(joint, None)
    found.update(choose_spine(chain[1 : place + 1]))
    if neck is not None:
        found["neck"] = neck
