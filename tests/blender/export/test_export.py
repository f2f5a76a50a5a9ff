# SPDX-License-Identifier: GPL-3.0-or-later
"""Export characters and import the files again; the scene stays as it was."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from character.skinned import add_body
from export.importing import import_file, largest_distance_m, own_name, played_places_m
from ik_rigs import mmd_rig
from rigs import SHARED_RIGS, build_rig, gentle_motion, import_shared_rig

from inpose_blender.bake.bake import bake_motion
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.bpy_compat import all_curves
from inpose_blender.core import JOINT_INDEX, InPoseError, Motion, OutputError, RigError, read_fbx_clips, read_gltf_clips
from inpose_blender.export import exporting
from inpose_blender.export.exporting import export_character
from inpose_blender.export.options import ENGINES, ExportOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_core.motion_files.bvh import load_bvh
from inpose_core.motion_files.fbx_nodes import read_fbx
from inpose_core.motion_files.glb import read_glb
from inpose_core.motion_files.vrma import VRM_BONES

TOLERANCE_M = {".glb": 5e-5, ".fbx": 2e-3}
FEW = ("smpl_named_female.glb", "makehuman_mixamo_female.fbx", "makehuman_game_engine_male.fbx", "vrm0_cool_banana.vrm")
ALL = sorted(
    path.name
    for path in SHARED_RIGS.glob("*")
    if path.suffix in {".bvh", ".fbx", ".glb", ".gltf", ".vrm", ".blend"} and path.name not in FEW
)


def bake(rig, rng, *names, frames=12, first_frame=5, fps=None):
    """Bake gentle motions, one after the other; the last is the active action."""
    scene = bpy.context.scene
    prepared = prepare_rig(rig, scene)
    fps = fps or scene.render.fps / scene.render.fps_base
    for number, name in enumerate(names):
        motion = gentle_motion(rng, prepared.measure.skeleton, frames=frames + 3 * number, fps=fps)
        settings = BakeSettings(name, first_frame=first_frame)
        bake_motion(rig, motion, settings, scene=scene, mapping=prepared.mapping, measure=prepared.measure)


def export(rig, path, **options):
    scene = bpy.context.scene
    return export_character(bpy.context, prepare_rig(rig, scene), scene, path, ExportOptions(**options))


def facts_of_scene(rig):
    """Return all that an export could have changed, of the data and of what is selected and shown."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    animation = rig.animation_data
    return (
        sorted((block.id_type, block.name, block.session_uid) for block in bpy.data.user_map()),
        (bpy.context.window.scene.name, scene.frame_current, scene.frame_start, scene.frame_end),
        bpy.context.mode,
        layer.objects.active.name if layer.objects.active else None,
        sorted(each.name for each in layer.objects if each.select_get()),
        (animation.action.name, animation.use_nla, animation.action_influence),
        [(track.name, track.mute, len(track.strips)) for track in animation.nla_tracks],
        [np.array(bone.matrix_basis).tolist() for bone in rig.pose.bones],
        [(each.name, each.parent, len(each.modifiers), len(each.vertex_groups)) for each in bpy.data.objects
         if each.type == "MESH"],
        [np.array([vertex.co for vertex in mesh.vertices]).sum().item() for mesh in bpy.data.meshes],
    )  # fmt: skip


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
@pytest.mark.parametrize("file_name", [*FEW, *(pytest.param(name, marks=pytest.mark.slow) for name in ALL)])
def test_what_is_imported_again_is_what_plays(rng, tmp_path, file_name, suffix):
    rig, facts = import_shared_rig(file_name)
    own = {action.name for action in bpy.data.actions}
    bake(rig, rng, "walk", "wave")
    path = tmp_path / f"out{suffix}"
    before = facts_of_scene(rig)
    result = export(rig, path)
    assert facts_of_scene(rig) == before
    assert {name for name, _ in result.clips} == {"walk", "wave"}
    assert not own & {name for name, _ in result.clips}
    size = max(1.0, prepare_rig(rig, bpy.context.scene).measure.skeleton.stature_m / 1.7)
    fps = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
    deform = {bone.name for bone in rig.data.bones if bone.use_deform}
    meshes = sorted(each.name for each in bpy.data.objects if each.type == "MESH" and not each.hide_render)
    played = played_places_m(rig)
    imported = import_file(path, fps)
    assert largest_distance_m(imported, played) < TOLERANCE_M[suffix] * size
    assert set(imported.parents) >= deform
    assert list(imported.parents.values()).count("") == 1  # one tree
    assert np.allclose(imported.armature.matrix_world.to_scale(), 0.01 if suffix == ".fbx" else 1.0)
    if suffix == ".fbx":
        assert read_fbx_clips(path).fps == pytest.approx(fps)
    if facts["mapping"] and meshes:
        assert set(imported.meshes) & set(meshes)


