# SPDX-License-Identifier: GPL-3.0-or-later
"""Animate objects and bones in Blender, record them, and read the recording as the core does."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector

from inpose_blender import addon
from inpose_blender.core import RecordingError, quaternion_to_matrix, rotate_vector
from inpose_blender.recording.scene_recording import (
    AnimatedThing,
    SceneTracks,
    find_trackers_by_role,
    find_tracks_by_role,
    record_scene,
)
from inpose_core import Skeleton, calibrate
from inpose_core.recording import load_recording
from inpose_core.requests import SolveRequest
from tests.blender.rigs import build_rig

PLACES = {"head": (0.0, 0.0, 1.7), "left": (-0.3, 0.35, 1.1), "right": (0.3, 0.35, 1.1)}
"""Somebody who faces Blender's +Y."""
FRAMES = 48
LOOKS_AHEAD = Matrix.Rotation(math.radians(90), 4, "X")
"""The matrix of a camera that looks along +Y with Z up."""


def motion(name: str, frame: int) -> Matrix:
    """Return the world matrix of a device, with OpenXR's own axes, in a frame."""
    phase = 0.2 * frame + 2 * sorted(PLACES).index(name)
    place = Vector(PLACES[name]) + 0.1 * Vector((math.sin(phase), math.cos(1.3 * phase), math.sin(0.7 * phase)))
    turn = Euler((0.3 * math.sin(phase), 0.2 * math.cos(phase), 0.4 * math.sin(0.5 * phase)))
    return Matrix.Translation(place) @ turn.to_matrix().to_4x4() @ LOOKS_AHEAD


def new_object(name: str, data: object = None):
    made = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(made)
    return made


def animate(thing, name: str, own: Matrix = Matrix()):  # noqa: B008 (never changed)
    """Key the motion of a device; ``own`` turns the device's axes into the thing's own."""
    thing.rotation_mode = "QUATERNION"
    for frame in range(1, FRAMES + 1):
        place, turn, _ = (motion(name, frame) @ own).decompose()
        thing.location, thing.rotation_quaternion = place, turn
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_quaternion", frame=frame)
    return thing


@pytest.fixture
def scene():
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.001
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.frame_set(7)
    return scene


def three_objects(own: Matrix = Matrix()) -> SceneTracks:  # noqa: B008
    return SceneTracks(*(AnimatedThing(animate(new_object(f"my {name}"), name, own).name) for name in PLACES))


def assert_is_the_motion(path: Path) -> None:
    recording = load_recording(path)
    assert len(recording) == FRAMES
    assert recording.duration_s == pytest.approx((FRAMES - 1) * 1.001 / 24, abs=1e-6)
    for device, name in enumerate(PLACES):
        truth = np.array([motion(name, frame) for frame in range(1, FRAMES + 1)])
        x, y, z = np.moveaxis(truth[:, :3, 3], -1, 0)
        np.testing.assert_allclose(recording.positions_m[:, device], np.stack((x, z, -y), -1), atol=1e-5)
        looks = rotate_vector(recording.rotations_wxyz[:, device], np.array((0.0, 0.0, -1.0)))
        ahead = -truth[:, :3, 2]
        np.testing.assert_allclose(looks, np.stack((ahead[:, 0], ahead[:, 2], -ahead[:, 1]), -1), atol=1e-4)
        up = rotate_vector(recording.rotations_wxyz[:, device], np.array((0.0, 1.0, 0.0)))
        np.testing.assert_allclose(up[:, 1], truth[:, 2, 1], atol=1e-4)


def test_three_objects_with_the_axes_of_devices(scene, tmp_path) -> None:
    written = record_scene(scene, three_objects(), tmp_path / "take.csv")
    assert (written.frames, written.pose) == (FRAMES, None)
    assert_is_the_motion(tmp_path / "take.csv")
    assert scene.frame_current == 7


