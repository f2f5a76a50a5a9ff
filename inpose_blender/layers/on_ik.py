# SPDX-License-Identifier: GPL-3.0-or-later
"""Look which limbs IK moves in what plays on a rig, whatever a new bake keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..controls.find import find_controls
from ..controls.limbs import IkLimb
from ..controls.names import control_names
from ..controls.switches import LimbProperty, limb_switch
from ..core import FloatArray
from ..rig.families import RigMapping
from ..rig.switched_off import SwitchedOff
from ..rig.tree import BoneTree
from .playing import Others, played_properties


@dataclass(frozen=True, eq=False)
class LimbsOnIk:
    """Hold the arms and legs of a rig that IK moves at some of the frames that were looked at."""

    limbs: tuple[IkLimb, ...]
    shares: FloatArray
    """(F, L) by how much IK moves each of them: from 0, all FK, to 1, all IK."""


def limbs_on_ik(
    armature_object: Any,
    mapping: RigMapping,
    scene: Any,
    tree: BoneTree,
    switched_off: Sequence[SwitchedOff],
    *,
    frames: Sequence[float],
    others: Others,
) -> LimbsOnIk:
    """Find the limbs that IK moves in what plays.

    Args:
        armature_object: the rig.
        mapping: its joints.
        scene: a scene to try the rig in.
        tree: the bones of the body.
        switched_off: the constraints that a bake of FK switches off.
        frames: frames of the scene, also between whole ones.
        others: what plays.

    Raises:
        RigError: a control follows another bone only partly.
    """
    none = LimbsOnIk((), np.zeros((len(frames), 0)))
    # To try all controls of a large rig takes seconds.
    if mapping.family.is_control_rig:
        known = list(_known_switches(armature_object, mapping))
        if not _shares(armature_object, known, frames, others).any():
            return none
    elif not switched_off:
        return none
    found = find_controls(armature_object, mapping, scene, tree, switched_off).limbs
    both = [
        (limb, switch)
        for limb in found
        if limb.kind != "aim" and (switch := limb_switch(armature_object, limb)) is not None
    ]
    shares = _shares(armature_object, [switch for _, switch in both], frames, others)
    on = np.flatnonzero(shares.any(axis=0))
    return LimbsOnIk(tuple(both[index][0] for index in on), shares[:, on])


def _known_switches(armature_object: Any, mapping: RigMapping) -> Iterator[LimbProperty]:
    """Yield the switches that the family of a rig has by name."""
    pose = armature_object.pose.bones
    for _, limb in control_names(mapping.family.name).limbs:
        switch = limb.switch
        if switch is not None and switch.bone in pose and switch.key in pose[switch.bone]:
            path = f'{pose[switch.bone].path_from_id()}["{bpy.utils.escape_identifier(switch.key)}"]'
            yield LimbProperty(path, switch.ik, switch.fk)


def _shares(
    armature_object: Any, switches: Sequence[LimbProperty], frames: Sequence[float], others: Others
) -> FloatArray:
    if not switches:
        return np.zeros((len(frames), 0))
    values = played_properties(armature_object, [switch.path for switch in switches], frames, others)
    ik, fk = (np.array([getattr(switch, name) for switch in switches]) for name in ("ik", "fk"))
    shares: FloatArray = np.clip((values - fk) / (ik - fk), 0.0, 1.0)
    return shares