@pytest.fixture
def person(rng):
    """Return a rig with skin, two takes, and a pose and a selection of the user's."""
    rig = build_rig(rng, arm_angle_deg=45.0, location=(3.0, -2.0, 0.0), rotation_deg=(0.0, 0.0, 70.0))
    add_body(rig)
    bake(rig, rng, "walk", "wave")
    bpy.context.view_layer.objects.active = rig
    rig.select_set(True)
    bpy.context.scene.frame_set(7)
    return rig


@pytest.mark.parametrize("fps", [(24, 1.0), (30, 1.001), (60, 1.0), (25, 1.0)])
@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_the_rate_is_that_of_the_scene(rng, tmp_path, suffix, fps):
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = fps
    rig = build_rig(rng)
    bake(rig, rng, "walk", frames=31)
    export(rig, tmp_path / f"out{suffix}")
    read = read_fbx_clips if suffix == ".fbx" else read_gltf_clips
    found = read(tmp_path / f"out{suffix}")
    (clip,) = found.clips if suffix == ".fbx" else found
    np.testing.assert_allclose(clip.times_s, np.arange(31) * fps[1] / fps[0], atol=1e-5)


@pytest.mark.parametrize("mode", ["OBJECT", "POSE"])
@pytest.mark.parametrize("suffix", [".fbx", ".glb", ".bvh", ".vrma"])
def test_nothing_of_the_scene_changes(person, tmp_path, mode, suffix):
    bpy.ops.object.mode_set(mode=mode)
    person.pose.bones["left_elbow"].rotation_quaternion = (0.9, 0.1, 0.3, 0.2)  # posed, and not keyed
    before = facts_of_scene(person)
    export(person, tmp_path / f"out{suffix}", root_motion="root")
    assert facts_of_scene(person) == before
    assert [path.name for path in tmp_path.iterdir()] == [f"out{suffix}"]


@pytest.mark.parametrize("suffix", [".fbx", ".vrma"])
def test_what_others_have_not_keyed_stays(person, rng, tmp_path, suffix):
    other = build_rig(rng)
    other.animation_data_create().action = bpy.data.actions.new("other")
    bone = other.pose.bones["left_elbow"]
    bone["ik"] = 0.0
    for path in ("location", '["ik"]'):
        bone.keyframe_insert(path, frame=1)
    other.keyframe_insert("location", frame=1)
    bone.location, bone["ik"], other.location = (0.0, 2.0, 0.0), 0.7, (3.0, 0.0, 0.0)
    export(person, tmp_path / f"out{suffix}")
    assert tuple(bone.location) == (0.0, 2.0, 0.0)
    assert bone["ik"] == 0.7
    assert tuple(other.location) == (3.0, 0.0, 0.0)


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_a_wrong_file_replaces_nothing(person, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"older")
    before = facts_of_scene(person)
    write = exporting.add_clips

    def write_something_else(game_armature, skeleton, clips, data):
        write(game_armature, skeleton, clips, data)
        game_armature.data.bones["left_knee"].use_inherit_rotation = False

    monkeypatch.setattr(exporting, "add_clips", write_something_else)
    with pytest.raises(OutputError, match="from their places") as caught:
        export(person, path)
    assert "disk" not in caught.value.hint
    assert {".fbx": ".glb", ".glb": ".fbx"}[suffix] in caught.value.hint
    assert path.read_bytes() == b"older"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert facts_of_scene(person) == before


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_a_damaged_file_is_blamed_on_the_disk(person, tmp_path, monkeypatch, suffix):
    write = exporting.write_scene

    def write_half(path):
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    monkeypatch.setattr(exporting, "write_scene", write_half)
    with pytest.raises(OutputError) as caught:
        export(person, tmp_path / f"out{suffix}")
    assert caught.value.hint == "Try another disk."
    assert not list(tmp_path.iterdir())


