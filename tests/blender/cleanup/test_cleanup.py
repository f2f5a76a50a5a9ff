# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean up as an animator does: add edits, apply them, mute and remove them."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from character.skinned import add_body
from controls.test_ik_bake import bake
from rigs import add_fingers, build_rig

from inpose_blender.bake.edits.curled_skin import curled_skin
from inpose_blender.bake.edits.mesh_ground import mesh_ground
from inpose_blender.bake.edits.skin_shape import skin_shape
from inpose_blender.bake.placement import placement_from_text
from inpose_blender.character.skin import read_skin
from inpose_blender.core import JOINT_INDEX, JOINT_NAMES, Motion, finger_rotations
from inpose_blender.fingers.rig_fingers import rig_fingers
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.shown import evaluated_object
from inpose_core.editing.body_surface import posed_surface
from tests.shared_files import shared_or_skip


@pytest.fixture
def solved(registered, rng, take, fake_worker):
    rig = build_rig(rng, arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    bpy.context.scene.inpose.armature = rig
    return rig


def add(rig, kind: str, **values):
    assert bpy.ops.inpose.add_edit(kind=kind) == {"FINISHED"}
    edit = rig.inpose_edits.entries[-1]
    for name, value in values.items():
        setattr(edit, name, value)
    return edit


def apply() -> None:
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def places(rig, joint: str, frames) -> np.ndarray:
    bone = rig.pose.bones[prepare_rig(rig, bpy.context.scene).mapping.bones[joint]]
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        found.append(rig.matrix_world @ bone.head)
    return np.array(found)


FRAMES = range(2, 20, 3)


def test_an_edit_changes_the_bake_and_not_the_solved_motion(solved) -> None:
    file = Path(solved.inpose_take.file)
    before, content = places(solved, "pelvis", FRAMES), file.read_bytes()
    edit = add(solved, "ground", height=0.25)
    assert edit.whole
    apply()
    assert places(solved, "pelvis", FRAMES)[:, 2] - before[:, 2] == pytest.approx(0.25, abs=0.05)
    assert file.read_bytes() == content
    edit.muted = True
    apply()
    assert np.abs(places(solved, "pelvis", FRAMES) - before).max() < 1e-4
    edit.muted = False
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert places(solved, "pelvis", FRAMES)[:, 2].mean() > before[:, 2].mean() + 0.15
    assert bpy.ops.inpose.remove_edit() == {"FINISHED"}
    assert not len(solved.inpose_edits.entries)


def test_the_preview_range_is_the_stretch(solved) -> None:
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 8, 12
    edit = add(solved, "ground", height=0.2, ease=0)
    assert (edit.first, edit.last, edit.whole) == (8, 12, False)
    before = places(solved, "pelvis", [1, 10, 20])
    apply()
    risen = places(solved, "pelvis", [1, 10, 20])[:, 2] - before[:, 2]
    assert risen[1] > 0.05  # the body follows slowly
    assert np.abs(risen[[0, 2]]).max() < 1e-3


def test_edits_stay_at_their_poses_at_other_frames_speeds_and_frame_rates(solved) -> None:
    scene = bpy.context.scene
    edit = add(solved, "smooth", whole=False, first=5, last=9)
    later = 100 - solved.inpose_take.first_frame
    scene.frame_end, scene.frame_start = 400, 100
    apply()
    assert (edit.first, edit.last, edit.ease) == (5 + later, 9 + later, 8)
    scene.inpose_bake.speed = 0.5
    apply()
    assert (edit.first, edit.last, edit.ease) == (100 + 2 * 4, 100 + 2 * 8, 16)
    scene.inpose_bake.speed = 1.0
    scene.render.fps = 48
    apply()
    assert (edit.first, edit.last, edit.ease) == (100 + 2 * 4, 100 + 2 * 8, 16)


def test_an_edit_that_changes_nothing_is_told(solved) -> None:
    add(solved, "exaggerate", amount=1.0)
    apply()
    assert "Exaggerate has nothing to change" in bpy.context.window_manager.inpose_status.notes


def test_the_mirror_exchanges_the_sides_and_comes_back(solved) -> None:
    before = {joint: places(solved, joint, FRAMES) for joint in ("left_wrist", "right_wrist")}
    solved.inpose_edits.mirror = "room"
    apply()
    image = places(solved, "right_wrist", FRAMES)
    assert np.abs(image * (-1, 1, 1) - before["left_wrist"]).max() < 0.02
    solved.inpose_edits.mirror = "none"
    apply()
    assert np.abs(places(solved, "right_wrist", FRAMES) - before["right_wrist"]).max() < 1e-4


def test_edits_are_ordered(solved) -> None:
    add(solved, "smooth"), add(solved, "exaggerate")
    assert bpy.ops.inpose.move_edit(step=-1) == {"FINISHED"}
    assert [edit.kind for edit in solved.inpose_edits.entries] == ["exaggerate", "smooth"]
    assert bpy.ops.inpose.move_edit(step=-1) == {"CANCELLED"}


def test_an_edit_that_ends_before_it_starts_changes_nothing(solved) -> None:
    add(solved, "smooth", whole=False, first=9, last=5)
    before = solved.animation_data.action
    with pytest.raises(RuntimeError, match="ends before it starts"):
        bpy.ops.inpose.bake_take()
    assert solved.animation_data.action == before


def wavy_ground():
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=120, y_subdivisions=120, size=12.0)
    ground = bpy.context.object
    for vertex in ground.data.vertices:
        x, y, _ = vertex.co
        vertex.co.z = 0.15 + 0.06 * np.sin(2 * x) * np.cos(1.5 * y)
    return ground


