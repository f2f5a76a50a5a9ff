# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake a short walk on a rig, and check the character."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
from rigs import still_motion

from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.character.check import check_character
from inpose_blender.character.skin import read_skin
from inpose_blender.core import JOINT_INDEX, multiply_quaternions
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.measure import measure_rig

FRAMES = 40


def checked(rig, change=lambda motion: motion):
    """Bake a motion that turns about and walks ahead, changed by a function, and return the check."""
    mapping = map_rig(rig)
    measure = measure_rig(rig, mapping, 1.0)
    motion = still_motion(measure.skeleton, FRAMES)
    heading = np.linspace(0, np.pi, FRAMES)
    turn = np.stack((np.cos(heading / 2), 0 * heading, np.sin(heading / 2), 0 * heading), axis=-1)
    root_m = motion.joint_positions_m[0, 0] - motion.joint_positions_m[0, :, 1].min() * np.array([0, 1.0, 0])
    path = np.stack((0 * heading, 0 * heading, np.linspace(0, 1, FRAMES)), axis=-1)
    motion = replace(change(motion), root_translation_m=root_m + change(motion).root_translation_m)
    motion = replace(
        motion,
        rotations_wxyz=multiply_quaternions(turn[:, None], motion.rotations_wxyz),
        root_translation_m=motion.root_translation_m + path,
    )
    result = bake_motion(rig, motion, BakeSettings("take"), scene=bpy.context.scene, mapping=mapping, measure=measure)
    steps = check_character(
        rig, read_skin(rig), result.first_frame, result.last_frame, mapping=mapping, measure=measure
    )
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def turned(motion, joints, axis, degrees):
    """Turn joints about an axis of the core's frame, in the world."""
    half = np.radians(degrees) / 2
    wxyz = motion.rotations_wxyz.copy()
    for joint in joints:
        wxyz[:, JOINT_INDEX[joint]] = multiply_quaternions(
            np.array([np.cos(half), *(np.sin(half) * np.array(axis))]), wxyz[:, JOINT_INDEX[joint]]
        )
    return replace(motion, rotations_wxyz=wxyz)
