# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which bones are where the joints are while IK plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..rig.families import RigMapping
from .limbs import IkLimb
from .names import LIMBS


def mapping_under_ik(mapping: RigMapping, limbs: Sequence[IkLimb]) -> RigMapping:
    """Return a mapping to bones that move as the joints do while IK moves some limbs.

    Where IK has a chain of its own, the mapped bones are FK controls, and these rest. Hands and feet are those of the
    target controls, because the animator knows these.
    """
    bones = dict(mapping.bones)
    for limb in limbs:
        if limb.kind != "aim" and not limb.is_own:
            names = (*LIMBS[limb.kind], "foot")
            for joint, bone in zip(names, _moving_bones(limb), strict=False):
                bones[f"{limb.side}_{joint}"] = bone
    return replace(mapping, bones=bones)


def limb_joints(limb: IkLimb) -> tuple[str, ...]:
    """Return the joints of an arm or a leg, from the body outwards, with the toes."""
    if limb.kind == "aim":
        return ()
    return tuple(f"{limb.side}_{joint}" for joint in (*LIMBS[limb.kind], *(["foot"] if limb.kind == "leg" else [])))


def leading_bones(limb: IkLimb) -> dict[str, str]:
    """Return for each joint of an arm or a leg the bone that moves as the joint does while IK plays.

    The hand or foot is the character's own: a foot may roll over its ball while the target rests. Toes without a
    control turn with the foot, and are left out.
    """
    upper, lower, _, *toe = _moving_bones(limb)
    return dict(zip(limb_joints(limb), (upper, lower, limb.end, *toe), strict=False))


def _moving_bones(limb: IkLimb) -> tuple[str, ...]:
    """Return the bones of the three joints of a limb, and of the toes if they have a control."""
    end = limb.target.bone if limb.end_follows else limb.end
    return (limb.upper[0], limb.lower[0], end, *([limb.toe.bone] if limb.toe is not None else []))