@pytest.mark.parametrize("start_at", ["recorded", "rig", "cursor"])
def test_feet_stand_on_a_mesh_wherever_the_character_starts(solved, start_at) -> None:
    scene = bpy.context.scene
    scene.inpose_bake.start_at, scene.inpose_bake.facing = start_at, "rig"
    scene.cursor.location = (1.5, -1.0, 0.0)
    apply()
    flat = places(solved, "left_foot", FRAMES)
    ground = wavy_ground()
    add(solved, "ground", ground=ground)
    apply()
    after = places(solved, "left_foot", FRAMES)
    motion = Motion.load_npz(Path(solved.inpose_take.file))
    if motion.foot_stands is not None and motion.foot_stands[:, 0].all():
        below = 0.15 + 0.06 * np.sin(2 * after[:, 0]) * np.cos(1.5 * after[:, 1])
        assert np.abs(after[:, 2] - flat[:, 2] - below).max() < 0.08
    assert after[:, 2].mean() > flat[:, 2].mean() + 0.08
    bpy.data.objects.remove(ground)


@pytest.mark.parametrize("how", ["hide_set", "hide_viewport", "exclude"])
def test_a_hidden_ground_counts_where_it_is_now(solved, how) -> None:
    """Blender does not evaluate what is disabled: neither its own place nor that of its parent, nor its modifiers."""
    ground, scene, layer = wavy_ground(), bpy.context.scene, bpy.context.view_layer
    add(solved, "ground", ground=ground)
    apply()
    before = places(solved, "pelvis", FRAMES)
    carrier = bpy.data.objects.new("Carrier", None)
    collection = bpy.data.collections.new("Proxies")
    scene.collection.children.link(collection)
    for each in (ground, carrier):
        collection.objects.link(each)
    scene.collection.objects.unlink(ground)
    ground.parent = carrier
    if how == "hide_set":
        ground.hide_set(True)
    elif how == "hide_viewport":
        ground.hide_viewport = carrier.hide_viewport = True
    else:
        layer.layer_collection.children["Proxies"].exclude = True
    ground.location.z, carrier.location.z = 0.3, 0.2
    displaced = ground.modifiers.new("Higher", "DISPLACE")
    displaced.direction, displaced.mid_level, displaced.strength = "Z", 0.0, 0.1
    layer.update()
    objects = set(bpy.data.objects)
    apply()
    risen = places(solved, "pelvis", FRAMES)[:, 2] - before[:, 2]
    assert risen == pytest.approx(0.6, abs=0.02)
    assert set(bpy.data.objects) == objects


def test_feet_on_a_lower_ground_are_not_below_the_floor(solved) -> None:
    add(solved, "ground", height=-0.2)
    result = bake(solved)
    assert "below_floor" not in {found.kind for found in result.character.problems}


def test_a_mesh_tells_its_height_in_the_room_of_the_recording(solved) -> None:
    ground = wavy_ground()
    measure = prepare_rig(solved, bpy.context.scene).measure
    with evaluated_object(ground) as evaluated:
        found = mesh_ground(evaluated, measure, placement_from_text(""))
    assert found is not None
    heights_m = found.heights_m(np.array(((0.0, 5.0, 0.0), (0.7, 0.0, 0.4), (100.0, 0.0, 0.0))))
    assert heights_m[:2] == pytest.approx([0.15, 0.15 + 0.06 * np.sin(1.4) * np.cos(0.6)], abs=2e-3)
    assert np.isnan(heights_m[2])