def test_three_objects_with_the_axes_of_objects(scene, tmp_path) -> None:
    # The device's axes seen from an object that looks along its own Y.
    tracks = three_objects(Matrix.Rotation(math.radians(-90), 4, "X"))
    tracks = SceneTracks(*tracks.things, axes="OBJECT")
    record_scene(scene, tracks, tmp_path / "take.csv")
    assert_is_the_motion(tmp_path / "take.csv")


def test_mirrored_things_keep_their_rotations(scene, tmp_path) -> None:
    tracks = three_objects()
    bpy.data.objects[str(tracks.right)].scale = (-1.0, 1.0, 1.0)
    record_scene(scene, tracks, tmp_path / "take.csv")
    assert_is_the_motion(tmp_path / "take.csv")


def test_a_scale_that_is_switched_off_and_stretched_time_do_not_matter(scene, tmp_path) -> None:
    tracks = three_objects()
    scene.unit_settings.scale_length, scene.unit_settings.system = 0.01, "NONE"
    record_scene(scene, tracks, tmp_path / "take.csv")
    assert_is_the_motion(tmp_path / "take.csv")
    scene.render.frame_map_new = 200
    try:
        record_scene(scene, tracks, tmp_path / "slow.csv")
        assert scene.frame_current == 7
    finally:
        scene.render.frame_map_new = 100
        scene.unit_settings.scale_length, scene.unit_settings.system = 1.0, "METRIC"


def test_bones_scaled_armatures_and_scene_units(scene, tmp_path) -> None:
    scene.unit_settings.scale_length = 0.01
    data = bpy.data.armatures.new("XR Trackers")
    rig = new_object("XR Trackers", data)
    rig.scale = (100.0,) * 3  # a metre is a hundred of these scene's units
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name in PLACES:
        bone = data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = (0.2, 0.1, 0.3), (0.2, 0.5, 0.6), 0.7
    bpy.ops.object.mode_set(mode="POSE")
    for name in PLACES:
        bone = rig.pose.bones[name]
        bone.rotation_mode = "QUATERNION"
        for frame in range(1, FRAMES + 1):
            bone.matrix_basis = bone.bone.matrix_local.inverted() @ motion(name, frame)
            bone.keyframe_insert("location", frame=frame)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    bpy.ops.object.mode_set(mode="OBJECT")
    tracks = SceneTracks(*(AnimatedThing("XR Trackers", name) for name in PLACES))
    record_scene(scene, tracks, tmp_path / "take.csv")
    assert_is_the_motion(tmp_path / "take.csv")


def test_constraints_count(scene, tmp_path) -> None:
    tracks = three_objects()
    followers = []
    for thing in tracks.things:
        follower = new_object("follower")
        follower.constraints.new("COPY_TRANSFORMS").target = bpy.data.objects[thing.object_name]
        followers.append(AnimatedThing(follower.name))
    record_scene(scene, SceneTracks(*followers), tmp_path / "take.csv")
    assert_is_the_motion(tmp_path / "take.csv")


def test_tracking_toolkit_is_known_by_its_roles(scene, tmp_path) -> None:
    root = new_object("XR Root")
    left_eye = Matrix.Translation((-0.032, 0, 0))
    for name, role in (("right", "right_hand"), ("head", "head"), ("left", "left_hand")):
        tracker = animate(new_object("Annas Ding"), name, left_eye if name == "head" else Matrix())
        tracker["role_string"], tracker["ref_type"], tracker.parent = role, "tracker", root
        offset = new_object("A moved copy")
        offset["role_string"], offset["ref_type"], offset.parent = role, "offset", tracker
        offset.location = (1.0, 2.0, 3.0)
    new_object("foot")["role_string"] = "left_foot"
    tracks = find_tracks_by_role(scene)
    assert tracks is not None
    assert tracks.head_is_left_eye
    written = record_scene(scene, tracks, tmp_path / "take.csv")
    assert written.pose == "grip"
    assert_is_the_motion(tmp_path / "take.csv")


