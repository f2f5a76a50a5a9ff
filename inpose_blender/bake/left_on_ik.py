# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the limbs that a layer leaves on IK: IK goes on moving them, as the animation below has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..character.posing import spread_frames
from ..controls.limbs import IkLimb
from ..controls.switches import limb_switch
from ..controls.under_ik import limb_joints
from ..core import FloatArray, RigError
from ..layers.on_ik import limbs_on_ik
from ..layers.settings import LayerSettings
from ..rig.families import RigMapping
from .channels import Channel
from .play_action import others_playing
from .rig_facts import RigFacts
from .settings import BakeSettings

_MOST_FRAMES: Final[int] = 24


def limbs_left_on_ik(
    armature_object: Any,
    mapping: RigMapping,
    scene: Any,
    facts: RigFacts,
    settings: BakeSettings,
    *,
    channels: Sequence[Channel],
    frames: FloatArray,
) -> tuple[IkLimb, ...]:
    """Return the limbs that IK moves in the animation below, and that the new action does not switch to FK.

    Args:
        armature_object: the rig, before the new action plays.
        mapping: its joints.
        scene: its scene.
        facts: of the rig.
        settings: of the bake.
        channels: all that the new action will key.
        frames: the scene's frame of each value.
    """
    if settings.layer is None:  # a new action keys all switches
        return ()
    looked = spread_frames(round(float(frames[0])), round(float(frames[-1])), _MOST_FRAMES)
    others = others_playing(armature_object, settings)
    try:
        found = limbs_on_ik(
            armature_object, mapping, scene, facts.tree, facts.switched_off, frames=looked, others=others
        )
    except RigError:  # IK that cannot be read does not prevent FK keys
        return ()
    keyed = {channel.data_path for channel in channels}
    switches = [limb_switch(armature_object, limb) for limb in found.limbs]
    return tuple(
        limb
        for limb, switch in zip(found.limbs, switches, strict=True)
        if switch is not None and switch.path not in keyed
    )


def no_effect_notes(limbs: Sequence[IkLimb], mapping: RigMapping, layer: LayerSettings) -> tuple[str, ...]:
    """Return a note if a layer has keys for limbs that it leaves on IK."""
    names = [
        f"{limb.side} {limb.kind}"
        for limb in limbs
        if layer.bones & {mapping.bones[joint] for joint in limb_joints(limb) if joint in mapping.bones}
    ]
    if not names:
        return ()
    return (
        f"The layer has no effect where IK moves a limb in the animation below: {', '.join(names)}. Undo, snap FK to "
        "IK in that animation, and bake the layer again.",
    )
