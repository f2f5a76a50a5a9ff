# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse rigs on which the bake would be wrong or invisible, before the solve. Each reason has its own message."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from ..core import RigError
from .chains import detached_joints
from .families import RigMapping
from .places import pelvis_is_elsewhere
from .shown import is_not_posed
from .switched_off import can_be_switched_off, is_active, to_switch_off
from .tree import parent_tree

_LARGEST_SHEAR: Final[float] = 1e-3
_BONE_PATH: Final[re.Pattern[str]] = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.(?:rotation|location|scale)')


def check_object(armature_object: Any) -> None:
    """Check that an object is an armature that keyframes can be written to and that shows them.

    It may be hidden while its mesh is shown.

    Raises:
        RigError: it is not; the message names the object or the NLA track.
    """
    name = armature_object.name
    if armature_object.type != "ARMATURE":
        raise RigError(f"{name} is not an armature.", "Select the armature of the character.")
    if not armature_object.is_editable:
        raise RigError(f"{name} is linked from another file.", "Make a library override first.")
    if armature_object.data.pose_position == "REST":
        raise RigError(f"{name} is shown in its rest position.", "Switch it to Pose Position in its data properties.")
    if is_not_posed(armature_object):
        raise RigError(
            f"{name} is switched off in the viewports, and so is all that it moves. Blender does not pose it.",
            "Show it in the Outliner: the monitor icon of the armature or its mesh, and its collections.",
        )
    _check_transform(armature_object)
    animation = armature_object.animation_data
    if animation is None:
        return
    if animation.use_tweak_mode:
        raise RigError(f"{name} is in NLA tweak mode.", "Leave tweak mode (Tab in the NLA editor) first.")
    solo = next((track.name for track in animation.nla_tracks if track.is_solo), None)
    if solo is not None:
        raise RigError(
            f"The NLA track {solo} of {name} is in solo mode.", "Click the star of the track to end solo mode."
        )


def check_bones(armature_object: Any, mapping: RigMapping) -> None:
    """Check that only keyframes move the mapped bones and their parents.

    Raises:
        RigError: a constraint or driver does; the message names the bone and the constraint.
    """
    pose_bones = armature_object.pose.bones
    mapped = set(mapping.bones.values())
    moving = set(mapped)
    if not mapping.family.is_control_rig:  # there constraints between the controls are the design: they are probed
        moving |= {parent.name for bone in mapped for parent in pose_bones[bone].parent_recursive}
    held = [
        (name, constraint.name)
        for name in sorted(moving)
        for constraint in pose_bones[name].constraints
        if is_active(constraint) and not can_be_switched_off(constraint)
    ]
    if held:
        others = "" if len(held) == 1 else f", and there are {len(held) - 1} more"
        raise RigError(
            f"The bone {held[0][0]} has the active constraint {held[0][1]}{others}.",
            "Mute the constraint: it would change the baked motion."
            if len(held) == 1
            else f"Mute them all: {', '.join(f'{constraint} of {bone}' for bone, constraint in held)}.",
        )
    to_switch_off(armature_object, mapping)
    for driver in armature_object.animation_data.drivers if armature_object.animation_data else ():
        match = _BONE_PATH.match(driver.data_path)
        if match and match.group(1) in moving and not driver.mute:
            raise RigError(f"The bone {match.group(1)} is moved by a driver.", "Mute the driver.")


def rig_notes(armature_object: Any, mapping: RigMapping) -> tuple[str, ...]:
    """Return warnings about a rig that do not prevent a bake: one sentence each, with the name of a bone."""
    notes = []
    pose_bones = armature_object.pose.bones
    locked = [
        pose_bone.name
        for name in mapping.bones.values()
        if (pose_bone := pose_bones[name]) and (any(pose_bone.lock_rotation) or pose_bone.lock_rotation_w)
    ]
    if locked and not mapping.family.is_control_rig:
        others = f" and {len(locked) - 1} more" if len(locked) > 1 else ""
        notes.append(f"The rotation of the bone {locked[0]}{others} is locked. InPose keys it anyway.")
    off = to_switch_off(armature_object, mapping)
    if off:
        others = f" and {len(off) - 1} more" if len(off) > 1 else ""
        notes.append(
            f"The new action switches off the constraint {off[0].constraint} of {off[0].bone}{others}: keyframes "
            "have no effect while it is on. To restore it, click Give IK Back in the panel Rig."
        )
    if not mapping.family.is_control_rig and pelvis_is_elsewhere(armature_object.data, mapping):
        notes.append(
            f"The bone {mapping.bones['pelvis']} carries the body, but it is not at the hips. InPose uses the "
            "middle of the hips as the pelvis."
        )
    for joint in detached_joints(parent_tree(armature_object.data, mapping), mapping):
        bone = armature_object.data.bones[mapping.bones[joint]]
        if bone.use_connect:
            notes.append(
                f"The bone {bone.name} is connected to {bone.parent.name}, so InPose cannot move it to its joint."
            )
    return tuple(notes)


def _check_transform(armature_object: Any) -> None:
    basis = np.array(armature_object.matrix_world, dtype=np.float64)[:3, :3]
    scale = np.linalg.norm(basis, axis=0)
    name = armature_object.name
    if scale.min() < 1e-9:
        raise RigError(f"{name} has a scale of zero.", "Set a scale above zero.")
    axes = basis / scale
    if scale.max() / scale.min() > 1 + _LARGEST_SHEAR or np.abs(axes.T @ axes - np.eye(3)).max() > _LARGEST_SHEAR:
        raise RigError(
            f"{name} is scaled by different amounts along its axes.",
            "Apply its scale, or its parent's (Object > Apply > Scale).",
        )
    if np.linalg.det(axes) < 0:
        raise RigError(f"{name} is mirrored by a negative scale.", "Apply its scale (Object > Apply > Scale).")
