# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of takes: kept with the .blend file, missing, found, added."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import pytest
from take_list.test_take_list import names, solved_of, states, takes

from inpose_blender.take_list.finding import missing_files
from inpose_blender.take_list.handlers import complete_list_later
from inpose_blender.takes.adoption import adopt
from inpose_blender.takes.memory import TAKES


def test_all_is_there_after_loading(solved, tmp_path):
    takes().entries[0].star = True
    takes().chosen = 0
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    takes().chosen = 1
    bpy.context.scene.inpose.stature = 1.6
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    TAKES.clear()
    bpy.ops.wm.open_mainfile(filepath=file)
    assert (names(), takes().chosen) == (["fight_001", "fight_002", "fight_003"], 1)
    assert takes().entries[0].star
    assert states() == ["baked", "solved", "solved"]
    takes().chosen = 0
    rig = takes().entries[0].character
    assert rig.inpose_pins.entries[0].handle is not None
    takes().chosen = 1
    assert bpy.context.scene.inpose.stature == pytest.approx(1.6)
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_an_older_file_shows_its_take(rig, take):
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    takes().entries.clear()  # as a version without a list has saved it
    takes().current = rig.inpose_take.take_id = ""
    file = rig.inpose_take.file
    adopt(scene)
    assert (names(), takes().chosen, states()) == (["take one"], 0, ["baked"])
    assert (rig.inpose_take.file, rig.inpose_take.label) == (file, "take one")
    adopt(scene)
    assert names() == ["take one"]
    complete_list_later(scene)


def test_missing_files_are_named_and_found(solved, recordings, tmp_path, results):
    takes().chosen = 0
    away = tmp_path / "moved" / "deep"
    away.mkdir(parents=True)
    motion = Path(solved_of(1).file)
    shutil.move(recordings[0], away)
    shutil.move(motion, away)
    names_missing = {missing.path.name for missing in missing_files(bpy.context.scene)}
    assert names_missing == {"fight_001.bsor", motion.name}
    assert bpy.ops.inpose.find_take_files(directory=str(tmp_path / "results")) == {"FINISHED"}
    assert len(missing_files(bpy.context.scene)) == 2
    assert bpy.ops.inpose.find_take_files(directory=str(tmp_path / "moved")) == {"FINISHED"}
    assert missing_files(bpy.context.scene) == []
    assert bpy.context.scene.inpose.recording == str(away / "fight_001.bsor")
    assert len(names()) == 3
    takes().chosen = 1
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_a_moved_project_finds_its_files(three, tmp_path, recordings):
    project = tmp_path / "project"
    project.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot.blend"))
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    assert Path(solved_of(0).file).parent == project / "shot takes"
    for path in recordings:
        shutil.move(path, project)
    bpy.ops.wm.save_mainfile()
    shutil.move(project, tmp_path / "elsewhere")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "elsewhere" / "shot.blend"))
    assert missing_files(bpy.context.scene) == []
    assert Path(solved_of(0).file).parent == tmp_path / "elsewhere" / "shot takes"


def test_a_new_version_of_a_moved_project_finds_the_motions(three, tmp_path, recordings):
    project = tmp_path / "project"
    project.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot_v1.blend"))
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    for path in recordings:
        shutil.move(path, project)
    bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot_v2.blend"))
    shutil.move(project, tmp_path / "elsewhere")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "elsewhere" / "shot_v2.blend"))
    assert missing_files(bpy.context.scene) == []
    assert Path(solved_of(0).file).parent == tmp_path / "elsewhere" / "shot_v1 takes"


def test_a_folder_of_choice_gets_the_motions(three, tmp_path):
    takes().folder = str(tmp_path / "own")
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    assert {Path(solved_of(index).file).parent for index in range(3)} == {tmp_path / "own"}
    takes().folder = str(tmp_path / "fight_001.bsor" / "no")
    takes().chosen = 0
    with pytest.raises(RuntimeError, match="cannot create the folder"):
        bpy.ops.inpose.solve_full_body()


def test_files_are_added_together(rig, recordings):
    files = [{"name": path.name} for path in recordings]
    assert bpy.ops.inpose.add_takes(directory=str(recordings[0].parent), files=files) == {"FINISHED"}
    assert names() == ["fight_001", "fight_002", "fight_003"]
    assert bpy.ops.inpose.move_take(step=-1) == {"FINISHED"}
    assert (names(), takes().chosen) == (["fight_001", "fight_003", "fight_002"], 1)
    with pytest.raises(RuntimeError, match="Choose one or more"):
        bpy.ops.inpose.add_takes(directory=str(recordings[0].parent))
