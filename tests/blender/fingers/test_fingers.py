# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the hands of baked rigs: straight fingers are straight, a fist is closed, and nothing bends backwards."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from ik_rigs import MMD_OF_UNREAL
from rigs import add_fingers, build_rig, import_shared_rig, map_and_measure, still_motion

from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.bpy_compat import action_curves
from inpose_blender.core import SIDES, FingerTracks, measure_hand
from inpose_blender.fingers.find import find_fingers
from inpose_blender.fingers.rig_fingers import rig_fingers
from inpose_blender.rig.find import map_rig
from inpose_blender.rig.measure import measure_rig
from inpose_core.body.hands.angles import rotations_of_angles
from inpose_core.body.hands.shapes import FIST_RAD, relaxed_angles

STRAIGHT = rotations_of_angles(np.zeros((2, 15, 3)))
RELAXED = rotations_of_angles(relaxed_angles())
FIST = rotations_of_angles(np.stack((FIST_RAD, FIST_RAD)))

RIGS = {
    "makehuman_mixamo_female.fbx": 30,
    "mesh2motion_human_male.glb": 30,
    "makehuman_game_engine_male.fbx": 30,
    "vrm1_mesh2motion_female.vrm": 30,
    "vrm0_cryptovoxels.vrm": 30,
    "vrm0_cool_banana.vrm": 30,
    "rocketbox_female_adult_01.fbx": 30,
    "makehuman_default_female.blend": 30,
    "readyplayerme_template_xr.fbx": 30,
    "quaternius_man_casual.glb": 28,
}
"""Rigs of different makers with how many finger bones they have."""
WITHOUT_FINGERS = ("manny_med_mod.gltf", "poser_daz_cross.bvh", "xsens_100style_skeleton.fbx", "smpl_named_female.glb")


def moving(rig, skeleton, shapes) -> object:
    """Return a T-pose whose fingers have one shape (2, 15, 4) in each frame."""
    motion = still_motion(skeleton, frames=len(shapes))
    return replace(motion, fingers=FingerTracks.of_joints(np.array(shapes)))


def baked(rig, shapes, **settings):
    scene = bpy.context.scene
    scene.render.fps = 24
    mapping = map_rig(rig)
    measure = measure_rig(rig, mapping, 1.0)
    motion = moving(rig, measure.skeleton, shapes)
    result = bake_motion(rig, motion, BakeSettings("take", **settings), scene=scene, mapping=mapping, measure=measure)
    return result, rig_fingers(rig, mapping, scene)


def posed_fingers(rig, fingers, frame: int) -> dict:
    """Return the joints of each finger (B + 1, 3) as they are posed, in the axes of the hand and lengths of its palm.

    The right hand is mirrored.
    """
    bpy.context.scene.frame_set(frame)

    def moves(bone: str) -> np.ndarray:
        return np.array(rig.pose.bones[bone].matrix) @ np.linalg.inv(np.array(rig.data.bones[bone].matrix_local))

    found: dict = {}
    for side in SIDES:
        wrist = fingers.wrist_places[side]
        rest = measure_hand(side, wrist, fingers.places[side])
        palm = np.linalg.norm(fingers.places[side]["middle"][0] - wrist)
        back = np.linalg.inv(moves(fingers.wrists[side]))
        found[side] = {}
        for finger, bones in fingers.bones[side].items():
            carriers = [*bones, bones[-1]]
            places = [
                (back @ moves(bone) @ np.append(place, 1.0))[:3]
                for bone, place in zip(carriers, fingers.places[side][finger], strict=True)
            ]
            in_hand = (np.array(places) - wrist) @ rest.R_rest_hand / palm
            found[side][finger] = in_hand * (1 if side == "left" else -1, 1, 1)
    return found


