# SPDX-License-Identifier: GPL-3.0-or-later
"""Work as an animator does: choose, look, solve, bake again, save, load, ask for help."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure

from inpose_blender.bpy_compat import action_curves, all_curves
from inpose_blender.core import JOINT_NAMES, Motion, OutputError, Sensors
from inpose_blender.preferences import machine_settings
from inpose_blender.runtime.worker_job import stop_warm_process
from inpose_blender.takes.memory import TAKES
from inpose_blender.takes.take import SolvedTake, take_file_name
from tests.timing import fastest_s


@pytest.fixture
def ready_scene(registered, rng, take, fake_worker):
    rig = build_rig(rng, arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    return rig


@pytest.fixture
def solved(ready_scene, fake_worker):
    """Return a rig that was solved for, with a solver that dies when it is asked again."""
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    fake_worker("die")
    return ready_scene


def choices():
    return bpy.context.scene.inpose_bake


def begin_at(frame):
    choices().first_frame_at, choices().first_frame = "custom", frame


def status():
    return bpy.context.window_manager.inpose_status


def test_what_was_solved_is_kept_with_the_armature(solved, results):
    kept = solved.inpose_take
    assert Path(kept.file).parent == results
    assert kept.label == "take one"
    assert kept.notes == "Fake."
    assert sorted(path.suffixes[0] for path in results.iterdir()) == [".npz", ".sensors"]


def test_bake_again_without_solving(solved):
    begin_at(11)
    choices().key_rate = "solver"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    action = solved.animation_data.action
    assert action.name == "take one"
    assert len(bpy.data.actions) == 1
    points = action_curves(action, solved)[0].keyframe_points
    assert (points[0].co.x, len(points)) == (11, 61)
    assert status().result == "Baked take one, frames 11 to 35"
    choices().way = "none"
    bpy.ops.inpose.bake_take()
    root = next(c for c in action_curves(solved.animation_data.action, solved) if c.data_path.endswith("location"))
    assert np.ptp([point.co.y for point in root.keyframe_points]) < 0.5


def test_bake_again_after_saving_and_loading(solved, tmp_path):
    blend = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    TAKES.clear()
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    begin_at(3)
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert status().result == "Baked take one, frames 3 to 27"


def test_bake_again_bakes_its_own_performance(ready_scene, results, take, tmp_path, monkeypatch):
    """A program records each take into the same file, and both shots are solved before they are saved."""
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    first = ready_scene.inpose_take.file
    end = ready_scene.animation_data.action.frame_range[1]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "first.blend"))
    take.write_bytes(b"another performance")
    bpy.ops.wm.read_homefile(use_empty=True)
    other = build_rig(np.random.default_rng(7), arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    monkeypatch.setenv("FAKE_FRAMES", "121")
    stop_warm_process()
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert other.animation_data.action.frame_range[1] > end
    assert Path(other.inpose_take.file).parent == Path(first).parent == results
    TAKES.clear()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "first.blend"))
    rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert rig.animation_data.action.frame_range[1] == end


def test_a_lost_result_is_told_and_changes_nothing(solved, results):
    TAKES.clear()
    for path in results.iterdir():
        path.unlink()
    action = solved.animation_data.action
    with pytest.raises(RuntimeError, match="Solve the recording again"):
        bpy.ops.inpose.bake_take()
    assert solved.animation_data.action == action
    assert [found.name for found in bpy.data.actions] == ["take one"]


def test_another_body_is_not_baked_on(solved):
    bpy.context.view_layer.objects.active = solved
    solved.scale = (1.1, 1.1, 1.1)
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match="Solve again"):
        bpy.ops.inpose.bake_take()


def test_bake_needs_something_solved(ready_scene):
    assert not bpy.ops.inpose.bake_take.poll()


def test_the_frame_range_is_set_only_if_asked(solved):
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end) == (1, 250)
    choices().set_frame_range = True
    bpy.ops.inpose.bake_take()
    assert (scene.frame_start, scene.frame_end) == (1, 25)


def test_an_action_of_the_users_own_is_kept(ready_scene):
    ready_scene.keyframe_insert("location", frame=1)
    own = ready_scene.animation_data.action
    bpy.ops.inpose.solve_full_body()
    bpy.ops.inpose.bake_take()
    (track,) = ready_scene.animation_data.nla_tracks
    assert track.strips[0].action == own
    assert (track.mute, track.lock) == (True, True)


def test_root_motion_without_a_root_is_refused_before_the_solve(ready_scene, requests):
    choices().way = "root"
    with pytest.raises(RuntimeError, match="no root bone above its hips"):
        bpy.ops.inpose.solve_full_body()
    assert requests == []


def test_solving_again_replaces_a_bake_that_nobody_touched(ready_scene):
    for _ in range(3):
        bpy.ops.inpose.solve_full_body()
    assert not ready_scene.animation_data.nla_tracks
    assert [action.name for action in bpy.data.actions] == ["take one"]


@pytest.mark.parametrize("how", ["edited", "fake user", "another recording"])
def test_solving_again_keeps_what_is_worth_it(ready_scene, how, take):
    bpy.ops.inpose.solve_full_body()
    first = ready_scene.animation_data.action
    if how == "edited":
        action_curves(first, ready_scene)[0].keyframe_points[3].co.y += 0.1
    elif how == "fake user":
        first.use_fake_user = True
    else:
        bpy.context.scene.inpose.recording = str(take.rename(take.with_name("take two.bsor")))
    bpy.ops.inpose.solve_full_body()
    (track,) = ready_scene.animation_data.nla_tracks
    assert track.strips[0].action == first
    assert ready_scene.animation_data.action != first


def test_a_recording_can_be_dropped_onto_the_view(registered, take):
    handler = bpy.types.INPOSE_FH_recording
    assert ".bsor" in handler.bl_file_extensions.split(";")
    assert handler.bl_import_operator == "inpose.choose_recording"
    assert bpy.ops.inpose.choose_recording("INVOKE_DEFAULT", filepath=str(take)) == {"FINISHED"}
    assert bpy.context.scene.inpose.recording == str(take)


def test_the_solver_says_what_it_is(registered, fake_worker):
    assert bpy.ops.inpose.test_solver() == {"FINISHED"}
    assert status().solver.splitlines()[:2] == ["Works: Blender's own Python", "Python 3, numpy 0"]
    fake_worker("no_numpy")
    with pytest.raises(RuntimeError, match="NumPy is missing"):
        bpy.ops.inpose.test_solver()
    assert "NumPy is missing" in status().solver


def test_an_error_can_be_copied_with_its_details(ready_scene, fake_worker):
    assert not bpy.ops.inpose.copy_report.poll()
    fake_worker("die")
    with pytest.raises(RuntimeError, match="exit code 9"):
        bpy.ops.inpose.solve_full_body()
    report = status().report
    for part in ("Solving", "WorkerError", "out of memory", bpy.app.version_string):
        assert part in report
    assert bpy.ops.inpose.copy_report() == {"FINISHED"}


def test_results_are_deleted_and_nothing_else(solved, results):
    names = ("my notes.npz", "subject-01_walk_poses.npz", "AMASS-CMU_01_01_stageii.npz", "walk-202611291130.npz")
    others = {results / name for name in names}
    for other in others:
        other.write_bytes(b"")
    assert len(list(results.iterdir())) > len(others)
    (results / take_file_name("", {})).write_bytes(b"")  # of a recording whose name has no usable letter
    assert bpy.ops.inpose.clear_results() == {"FINISHED"}
    assert set(results.iterdir()) == others


def test_results_lie_where_the_user_wants_them(registered, tmp_path, monkeypatch):
    monkeypatch.setattr(
        machine_settings, "addon_preferences", lambda: type("P", (), {"cache_folder": str(tmp_path / "a/b")})
    )
    assert machine_settings.results_folder() == tmp_path / "a/b"
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(
        machine_settings, "addon_preferences", lambda: type("P", (), {"cache_folder": str(tmp_path / "file/b")})
    )
    with pytest.raises(OutputError, match="cannot create"):
        machine_settings.results_folder()


def test_a_minute_bakes_again_in_a_second(solved, results, rng):
    """With everything on: smoothing, both locks, another rate; processor time, since other jobs may run."""
    frames = 3600
    skeleton = map_and_measure(solved)[1].skeleton
    turns = rng.normal(scale=0.01, size=(frames, len(JOINT_NAMES), 3)).cumsum(0)
    wxyz = np.concatenate((np.ones((frames, len(JOINT_NAMES), 1)), turns), axis=-1)
    wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
    stands = np.sin(np.arange(frames) / 15)[:, None] * (1, -1) > 0
    motion = Motion(wxyz, np.tile((0.0, 0.9, 0.0), (frames, 1)), skeleton, 60.0, foot_stands=stands)
    joints = [JOINT_NAMES.index(name) for name in ("head", "left_wrist", "right_wrist")]
    sensors = Sensors(motion.joint_positions_m[:, joints], wxyz[:, joints], np.ones((frames, 3), np.bool_))
    TAKES.remember(Path(solved.inpose_take.file), SolvedTake(motion, sensors))
    choices().smoothing_s = 0.05

    def bake() -> None:
        assert bpy.ops.inpose.bake_take() == {"FINISHED"}

    assert fastest_s(bake, enough_s=1.0) < 1.0
    assert len(all_curves(solved.animation_data.action)[0].keyframe_points) == 24 * 60