def test_a_real_skin_has_a_human_shape() -> None:
    path = shared_or_skip("rigs/mesh2motion_human_male.glb")
    bpy.ops.import_scene.gltf(filepath=str(path))
    armature = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    rig = prepare_rig(armature, bpy.context.scene)
    shape = skin_shape(armature, rig.mapping, rig.measure, read_skin(armature))
    skeleton = rig.measure.skeleton
    rotations = np.tile((1.0, 0.0, 0.0, 0.0), (1, len(JOINT_NAMES), 1))
    points_m = posed_surface(shape.surface, Motion(rotations, np.zeros((1, 3)), skeleton, 60.0)).points_m[0]
    low_m, high_m = (skeleton.rest_positions_m[JOINT_INDEX[name], 1] for name in ("spine2", "spine3"))
    pelvis_m = skeleton.rest_positions_m[0, 1]
    chest_m = points_m[(points_m[:, 1] > low_m - pelvis_m) & (points_m[:, 1] < high_m - pelvis_m)]
    wide_m, deep_m = np.ptp(chest_m, axis=0)[[0, 2]]
    assert 0.12 < wide_m / skeleton.stature_m < 0.32
    assert 0.06 < deep_m / skeleton.stature_m < 0.2
    assert all(len(piece.points_m) > 5 for pieces in shape.arms for piece in pieces)


def test_the_body_has_one_shape_wherever_root_motion_has_turned_the_object(rng) -> None:
    rig, scene = build_rig(rng, arm_angle_deg=45.0, rotation_deg=(0, 0, 30)), bpy.context.scene
    add_fingers(rig, rng)
    add_body(rig, weights_on={"left_wrist": "left_index1"})

    def look() -> tuple[np.ndarray, np.ndarray, float]:
        prepared = prepare_rig(rig, scene)
        skin, fingers = read_skin(rig), rig_fingers(rig, prepared.mapping, scene)
        curled = curled_skin(skin, rig, fingers, prepared.measure, finger_rotations(None, 1, 60.0))
        surface = skin_shape(rig, prepared.mapping, prepared.measure, skin).surface
        return surface.points_m, curled.points, np.degrees(rig.matrix_world.to_euler().z)

    before = look()
    assert not np.allclose(before[1], read_skin(rig).points, atol=1e-3)
    bake(rig, way="object")
    headings = []
    for frame in (1, 15, 45):
        scene.frame_set(frame)
        points_m, curled, heading_deg = look()
        assert np.allclose(points_m, before[0], atol=1e-6)
        assert np.allclose(curled, before[1], atol=1e-6)
        headings.append(heading_deg)
    assert np.ptp(headings) > 30


def test_the_skin_of_fingers_curls_with_the_bake_and_the_rest_stays() -> None:
    path = shared_or_skip("rigs/mesh2motion_human_male.glb")
    bpy.ops.import_scene.gltf(filepath=str(path))
    armature = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    rig = prepare_rig(armature, bpy.context.scene)
    skin, fingers = read_skin(armature), rig_fingers(armature, rig.mapping, bpy.context.scene)
    curled = curled_skin(skin, armature, fingers, rig.measure, finger_rotations(None, 1, 60.0))
    moved = np.linalg.norm(curled.points - skin.points, axis=1)
    bones = {bone for hand in fingers.bones.values() for finger in hand.values() for bone in finger}
    below = {
        name
        for name in skin.bones[:-1]
        if bones & {name, *(b.name for b in armature.data.bones[name].parent_recursive)}
    }
    of_finger = np.array([name in below for name in skin.bones])[skin.owners]
    assert moved[(of_finger & (skin.weights > 0)).sum(axis=1) == 0].max() < 1e-9
    index = fingers.bones["left"]["index"]
    tip = np.array([name == index[-1] for name in skin.bones])[skin.main_owner]
    assert 0.01 < np.median(moved[tip]) < 0.09
    # The first bone of a finger turns about its head.
    head = fingers.places["left"]["index"][0]
    rigid = (skin.weights.max(axis=1) > 0.999) & np.array([name == index[0] for name in skin.bones])[skin.main_owner]
    before, after = (np.linalg.norm(one.points[rigid] - head, axis=1) for one in (skin, curled))
    assert after == pytest.approx(before, abs=1e-4)