def assert_hands(rig, fingers) -> None:
    """Look at the frames 1 (straight), 2 (relaxed) and 3 (fist)."""
    straight, relaxed, fist = (posed_fingers(rig, fingers, frame) for frame in (1, 2, 3))
    for side in SIDES:
        for finger, places in straight[side].items():
            bones = np.diff(places, axis=0)
            along = bones / np.linalg.norm(bones, axis=1, keepdims=True)
            expected = (np.sqrt(0.5), 0, np.sqrt(0.5)) if finger == "thumb" else (1, 0, 0)
            np.testing.assert_allclose(along, np.tile(expected, (len(along), 1)), atol=5e-3, err_msg=f"{side} {finger}")
        reach = {finger: np.linalg.norm(places[-1]) for finger, places in straight[side].items()}
        for finger, places in fist[side].items():
            tip = places[-1]
            if finger == "thumb":
                # In front of the palm, and on its way to the other side.
                assert tip[1] < -0.2, (side, tip)
                across = (0.45 if len(places) > 3 else 0.6) * straight[side]["thumb"][-1][2]
                assert tip[2] < across, (side, tip)
            else:
                # In front of the palm, not in it and not far from it.
                assert -0.6 < tip[1] < -0.05, (side, finger, tip)
                assert 0.1 < tip[0] < 0.95, (side, finger, tip)
                assert np.linalg.norm(tip) < 0.75 * reach[finger], (side, finger)
        for shape in (relaxed, fist):
            for finger, places in shape[side].items():
                if finger != "thumb":
                    bones = np.diff(places, axis=0)
                    bend = np.unwrap(np.arctan2(-bones[:, 1], bones[:, 0]))
                    assert (np.diff(bend, prepend=0.0) > np.radians(5)).all(), f"{side} {finger} bends backwards"
        curl = [relaxed[side][finger][-1][1] for finger in ("index", "middle", "ring")]
        assert all(value < -0.15 for value in curl)
    for finger, places in fist["left"].items():  # characters themselves are not quite symmetric
        left, right = places - places[0], fist["right"][finger] - fist["right"][finger][0]
        np.testing.assert_allclose(left, right, atol=0.12 * np.linalg.norm(right), err_msg=f"{finger} is not mirrored")


@pytest.mark.parametrize(("file_name", "count"), RIGS.items())
def test_hands_of_real_rigs(file_name, count):
    rig, _ = import_shared_rig(file_name)
    result, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert fingers is not None
    assert fingers.count == result.fingers.count == count
    assert result.fingers.source == "joints"
    assert_hands(rig, fingers)


def test_an_mmd_character():
    rig, _ = import_shared_rig("mesh2motion_human_male.glb")
    for bone in rig.data.bones:
        bone.name = MMD_OF_UNREAL.get(bone.name, bone.name)
    mapping = map_rig(rig)
    assert mapping.family.name == "mmd"
    assert find_fingers(rig, mapping)["left"]["thumb"].bones == ("左親指０", "左親指１", "左親指２")
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert_hands(rig, fingers)


def test_rigify_metarig():
    _add_metarig()
    rig = bpy.context.object
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert fingers.count == 30
    assert_hands(rig, fingers)


@pytest.mark.slow
def test_rigify_controls():
    """The controls of a generated rig: the deforming bones follow them."""
    _add_metarig()
    metarig = bpy.context.object
    bpy.ops.pose.rigify_generate()
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing != metarig)
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert fingers.bones["left"]["index"] == ("f_index.01.L", "f_index.02.L", "f_index.03.L")
    assert_hands(rig, fingers)
    bpy.context.scene.frame_set(3)
    control, follower = rig.pose.bones["f_index.03.L"], rig.pose.bones["DEF-f_index.03.L"]
    np.testing.assert_allclose(np.array(control.tail), np.array(follower.tail), atol=2e-3)


def _add_metarig() -> None:
    try:
        bpy.ops.preferences.addon_enable(module="rigify")
        bpy.ops.object.armature_human_metarig_add()
    except (AttributeError, RuntimeError) as error:
        pytest.skip(f"this Blender has no Rigify ({error})")


@pytest.mark.parametrize("file_name", WITHOUT_FINGERS)
def test_rigs_without_fingers(file_name):
    rig, _ = import_shared_rig(file_name)
    assert rig_fingers(rig, map_rig(rig), bpy.context.scene) is None


def test_mittens_bend_as_a_whole():
    rig, _ = import_shared_rig("kenney_medium.glb")
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert {finger: len(bones) for finger, bones in fingers.bones["left"].items()} == {"thumb": 2, "index": 3}


