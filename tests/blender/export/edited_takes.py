# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake a take and change it in all the ways in which animators do, to see what an export makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import JOINT_INDEX, PARENTS, Motion, Sensors, multiply_quaternions
from inpose_blender.layers.options import LayerOptions
from inpose_blender.loops.baking import bake_loop
from inpose_blender.loops.options import LoopOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FIRST_FRAME = 11
FRAMES = 48
LAST_FRAME = FIRST_FRAME + FRAMES - 1
FPS = 24.0
STANDS = ((2, 16), (30, 46))
"""Frames of the motion in which both feet stand, first and last: between them, the body steps forward."""


def squats_and_a_step(skeleton: Any, *, waves: float = 1.0, frames: int = FRAMES) -> Motion:
    """Return a motion that squats, steps forward, and squats again, while the arms wave; the feet are planted twice."""
    time = np.arange(frames) / FPS
    local = np.zeros((frames, len(PARENTS), 4))
    local[..., 0] = 1.0

    def turn(joint: str, axis: tuple[float, float, float], degrees: np.ndarray) -> None:
        half = np.radians(degrees)[:, None] / 2
        step = np.hstack((np.cos(half), np.sin(half) * np.array(axis)))
        local[:, JOINT_INDEX[joint]] = multiply_quaternions(local[:, JOINT_INDEX[joint]], step)

    squat = 8 + 20 * np.sin(np.pi * time) ** 2
    stepping = np.clip((np.arange(frames) - STANDS[0][1]) / (STANDS[1][0] - STANDS[0][1]), 0.0, 1.0)
    swing = 25 * np.sin(np.pi * stepping)
    for side, sign in (("left", 1), ("right", -1)):
        turn(f"{side}_hip", (1, 0, 0), -squat - sign * swing)
        turn(f"{side}_knee", (1, 0, 0), 2 * squat + np.abs(swing) / 2)
        turn(f"{side}_ankle", (1, 0, 0), -squat)
        turn(f"{side}_shoulder", (0, 0, 1), sign * -50 + 0 * time)
        turn(f"{side}_shoulder", (1, 0, 0), 30 * waves * np.sin(2 * np.pi * time + sign))
        turn(f"{side}_elbow", (0, 1, 0), -sign * (40 + 30 * waves * np.sin(2 * np.pi * time)))
        turn(f"{side}_wrist", (1, 0, 0), 20 * waves * np.sin(3 * np.pi * time))
    turn("spine2", (0, 0, 1), 8 * waves * np.sin(np.pi * time))
    turn("head", (0, 1, 0), 20 * waves * np.sin(np.pi * time))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = multiply_quaternions(local[:, parent], local[:, joint])
    high_m = -skeleton.rest_positions_m[:, 1].min()
    thigh_m = float(np.linalg.norm(skeleton.offsets_m[JOINT_INDEX["left_knee"]]))
    root_m = np.zeros((frames, 3))
    root_m[:, 1] = high_m - 2 * thigh_m * (1 - np.cos(np.radians(squat)))
    root_m[:, 2] = 0.5 * (3 * stepping**2 - 2 * stepping**3)
    stands = np.zeros((frames, 2), dtype=np.bool_)
    for first, last in STANDS:
        stands[first : last + 1] = True
    return Motion(local, root_m, skeleton, FPS, foot_stands=stands)


def take_of(motion: Motion) -> SolvedTake:
    """Return a motion as if it had been solved from its own head and hands."""
    devices = [JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]
    measured = np.ones((len(motion), 3), np.bool_)
    places, turns = motion.joint_positions_m[:, devices], motion.rotations_wxyz[:, devices]
    return SolvedTake(motion, Sensors(places, turns, measured, motion.fps))


