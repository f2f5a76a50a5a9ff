# SPDX-License-Identifier: GPL-3.0-or-later
"""Edit and export a shot on a rig of each family: what belongs to the rig and to its file stays as it was."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import bpy
import pytest
from controls.test_ik_bake import bake
from rigs import needs_bpy_wheel

from inpose_blender.bpy_compat import action_curves
from inpose_blender.controls.snap import snap
from inpose_blender.errors import InPoseError
from inpose_blender.export.exporting import export_character
from inpose_blender.export.options import ExportOptions
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.rig.switched_off import give_back
from tests.shared_files import shared_or_skip

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
EXAMPLE = REPOSITORY / "examples" / "walk_wave_crouch.csv"
sys.path.insert(0, str(REPOSITORY / "tests" / "gui"))
FAMILIES = importlib.import_module("characters").FAMILIES
ALL = [pytest.param(name, marks=[] if name == "unreal" else [pytest.mark.slow]) for name in FAMILIES]
BAKES: tuple[dict[str, Any], ...] = (
    {"controls": "fk"},
    {"controls": "ik"},
    {"controls": "both", "fewer_keys": True},
    {"way": "object"},
    {"speed": 2.0, "way_scale": 0.5},
)


def built(name: str) -> Any:
    """Return a character of a family, or skip the test."""
    family = FAMILIES[name]
    if family.file:
        shared_or_skip(f"rigs/{family.file}")
    try:
        return family.build()
    except RuntimeError as error:
        pytest.skip(f"this Blender has no Rigify ({error})")


def make_it_someones(rig: Any) -> None:
    """Give a rig what animators give it: properties, a driver, a constraint, a hidden bone, locks, a pose."""
    mapping = prepare_rig(rig, bpy.context.scene).mapping.bones
    rig["mood"] = 0.5
    rig.data["version"] = 3
    rig.pose.bones[mapping["neck"]]["stiffness"] = 0.25
    empty = bpy.data.objects.new("Look at", None)
    bpy.context.scene.collection.objects.link(empty)
    hat = _added_bone(rig, "hat", mapping["head"])
    follow = hat.constraints.new("DAMPED_TRACK")
    follow.target, follow.influence, follow.mute = empty, 0.4, False
    driver = hat.driver_add("location", 0).driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    variable.targets[0].id, variable.targets[0].data_path = rig, '["mood"]'
    rig.data.bones[mapping["head"]].hide = True
    hat.lock_location = (True, False, True)
    rig.pose.bones[mapping["left_knee"]].lock_scale = (True, True, True)
    rig.pose.bones[mapping["head"]].bone.color.palette = "THEME01"
    bpy.context.view_layer.update()


def _added_bone(rig: Any, name: str, parent: str) -> Any:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new(name)
    bone.parent = rig.data.edit_bones[parent]
    bone.head, bone.tail = bone.parent.tail, bone.parent.tail + (bone.parent.tail - bone.parent.head)
    bone.use_deform = False
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig.pose.bones[name]


def belongings(rig: Any, *, with_switches: bool = False) -> list[Any]:
    """Return all of a rig that a bake must leave alone.

    Args:
        rig: the armature object.
        with_switches: also the custom properties of bones that an action with IK switches while it plays.
    """
    data = rig.data
    bones = [
        (
            bone.name,
            bone.parent.name if bone.parent else "",
            bone.bone.hide,
            bone.bone.use_deform,
            bone.rotation_mode,
            tuple(bone.lock_location),
            tuple(bone.lock_rotation),
            tuple(bone.lock_scale),
            bone.bone.color.palette,
            bone.custom_shape.name if bone.custom_shape else "",
        )
        for bone in rig.pose.bones
    ]
    constraints = [
        (
            bone.name,
            each.name,
            each.type,
            each.mute if with_switches else None,
            round(each.influence, 5) if with_switches else None,
            getattr(each, "subtarget", ""),
            getattr(getattr(each, "target", None), "name", ""),
        )
        for bone in rig.pose.bones
        for each in bone.constraints
    ]
    drivers = [
        (driver.data_path, driver.array_index, driver.driver.expression, driver.is_valid)
        for driver in (rig.animation_data.drivers if rig.animation_data else ())
    ]
    properties = [(bone.name, key) for bone in rig.pose.bones for key, _ in bone.items()]
    if with_switches:
        properties = [(bone.name, key, str(value)) for bone in rig.pose.bones for key, value in bone.items()]
    own = {
        key: getattr(value, "name", str(value))  # a pointer to a block changes when the file is opened
        for thing in (rig, data)
        for key, value in thing.items()
        if "inpose" not in key
    }
    rest = [round(value, 5) for bone in data.bones for row in bone.matrix_local for value in row]
    collections = [(each.name, each.is_visible, len(each.bones)) for each in data.collections_all]
    return [bones, constraints, sorted(drivers), properties, own, rest, collections]


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", ALL)
def test_a_rig_keeps_what_it_has(registered, name, tmp_path):
    rig = built(name)
    make_it_someones(rig)
    before, all_before = belongings(rig), belongings(rig, with_switches=True)
    switches = {(bone.name, key): value for bone in rig.pose.bones for key, value in bone.items()}
    blocks = {(block.id_type, block.name) for block in bpy.data.user_map() if block.id_type not in {"ACTION"}}
    for options in BAKES:
        bake(rig, **options)
        assert belongings(rig) == before, options
    if FAMILIES[name].has_ik:
        bake(rig, controls="both")
        for direction in ("fk_to_ik", "ik_to_fk"):
            snap(rig, bpy.context.scene, direction, range(10, 20), frozenset())
            assert belongings(rig) == before, direction
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 20
    for file in ("out.fbx", "out.glb", "out.bvh", "out.vrma"):
        options = ExportOptions(clips="playing", root_motion="root")
        export_character(bpy.context, prepare_rig(rig, scene), scene, tmp_path / file, options)
        assert belongings(rig) == before, file
    assert {(block.id_type, block.name) for block in bpy.data.user_map() if block.id_type not in {"ACTION"}} == blocks
    bake(rig)
    give_back(rig)
    animated = {curve.data_path for curve in action_curves(rig.animation_data.action, rig)}
    rig.animation_data.action = None
    for track in list(rig.animation_data.nla_tracks):
        rig.animation_data.nla_tracks.remove(track)
    # Blender leaves what was animated at its last value: set the switches of FK and IK as an animator would.
    for (bone, key), value in switches.items():
        if f'pose.bones["{bone}"]["{key}"]' in animated:
            rig.pose.bones[bone][key] = value
    rig.update_tag()
    scene.frame_set(1)
    assert not changes(all_before, belongings(rig, with_switches=True))


def changes(before: list[Any], after: list[Any]) -> list[Any]:
    """Return the pairs that differ, for a message that can be read."""
    return [
        pair
        for first, second in zip(before, after, strict=True)
        if isinstance(first, list)
        for pair in zip(first, second, strict=True)
        if pair[0] != pair[1]
    ]


@pytest.mark.parametrize("name", ALL)
def test_locked_and_foreign_channels_get_no_keys(name):
    """A lock is the animator's: nothing of a bone that the bake does not need is keyed."""
    rig = built(name)
    make_it_someones(rig)
    posed = {bone.name for bone in rig.pose.bones if max(abs(value - 1.0) for value in bone.scale) > 1e-6}
    bake(rig, controls="both")
    paths = {curve.data_path for curve in action_curves(rig.animation_data.action, rig)}
    scaled = {path.split('"')[1] for path in paths if path.endswith("scale")}
    assert scaled <= posed  # held at rest, so that a pose which was there before does not bend the motion
    assert not [path for path in paths if '"hat"' in path or path.startswith('["')]


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", ALL)
def test_a_library_override_is_edited_and_the_library_stays(name, tmp_path):
    rig = built(name)
    hero = bpy.data.collections.new("Hero")
    bpy.context.scene.collection.children.link(hero)
    for thing in (rig, *rig.children_recursive):
        for collection in list(thing.users_collection):
            collection.objects.unlink(thing)
        hero.objects.link(thing)
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library), relative_remap=False)
    content = library.read_bytes()
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Hero"]
    linked = bpy.data.collections["Hero"]
    bpy.context.scene.collection.children.link(linked)
    linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    overridden = next(each for each in bpy.data.objects if each.override_library and each.type == "ARMATURE")
    before = belongings(overridden)
    for options in ({}, {"controls": "both"}, {"way": "object"}):
        bake(overridden, **options)
        assert belongings(overridden) == before
    export_character(
        bpy.context,
        prepare_rig(overridden, bpy.context.scene),
        bpy.context.scene,
        tmp_path / "out.glb",
        ExportOptions(),
    )
    shot = tmp_path / "shot.blend"
    keys = len(action_curves(overridden.animation_data.action, overridden))
    bpy.ops.wm.save_as_mainfile(filepath=str(shot), relative_remap=False)
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    again = next(each for each in bpy.data.objects if each.override_library and each.type == "ARMATURE")
    assert len(action_curves(again.animation_data.action, again)) == keys
    assert belongings(again) == before
    assert library.read_bytes() == content