def test_the_character_stands_at_the_origin_and_faces_the_front(person, tmp_path):
    export(person, tmp_path / "out.glb", engine="godot")
    export(person, tmp_path / "out.fbx", engine="unity")
    for name in ("out.glb", "out.fbx"):
        bones = import_file(tmp_path / name).armature
        rest = {bone.name: np.array(bones.matrix_world @ bone.head_local) for bone in bones.data.bones}
        assert abs(rest["pelvis"][:2]).max() < 0.05
        assert rest["left_foot"][1] < rest["left_ankle"][1] - 0.05  # the toes are to the front, -Y
        assert rest["left_hip"][0] > 0 > rest["right_hip"][0]
        assert 1.4 < rest["head"][2] < 1.7


def test_no_object_in_an_fbx_is_turned_or_scaled(person, tmp_path):
    export(person, tmp_path / "out.fbx", engine="unity")
    models = [node for node in read_fbx(tmp_path / "out.fbx").child("Objects").children if node.name == "Model"]
    objects = [node for node in models if node.values[2] != "LimbNode"]
    assert {node.values[1].split("\0")[0] for node in objects} == {"Armature", "Body"}
    for node in objects:
        values = {entry.values[0]: entry.values[4:] for entry in node.child("Properties70").children}
        np.testing.assert_allclose(values.get("Lcl Rotation", 0.0), 0.0, atol=1e-4)
        np.testing.assert_allclose(values.get("Lcl Scaling", 1.0), 1.0, atol=1e-6)


@pytest.mark.parametrize(("engine", "upright"), [("unreal", False), ("unity", True), ("godot", True)])
@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_root_motion_goes_to_a_new_root_bone(rng, tmp_path, engine, upright, suffix):
    rig = build_rig(rng)
    prepared = prepare_rig(rig, bpy.context.scene)
    motion = walking(prepared.measure.skeleton)
    bake_motion(rig, motion, BakeSettings("walk"), scene=bpy.context.scene, mapping=prepared.mapping,
                measure=prepared.measure)  # fmt: skip
    kept = export(rig, tmp_path / f"kept{suffix}", engine=engine)
    assert [note.kind for note in kept.notes] == (["no_root"] if engine == "unreal" else ["no_skin"] * (
        engine == "godot" and suffix == ".glb"))  # fmt: skip
    played = played_places_m(rig)
    moved = export(rig, tmp_path / f"moved{suffix}", engine=engine, root_motion="root")
    assert not {"no_root", "still_root"} & {note.kind for note in moved.notes}
    imported = import_file(tmp_path / f"moved{suffix}")
    assert largest_distance_m(imported, played) < TOLERANCE_M[suffix]  # the body moves as before
    assert imported.parents["pelvis"] == "root"
    (clip,) = imported.places_m.values()
    assert np.ptp(clip["root"][:, 1]) > 1.5  # two metres, but for the sway
    np.testing.assert_allclose(clip["root"][:, 2], 0.0, atol=1e-4)
    rest = next(node for node in read_nodes(tmp_path / f"moved{suffix}", suffix) if node[0] == "root")[1]
    np.testing.assert_allclose(rest, 0.0 if upright else np.array((-90.0, 0.0, 0.0)), atol=1e-3)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_the_file_of_each_preset_is_what_the_engine_expects(person, tmp_path, engine):
    """Only bones that deform, one clip for each take, true size, upright, facing the front, on a root bone."""
    bpy.ops.object.mode_set(mode="EDIT")
    control = person.data.edit_bones.new("control")
    control.head, control.tail, control.use_deform = (0, 0, 0), (0, 0, 1), False
    bpy.ops.object.mode_set(mode="OBJECT")
    deform = {bone.name for bone in person.data.bones if bone.use_deform}
    path = tmp_path / f"out{ENGINES[engine].suffix}"
    result = export(person, path, engine=engine, root_motion="root")
    assert not [note.kind for note in result.notes if note.kind in {"no_root", "still_root", "no_skin"}]
    assert {name for name, _ in result.clips} == {"walk", "wave"}
    played = played_places_m(person)
    frames = {name: len(places["pelvis"]) for name, places in played.items()}
    imported = import_file(path)
    assert set(imported.parents) == {*deform, "root"}
    assert [bone for bone, parent in imported.parents.items() if not parent] == ["root"]
    assert {own_name(name, played): len(each["root"]) for name, each in imported.places_m.items()} == frames
    assert imported.meshes == ("Body",)
    rest = {b.name: np.array(imported.armature.matrix_world @ b.head_local) for b in imported.armature.data.bones}
    np.testing.assert_allclose(rest["root"], 0.0, atol=1e-4)
    assert 1.4 < rest["head"][2] < 1.7
    assert rest["left_hip"][0] > 0.05 > -0.05 > rest["right_hip"][0]
    assert rest["left_foot"][1] < rest["left_ankle"][1] - 0.05
    for places in imported.places_m.values():
        np.testing.assert_allclose(places["root"][:, 2], 0.0, atol=1e-4)