def bake(rig: Any, name: str = "take", *, waves: float = 1.0, first: int = FIRST_FRAME, **options: Any) -> None:
    """Bake the motion as the panel does."""
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    take = take_of(squats_and_a_step(prepared.measure.skeleton, waves=waves))
    layers = {key: options.pop(key) for key in ("layer", "mask", "tweak_layer", "blend_in") if key in options}
    chosen = BakeOptions(first_frame=first, layers=LayerOptions(**layers), **options)
    BakeJob(prepared, scene, lambda: take, chosen, name, replace_own=False).run()


@dataclass(frozen=True)
class Edit:
    """Describe a way in which animators change a take."""

    do: Callable[[Any], None]
    """Bakes the take on a rig, and changes it."""
    frames: Mapping[str, range]
    """What the clips should be: name to frames of the scene."""
    feet_stand: bool = True
    """Planted feet are still planted in Blender after it."""
    needs: str = ""
    """What a rig must have for it: ``ik`` or ``root``."""
    changes: bool = True
    """The clips are as long as the plain bake, and somewhere the character is more than a centimetre away from it."""


TAKE = {"take": range(FIRST_FRAME, LAST_FRAME + 1)}


def _bone(rig: Any, joint: str) -> Any:
    return rig.pose.bones[prepare_rig(rig, bpy.context.scene).mapping.bones[joint]]