@needs_bpy_wheel
@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="uses POSIX signals")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_kill_leaves_the_file_and_the_outputs_whole(name, tmp_path):
    """Whenever Blender is killed: the rig's file is as it was, and outputs are whole or absent."""
    rig = built(name)
    rig.name = "Hero"
    file, folder = tmp_path / "hero.blend", tmp_path / "out"
    bpy.ops.wm.save_as_mainfile(filepath=str(file), relative_remap=False)
    content = file.read_bytes()
    command = [sys.executable, str(REPOSITORY / "inpose_blender" / "headless.py"), "--blend", str(file)]
    command += ["--recording", str(EXAMPLE), "--output", str(folder / "shot.blend"), "--controls", "both"]
    command += ["--export", str(folder / "shot.glb"), "--to", "4"]
    began = time.monotonic()
    assert subprocess.run(command, capture_output=True, timeout=400, check=False).returncode == 0
    whole_s = time.monotonic() - began
    whole = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert set(whole) == {"shot.blend", "shot.glb"}
    for share in (0.3, 0.6, 0.75, 0.85, 0.95):
        for path in folder.iterdir():
            path.unlink()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(share * whole_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert file.read_bytes() == content
        if (folder / "shot.glb").exists():
            assert (folder / "shot.glb").stat().st_size == pytest.approx(whole["shot.glb"], rel=0.01)
        if (folder / "shot.blend").exists():
            bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))
            hero = bpy.data.objects["Hero"]
            assert hero.animation_data.action is not None


def test_a_failed_bake_leaves_everything(tmp_path):
    """A rig without a root bone cannot carry root motion there: all is as it was before the click."""
    rig = built("mixamo")
    bake(rig)
    before = belongings(rig, with_switches=True), rig.animation_data.action, len(bpy.data.actions)
    with pytest.raises(InPoseError):
        bake(rig, way="root")
    assert (belongings(rig, with_switches=True), rig.animation_data.action, len(bpy.data.actions)) == before