def read_nodes(path, suffix):
    """Return the names and the rest rotations, in degrees, of the nodes of a file."""
    if suffix == ".glb":
        for node in read_glb(path).document["nodes"]:
            x, _, _, w = node.get("rotation", (0, 0, 0, 1))
            yield node["name"], np.degrees((2 * np.arctan2(x, w), 0, 0))
        return
    for node in read_fbx(path).child("Objects").children:
        if node.name == "Model":
            values = {entry.values[0]: entry.values[4:] for entry in node.child("Properties70").children}
            yield node.values[1].split("\0")[0], np.array(values.get("Lcl Rotation", (0, 0, 0)))


def walking(skeleton, frames=48):
    """Return two metres to the front, with the left foot planted in the middle of it."""
    wxyz = np.zeros((frames, 22, 4))
    wxyz[..., 0] = 1.0
    root_m = np.zeros((frames, 3))
    root_m[:, 1] = -skeleton.rest_positions_m[:, 1].min()
    root_m[:, 2] = np.concatenate((np.linspace(0, 1, 18), np.full(12, 1.0), np.linspace(1, 2, 18)))
    return Motion(wxyz, root_m, skeleton, 24.0)


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
@pytest.mark.parametrize("root_motion", ["keep", "root"])
def test_planted_feet_stay_planted(rng, tmp_path, suffix, root_motion):
    """With root motion on the root bone, feet are moved twice, forth and back: they must not slide."""
    rig = build_rig(rng, scale=0.01, rotation_deg=(90.0, 0.0, 30.0))
    prepared = prepare_rig(rig, bpy.context.scene)
    bake_motion(rig, walking(prepared.measure.skeleton), BakeSettings("walk"), scene=bpy.context.scene,
                mapping=prepared.mapping, measure=prepared.measure)  # fmt: skip
    export(rig, tmp_path / f"out{suffix}", root_motion=root_motion)
    (clip,) = import_file(tmp_path / f"out{suffix}").places_m.values()
    for joint in ("left_ankle", "left_foot"):
        planted = clip[joint][18:30]
        assert np.linalg.norm(planted - planted[0], axis=1).max() < 2e-3


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_small_movements_are_kept(rng, tmp_path, suffix):
    """Breathing moves each bone of a chain by less than 0.1 mm; all of them together move the head by more."""
    rig = build_rig(rng)
    bake(rig, rng, "stand")
    for curve in all_curves(rig.animation_data.action):
        for key in curve.keyframe_points:
            key.co.y = 0.0 if "location" in curve.data_path or curve.array_index else 1.0
    for name in ("pelvis", "spine1", "spine2", "spine3"):
        for frame, amount in ((5, 0.0), (10, 8e-5), (16, 0.0)):
            rig.pose.bones[name].location = (amount, 0.0, 0.0)
            rig.pose.bones[name].keyframe_insert("location", frame=frame)
    played = played_places_m(rig)
    result = export(rig, tmp_path / f"out{suffix}")
    assert result.largest_error_m < 1e-5
    assert largest_distance_m(import_file(tmp_path / f"out{suffix}"), played) < 1e-5


