# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake to IK controls, and compare the character with the FK bake: Blender's own evaluation decides."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
import numpy as np
import pytest
from character.skinned import add_body
from ik_rigs import ARP_BODY, auto_rig_pro_rig, four_bone_rig, hand_made_rig, mmd_rig, unreal_rig
from rigs import build_rig, nearest_rotation

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bake.rig_facts import rig_facts
from inpose_blender.bpy_compat import action_curves
from inpose_blender.character.posing import PosedBones
from inpose_blender.controls.check import control_problems, needed_bones
from inpose_blender.core import JOINT_INDEX, PARENTS, Motion, Sensors, multiply_quaternions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FRAMES = 60


def limber_motion(skeleton: Any, frames: int = FRAMES, *, hinges: bool = False) -> Motion:
    """Return a motion that squats, reaches and turns, with straight and strongly bent limbs, and twists of its own."""
    time = np.linspace(0, 2 * np.pi, frames)
    local = np.zeros((frames, len(PARENTS), 4))
    local[..., 0] = 1.0

    def turn(joint: str, axis: tuple[float, float, float], degrees: np.ndarray) -> None:
        half = np.radians(degrees)[:, None] / 2
        step = np.hstack((np.cos(half), np.sin(half) * np.array(axis)))
        local[:, JOINT_INDEX[joint]] = multiply_quaternions(local[:, JOINT_INDEX[joint]], step)

    squat = 1 + 60 * (1 - np.cos(time)) / 2
    turn("pelvis", (0, 1, 0), 40 * np.sin(time))
    for side, sign in (("left", 1), ("right", -1)):
        turn(f"{side}_hip", (1, 0, 0), -squat)
        turn(f"{side}_knee", (1, 0, 0), 2 * squat)
        turn(f"{side}_ankle", (1, 0, 0), -squat + 10 * np.sin(2 * time))
        turn(f"{side}_foot", (1, 0, 0), 20 * np.sin(time + sign))
        turn(f"{side}_shoulder", (0, 0, 1), sign * 50 * np.sin(time))
        turn(f"{side}_elbow", (0, 1, 0), -sign * (60 + 55 * np.cos(time)))
        turn(f"{side}_wrist", (1, 0, 0), 30 * np.sin(3 * time))
        if not hinges:
            turn(f"{side}_hip", (0, 1, 0), sign * 15 * np.sin(time))
            turn(f"{side}_knee", (0, 1, 0), sign * 8 * np.sin(2 * time))
            turn(f"{side}_elbow", (1, 0, 0), 25 * np.sin(2 * time))
            turn(f"{side}_shoulder", (1, 0, 0), 30 * np.cos(time))
    turn("spine2", (0, 0, 1), 15 * np.sin(2 * time))
    turn("head", (0, 1, 0), 20 * np.sin(time))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = multiply_quaternions(local[:, parent], local[:, joint])
    root_m = np.stack((0.3 * np.sin(time), 0.95 - 0.3 * (1 - np.cos(time)) / 2, time / 6), axis=1)
    return Motion(local, root_m, skeleton, 24.0)


def solved_take(motion: Motion) -> SolvedTake:
    """Return a motion as if it had been solved from its own head and hands."""
    devices = [JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]
    measured = np.ones((len(motion), 3), np.bool_)
    return SolvedTake(
        motion, Sensors(motion.joint_positions_m[:, devices], motion.rotations_wxyz[:, devices], measured, 24.0)
    )


def bake(rig: Any, *, hinges: bool = False, **options: Any) -> Any:
    """Bake the limber motion by the job that operators and headless run, and return the result."""
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    motion = limber_motion(prepared.measure.skeleton, hinges=hinges)
    take = solved_take(motion)
    return BakeJob(prepared, scene, lambda: take, BakeOptions(**options), "take", replace_own=False).run()


