# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the joint with which each bone of a rig moves: also of bones that follow by constraints, as those that deform
the skin of a control rig."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any, Final

import numpy as np

from ..core import FloatArray
from .families import SPINE, RigMapping
from .places import joint_place

_LIMBS: Final[tuple[tuple[str, ...], ...]] = (
    ("collar", "shoulder", "elbow", "wrist"),
    ("hip", "knee", "ankle", "foot"),
)
_CHAINS: Final[tuple[tuple[str, ...], ...]] = (
    ("pelvis", *SPINE, "neck", "head"),
    *(tuple(f"{side}_{joint}" for joint in limb) for limb in _LIMBS for side in ("left", "right")),
)


def joints_of_bones(armature_data: Any, mapping: RigMapping) -> dict[str, str]:
    """Return the joint that carries each bone, by the name of the bone.

    A bone below the bone of a joint moves with it. Any other bone moves with the joint beside which it rests, and so do
    all bones of a control rig: their parents say little, since constraints move them.
    """
    joint_of = {bone: joint for joint, bone in mapping.bones.items()}
    starts, ends, joints = _segments(armature_data, mapping)
    found = {}
    for bone in armature_data.bones:
        own = bone.name if bone.name in joint_of else None
        carrier = own if mapping.family.is_control_rig else nearest_above(bone, joint_of)
        if carrier is None:
            middle = np.array((bone.head_local + bone.tail_local) / 2, dtype=np.float64)
            found[bone.name] = joints[int(_distances(middle, starts, ends).argmin())]
        else:
            found[bone.name] = joint_of[carrier]
    return found


def nearest_above(bone: Any, names: Collection[str]) -> str | None:
    """Return the name of a bone if it is among some names, or else of the nearest bone above it that is; or None."""
    return next((each.name for each in (bone, *bone.parent_recursive) if each.name in names), None)


def _segments(armature_data: Any, mapping: RigMapping) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return where the part of the body of each mapped joint begins and ends at rest, (J, 3), and the joints."""
    starts, ends, joints = [], [], []
    for chain in _CHAINS:
        mapped = [joint for joint in chain if joint in mapping.bones]
        places = [joint_place(armature_data, mapping, joint) for joint in mapped]
        if mapped:
            tail = armature_data.bones[mapping.anchor(mapped[-1])].tail_local
            places.append(np.array(tail, dtype=np.float64))
        for joint, (start, end) in zip(mapped, pairwise(places), strict=True):
            starts.append(start)
            ends.append(end)
            joints.append(joint)
    return np.array(starts), np.array(ends), joints


def _distances(place: FloatArray, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return how far a place is from segments, (J,)."""
    along = ends - starts
    share = ((place - starts) * along).sum(axis=1) / np.maximum((along * along).sum(axis=1), 1e-12)
    nearest = starts + share.clip(0.0, 1.0)[:, None] * along
    return np.asarray(np.linalg.norm(place - nearest, axis=1))