def test_a_moving_object_is_a_moving_character(rng, tmp_path):
    rig = build_rig(rng)
    bake(rig, rng, "walk")
    for frame, x in ((5, 0.0), (16, 2.0)):
        rig.location = (x, 0.0, 0.0)
        rig.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(11)
    played = {}
    for frame in range(5, 17):
        bpy.context.scene.frame_set(frame)
        played[frame] = np.array(rig.matrix_world @ rig.pose.bones["head"].head)
    bpy.context.scene.frame_set(11)
    export(rig, tmp_path / "out.glb", root_motion="keep")
    (clip,) = import_file(tmp_path / "out.glb").places_m.values()
    way = clip["head"] - clip["head"][0]
    np.testing.assert_allclose(way, np.array([played[f] for f in range(5, 17)]) - played[5], atol=5e-5)


def test_layers_play_in_the_clip(rng, tmp_path):
    """A tweak layer over the take in the NLA is part of what plays."""
    rig = build_rig(rng)
    prepared = prepare_rig(rig, bpy.context.scene)
    motion = gentle_motion(rng, prepared.measure.skeleton, frames=12)
    settings = BakeSettings("walk", first_frame=5, to_nla_track=True)
    bake_motion(rig, motion, settings, scene=bpy.context.scene, mapping=prepared.mapping, measure=prepared.measure)
    rig.animation_data.action_blend_type = "COMBINE"
    bone = rig.pose.bones["left_elbow"]
    bone.rotation_quaternion = (0.9, 0.4, 0.0, 0.0)
    bone.keyframe_insert("rotation_quaternion", frame=5)
    played = played_places_m(rig)
    assert list(played) == ["walk"]
    alone = export(rig, tmp_path / "out.glb")
    assert alone.clips == (("walk", 12),)
    assert largest_distance_m(import_file(tmp_path / "out.glb"), played) < 5e-5


def test_what_plays_is_one_clip_of_the_frame_range(person, tmp_path):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 6, 9
    assert export(person, tmp_path / "out.glb", clips="playing").clips == (("wave", 4),)


def test_the_newest_bake_of_a_take_is_its_clip(rng, tmp_path):
    rig = build_rig(rng)
    bake(rig, rng, "walk", "wave", "walk")
    assert sorted(name for name, _ in export(rig, tmp_path / "out.glb").clips) == ["walk.001", "wave"]


@pytest.mark.parametrize("case", ["none", "tweak", "suffix", "folder", "no_deform"])
def test_what_cannot_be_exported_is_said(person, tmp_path, case):
    path = tmp_path / "out.glb"
    if case == "none":
        person.animation_data_clear()
    elif case == "tweak":
        track = person.animation_data.nla_tracks[0]
        track.mute = track.lock = False
        person.animation_data.action = None
        person.animation_data.nla_tracks.active = track
        track.strips[0].select = True
        person.animation_data.use_tweak_mode = True
        if not person.animation_data.use_tweak_mode:
            pytest.skip("this Blender enters tweak mode only by its editor")
    elif case == "suffix":
        path = tmp_path / "out.obj"
    elif case == "folder":
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "out.glb"
    else:
        for bone in person.data.bones:
            bone.use_deform = False
    with pytest.raises((RigError, OutputError)) as caught:
        export(person, path)
    assert isinstance(caught.value, InPoseError)
    assert caught.value.hint
    assert not path.exists()