@pytest.mark.parametrize("arm_angle_deg", [0.0, 40.0])
def test_any_rolls_tails_and_object(rng, arm_angle_deg):
    rig = build_rig(rng, arm_angle_deg=arm_angle_deg, rotation_deg=(0, 0, 70), scale=0.01, location=(3, 1, 0))
    add_fingers(rig, rng)
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert fingers.count == 30
    assert_hands(rig, fingers)


@pytest.mark.parametrize("mode", ["XYZ", "AXIS_ANGLE"])
def test_rotation_modes(rng, mode):
    rig = build_rig(rng)
    add_fingers(rig, rng)
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert_hands(rig, fingers)


def finger_paths(rig) -> set[str]:
    return {
        curve.data_path
        for curve in action_curves(rig.animation_data.action, rig)
        if any(word in curve.data_path for word in ("thumb", "index", "middle", "ring", "pinky"))
    }


def test_the_option_leaves_fingers_alone(rng):
    rig = build_rig(rng)
    add_fingers(rig, rng)
    rig.pose.bones["left_index2"].location = (0.01, 0, 0)
    result, _ = baked(rig, [FIST], fingers="off")
    assert finger_paths(rig) == set()
    assert result.fingers.count == 0
    assert tuple(rig.pose.bones["left_index2"].location) == pytest.approx((0.01, 0, 0))


def test_relaxed_hands_for_recordings_without_fingers(rng):
    rig = build_rig(rng)
    add_fingers(rig, rng)
    mapping, measure = map_and_measure(rig)
    scene = bpy.context.scene
    known = still_motion(measure.skeleton)
    result = bake_motion(rig, known, BakeSettings("take"), scene=scene, mapping=mapping, measure=measure)
    assert result.fingers.count == 30
    assert result.fingers.source == "relaxed"
    fingers = rig_fingers(rig, mapping, scene)
    without = posed_fingers(rig, fingers, 1)
    baked(rig, [RELAXED], fingers="recorded")
    for finger, places in posed_fingers(rig, fingers, 1)["left"].items():
        np.testing.assert_allclose(without["left"][finger], places, atol=1e-4)
    pressed = np.ones((2, 2, 3))
    squeezing = replace(known, fingers=FingerTracks.of_buttons(pressed))
    result = bake_motion(rig, squeezing, BakeSettings("take"), scene=scene, mapping=mapping, measure=measure)
    assert result.fingers.source == "buttons"
    closed = posed_fingers(rig, fingers, 1)
    baked(rig, [FIST])
    for finger, places in posed_fingers(rig, fingers, 1)["right"].items():
        np.testing.assert_allclose(closed["right"][finger], places, atol=1e-3)


def test_locked_angles_stay(rng):
    rig = build_rig(rng)
    add_fingers(rig, rng)
    bone = rig.pose.bones["left_index2"]
    bone.rotation_mode = "XYZ"
    bone.lock_rotation = (False, True, True)
    baked(rig, [STRAIGHT, FIST])
    values = [
        [point.co[1] for point in curve.keyframe_points]
        for curve in action_curves(rig.animation_data.action, rig)
        if curve.data_path == 'pose.bones["left_index2"].rotation_euler'
    ]
    assert max(map(abs, values[1] + values[2])) == 0
    assert max(map(abs, values[0])) > 0.01


def test_fingers_that_a_constraint_holds_are_left_alone(rng):
    rig = build_rig(rng)
    add_fingers(rig, rng)
    constraint = rig.pose.bones["left_ring2"].constraints.new("COPY_ROTATION")
    constraint.target, constraint.subtarget = rig, "head"
    _, fingers = baked(rig, [FIST])
    assert "ring" not in fingers.bones["left"]
    assert fingers.count == 27


def test_a_posed_bone_in_the_palm_rests_while_the_fingers_play(rng):
    rig, _ = import_shared_rig("makehuman_default_female.blend")
    rig.pose.bones["metacarpal1.L"].rotation_mode = "XYZ"
    rig.pose.bones["metacarpal1.L"].rotation_euler = (0.5, 0, 0)
    _, fingers = baked(rig, [STRAIGHT, RELAXED, FIST])
    assert_hands(rig, fingers)
