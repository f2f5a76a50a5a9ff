# SPDX-License-Identifier: GPL-3.0-or-later
"""Animate a rig that is linked from another file: what was solved and mapped is there after loading."""

from __future__ import annotations

import json
from typing import Any

import bpy
import pytest
from rigs import build_rig

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


def test_a_linked_rig_without_an_override_cannot_be_mapped(shot):
    linked = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.library)
    bpy.context.scene.inpose.armature = linked
    assert not bpy.ops.inpose.mapping_reset.poll()


def test_edits_pins_and_their_handles_are_there_after_loading(shot):
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    rig, scene = overridden(), bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 4, 9
    assert bpy.ops.inpose.add_edit(kind="ground") == {"FINISHED"}
    bpy.ops.mesh.primitive_plane_add(size=20.0, location=(0.0, 0.0, 0.2))
    edit = rig.inpose_edits.entries[0]
    edit.ground = bpy.context.object
    assert bpy.ops.inpose.add_edit(kind="smooth") == {"FINISHED"}
    rig.inpose_edits.entries[1].muted = True
    rig.inpose_edits.mirror = "heading"
    scene.frame_set(6)
    assert bpy.ops.inpose.add_pin(joint="left_ankle") == {"FINISHED"}
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    before = facts(rig)
    assert before[0][0][:4] == ("ground", 4, 9, "Plane")
    assert before[1][0][0] == "right_ankle"
    rig = reload(shot)
    assert facts(rig) == before
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert facts(rig)[1][0][2] == pytest.approx(before[1][0][2], abs=1e-4)
    # What was removed in the shot stays away.
    rig.inpose_edits.entries.clear()
    assert not len(reload(shot).inpose_edits.entries)


def facts(rig: Any) -> tuple[list[Any], list[Any], str]:
    edits = [
        (edit.kind, edit.first, edit.last, edit.ground.name if edit.ground else "", edit.muted, edit.ease, edit.amount)
        for edit in rig.inpose_edits.entries
    ]
    pins = [
        (pin.joint, pin.handle.name, tuple(pin.handle.location), pin.first, tuple(pin.shift_m))
        for pin in rig.inpose_pins.entries
    ]
    return edits, pins, rig.inpose_edits.mirror


def test_the_take_of_an_older_version_is_read(shot):
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    rig = overridden()
    rig.inpose_kept_take = json.dumps({"file": "old.npz", "label": "old", "speed": 2.0})
    overrides.restore_takes()
    assert (rig.inpose_take.label, rig.inpose_take.speed) == ("old", 2.0)
    rig.inpose_kept_take = "nonsense"
    overrides.restore_takes()
    assert rig.inpose_take.label == "old"
    assert not rig.inpose_kept_take


def test_what_was_solved_in_the_shot_counts_and_not_what_the_library_has(registered, rng, take, fake_worker, tmp_path):
    rig = build_rig(rng, extra_bones=True)
    hero = bpy.data.collections.new("Hero")
    bpy.context.scene.collection.children.link(hero)
    hero.objects.link(rig)
    bpy.context.scene.inpose.recording, bpy.context.scene.inpose.armature = str(take), rig
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert bpy.ops.inpose.add_edit(kind="smooth") == {"FINISHED"}
    library, file = tmp_path / "library.blend", tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Hero"]
    linked = bpy.data.collections["Hero"]
    bpy.context.scene.collection.children.link(linked)
    linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    rig = overridden()
    rig.inpose_take.label = "of the shot"
    rig.inpose_edits.entries[0].kind = "exaggerate"
    rig = reload(file)
    assert (rig.inpose_take.label, rig.inpose_edits.entries[0].kind) == ("of the shot", "exaggerate")