def test_objects_on_bones_become_skin(person, tmp_path):
    mesh = bpy.data.meshes.new("Hat")
    mesh.from_pydata([(0, 0, 0), (0.1, 0, 0), (0, 0.1, 0)], [], [(0, 1, 2)])
    hat = bpy.data.objects.new("Hat", mesh)
    bpy.context.scene.collection.objects.link(hat)
    hat.parent, hat.parent_type, hat.parent_bone = person, "BONE", "head"
    bpy.context.view_layer.update()
    rest_place = np.array(hat.matrix_world.translation)
    head = np.array(person.matrix_world @ person.pose.bones["head"].head)
    away = np.linalg.norm(rest_place - head)
    result = export(person, tmp_path / "out.glb")
    assert result.meshes == 2
    imported = import_file(tmp_path / "out.glb")
    assert "Hat" in imported.meshes
    copy = bpy.data.objects["Hat"]
    weighted = {copy.vertex_groups[each.group].name for each in copy.data.vertices[0].groups if each.weight > 0}
    assert weighted == {"head"}
    corner = np.array(copy.matrix_world @ copy.data.vertices[0].co)
    bones = imported.armature
    head = np.array(bones.matrix_world @ bones.data.bones["head"].head_local)
    assert np.linalg.norm(corner - head) == pytest.approx(away, abs=1e-4)


def test_modifiers_are_applied_unless_shape_keys_forbid_it(person, tmp_path):
    body = bpy.data.objects["Body"]
    body.modifiers.new("Smooth", "SUBSURF")
    vertices = len(body.data.vertices)
    assert not [note for note in export(person, tmp_path / "out.glb").notes if note.kind == "modifiers"]
    import_file(tmp_path / "out.glb")
    assert len(bpy.data.objects["Body"].data.vertices) > 2 * vertices


def test_shape_keys_are_kept(person, tmp_path):
    body = bpy.data.objects["Body"]
    body.shape_key_add(name="Basis")
    body.shape_key_add(name="Smile").data[0].co.x += 0.1
    body.modifiers.new("Smooth", "SUBSURF")
    (note,) = (note for note in export(person, tmp_path / "out.glb").notes if note.kind == "modifiers")
    assert dict(note.values) == {"mesh": "Body", "names": "Smooth"}
    import_file(tmp_path / "out.glb")
    assert "Smile" in bpy.data.objects["Body"].data.shape_keys.key_blocks


def test_a_stretched_bone_is_named(person, tmp_path):
    bone = person.pose.bones["left_elbow"]
    bone.scale = (1.0, 1.2, 1.0)
    (note,) = (note for note in export(person, tmp_path / "out.glb", clips="playing").notes if note.kind == "stretch")
    assert dict(note.values)["percent"] == "20"


def test_without_meshes(person, tmp_path):
    result = export(person, tmp_path / "out.glb", engine="godot", mesh=False)
    assert result.meshes == 0
    assert [note.kind for note in result.notes] == ["no_skin"]
    assert import_file(tmp_path / "out.glb").meshes == ()


def test_bvh_of_the_rig(person, tmp_path):
    played = played_places_m(person)
    result = export(person, tmp_path / "out.bvh")
    assert [note.kind for note in result.notes] == ["one_clip"]
    animation = load_bvh(tmp_path / "out.bvh")
    assert len(animation) == len(played["wave"]["head"])
    imported = import_file(tmp_path / "out.bvh")
    (places,) = imported.places_m.values()
    for joint, path in places.items():
        assert np.linalg.norm(path - played["wave"][joint], axis=1).max() < 1e-3


def test_bvh_of_a_trunk_that_does_not_hang_from_the_hips(rng, tmp_path):
    """In MMD, trunk and hips hang from センター; the deform bones have only the resting root above both."""
    rig = mmd_rig()
    bake(rig, rng, "walk")
    played = played_places_m(rig)["walk"]
    way = np.ptp(played["下半身"][:, :2], axis=0).max()
    assert way > 0.02
    assert export(rig, tmp_path / "out.bvh").notes == ()
    (places,) = import_file(tmp_path / "out.bvh").places_m.values()
    assert {"上半身", "下半身", "頭", "左足首"} <= set(places)
    for joint, path in places.items():
        assert np.linalg.norm(path - played[joint], axis=1).max() < 1e-3


