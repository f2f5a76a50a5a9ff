# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the deforming doubles of MMD legs for the joints, where nothing makes them follow the legs themselves.

Many MMD characters have two chains for each leg: one for inverse kinematics (左足), and one with the skin (左足D) that
follows the first. MMD and its importers make it follow. In files that came another way the doubles are bones as others.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .families import RigMapping, make_mapping

_LEG: Final[tuple[str, ...]] = ("hip", "knee", "ankle")
_SIDE_LAST: Final[re.Pattern[str]] = re.compile(r"([._][LR])$")
_TOES: Final[str] = "足先EX"


def with_doubles(armature_object: Any, mapping: RigMapping) -> RigMapping:
    """Return the mapping with the doubles of the legs, if the rig has all of them and nothing moves them."""
    pose = getattr(armature_object, "pose", None)
    if pose is None or not mapping.family.name.startswith("mmd"):
        return mapping
    bones = dict(mapping.bones)
    for side in ("left", "right"):
        for name in _LEG:
            joint = f"{side}_{name}"
            double = _double(bones.get(joint, ""))
            bone = pose.bones.get(double)
            if bone is None or len(bone.constraints) or _is_driven(armature_object, double):
                return mapping
            bones[joint] = double
        toes = next((child.name for child in pose.bones[bones[f"{side}_ankle"]].children if _TOES in child.name), None)
        if toes is not None:
            bones[f"{side}_foot"] = toes
        else:  # those of the first chain stay behind
            bones.pop(f"{side}_foot", None)
    return make_mapping(mapping.family, bones)


def _double(bone: str) -> str:
    """Return what the double of a bone is called: 左足D, 足D.L."""
    return _SIDE_LAST.sub(r"D\1", bone) if _SIDE_LAST.search(bone) else f"{bone}D"


def _is_driven(armature_object: Any, bone: str) -> bool:
    animation = armature_object.animation_data
    return any(f'["{bone}"]' in driver.data_path for driver in (animation.drivers if animation else ()))