def test_roles_of_bones_are_found(scene) -> None:
    data = bpy.data.armatures.new("XR Trackers")
    rig = new_object("XR Trackers", data)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name in ("Kopf", "Links"):
        data.edit_bones.new(name).tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.pose.bones["Kopf"]["role_string"] = "head"
    data.bones["Links"]["role_string"] = "left_hand"
    tracks = find_tracks_by_role(scene)
    assert tracks is not None
    assert tracks.things == (AnimatedThing("XR Trackers", "Kopf"), AnimatedThing("XR Trackers", "Links"), None)


def test_things_of_any_axes_become_joints_by_a_t_pose(scene, tmp_path) -> None:
    """The performer stands turned by 50 degrees; each thing has axes of its own."""
    facing = Matrix.Rotation(math.radians(50), 4, "Z")
    places = {"head": (0, 0, 1.6), "left": (-0.7, 0, 1.4), "right": (0.7, 0, 1.4)}
    things = []
    for number, (name, place) in enumerate(places.items()):
        thing = new_object(name)
        thing.rotation_mode = "QUATERNION"
        odd = Euler((1.0 + number, 2.0, 0.3 * number)).to_matrix().to_4x4()
        for frame in range(1, 11):
            bend = Matrix.Rotation(math.radians(8 * (frame - 1)), 4, "Y")  # about the way the performer faces
            thing.location, thing.rotation_quaternion, _ = (facing @ Matrix.Translation(place) @ bend @ odd).decompose()
            thing.location.z += 0.01 * frame
            thing.keyframe_insert("location", frame=frame)
            thing.keyframe_insert("rotation_quaternion", frame=frame)
        things.append(AnimatedThing(name))
    tracks = SceneTracks(*things, axes="T_POSE", t_pose_frame=1)
    written = record_scene(scene, tracks, tmp_path / "take.csv", 1, 10)
    assert (written.frames, written.pose) == (10, "joint")
    R = quaternion_to_matrix(load_recording(tmp_path / "take.csv").rotations_wxyz)
    to_left = np.array(facing)[:3, :3] @ (-1.0, 0.0, 0.0)
    ahead = np.array(facing)[:3, :3] @ (0.0, 1.0, 0.0)
    for device in range(3):
        np.testing.assert_allclose(R[0, device, :, 0], (to_left[0], 0.0, -to_left[1]), atol=1e-5)
        np.testing.assert_allclose(R[:, device, :, 2], np.tile((ahead[0], 0.0, -ahead[1]), (10, 1)), atol=1e-5)
        angle = np.degrees(np.arctan2(R[9, device, 1, 0], R[9, device, 1, 1]))
        assert abs(abs(angle) - 72) < 0.1


def test_one_hand_is_enough(scene, tmp_path) -> None:
    tracks = three_objects()
    record_scene(scene, SceneTracks(tracks.head, None, tracks.right), tmp_path / "take.csv")
    assert load_recording(tmp_path / "take.csv").measured.any(axis=0).tolist() == [True, False, True]


def test_what_cannot_be_recorded_is_explained(scene, tmp_path) -> None:
    tracks = three_objects()
    still = AnimatedThing(new_object("still").name)
    for wrong, words in (
        (SceneTracks(AnimatedThing("nothing"), tracks.left, None), "no object"),
        (SceneTracks(AnimatedThing("my head", "bone"), tracks.left, None), "no bone"),
        (SceneTracks(still, still, None), "do not move"),
        (SceneTracks(still, still, still, axes="T_POSE"), "not apart|do not move"),
    ):
        with pytest.raises(RecordingError, match=words) as caught:
            record_scene(scene, wrong, tmp_path / "take.csv")
        assert caught.value.hint
    with pytest.raises(RecordingError, match="no movement"):
        record_scene(scene, tracks, tmp_path / "take.csv", 5, 5)
    assert list(tmp_path.iterdir()) == []
    assert scene.frame_current == 7


