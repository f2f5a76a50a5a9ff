# SPDX-License-Identifier: GPL-3.0-or-later
"""Build rigs and motions for the tests, and read a baked pose back from Blender's own evaluation."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector

from inpose_blender.core import (
    JOINT_INDEX,
    JOINT_NAMES,
    PARENTS,
    Motion,
    Skeleton,
    multiply_quaternions,
    quaternion_to_matrix,
)
from inpose_blender.rig.families import RigMapping, map_bones
from inpose_blender.rig.measure import RigMeasure, measure_rig
from tests.shared_files import SHARED, shared_or_skip

SHARED_RIGS = SHARED / "rigs"


needs_bpy_wheel = pytest.mark.skipif(
    bool(bpy.app.binary_path), reason="starts a Python that imports bpy: only with the bpy wheel, not inside Blender"
)


def build_rig(
    rng: np.random.Generator,
    *,
    arm_angle_deg: float = 0.0,
    location: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    scale: float = 1.0,
    extra_bones: bool = False,
    connect: bool = False,
    without: tuple[str, ...] = (),
) -> Any:
    """Make a SMPL-named armature object of an adult facing -Y in the world, whatever the object's own transform is.

    Bones have random rolls and tails; with ``extra_bones`` unnamed bones of random orientation stand between them.
    """
    skeleton = Skeleton.template()
    positions = skeleton.rest_positions_m
    positions = positions - [0.0, positions[:, 1].min(), 0.0]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pivot = positions[JOINT_INDEX[f"{side}_shoulder"]].copy()
        angle = -sign * math.radians(arm_angle_deg)
        turn = np.array(Matrix.Rotation(angle, 3, "Z"))
        for name in ("elbow", "wrist"):
            joint = JOINT_INDEX[f"{side}_{name}"]
            positions[joint] = pivot + turn @ (positions[joint] - pivot)
    in_world = np.stack((positions[:, 0], -positions[:, 2], positions[:, 1]), axis=1)
    world = Matrix.LocRotScale(Vector(location), Euler([math.radians(a) for a in rotation_deg]), Vector([scale] * 3))
    upright = world.to_quaternion() @ Vector((0, 0, 1))
    # A character on a turned object still stands: its data lie the other way in the object.
    stand = Matrix.Identity(4) if upright.z > 0.9 else world.to_quaternion().to_matrix().to_4x4().inverted()
    data = bpy.data.armatures.new("Rig")
    rig = bpy.data.objects.new("Rig", data)
    bpy.context.scene.collection.objects.link(rig)
    rig.matrix_world = world
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    edit = {}
    for joint, name in enumerate(JOINT_NAMES):
        if name in without:
            continue
        bone = data.edit_bones.new(name)
        bone.head = (stand @ Vector(in_world[joint])) / scale
        children = [child for child, parent in enumerate(PARENTS) if parent == joint]
        if connect and children:
            bone.tail = (stand @ Vector(in_world[children[0]])) / scale
        else:
            bone.tail = bone.head + Vector(rng.normal(size=3).tolist()).normalized() * (0.1 / scale)
        bone.roll = float(rng.uniform(-3, 3))
        parent = PARENTS[joint]
        while parent >= 0 and JOINT_NAMES[parent] not in edit:
            parent = PARENTS[parent]
        if parent >= 0:
            above = edit[JOINT_NAMES[parent]]
            if extra_bones:
                between = data.edit_bones.new(f"extra {name}")
                between.head = (above.head + bone.head) / 2
                between.tail = between.head + Vector(rng.normal(size=3).tolist()).normalized() * (0.05 / scale)
                between.roll = float(rng.uniform(-3, 3))
                between.parent = above
                above = between
            bone.parent = above
        elif extra_bones:
            top = data.edit_bones.new("root of all")
            top.head, top.tail = (0, 0, 0), tuple(rng.normal(size=3))
            bone.parent = top
        edit[name] = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()
    return rig


def add_fingers(rig: Any, rng: np.random.Generator) -> None:
    """Give the rig of `build_rig` five fingers on each hand: bent and spread at rest, with random rolls and tails."""
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    edit = rig.data.edit_bones
    for side in ("left", "right"):
        wrist, elbow = edit[f"{side}_wrist"], edit[f"{side}_elbow"]
        length = (wrist.head - elbow.head).length / 3
        forward = (wrist.head - elbow.head).normalized()
        across = Vector((0, -1, 0)) if abs(forward.y) < 0.9 else Vector((0, 0, 1))
        down = across.cross(forward) if side == "left" else forward.cross(across)
        for number, finger in enumerate(("thumb", "index", "middle", "ring", "pinky")):
            place = wrist.head + length * ((0.3 if finger == "thumb" else 1.0) * forward + (0.5 - number / 4) * across)
            ahead = forward + (1.0 if finger == "thumb" else 0.15 - number / 12) * across
            above = wrist
            for phalanx in range(1, 4):
                bone = edit.new(f"{side}_{finger}{phalanx}")
                bone.head, bone.parent = place, above
                ahead = (ahead + 0.08 * phalanx * down).normalized()
                place = place + (0.4 - 0.08 * phalanx) * length * ahead
                bone.tail = place if phalanx == 3 else bone.head + Vector(rng.normal(size=3).tolist()) * (0.2 * length)
                bone.roll, above = float(rng.uniform(-3, 3)), bone
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.update()


def random_motion(rng: np.random.Generator, skeleton: Skeleton, frames: int = 12, fps: float = 24.0) -> Motion:
    """Return a motion of any rotations at all: a bake must not depend on their being human."""
    wxyz = rng.normal(size=(frames, len(JOINT_NAMES), 4))
    wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
    return Motion(wxyz, rng.normal(size=(frames, 3)), skeleton, fps)


def gentle_motion(rng: np.random.Generator, skeleton: Skeleton, frames: int = 6, fps: float = 24.0) -> Motion:
    """Return a motion as bodies can make: every joint turns by up to 25 degrees against its parent."""
    axis = rng.normal(size=(frames, len(JOINT_NAMES), 3))
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    half = np.radians(rng.uniform(10, 25, size=(frames, len(JOINT_NAMES), 1))) / 2
    wxyz = np.concatenate((np.cos(half), np.sin(half) * axis), axis=-1)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            wxyz[:, joint] = multiply_quaternions(wxyz[:, parent], wxyz[:, joint])
    return Motion(wxyz, rng.normal(size=(frames, 3)), skeleton, fps)


def still_motion(skeleton: Skeleton, frames: int = 2, fps: float = 24.0) -> Motion:
    """Return the T-pose, at the origin."""
    wxyz = np.zeros((frames, len(JOINT_NAMES), 4))
    wxyz[..., 0] = 1.0
    return Motion(wxyz, np.zeros((frames, 3)), skeleton, fps)


def map_and_measure(rig: Any) -> tuple[RigMapping, RigMeasure]:
    mapping = map_bones([bone.name for bone in rig.data.bones], rig.name)
    return mapping, measure_rig(rig, mapping, 1.0)


def worst_errors(
    rig: Any,
    mapping: RigMapping,
    measure: RigMeasure,
    motion: Motion,
    first_frame: int = 1,
    without: Collection[str] = (),
) -> tuple[float, float]:
    """Return the largest error of a baked motion in degrees and in metres, over all frames and mapped bones.

    The rotation of a bone away from its rest, in the world, is compared with R_j Q_j; the place of its head with the
    solver's forward kinematics. The rotations of the joints ``without`` are not looked at.
    """
    F = measure.R_world_core
    expected = quaternion_to_matrix(motion.rotations_wxyz) @ measure.alignments
    expected = F @ expected @ F.T
    places = motion.joint_positions_m @ F.T / measure.metres_per_unit + measure.origin_world
    world = np.array(rig.matrix_world)
    axes = nearest_rotation(world)
    degrees, metres = 0.0, 0.0
    for frame in range(len(motion)):
        bpy.context.scene.frame_set(first_frame + frame)
        for joint, name in mapping.bones.items():
            pose_bone = rig.pose.bones[name]
            turned = axes @ nearest_rotation(pose_bone.matrix)
            rest = axes @ nearest_rotation(pose_bone.bone.matrix_local)
            error = expected[frame, JOINT_INDEX[joint]].T @ turned @ rest.T
            sine = np.linalg.norm((error[2, 1] - error[1, 2], error[0, 2] - error[2, 0], error[1, 0] - error[0, 1])) / 2
            if joint not in without:
                degrees = max(degrees, math.degrees(math.atan2(sine, (np.trace(error) - 1) / 2)))
            anchor = rig.pose.bones[mapping.anchor(joint)]
            place = world[:3, :3] @ np.array(anchor.matrix.translation) + world[:3, 3]
            metres = max(metres, float(np.linalg.norm(place - places[frame, JOINT_INDEX[joint]])))
    return degrees, metres


def scene_facts(rig: Any) -> tuple[Any, ...]:
    """Return everything of the scene that a failed bake could have changed."""
    animation = rig.animation_data
    return (
        sorted(action.name for action in bpy.data.actions),
        sorted(block.name for block in bpy.data.objects),
        None if animation is None else (animation.action, len(animation.nla_tracks), animation.action_blend_type),
        [tuple(bone.matrix_basis.row[0]) for bone in rig.pose.bones],
        bpy.context.scene.frame_current,
    )


def nearest_rotation(matrix: Any) -> np.ndarray:
    left, _, right = np.linalg.svd(np.array(matrix, dtype=np.float64)[:3, :3])
    return left @ right


def import_shared_rig(file_name: str) -> tuple[Any, dict[str, Any]]:
    """Import one of the real rigs and return its armature object and the true facts about it; skip where absent."""
    return import_rig(shared_or_skip(f"rigs/{file_name}"))


def import_rig(path: Path) -> tuple[Any, dict[str, Any]]:
    """Import a rig with Blender's importers, and return its armature object and what the file beside it says."""
    if path.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    elif path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif path.suffix == ".bvh":
        bpy.ops.import_anim.bvh(filepath=str(path))
    else:  # a .vrm file is glTF, too
        bpy.ops.import_scene.gltf(filepath=str(path))
    facts = json.loads(path.with_suffix(".json").read_text())
    bpy.context.view_layer.update()
    return bpy.data.objects[facts["armature_object"]], facts