def _key_turn(bone: Any, degrees: float, frames: tuple[int, ...]) -> None:
    """Turn a bone about its X axis in the middle one of some frames, and key all of them, as with Auto Keying."""
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        half = np.radians(degrees if frame == frames[len(frames) // 2] else 0.0) / 2
        turn = (float(np.cos(half)), float(np.sin(half)), 0.0, 0.0)
        if bone.rotation_mode == "QUATERNION":
            bone.rotation_quaternion = multiply_quaternions(np.array(bone.rotation_quaternion), np.array(turn)).tolist()
            bone.keyframe_insert("rotation_quaternion", frame=frame)
        else:
            bone.rotation_euler.x += 2 * half
            bone.keyframe_insert("rotation_euler", frame=frame)


def _clean_up(rig: Any) -> None:
    for kind, amount in (("smooth", 0.2), ("exaggerate", 1.2), ("ground", 1.0)):
        entry = rig.inpose_edits.entries.add()
        entry.kind, entry.whole, entry.amount = kind, True, amount
        entry.height = 0.08 if kind == "ground" else 0.0
    bake(rig)


def _mirror(rig: Any) -> None:
    rig.inpose_edits.mirror = "heading"
    bake(rig)


def _tweak(rig: Any) -> None:
    bake(rig, "other", waves=0.0)
    bake(rig, layer="replace", tweak_layer=True)
    _key_turn(_bone(rig, "left_elbow"), 25.0, (FIRST_FRAME, FIRST_FRAME + 20, LAST_FRAME))


def _add(rig: Any) -> None:
    bake(rig)
    bake(rig, "gesture", waves=-1.5, layer="add", mask="upper_body")


def _replace(rig: Any) -> None:
    bake(rig)
    bake(rig, "gesture", waves=-1.0, first=FIRST_FRAME + 10, layer="replace", mask="arms", blend_in=8)


def _on_the_object(rig: Any) -> None:
    bake(rig, way="object")
    bpy.context.scene.frame_set(FIRST_FRAME + 30)


def _object_before(rig: Any) -> None:
    """The character stands somewhere in the scene, turned, and larger than it was made."""
    rig.rotation_mode = "XYZ"
    rig.location, rig.rotation_euler.z = (3.0, -2.0, 0.5), 1.2
    rig.scale = [1.3 * each for each in rig.scale]
    bpy.context.view_layer.update()
    bake(rig)


def _object_after(rig: Any) -> None:
    """The animator moves the baked character, and lets it drift on a platform."""
    bake(rig)
    for frame, x in ((FIRST_FRAME, 1.0), (LAST_FRAME, 2.5)):
        rig.location = (x, 2.0, 0.3)
        rig.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(FIRST_FRAME + 10)


def _by_hand(rig: Any) -> None:
    """Keys are moved, added and removed, curves get modifiers and other interpolation."""
    bake(rig, fewer_keys=True)
    _key_turn(_bone(rig, "right_elbow"), 30.0, (FIRST_FRAME + 3, FIRST_FRAME + 9, FIRST_FRAME + 15))
    _key_turn(_bone(rig, "head"), 15.0, (FIRST_FRAME + 20, FIRST_FRAME + 26, FIRST_FRAME + 32))
    curves = action_curves(rig.animation_data.action, rig)
    wrist = _bone(rig, "left_wrist").name
    for curve in curves:
        if f'"{wrist}"' in curve.data_path and len(curve.keyframe_points) > 3:
            for key in curve.keyframe_points:
                key.interpolation = "BEZIER"
                key.handle_left_type = key.handle_right_type = "AUTO"
            curve.keyframe_points.remove(curve.keyframe_points[2])
            noise = curve.modifiers.new("NOISE")
            noise.strength, noise.scale = 0.05, 7.0
            curve.update()


def _stretched_strip(rig: Any) -> None:
    """The NLA strip of the take is moved, and played at half the speed."""
    bake(rig, to_nla_track=True)
    rig.animation_data.action = None
    strip = rig.animation_data.nla_tracks[-1].strips[0]
    strip.scale = 2.0
    strip.frame_start = 5.0
    strip.frame_end = 5.0 + 2 * (FRAMES - 1)


def _loop(rig: Any) -> None:
    scene = bpy.context.scene
    bake(rig)
    prepared = prepare_rig(rig, scene)
    take = take_of(squats_and_a_step(prepared.measure.skeleton))
    stretch = LoopOptions(loop_from=FIRST_FRAME + 4, loop_to=FIRST_FRAME + 28, repeat="modifier")
    bake_loop(prepared, scene, take, FIRST_FRAME, BakeOptions(first_frame=FIRST_FRAME), stretch, "take")


EDITS: Mapping[str, Edit] = {
    "clean-up edits": Edit(_clean_up, TAKE),
    "mirror": Edit(_mirror, TAKE),
    "tweak layer": Edit(_tweak, {**TAKE, "other": range(FIRST_FRAME, LAST_FRAME + 1)}),
    "additive layer": Edit(_add, {**TAKE, "gesture": range(FIRST_FRAME, LAST_FRAME + 1)}),
    "layer on the arms": Edit(_replace, {**TAKE, "gesture": range(FIRST_FRAME + 10, LAST_FRAME + 11)}),
    "root motion on the object": Edit(_on_the_object, TAKE, changes=False),
    "root motion on the root": Edit(lambda rig: bake(rig, way="root"), TAKE, needs="root", changes=False),
    "in place": Edit(lambda rig: bake(rig, way="none"), TAKE, feet_stand=False),
    "object elsewhere": Edit(_object_before, TAKE, changes=False),
    "object moves": Edit(_object_after, TAKE, feet_stand=False),
    "fewer keys": Edit(lambda rig: bake(rig, fewer_keys=True), TAKE, changes=False),
    "on twos": Edit(lambda rig: bake(rig, key_step=2), TAKE),
    "between frames": Edit(lambda rig: bake(rig, key_rate=60.0), TAKE, changes=False),
    "IK": Edit(lambda rig: bake(rig, controls="ik"), TAKE, needs="ik", changes=False),
    "FK and IK, fewer keys": Edit(
        lambda rig: bake(rig, controls="both", fewer_keys=True), TAKE, needs="ik", changes=False
    ),
    "double speed": Edit(
        lambda rig: bake(rig, speed=2.0),
        {"take": range(FIRST_FRAME, FIRST_FRAME + FRAMES // 2)},
        feet_stand=False,
        changes=False,
    ),
    "keys by hand": Edit(_by_hand, TAKE),
    "a stretched strip": Edit(
        _stretched_strip, {"take": range(5, 5 + 2 * (FRAMES - 1) + 1)}, feet_stand=False, changes=False
    ),
    "loop": Edit(_loop, {}, feet_stand=False, changes=False),
}