@pytest.mark.parametrize("file_name", [*FEW])
def test_vrma_of_any_rig(rng, tmp_path, file_name):
    """The joints of the body are where they are on the rig."""
    rig, _ = import_shared_rig(file_name)
    bake(rig, rng, "wave")
    prepared = prepare_rig(rig, bpy.context.scene)
    played = played_places_m(rig)["wave"]
    export(rig, tmp_path / "wave.vrma")
    (clip,) = read_gltf_clips(tmp_path / "wave.vrma")
    for joint in JOINT_INDEX:
        if joint not in prepared.mapping.bones or joint in {"pelvis", "spine1", "spine2", "spine3", "neck"}:
            continue  # bones between bend, too
        wanted = played[prepared.mapping.bones[joint]] @ np.array(((1, 0, 0), (0, 0, -1), (0, 1, 0)), dtype=float)
        size = max(1.0, prepared.measure.skeleton.stature_m / 1.7)
        assert np.linalg.norm(clip.places_m[VRM_BONES[joint]] - wanted, axis=1).max() < 5e-3 * size, joint


def test_vrm_keeps_its_humanoid_names(rng, tmp_path):
    rig, facts = import_shared_rig("vrm0_cool_banana.vrm")
    bake(rig, rng, "walk")
    export(rig, tmp_path / "out.glb")
    names = {node["name"] for node in read_glb(tmp_path / "out.glb").document["nodes"]}
    assert {bone for bone in facts["mapping"].values() if bone} <= names


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
def test_only_the_deform_bones_of_a_generated_rig_are_exported(rng, tmp_path, suffix):
    if not hasattr(bpy.types, "OBJECT_OT_armature_human_metarig_add"):
        try:
            bpy.ops.preferences.addon_enable(module="rigify")
        except RuntimeError as error:
            pytest.skip(f"this Blender has no Rigify ({error})")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    rig = bpy.context.object
    bake(rig, rng, "walk")
    played = played_places_m(rig)
    before = facts_of_scene(rig)
    export(rig, tmp_path / f"out{suffix}", engine="unreal")
    assert facts_of_scene(rig) == before
    imported = import_file(tmp_path / f"out{suffix}")
    assert largest_distance_m(imported, played) < TOLERANCE_M[suffix]
    assert set(imported.parents) == {"root", *(bone for bone in played["walk"] if bone.startswith("DEF-"))}
    assert [bone for bone, parent in imported.parents.items() if not parent] == ["root"]
    for bone, parent in (("spine", ""), ("thigh.L", "spine"), ("shoulder.R", "spine.003"), ("shin.L", "thigh.L.001"),
                         ("upper_arm.L", "shoulder.L"), ("f_index.01.L", "palm.01.L")):  # fmt: skip
        assert imported.parents[f"DEF-{bone}"] == (f"DEF-{parent}" if parent else "root")


LONG = {
    "ascii": "76561198059961776-RandomSong-ExpertPlus-Standard-0123456789abcdef0123456789abcdef01234567",
    "japanese": "剣道の練習、二回目、右手のコントローラーが一度外れたテイク、撮り直し済み、最終版",
    "cut within a letter": "é" * 60,
}


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
def test_takes_with_long_names_are_exported(rng, tmp_path, name, suffix):
    rig = build_rig(rng)
    bake(rig, rng, f"{name} 1", f"{name} 2")
    path = tmp_path / f"out{suffix}"
    result = export(rig, path)
    read = read_fbx_clips(path).clips if suffix == ".fbx" else read_gltf_clips(path)
    found = [name for name, _ in result.clips]
    assert sorted(clip.name for clip in read) == sorted(found)
    assert len(set(found)) == 2
    strips = [strip.name for track in rig.animation_data.nla_tracks for strip in track.strips]
    assert strips
    for cut in (*found, *strips):  # each can be read
        assert name.startswith(cut.rpartition("_2")[0] or cut.rpartition(".00")[0] or cut)
        assert 55 < len(cut.encode()) <= 63