def poses(rig: Any, frames: range = range(1, FRAMES + 1)) -> dict[str, np.ndarray]:
    """Return where Blender has the bones that deform, (frames, 4, 4) each."""
    names = [bone.name for bone in rig.data.bones if bone.use_deform]
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        for name in names:
            found[name].append(np.array(rig.pose.bones[name].matrix))
    return {name: np.array(matrices) for name, matrices in found.items()}


def apart(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> tuple[float, float]:
    """Return the largest difference of two animations: degrees and millimetres."""
    degrees, mm = 0.0, 0.0
    for name, first in a.items():
        for one, other in zip(first, b[name], strict=True):
            error = nearest_rotation(one).T @ nearest_rotation(other)
            skew = np.array((error[2, 1] - error[1, 2], error[0, 2] - error[2, 0], error[1, 0] - error[0, 1]))
            angle = np.arctan2(np.linalg.norm(skew) / 2, (np.trace(error) - 1) / 2)
            degrees = max(degrees, float(np.degrees(angle)))
        mm = max(mm, 1000 * float(np.linalg.norm(first[:, :3, 3] - b[name][:, :3, 3], axis=1).max()))
    return degrees, mm


def keyed(rig: Any) -> set[str]:
    """Return the bones that the active action moves."""
    curves = action_curves(rig.animation_data.action, rig)
    return {curve.data_path.split('"')[1] for curve in curves if len(curve.keyframe_points) > 1}


@pytest.mark.parametrize("mode", ["ik", "both"])
@pytest.mark.parametrize(
    ("build", "targets"),
    [
        (hand_made_rig, {"left foot target", "right hand target", "left knee pole", "right elbow pole"}),
        (partial(hand_made_rig, poles=False), {"left foot target", "right hand target"}),
        (four_bone_rig, {"left foot target", "right hand target"}),
        (mmd_rig, {"左足ＩＫ", "右足ＩＫ", "センター", "グルーブ"}),
        (auto_rig_pro_rig, {"c_hand_ik.l", "c_foot_ik.r", "c_leg_pole.l", "c_arms_pole.r", "c_toes_ik.l"}),
        (unreal_rig, {"ik_foot_l", "ik_hand_r", "ik_hand_gun"}),
    ],
    ids=["poles", "no poles", "four bones", "mmd", "auto-rig pro", "unreal"],
)
def test_ik_is_where_fk_is(build, targets, mode):
    rig = build()
    bake(rig)
    expected = poses(rig)
    result = bake(rig, controls=mode)
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    assert targets <= keyed(rig)
    kinds = {found.kind for found in result.character.problems}
    assert not [kind for kind in kinds if kind.startswith("ik_") and kind != "ik_of_engine"]


def test_millimetres_are_those_of_the_world():
    """Objects from FBX files are scaled by 0.01: an error is not a hundred times as large there."""
    rig = hand_made_rig()
    knee = rig.pose.bones["LeftLeg"]
    knee.use_ik_limit_x, knee.ik_min_x, knee.ik_max_x = True, -0.5, 0.5
    (large,) = (found for found in bake(rig, controls="ik").character.problems if found.kind == "ik_limit")
    bpy.context.view_layer.objects.active = rig
    rig.select_set(True)
    rig.scale = (100.0,) * 3
    bpy.ops.object.transform_apply(scale=True)
    rig.scale = (0.01,) * 3
    bpy.context.view_layer.update()
    (small,) = (found for found in bake(rig, controls="ik").character.problems if found.kind == "ik_limit")
    assert float(dict(small.values)["mm"]) == pytest.approx(float(dict(large.values)["mm"]), abs=0.2)


def test_a_chain_ends_at_the_tail_of_its_last_bone():
    """Also where the constraint is on the hand: Blender then leaves out the hand, no more."""
    rig = hand_made_rig()
    for bone in rig.pose.bones:
        for constraint in list(bone.constraints):
            bone.constraints.remove(constraint)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    arm = rig.data.edit_bones["LeftForeArm"]
    arm.tail = arm.tail.lerp(arm.head, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    constraint = rig.pose.bones["LeftHand"].constraints.new("IK")
    constraint.target, constraint.subtarget = rig, "left hand target"
    constraint.use_tail, constraint.chain_count = False, 2
    bake(rig)
    expected = poses(rig)
    bake(rig, controls="ik")
    degrees, mm = apart(expected, poses(rig))
    assert "left hand target" in keyed(rig)
    assert degrees < 0.1
    assert mm < 1.0


def test_a_switch_is_keyed_and_fk_controls_rest_where_ik_has_its_own_chain():
    rig = auto_rig_pro_rig()
    bake(rig, controls="ik")
    assert rig.pose.bones["c_hand_ik.l"]["ik_fk_switch"] == 0.0
    assert "c_forearm_fk.l" not in keyed(rig)
    bake(rig, controls="both")
    assert "c_forearm_fk.l" in keyed(rig)
    expected = poses(rig)
    for curve in action_curves(rig.animation_data.action, rig):
        if "ik_fk_switch" in curve.data_path:
            curve.keyframe_points[0].co.y = 1.0
            curve.update()
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0


@pytest.mark.parametrize("mode", ["ik", "both"])
def test_skin_is_not_left_behind_where_fk_controls_rest(mode):
    rig = auto_rig_pro_rig()
    add_body(rig, ARP_BODY)
    found = bake(rig, controls=mode).character.problems
    assert not [each.kind for each in found if each.kind in {"left_behind", "pulled_off", "stretched"}]


def test_a_knee_that_is_a_hinge_is_named():
    rig = mmd_rig(knees_are_hinges=True)
    result = bake(rig, controls="ik")
    reasons = {found.kind: dict(found.values) for found in result.character.problems}
    assert reasons["ik_locked"]["other"] in {"左ひざ", "右ひざ"}
    assert reasons["no_arm_ik"]["bone"] == "左ひじ, 右ひじ"


@pytest.mark.parametrize("fewer_keys", [False, True])
def test_limbs_without_ik_are_said_once(fewer_keys):
    problems = bake(mmd_rig(), controls="ik", fewer_keys=fewer_keys).character.problems
    assert [dict(found.values) for found in problems if found.kind in ("no_arm_ik", "no_leg_ik")] == [
        {"bone": "左ひじ, 右ひじ"}
    ]


def test_the_ik_bones_of_an_engine_are_no_missing_ik():
    problems = bake(unreal_rig(), controls="ik").character.problems
    assert [
        (found.kind, *dict(found.values).values())
        for found in problems
        if found.kind in ("no_arm_ik", "no_leg_ik", "ik_of_engine")
    ] == [
        ("ik_of_engine", "lowerarm_l, lowerarm_r", "ik_hand_l, ik_hand_r, ik_hand_gun"),
        ("ik_of_engine", "calf_l, calf_r", "ik_foot_l, ik_foot_r"),
    ]


def test_a_hinge_takes_a_motion_of_hinges():
    rig = mmd_rig(knees_are_hinges=True)
    bake(rig, hinges=True)
    expected = poses(rig)
    result = bake(rig, hinges=True, controls="ik")
    degrees, mm = apart(expected, poses(rig))
    assert degrees < 0.1
    assert mm < 1.0
    kinds = {found.kind for found in result.character.problems}
    assert not [kind for kind in kinds if kind.startswith("ik_") and kind != "ik_of_engine"]


def test_an_ik_limit_is_named():
    rig = hand_made_rig()
    knee = rig.pose.bones["LeftLeg"]
    knee.use_ik_limit_x, knee.ik_min_x, knee.ik_max_x = True, -0.5, 0.5
    reasons = {found.kind: dict(found.values) for found in bake(rig, controls="ik").character.problems}
    assert reasons["ik_limit"]["other"] == "LeftLeg"
    assert set(reasons) & {"ik_locked", "ik_unreachable", "ik_stiff"} == set()


def test_a_straight_limb_is_named():
    """The reason that is left when nothing else explains a difference: the limb is at its full length."""
    rig = hand_made_rig()
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    facts = rig_facts(rig, scene=scene, mapping=prepared.mapping, control_mode="ik")
    limb = next(each for each in facts.controls.limbs if (each.side, each.kind) == ("left", "leg"))
    names = needed_bones(rig, facts.controls, ["LeftLeg"])
    bent = {name: np.eye(4)[None] for name in names}
    kinds = []
    for degrees in (0.0, straightening_degrees(limb)):
        moved = dict(bent)
        moved["LeftLeg"] = turned_about_x(degrees, limb.places_rest[1])
        fk = PosedBones((1,), moved)
        ik = PosedBones((1,), moved | {"LeftLeg": moved["LeftLeg"] @ turned_about_x(0.3, limb.places_rest[1])})
        found = control_problems(rig, facts.controls, prepared.mapping, ["LeftLeg"], fk, ik, [1], 1.0)
        kinds.append([each.kind for each in found])
    assert kinds == [["ik_differs"], ["ik_straight"]]


def turned_about_x(degrees: float, place: np.ndarray) -> np.ndarray:
    """Return the move (1, 4, 4) that turns a bone about a place."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    move = np.eye(4)
    move[:3, :3] = [[1, 0, 0], [0, cos, -sin], [0, sin, cos]]
    move[:3, 3] = place - move[:3, :3] @ place
    return move[None]


def straightening_degrees(limb: Any) -> float:
    """Return the angle about the X axis that makes a leg straight."""
    (_, y1, z1), (_, y2, z2) = np.diff(limb.places_rest, axis=0)
    return float(np.degrees(np.arctan2(z1, y1) - np.arctan2(z2, y2)))


def test_a_rig_without_ik_is_baked_with_fk_and_told():
    rig = build_rig(np.random.default_rng(3))
    bake(rig)
    expected = poses(rig)
    result = bake(rig, controls="ik")
    assert apart(expected, poses(rig)) == (0.0, 0.0)
    sentences = [found.sentence for found in result.character.problems if found.kind in ("no_arm_ik", "no_leg_ik")]
    assert [sentence[: sentence.index(" (")] for sentence in sentences] == [
        "InPose finds no IK for the arms",
        "InPose finds no IK for the legs",
    ]
    assert not any("FK controls" in sentence for sentence in sentences)  # this rig has none


def test_the_rig_itself_stays_as_it_was():
    """Constraints, locks, hidden bones, drivers and properties: a bake only makes an action."""
    rig = auto_rig_pro_rig()
    rig.data.bones["thigh_ik.l"].hide = True
    rig.pose.bones["c_hand_ik.l"].lock_location = (True, False, True)
    before = rig_state(rig)
    objects = sorted(block.name for block in bpy.data.objects)
    bake(rig, controls="both")
    rig.animation_data.action = None
    for control in ("c_hand_ik", "c_foot_ik"):
        for end in (".l", ".r"):
            rig.pose.bones[control + end]["ik_fk_switch"] = 0.0
            rig.pose.bones[control + end]["auto_stretch"] = 1.0
    assert rig_state(rig) == before
    assert sorted(block.name for block in bpy.data.objects) == objects
    assert [action.name for action in bpy.data.actions] == ["take"]


def rig_state(rig: Any) -> list[Any]:
    """Return everything of a rig that is not its pose."""
    constraints = [
        (bone.name, constraint.name, constraint.type, constraint.mute, getattr(constraint, "subtarget", ""))
        for bone in rig.pose.bones
        for constraint in bone.constraints
    ]
    bones = [
        (bone.name, bone.bone.hide, tuple(bone.lock_location), tuple(bone.lock_rotation)) for bone in rig.pose.bones
    ]
    properties = [(bone.name, *pair) for bone in rig.pose.bones for pair in bone.items()]
    return [constraints, bones, properties, [driver.data_path for driver in rig.animation_data.drivers]]
