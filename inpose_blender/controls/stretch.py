# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the IK constraints that could stretch a limb: an action with IK switches that off, and it can be restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import bpy

from ..rig.switched_off import SwitchedOff, remembered_off
from .limbs import IkLimb

_SETTING: Final[str] = "use_stretch"
_WORD: Final[str] = "stretch"
"""In the names of custom properties for it, in Rigify and Auto-Rig Pro; switches of FK and IK are the animator's."""


def stretch_of(armature_object: Any, owner: str, constraint: str, chain: Sequence[str]) -> SwitchedOff | None:
    """Return the stretching of an IK constraint, or None if it has no effect.

    Args:
        armature_object: the rig.
        owner: the bone that has the constraint.
        constraint: its name.
        chain: the bones that it moves; only those with an IK stretch above 0 get longer.
    """
    pose = armature_object.pose.bones
    stretch = SwitchedOff(owner, constraint, 1.0, _SETTING)
    if all(pose[bone].ik_stretch == 0 for bone in chain):
        return None
    # After an earlier bake it is off, and the next action needs the key all the same.
    is_on = pose[owner].constraints[constraint].use_stretch
    return stretch if is_on or stretch in remembered_off(armature_object) else None


def stretching_off(armature_object: Any, limbs: Sequence[IkLimb]) -> tuple[SwitchedOff, ...]:
    """Return the stretching that the settings of limbs switch off, to be remembered with their action."""
    every = [SwitchedOff(*limb.constraint, 1.0, _SETTING) for limb in limbs]
    settings = {path: value for limb in limbs for path, value in limb.settings}
    remembered = {each.data_path: each for each in remembered_off(armature_object)}
    return (
        *(each for each in every if each.data_path in settings),
        *_properties_off(armature_object, settings, remembered),
    )


def _properties_off(
    armature_object: Any, settings: Mapping[str, float], remembered: Mapping[str, SwitchedOff]
) -> Iterator[SwitchedOff]:
    """Yield the custom properties that settings switch off: where a rig stretches by a property of its own."""
    for bone in armature_object.pose.bones:
        for key in bone.keys():  # noqa: SIM118 (a bone is no dictionary)
            path = f'{bone.path_from_id()}["{bpy.utils.escape_identifier(key)}"]'
            if settings.get(path) != 0.0 or _WORD not in key.lower():
                continue
            if path in remembered:
                yield remembered[path]
            elif float(bone[key]) > 0.0:
                yield SwitchedOff(bone.name, "", float(bone[key]), key)
