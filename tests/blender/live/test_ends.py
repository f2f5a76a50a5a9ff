# SPDX-License-Identifier: GPL-3.0-or-later
"""However Live ends, the rig has its own pose, and its takes are in the list or the user knows where they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.live import after_undo, dropped, operators, session
from inpose_blender.live.stage import Stage
from inpose_blender.takes.listed import entries_of
from inpose_blender.ui.properties import status_of

pytestmark = pytest.mark.usefixtures("registered", "fake_worker")


@pytest.fixture
def armature(rng: np.random.Generator, tmp_path: Path) -> Any:
    made = build_rig(rng)
    bpy.context.view_layer.objects.active = made
    bpy.context.window_manager.inpose_headset.folder = str(tmp_path)
    bpy.context.scene.inpose_live.solve_takes = False
    return made


@pytest.fixture
def stage(armature: Any) -> Iterator[Stage]:
    """Return a session that shows a performer and has recorded a take."""
    bpy.ops.ed.undo_push(message="before")
    begun = operators.begin_stage(bpy.context)
    tick(begun, lambda: begun.performers[0].shown > 3)
    begun.record()
    tick(begun, lambda: begun.records)
    begun.end_take()
    tick(begun, lambda: not begun.records)
    yield begun
    session.drop()
    after_undo.forget()
    bpy.context.window_manager.inpose_headset.folder = ""


def tick(stage: Stage, until: Callable[[], object], limit_s: float = 20.0) -> None:
    end_s = time.monotonic() + limit_s
    while not until():
        assert time.monotonic() < end_s
        stage.tick()
        time.sleep(0.005)


def end(stage: Stage) -> None:
    """End the session as its operator does."""
    stage.stop()
    tick(stage, lambda: stage.done)
    operators.end_stage(None, bpy.context, stage)


def pose_of(armature: Any) -> list[tuple[float, ...]]:
    return [(*bone.location, *bone.rotation_quaternion) for bone in armature.pose.bones]


def test_the_end_is_an_undo_step_of_its_own(stage: Stage, armature: Any) -> None:
    name, following = armature.name, pose_of(armature)
    bpy.ops.ed.undo_push(message="something that was done during Live")
    end(stage)
    own = pose_of(armature)
    assert own != following
    bpy.ops.object.empty_add()
    bpy.ops.ed.undo_push(message="Add Empty")
    bpy.ops.ed.undo()
    assert len(entries_of(bpy.context.scene)) == 1
    assert pose_of(bpy.data.objects[name]) == own


def test_an_undo_into_the_session_does_not_bring_the_live_pose_back(stage: Stage, armature: Any) -> None:
    name, settings = armature.name, bpy.context.scene.tool_settings
    settings.use_keyframe_insert_auto = True
    stage.tick()
    assert not settings.use_keyframe_insert_auto
    bpy.ops.ed.undo_push(message="something that was done during Live")
    end(stage)
    own = pose_of(armature)
    for undo_or_redo in (bpy.ops.ed.undo, bpy.ops.ed.redo, bpy.ops.ed.undo):
        undo_or_redo()
        assert pose_of(bpy.data.objects[name]) == own
        assert bpy.context.scene.tool_settings.use_keyframe_insert_auto
    bpy.context.scene.tool_settings.use_keyframe_insert_auto = False


def test_after_playback_the_rig_has_the_pose_of_the_frame(armature: Any) -> None:
    pelvis, scene = armature.pose.bones["pelvis"], bpy.context.scene
    for frame, x in ((1, 0.0), (50, 5.0)):
        pelvis.location.x = x
        pelvis.keyframe_insert("location", frame=frame)
    scene.frame_set(1)
    stage = operators.begin_stage(bpy.context)
    tick(stage, lambda: stage.performers[0].shown > 3)
    scene.frame_set(50)
    end(stage)
    assert pelvis.location.x == pytest.approx(5.0)
    after_undo.forget()


def test_takes_go_into_the_scene_of_the_session(stage: Stage) -> None:
    scene, other = bpy.context.scene, bpy.data.scenes.new("Other")
    bpy.context.window.scene = other
    chosen = scene.inpose_bake.place_choice
    end(stage)
    assert (len(entries_of(scene)), len(entries_of(other))) == (1, 0)
    assert scene.inpose_bake.place_choice == chosen
    assert other.inpose.recording == ""


def test_takes_are_solved_in_the_scene_of_the_session(stage: Stage, armature: Any) -> None:
    scene, other = bpy.context.scene, bpy.data.scenes.new("Other")
    scene.inpose_live.solve_takes = True
    bpy.context.window.scene = other
    end(stage)
    assert armature.animation_data.action.name == "take_001"
    assert [Path(entry.solved.file or armature.inpose_take.file).exists() for entry in entries_of(scene)] == [True]
    assert len(entries_of(other)) == 0


def test_another_file_tells_where_the_takes_are(stage: Stage, tmp_path: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    status = status_of(bpy.context)
    assert "Live has ended" in status.result
    assert str(tmp_path) in status.notes
    assert "take_001.csv" in status.notes
    assert (tmp_path / "take_001.csv").exists()
    bpy.ops.wm.read_homefile(use_empty=True)  # it is told once
    assert dropped._tell not in bpy.app.handlers.load_post


def test_a_closed_window_lists_the_takes(stage: Stage, armature: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped, "list_soon", dropped.list_now)

    class Ending:
        _finished = staticmethod(lambda _context: None)

    operators.INPOSE_OT_live.cancel(Ending, bpy.context)
    assert session.running() is None
    (entry,) = entries_of(bpy.context.scene)
    assert (Path(entry.file).name, entry.character) == ("take_001.csv", armature)
    assert "in the list" in status_of(bpy.context).result
