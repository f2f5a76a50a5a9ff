# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange left and right where a rig names them as its viewer sees them: the feet tell where its front is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..core import JOINT_NAMES
from .body_frame import feet_point_backwards
from .families import RigMapping
from .home import home_world

_OTHER: Final[dict[str, str]] = {f"{side}_": f"{other}_" for side, other in (("left", "right"), ("right", "left"))}


def with_sides_of_the_feet(armature_object: Any, mapping: RigMapping) -> RigMapping:
    """Return the mapping with left and right exchanged if the feet point backwards with the sides of the names.

    The controls of a control rig stay: their switches and followers belong to their sides.
    """
    if mapping.family.is_control_rig:
        return mapping
    world = home_world(armature_object)
    bones = armature_object.data.bones
    places = {
        joint: world[:3, :3] @ np.array(bones[bone].head_local, dtype=np.float64) + world[:3, 3]
        for joint, bone in mapping.bones.items()
    }
    if not feet_point_backwards(places):
        return mapping
    exchanged = {_other_side(joint): bone for joint, bone in mapping.bones.items()}
    note = (
        f"The bones of {armature_object.name} that are named left are on its right side: its feet show where the front "
        "is. InPose goes by the feet."
    )
    return replace(
        mapping,
        bones={joint: exchanged[joint] for joint in JOINT_NAMES if joint in exchanged},
        notes=(*mapping.notes, note),
    )


def _other_side(joint: str) -> str:
    return next((other + joint.removeprefix(side) for side, other in _OTHER.items() if joint.startswith(side)), joint)