def test_the_operator_records_and_chooses_the_recording(scene, tmp_path) -> None:
    addon.register()
    try:
        tracks = three_objects()
        names = dict(zip(("head", "left", "right"), map(str, tracks.things), strict=True))
        assert bpy.ops.inpose.record_scene(filepath=str(tmp_path / "take"), **names) == {"FINISHED"}
        assert scene.inpose.recording == str(tmp_path / "take.csv")
        assert_is_the_motion(tmp_path / "take.csv")
        assert bpy.ops.inpose.record_scene(filepath=str(tmp_path / "walk_v1.2"), **names) == {"FINISHED"}
        assert sorted(path.name for path in tmp_path.iterdir()) == ["take.csv", "walk_v1.2.csv"]
        with pytest.raises(RuntimeError, match="no object"):
            bpy.ops.inpose.record_scene(filepath=str(tmp_path / "other"), head="nobody", left="my left")
        with pytest.raises(RuntimeError, match="has a role"):
            bpy.ops.inpose.record_scene(filepath=str(tmp_path / "other"))
        for name, role in (("my head", "head"), ("my left", "left_hand")):
            bpy.data.objects[name]["role_string"] = role
        assert bpy.ops.inpose.record_scene(filepath=str(tmp_path / "roles.csv")) == {"FINISHED"}
        assert load_recording(tmp_path / "roles.csv").pose == "grip"
    finally:
        addon.unregister()


def test_joints_of_a_scene_are_solved_as_joints_and_the_next_recording_is_not(rng, fake_worker, requests, tmp_path):
    addon.register()
    try:
        scene = bpy.context.scene
        rig = build_rig(rng, arm_angle_deg=45.0)
        bpy.context.view_layer.objects.active = rig
        names = dict(zip(("head", "left", "right"), map(str, three_objects().things), strict=True))
        scene.frame_end = FRAMES
        joints = {"filepath": str(tmp_path / "joints.csv"), "axes": "T_POSE", **names}
        for _ in range(2):  # the second one overwrites the file
            scene.inpose.pose = "saber"  # said for another recording
            assert bpy.ops.inpose.record_scene(**joints) == {"FINISHED"}
            assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
        bpy.ops.inpose.load_example()
        assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
        asked = [SolveRequest.from_json(params) for method, params in requests if method == "solve"]
        skeleton = Skeleton.template(1.7)
        kinds = [calibrate(load_recording(one.recording), skeleton, one.calibration).pose for one in asked]
        assert kinds == ["joint", "joint", "grip"]
    finally:
        addon.unregister()


def tracker_objects() -> None:
    """Animate empties on hips and feet: a Tracking Toolkit's, with a role, or by their names."""
    for name, like in (("Hips", "head"), ("left_foot", "left"), ("Right Foot", "right")):
        animate(new_object(name), like)


@pytest.mark.parametrize("by_role", [True, False])
def test_empties_on_the_body_are_recorded_as_trackers(scene, tmp_path, by_role) -> None:
    addon.register()
    try:
        names = dict(zip(("head", "left", "right"), map(str, three_objects().things), strict=True))
        tracker_objects()
        if by_role:
            roles = {"Hips": "waist", "left_foot": "left_foot", "my head": "head", "my left": "left_hand"}
            for name, role in roles.items():
                bpy.data.objects[name]["role_string"] = role
            found = find_tracks_by_role(scene)
            assert {place: str(thing) for place, thing in found.trackers.items()} == {
                "hips": "Hips",
                "left_foot": "left_foot",
            }
        else:
            assert set(find_trackers_by_role(scene)) == {"hips", "left_foot", "right_foot"}
        more = {"hips": "Hips", "left_foot": "left_foot"}
        assert bpy.ops.inpose.record_scene(filepath=str(tmp_path / "take.csv"), **names, **more) == {"FINISHED"}
        trackers = load_recording(tmp_path / "take.csv").trackers
        assert trackers.names == ("hips", "left_foot")
        assert trackers.joints == (0, 7)
        truth = np.array([motion("head", frame) for frame in range(1, FRAMES + 1)])
        x, y, z = np.moveaxis(truth[:, :3, 3], -1, 0)
        np.testing.assert_allclose(trackers.positions_m[:, 0], np.stack((x, z, -y), -1), atol=1e-5)
    finally:
        addon.unregister()
