# SPDX-License-Identifier: GPL-3.0-or-later
"""Go live with a stand-in for the solver: the character follows, and whatever ends it leaves nothing behind."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from rigs import build_rig

from inpose_blender.errors import InPoseError, RecordingError, RigError, WorkerError
from inpose_blender.live import after_undo, finishing, operators, session, sources
from inpose_blender.live.countdown import countdown_of
from inpose_blender.live.finishing import hand_over
from inpose_blender.live.job import Follow, RecordedTake
from inpose_blender.live.stage import FinishedTake, Stage
from inpose_blender.options import CalibrationSettings
from inpose_blender.takes.listed import entries_of
from inpose_blender.takes.swapping import choose
from inpose_blender.ui.option_properties import settings_of

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"

pytestmark = pytest.mark.usefixtures("registered", "fake_worker")


@pytest.fixture
def armature(rng: np.random.Generator, tmp_path: Path) -> Any:
    made = build_rig(rng)
    made.pose.bones["spine1"].rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    bpy.context.view_layer.objects.active = made
    bpy.context.window_manager.inpose_headset.folder = str(tmp_path)
    return made


@pytest.fixture
def begin(armature: Any) -> Iterator[Callable[[], Stage]]:
    yield lambda: operators.begin_stage(bpy.context)
    session.drop()
    bpy.context.window_manager.inpose_headset.folder = ""


def pose_of(armature: Any) -> list[tuple[float, ...]]:
    return [(*bone.location, *bone.rotation_quaternion, *bone.scale) for bone in armature.pose.bones]


def tick(stage: Stage, until: Callable[[], object], limit_s: float = 20.0) -> None:
    end_s = time.monotonic() + limit_s
    while not until():
        assert time.monotonic() < end_s
        stage.tick()
        time.sleep(0.005)


def handler_count() -> int:
    handlers = bpy.app.handlers
    return sum(len(each) for name in dir(handlers) if isinstance(each := getattr(handlers, name), list))


def nothing_is_left(handlers: int) -> bool:
    after_undo.forget()  # until another file is opened, undo steps may lead back into the session
    end_s = time.monotonic() + 20.0
    while any(thread.name == "end of live solver" for thread in threading.enumerate()) and time.monotonic() < end_s:
        time.sleep(0.02)
    names = {thread.name for thread in threading.enumerate()}
    left = bpy.app.timers.is_registered(session._tick) or "end of live solver" in names
    return handler_count() == handlers and not left


def test_the_character_follows_and_gets_its_pose_back(begin: Callable[[], Stage], armature: Any) -> None:
    before, handlers = pose_of(armature), handler_count()
    bpy.context.scene.tool_settings.use_keyframe_insert_auto = True
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 3)
    assert pose_of(armature) != before
    assert not bpy.context.scene.tool_settings.use_keyframe_insert_auto
    assert armature.animation_data is None
    stage.stop()
    assert pose_of(armature) == before
    assert bpy.context.scene.tool_settings.use_keyframe_insert_auto
    tick(stage, lambda: stage.done)
    session.forget()
    assert nothing_is_left(handlers)
    assert session.running() is None


def test_a_saved_file_has_the_own_pose(begin: Callable[[], Stage], armature: Any, tmp_path: Path) -> None:
    before = pose_of(armature)
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 3)
    following = pose_of(armature)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"), copy=True)
    assert pose_of(armature) == following
    session.drop()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert pose_of(bpy.data.objects[0]) == before


def test_a_render_has_the_own_pose(begin: Callable[[], Stage], armature: Any) -> None:
    scene, rendered = bpy.context.scene, []
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera, scene.render.engine, scene.cycles.samples = camera, "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 8
    before = pose_of(armature)
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 3)
    following = pose_of(armature)

    def look(*_arguments: object) -> None:
        rendered.append(pose_of(armature))

    bpy.app.handlers.render_pre.append(look)
    try:
        bpy.ops.render.render()
    finally:
        bpy.app.handlers.render_pre.remove(look)
    assert rendered == [before]
    assert pose_of(armature) == following


def test_playback_shows_the_live_pose_and_leaves_the_action(begin: Callable[[], Stage], armature: Any) -> None:
    for frame, x in ((1, 0.0), (50, 5.0)):
        armature.pose.bones["pelvis"].location.x = x
        armature.keyframe_insert('pose.bones["pelvis"].location', frame=frame)
    action = armature.animation_data.action
    bpy.context.scene.frame_set(1)
    before = pose_of(armature)
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 3)
    following = pose_of(armature)
    bpy.context.scene.frame_set(25)
    assert pose_of(armature) == following
    bpy.context.scene.frame_set(1)
    session.drop()
    assert pose_of(armature) == before
    assert armature.animation_data.action == action
    bpy.context.scene.frame_set(50)
    assert armature.pose.bones["pelvis"].location.x == pytest.approx(5.0)


def test_an_undo_does_not_end_it_and_the_end_gives_the_pose_back(begin: Callable[[], Stage], armature: Any) -> None:
    name, before = armature.name, pose_of(armature)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    bpy.context.view_layer.objects.active = armature
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 3)
    bpy.ops.ed.undo()
    assert "Cube" not in bpy.data.objects
    shown = stage.performers[0].shown
    tick(stage, lambda: stage.performers[0].shown > shown + 2)
    session.drop()
    assert pose_of(bpy.data.objects[name]) == before


def test_another_file_ends_everything(begin: Callable[[], Stage]) -> None:
    handlers = handler_count()
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 1)
    process = stage.performers[0].job._slot.process
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.running() is None
    assert not process.alive
    assert nothing_is_left(handlers)


def test_a_take_is_handed_to_the_normal_solve(begin: Callable[[], Stage], armature: Any, tmp_path: Path) -> None:
    stage = begin()
    (tmp_path / "take_001.csv").write_text("somebody else's")
    tick(stage, lambda: stage.performers[0].shown > 1)
    stage.record()
    tick(stage, lambda: stage.records)
    stage.end_take()
    tick(stage, lambda: not stage.records)
    stage.stop()
    tick(stage, lambda: stage.done)
    (finished,) = stage.takes
    assert finished.take.file == tmp_path / "take_002.csv"
    session.forget()
    assert hand_over(bpy.context, stage.takes, solve=True) == 1
    assert armature.animation_data.action.name == "take_002"
    assert bpy.context.scene.inpose.recording == str(finished.take.file)
    assert bpy.context.scene.inpose.armature is None


def test_a_take_keeps_the_calibration_that_was_recorded_with_it(
    armature: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved_with: list[str] = []
    scene = bpy.context.scene
    monkeypatch.setattr(
        finishing, "_solved", lambda *_: bool(solved_with.append(scene.inpose.calibration_file)) or True
    )
    takes = []
    for number in (1, 2):
        file = tmp_path / f"take_{number:03}.csv"
        shutil.copy(EXAMPLE, file)
        calibration = file.with_suffix(".calibration.json")
        calibration.write_text("{}")
        takes.append(FinishedTake(RecordedTake(file, 10, True, calibration), armature.name, number, ""))
    assert hand_over(bpy.context, takes, solve=True) == 2
    own = [str(tmp_path / f"take_{number:03}.calibration.json") for number in (1, 2)]
    assert solved_with == own
    # Whoever solves the take again, also later, uses the same calibration; other recordings do not.
    assert scene.inpose.calibration_file == own[1]
    other = tmp_path / "other.csv"
    shutil.copy(EXAMPLE, other)
    scene.inpose.recording = str(other)
    assert scene.inpose.calibration_file == ""
    for number in (0, 1):
        scene.inpose.recording = str(takes[number].take.file)
        assert scene.inpose.calibration_file == own[number]
    # The next session may be another performer's: it measures again.
    assert sources._calibration(scene).calibration_file is None


def test_takes_that_are_not_solved_wait_in_the_list_with_their_calibration(
    armature: Any, rng: np.random.Generator, tmp_path: Path
) -> None:
    other, scene = build_rig(rng), bpy.context.scene
    takes = []
    for number in (1, 2):
        for performer in (armature, other):
            file = tmp_path / f"take_{number:03}_{'a' if performer is armature else 'b'}.csv"
            shutil.copy(EXAMPLE, file)
            calibration = file.with_suffix(".calibration.json")
            calibration.write_text("{}")
            starts_with = "" if performer is armature else armature.name
            takes.append(FinishedTake(RecordedTake(file, 10, True, calibration), performer.name, number, starts_with))
    assert hand_over(bpy.context, takes, solve=False) == 0
    assert [(Path(entry.file), entry.character) for entry in entries_of(scene)] == [
        (take.take.file, bpy.data.objects[take.armature]) for take in takes
    ]
    assert scene.inpose.recording == str(takes[2].take.file)  # the last one of the first performer
    for number, take in enumerate(takes):
        choose(scene, entries_of(scene)[number])
        assert scene.inpose.calibration_file == str(take.take.calibration)


def test_height_and_calibration_file_of_the_panel_are_the_first_performers(
    armature: Any, rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, scene = build_rig(rng), bpy.context.scene
    chosen = tmp_path / "chosen.calibration.json"
    chosen.write_text("{}")
    scene.inpose.stature, scene.inpose.calibration_file = 1.9, str(chosen)
    solved_with: list[tuple[float | None, str]] = []

    def solved(*_: object) -> bool:
        used = settings_of(CalibrationSettings, scene.inpose)
        solved_with.append((used.stature_m, Path(used.calibration_file or "").name))
        return True

    monkeypatch.setattr(finishing, "_solved", solved)
    takes = []
    for number, performer in ((1, armature), (1, other), (2, armature), (2, other)):
        file = tmp_path / f"take_{number:03}_{'a' if performer is armature else 'b'}.csv"
        shutil.copy(EXAMPLE, file)
        calibration = file.with_suffix(".calibration.json")
        calibration.write_text("{}")
        starts_with = "" if performer is armature else armature.name
        takes.append(FinishedTake(RecordedTake(file, 10, True, calibration), performer.name, number, starts_with))
    assert hand_over(bpy.context, takes, solve=True) == 4
    assert [used[0] for used in solved_with] == [1.9, None, 1.9, None]
    assert [used[1] for used in solved_with][:2] == ["chosen.calibration.json", "take_001_b.calibration.json"]
    assert solved_with[3][1] == "take_002_b.calibration.json"
    assert scene.inpose.stature == pytest.approx(1.9)


def test_further_performers_are_measured(
    armature: Any, rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = bpy.context.scene
    scene.inpose.stature, scene.inpose.calibration_file = 1.9, str(tmp_path / "chosen.json")
    added = scene.inpose_live.performers.add()
    added.armature, added.port = build_rig(rng), 40000
    bpy.context.view_layer.objects.active = armature
    asked: list[CalibrationSettings] = []
    monkeypatch.setattr(
        sources.Performer, "follow", lambda _self, request, _interpreters: asked.append(request.calibration)
    )
    sources.begin_performers(bpy.context)
    assert [(each.stature_m, each.calibration_file is None) for each in asked] == [(1.9, False), (None, True)]


def test_two_performers_stand_as_far_apart_as_in_their_room(
    begin: Callable[[], Stage], armature: Any, rng: np.random.Generator
) -> None:
    """Both stand-ins are at the same place of the room; the second rig stands elsewhere in the scene."""
    other = build_rig(rng, location=(5.0, 3.0, 0.0))
    bpy.context.view_layer.objects.active = armature
    bpy.context.scene.inpose_bake.start_at = "rig"
    added = bpy.context.scene.inpose_live.performers.add()
    added.armature, added.port = other, 40000
    stage = begin()
    tick(stage, lambda: all(performer.shown > 5 for performer in stage.performers))
    bpy.context.view_layer.update()
    hips = [rig.matrix_world @ rig.pose.bones["pelvis"].head for rig in (armature, other)]
    assert (hips[0] - hips[1]).length < 1e-3
    stage.stop()
    tick(stage, lambda: stage.done)


def test_takes_recorded_together_are_solved_together_and_share_a_room(
    begin: Callable[[], Stage], armature: Any, rng: np.random.Generator
) -> None:
    """Else the second performer's first take would be baked into the room of the first performer's last one."""
    other = build_rig(rng, location=(5.0, 3.0, 0.0))
    bpy.context.view_layer.objects.active = armature
    bpy.context.scene.inpose_bake.start_at = "rig"
    added = bpy.context.scene.inpose_live.performers.add()
    added.armature, added.port = other, 40000
    stage = begin()
    follows = [
        Follow("ready", takes=tuple(RecordedTake(Path(f"{name}{number}.csv"), 9, True, None) for number in (1, 2)))
        for name in ("a", "b")
    ]
    for performer, follow in zip(stage.performers, follows, strict=True):
        performer.job.follow = follow
    takes = stage.takes
    assert [each.take.file.stem for each in takes] == ["a1", "b1", "a2", "b2"]
    assert [each.starts_with for each in takes] == ["", armature.name] * 2


def test_a_growing_take_does_not_redraw_the_panel_with_each_pose(begin: Callable[[], Stage], armature: Any) -> None:
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 1)
    job, drawn = stage.performers[0].job, []
    stage._redraw = lambda: drawn.append(time.monotonic())
    began_s = time.monotonic()
    for frames in range(200):
        job.follow = Follow("ready", takes=(RecordedTake(Path("a.csv"), frames, False, None),), recording=True)
        job._process = None  # the solver says nothing in between
        stage.tick()
        time.sleep(0.005)
    assert 2 <= len(drawn) <= (time.monotonic() - began_s) / 0.5 + 2


def test_what_cannot_work_is_said_before_anything_runs(begin: Callable[[], Stage], armature: Any) -> None:
    settings = bpy.context.scene.inpose_live
    settings.source = "XR"
    with pytest.raises(RecordingError, match="VR session does not run"):
        begin()
    settings.source = "VMC"
    added = settings.performers.add()
    added.armature = armature
    with pytest.raises(RigError, match="same character"):
        begin()
    settings.performers.clear()
    bpy.context.window_manager.inpose_headset.folder = "/no/such/folder"
    with pytest.raises(RecordingError, match="does not exist"):
        begin()
    assert session.running() is None


@pytest.mark.parametrize(
    ("fault", "kind", "words"), [("port", RecordingError, "cannot listen"), ("dies_live", WorkerError, "unexpectedly")]
)
def test_an_error_ends_it_and_gives_the_pose_back(
    fault: str, kind: type[InPoseError], words: str, begin: Callable[[], Stage], armature: Any, fake_worker: Any
) -> None:
    before = pose_of(armature)
    fake_worker(fault)
    stage = begin()
    tick(stage, lambda: stage.done)
    assert isinstance(stage.error, kind)
    assert words in str(stage.error)
    assert pose_of(armature) == before


def test_a_deleted_rig_ends_it(begin: Callable[[], Stage], armature: Any) -> None:
    stage = begin()
    tick(stage, lambda: stage.performers[0].shown > 1)
    bpy.data.objects.remove(armature)
    tick(stage, lambda: stage.done)
    assert isinstance(stage.error, RigError)


def test_the_countdown_shows_whom_one_waits_for() -> None:
    counting, holding = Follow("counting", seconds_left=2.3), Follow("holding", seconds_left=0.4)
    assert countdown_of([Follow("ready")]) is None
    assert countdown_of([holding, counting]) == ("3", "Take a T-pose", False)
    assert countdown_of([holding]) == ("1", "Hold the T-pose", True)
