# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the properties that switch a limb between IK and FK. Does not import bpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..rig.switched_off import SwitchedOff
from .limbs import IkLimb


@dataclass(frozen=True)
class LimbProperty:
    """Hold a property that a limb needs for IK, and its values for IK and for FK."""

    path: str
    """Its data path from the armature object."""
    ik: float
    fk: float


def limb_properties(armature_object: Any, limb: IkLimb) -> Iterator[LimbProperty]:
    """Yield the properties of a limb; the constraint's own influence is the switch of a rig that has no other."""
    for path, value in limb.settings:
        is_switch = limb.switch is not None and limb.switch.key in path
        if is_switch and limb.switch is not None:
            yield LimbProperty(path, limb.switch.ik, limb.switch.fk)
        elif not path.endswith(".influence"):
            yield LimbProperty(path, value, value)
    if limb.switch is None:
        owner, name = limb.constraint
        path = SwitchedOff(owner, name, 0.0).data_path
        now = armature_object.pose.bones[owner].constraints[name].influence
        yield LimbProperty(path, dict(limb.settings).get(path, now or 1.0), 0.0)


def limb_switch(armature_object: Any, limb: IkLimb) -> LimbProperty | None:
    """Return the property that switches a limb between IK and FK; None if the rig lacks it."""
    return next((each for each in limb_properties(armature_object, limb) if each.ik != each.fk), None)
