# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate a rig in some frames with the channels of FK and with those of IK, and compare the character."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix

from ..bpy_compat import ActionWriter, assign_action
from ..character.posing import PosedBones, pose_bones, spread_frames
from ..character.problems import CharacterProblem
from ..character.skin import Skin
from ..controls.check import compared_bones, control_problems, needed_bones
from ..controls.limbs import IkControls
from ..core import FloatArray
from ..rig.families import RigMapping
from ..rig.shown import shown_copy
from .channels import Channel

_MOST_FRAMES: Final[int] = 24
_LIMIT_S: Final[float] = 1.5
"""Longest time for each of the two evaluations."""


def check_controls(
    armature_object: Any,
    controls: IkControls,
    fk: Sequence[Channel],
    ik: Sequence[Channel],
    frames: FloatArray,
    *,
    mapping: RigMapping,
    skin: Skin | None,
    metres_per_unit: float,
) -> Generator[None, None, list[CharacterProblem]]:
    """Compare the character under IK with FK in some frames, pausing now and then so that Blender can draw.

    Args:
        armature_object: the rig.
        controls: its IK controls.
        fk: the channels of a bake with FK.
        ik: the channels of the same bake with IK.
        frames: the scene's frame of each of their values.
        mapping: the rig's joints.
        skin: the rig's skin.
        metres_per_unit: how many metres a unit of the armature is.
    """
    indices = sorted(spread_frames(0, len(frames) - 1, _MOST_FRAMES))
    compared = compared_bones(armature_object, controls, skin.bones[:-1] if skin else ())
    names = needed_bones(armature_object, controls, compared)
    posed = []
    for channels in (fk, ik):
        posed.append((yield from _posed(armature_object, channels, indices, names)))
    both = sorted(set(posed[0].frames) & set(posed[1].frames))
    under_fk, under_ik = (_only(each, both) for each in posed)
    frame_of = [round(float(frames[indices[frame - 1]])) for frame in both]
    return control_problems(armature_object, controls, mapping, compared, under_fk, under_ik, frame_of, metres_per_unit)


def _posed(
    armature_object: Any, channels: Sequence[Channel], indices: Sequence[int], names: Sequence[str]
) -> Generator[None, None, PosedBones]:
    """Pose a copy of the rig with some values of the channels: value ``indices[n]`` is in frame n + 1."""
    copy = shown_copy(armature_object)
    writer = ActionWriter("InPose check", copy)
    try:
        animation = copy.animation_data or copy.animation_data_create()
        animation.use_nla = False
        for bone in copy.pose.bones:
            bone.matrix_basis = Matrix.Identity(4)
        frames = np.arange(1.0, len(indices) + 1)
        for channel in channels:
            values = channel.values if len(channel.values) == 1 else channel.values[list(indices)]
            for index, component in enumerate(values.T):
                points = writer.new_curve(channel.data_path, index, channel.group).keyframe_points
                points.add(len(component))
                points.foreach_set("co", np.stack((frames[: len(component)], component), axis=1).ravel())
        assign_action(animation, writer.action, writer.slot)
        order = [index + 1 for index in spread_frames(0, len(indices) - 1, len(indices))]
        return (yield from pose_bones(copy, names, order, _LIMIT_S))
    finally:
        with suppress(ReferenceError):  # another file was opened in a pause
            bpy.data.objects.remove(copy)
            bpy.data.actions.remove(writer.action)


def _only(posed: PosedBones, frames: Sequence[int]) -> PosedBones:
    kept = [posed.frames.index(frame) for frame in frames]
    return PosedBones(tuple(frames), {name: moves[kept] for name, moves in posed.moves.items()})
