# SPDX-License-Identifier: GPL-3.0-or-later
"""Animate a rig that is linked from another file: what was solved and mapped is there after loading."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from rigs import build_rig

from inpose_blender import addon
from inpose_blender.live import operators, session
from inpose_blender.live.finishing import hand_over
from inpose_blender.rig.find import map_rig
from inpose_blender.takes import overrides
from inpose_blender.takes.memory import TAKES


def overridden() -> Any:
    return next(thing for thing in bpy.data.objects if thing.override_library)


@pytest.fixture
def shot(registered, rng, take, fake_worker, tmp_path):
    """Return the file of a shot with a library override of a rig, open; nothing was ever solved in the library."""
    rig = build_rig(rng, extra_bones=True)
    hero = bpy.data.collections.new("Hero")
    bpy.context.scene.collection.children.link(hero)
    hero.objects.link(rig)
    library, file = tmp_path / "library.blend", tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Hero"]
    linked = bpy.data.collections["Hero"]
    bpy.context.scene.collection.children.link(linked)
    linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    bpy.context.scene.inpose.recording = str(take)
    bpy.context.scene.inpose.armature = overridden()
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    return file


def reload(file) -> Any:
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    TAKES.clear()
    bpy.ops.wm.open_mainfile(filepath=str(file))
    return overridden()


def test_the_take_is_there_after_loading(shot):
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    kept = overridden().inpose_take.file
    rig = reload(shot)
    assert (rig.inpose_take.file, rig.inpose_take.label) == (kept, "take one")
    assert rig.animation_data.action.name == "take one"
    bpy.context.scene.inpose_bake.first_frame = 5
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_takes_with_pins_and_edits_are_there_after_loading(shot, tmp_path):
    other = tmp_path / "take two.bsor"
    other.write_bytes(b"data")
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    bpy.context.scene.inpose.recording = str(other)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="head") == {"FINISHED"}
    overridden().inpose_edits.entries.add().kind = "smooth"
    rig = reload(shot)
    takes = bpy.context.scene.inpose_takes
    assert [(entry.name, entry.character) for entry in takes.entries] == [("take one", rig), ("take two", rig)]
    assert [pin.joint for pin in rig.inpose_pins.entries] == ["head"]
    assert rig.inpose_pins.entries[0].handle is not None
    assert [edit.kind for edit in rig.inpose_edits.entries] == ["smooth"]
    assert len(takes.entries[1].pins.entries) == 0  # they are in one place
    takes.chosen = 0
    assert (rig.inpose_take.label, [pin.joint for pin in rig.inpose_pins.entries]) == ("take one", ["left_wrist"])
    rig = reload(shot)
    assert [pin.joint for pin in rig.inpose_pins.entries] == ["left_wrist"]
    takes = bpy.context.scene.inpose_takes
    takes.chosen = 1
    assert [pin.joint for pin in rig.inpose_pins.entries] == ["head"]
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}


def test_bones_can_be_chosen_and_stay_chosen(shot):
    rig = overridden()
    assert not rig.data.is_editable
    assert map_rig(rig).bones["neck"] == "neck"
    rig.inpose_mapping.neck = "extra neck"
    assert map_rig(rig).bones["neck"] == rig.inpose_mapping.neck == "extra neck"
    assert bpy.ops.inpose.mapping_reset.poll()
    rig = reload(shot)
    assert map_rig(rig).bones["neck"] == "extra neck"
    assert bpy.ops.inpose.mapping_reset() == {"FINISHED"}
    assert map_rig(rig).bones["neck"] == "neck"


def solve_with_pin_edit_and_mapping() -> None:
    overridden().inpose_mapping.neck = "extra neck"
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    overridden().inpose_edits.entries.add().kind = "smooth"


def check_that_all_is_there() -> None:
    rig, entries = overridden(), bpy.context.scene.inpose_takes.entries
    assert rig.inpose_take.label == "take one"
    assert rig.inpose_take.take_id == entries[0].take_id
    assert [pin.joint for pin in rig.inpose_pins.entries] == ["left_wrist"]
    assert [edit.kind for edit in rig.inpose_edits.entries] == ["smooth"]
    assert map_rig(rig).bones["neck"] == "extra neck"
    assert len(entries[0].pins.entries) == len(entries[0].edits.entries) == 0  # they are in one place
    assert len(bpy.context.scene.inpose_takes.kept) == 0


def test_a_blender_without_the_add_on_may_save_the_shot(shot):
    solve_with_pin_edit_and_mapping()
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    addon.unregister()
    for _ in range(2):
        bpy.ops.wm.open_mainfile(filepath=str(shot))
        bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    addon.register()  # with the file open
    check_that_all_is_there()
    reload(shot)
    check_that_all_is_there()
    addon.unregister()
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    addon.register()
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    check_that_all_is_there()
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_the_shot_may_be_saved_while_the_add_on_is_disabled(shot):
    solve_with_pin_edit_and_mapping()
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    addon.unregister()
    addon.register()
    check_that_all_is_there()
    addon.unregister()
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    addon.register()
    check_that_all_is_there()
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    check_that_all_is_there()


def test_takes_come_back_when_blender_shows_the_file_again(shot, monkeypatch):
    """While Blender enables an add-on, it hides the open file. The bpy wheel does not."""
    solve_with_pin_edit_and_mapping()
    addon.unregister()
    with monkeypatch.context() as hidden:
        hidden.setattr(overrides, "restore_when_possible", lambda: None)
        addon.register()
    hiding = SimpleNamespace(data=object(), types=bpy.types, app=bpy.app)
    with monkeypatch.context() as hidden:
        hidden.setattr(overrides, "bpy", hiding)
        overrides.restore_when_possible()
    assert bpy.app.timers.is_registered(overrides.restore_takes)
    overrides.restore_takes()
    check_that_all_is_there()


def test_a_linked_rig_without_an_override_cannot_be_mapped(shot):
    linked = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.library)
    bpy.context.scene.inpose.armature = linked
    assert not bpy.ops.inpose.mapping_reset.poll()


def test_live_moves_an_override_and_gives_its_pose_back(shot, tmp_path):
    rig = overridden()
    bpy.context.view_layer.objects.active = rig
    bpy.context.window_manager.inpose_headset.folder = str(tmp_path)
    rig.pose.bones["spine1"].rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    before = pose_of(rig)
    stage = operators.begin_stage(bpy.context)
    try:
        follow(stage, lambda: stage.performers[0].shown > 3)
        assert pose_of(rig) != before
        stage.record()
        follow(stage, lambda: stage.records)
        stage.stop()
        assert pose_of(rig) == before
        follow(stage, lambda: stage.done)
        takes = stage.takes
        session.forget()
        assert hand_over(bpy.context, takes, solve=True) == 1
    finally:
        session.drop()
        bpy.context.window_manager.inpose_headset.folder = ""
    rig = reload(shot)
    assert [entry.name for entry in bpy.context.scene.inpose_takes.entries if entry.character == rig][-1] == "take_001"
    assert rig.animation_data.action.name == "take_001"


def pose_of(rig):
    return [(*bone.location, *bone.rotation_quaternion) for bone in rig.pose.bones]


def follow(stage, until):
    end_s = time.monotonic() + 20
    while not until():
        assert time.monotonic() < end_s
        stage.tick()
        time.sleep(0.005)
