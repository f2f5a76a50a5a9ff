# SPDX-License-Identifier: GPL-3.0-or-later
"""Record take after take: list, choose, solve all, bake all, rename, delete, undo, save and load."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from rigs import build_rig

from inpose_blender.bake.takes_of_actions import take_of
from inpose_blender.bpy_compat import all_curves
from inpose_blender.runtime.worker_job import WorkerJob
from inpose_blender.take_list import edited
from inpose_blender.take_list.panel import row_text, take_lines
from inpose_blender.take_list.state import state_of
from inpose_blender.takes.arrival import arrive, note_facts
from inpose_blender.takes.listed import data_of, on_character


def takes():
    return bpy.context.scene.inpose_takes


def names():
    return [entry.name for entry in takes().entries]


def states():
    return [state_of(entry) for entry in takes().entries]


def solved_of(index):
    return data_of(takes().entries[index]).solved


def tracks(rig):
    return {track.name: track for track in rig.animation_data.nla_tracks if not track.mute}


def hips_at(rig, frame):
    bpy.context.scene.frame_set(frame)
    return tuple(rig.pose.bones["pelvis"].matrix.translation)


def test_whoever_sets_a_recording_adds_a_take(three, recordings):
    assert names() == ["fight_001", "fight_002", "fight_003"]
    assert states() == ["recorded"] * 3
    assert takes().chosen == 2
    assert {entry.character for entry in takes().entries} == {three}
    bpy.context.scene.inpose.recording = str(recordings[0])  # a recording that is there is chosen, not added
    assert (names(), takes().chosen) == (["fight_001", "fight_002", "fight_003"], 0)
    bpy.context.scene.inpose.recording = ""
    assert takes().chosen == -1


def test_settings_go_with_the_take_but_times_do_not_go_to_the_next(rig, recordings):
    scene = bpy.context.scene
    scene.inpose.stature = 1.5
    scene.inpose.recording = str(recordings[0])
    scene.inpose_reading.trim_start_s, scene.inpose.quality = 2.0, "high"
    scene.inpose.recording = str(recordings[1])
    assert scene.inpose.stature == pytest.approx(1.5)
    assert (scene.inpose.quality, scene.inpose_reading.trim_start_s) == ("high", 0.0)
    scene.inpose.stature = 1.9
    takes().chosen = 0
    assert scene.inpose.recording == str(recordings[0])
    assert (scene.inpose.stature, scene.inpose_reading.trim_start_s) == (pytest.approx(1.5), 2.0)
    takes().chosen = 1
    assert scene.inpose.stature == pytest.approx(1.9)


def test_how_a_file_is_read_goes_to_the_next_file_of_the_same_columns_only(rig, tmp_path):
    scene = bpy.context.scene
    tables = {"one": "t,hmd_x,hmd_y", "two": "t,hmd_x,hmd_y", "other": "t,head_x,head_y"}
    for name, header in tables.items():
        (tmp_path / f"{name}.csv").write_text(f"{header}\n" + "0.1,0.2,0.3\n" * 9)
    scene.inpose.recording = str(tmp_path / "one.csv")
    scene.inpose_reading.unit, scene.inpose_reading.axes, scene.inpose.pose = "cm", "unity", "saber"
    scene.inpose.stature = 1.5
    for name, said in (("two", ("cm", "unity", "saber")), ("other", ("auto", "auto", "auto"))):
        scene.inpose.recording = str(tmp_path / f"{name}.csv")
        assert (scene.inpose_reading.unit, scene.inpose_reading.axes, scene.inpose.pose) == said
        assert scene.inpose.stature == pytest.approx(1.5)  # of the performer, not of the file
    takes().chosen = 0
    assert (scene.inpose_reading.unit, scene.inpose.pose) == ("cm", "saber")
    live = tmp_path / "live.csv"
    live.write_text("time,device,px\n" + "0.1,hmd,0.3\n" * 9)
    arrive(scene, live, "LIVE", rig)  # Live has used these options
    assert (scene.inpose_reading.unit, scene.inpose.pose) == ("cm", "saber")


def test_a_slate_names_what_is_recorded(rig, recordings):
    scene = bpy.context.scene
    takes().next_slate = "Kick"
    for path, source in zip(recordings, ("HEADSET", "LIVE", "FILE"), strict=True):
        arrive(scene, path, source, rig)
    assert names() == ["Kick 1", "Kick 2", "fight_003"]
    takes().entries[0].number = 7
    assert (takes().entries[0].name, takes().entries[0].slate) == ("Kick 7", "Kick")
    takes().entries[1].slate = "Punch"
    assert names() == ["Kick 7", "Punch 2", "fight_003"]
    takes().entries[1].title = "fight_003"
    assert names()[1] == "fight_003 (2)"


def test_solve_all_solves_each_with_its_own_settings(three, requests):
    scene = bpy.context.scene
    scene.inpose.stature = 1.9
    takes().chosen = 0
    scene.inpose.stature = 1.5
    takes().entries[1].star = True
    takes().only_starred = True
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    assert states() == ["recorded", "solved", "recorded"]
    takes().only_starred = False
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    assert states() == ["solved"] * 3
    asked = {Path(params["recording"]).stem: params.get("calibration", {}) for _, params in requests}
    assert {name: settings.get("stature_m") for name, settings in asked.items()} == {
        "fight_001": 1.5,
        "fight_002": None,
        "fight_003": 1.9,
    }
    assert three.animation_data is None or three.animation_data.action is None  # nothing is baked
    assert not bpy.ops.inpose.solve_takes.poll()
    assert solved_of(1).confidence == pytest.approx(0.705, abs=0.01)
    assert on_character(takes().entries[0])


def test_one_bad_take_does_not_stop_the_others(three, recordings):
    recordings[1].write_bytes(b"")
    recordings[2].unlink()
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    assert states() == ["solved", "recorded", "recorded"]
    notes = bpy.context.window_manager.inpose_status.notes
    assert "fight_002 was not solved: The file is empty." in notes
    assert "fight_003 was not solved: The recording" in notes


def test_a_row_of_strips_shows_each_take_at_its_frames(solved):
    takes().gap = 5
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    assert states() == ["baked"] * 3
    firsts = [solved_of(index).first_frame for index in range(3)]
    last = int(bpy.data.actions["fight_001"].curve_frame_range[1])
    assert firsts == [1, last + 6, 2 * (last + 5) + 1]
    strips = {name: track.strips[0] for name, track in tracks(solved).items()}
    assert list(strips) == names()
    assert [strip.frame_start for strip in strips.values()] == firsts
    assert [strip.extrapolation for strip in strips.values()] == ["HOLD", "HOLD_FORWARD", "HOLD_FORWARD"]
    places = [hips_at(solved, frame) for frame in (10, firsts[1], firsts[1] + 9, firsts[2] + 9)]
    assert places[0] == pytest.approx(places[2], abs=1e-5)
    assert places[0] == pytest.approx(places[3], abs=1e-5)
    assert places[0] != pytest.approx(places[1], abs=1e-3)
    # A take that is baked again keeps its place in the row.
    takes().chosen = 1
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert solved.animation_data.action is None
    assert tracks(solved)["fight_002"].strips[0].frame_start == firsts[1]
    assert list(tracks(solved)) == names()  # it stays below the take that follows
    assert hips_at(solved, firsts[2] + 9) == pytest.approx(places[3], abs=1e-5)
    takes().chosen = 0
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert list(tracks(solved)) == names()
    assert hips_at(solved, firsts[1] + 9) == pytest.approx(places[2], abs=1e-5)
    takes().entries.move(2, 0)
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    assert [solved_of(index).first_frame for index in range(3)] == firsts
    assert list(tracks(solved)) == names() == ["fight_003", "fight_001", "fight_002"]
    assert hips_at(solved, firsts[2] + 9) == pytest.approx(places[3], abs=1e-5)


def test_each_take_of_a_row_keeps_its_markers(solved):
    bpy.context.scene.inpose_bake.markers = True
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    markers = bpy.context.scene.timeline_markers
    count = len(markers)
    assert {f"{name} begins" for name in names()} <= {marker.name for marker in markers}
    takes().chosen = 1
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert len(markers) == count
    takes().entries[1].title = "Best"
    bpy.context.scene.inpose_bake.markers = False
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert "fight_002 begins" not in markers
    assert [name for name in names() if f"{name} begins" in markers] == ["fight_001", "fight_003"]


def test_edited_bakes_stay(solved):
    assert bpy.ops.inpose.bake_takes(onto="ACTIONS") == {"FINISHED"}
    action = bpy.data.actions["fight_002"]
    key = edited.look_now(action)
    all_curves(action)[0].keyframe_points[3].co.y += 0.5
    edited.note_undo()
    assert (key, edited.look_now(action)) == (False, True)
    assert states() == ["baked", "edited", "baked"]
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    assert "fight_002 was edited" in bpy.context.window_manager.inpose_status.notes
    assert bpy.data.actions["fight_002"] == action
    assert edited.look_now(action)


def test_a_row_goes_around_an_edited_bake(solved):
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    action = bpy.data.actions["fight_002"]
    all_curves(action)[0].keyframe_points[3].co.y += 0.5
    edited.note_undo()
    edited.look_now(action)
    before = [track.strips[0].frame_start for track in tracks(solved).values()]
    takes().gap = 40
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    strips = {name: track.strips[0] for name, track in tracks(solved).items()}
    assert strips["fight_002"].action == action
    assert [strips["fight_001"].frame_start, strips["fight_002"].frame_start] == before[:2]
    assert strips["fight_003"].frame_start == strips["fight_002"].frame_end + 41


def test_a_row_goes_around_a_moved_strip(solved):
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    tracks(solved)["fight_002"].strips[0].frame_start_ui += 100
    end = tracks(solved)["fight_002"].strips[0].frame_end
    assert states() == ["baked", "edited", "baked"]
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    assert "fight_002 was edited" in bpy.context.window_manager.inpose_status.notes
    assert tracks(solved)["fight_002"].strips[0].frame_end == end
    assert tracks(solved)["fight_003"].strips[0].frame_start == end + 1


def test_rows_of_one_room_stay_in_time(rig, rng, recordings):
    scene = bpy.context.scene
    other = build_rig(rng, location=(2, 0, 0))
    for path, character in zip(recordings, (rig, rig, other), strict=True):
        arrive(scene, path, "LIVE", character)
    for character in (rig, other):
        arrive(
            scene,
            Path(shutil.copy(recordings[0], recordings[0].with_stem(f"{character.name}_last"))),
            "LIVE",
            character,
        )
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    scene.inpose_bake.start_at, scene.inpose_bake.start_with = "character", rig.name
    takes().gap = 3
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    count = int(bpy.data.actions["fight_001"].curve_frame_range[1]) + 3
    firsts = [solved_of(index).first_frame for index in range(5)]
    assert firsts == [1, 1 + count, 1 + count, 1 + 2 * count, 1 + 2 * count]
    scene.inpose_bake.start_at = "recorded"
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    assert [solved_of(index).first_frame for index in range(5)] == [1, 1 + count, 1, 1 + 2 * count, 1 + count]


def test_a_chosen_take_shows_its_own_action_and_pins(solved):
    assert bpy.ops.inpose.bake_takes(onto="ACTIONS") == {"FINISHED"}
    takes().chosen = 0
    assert solved.animation_data.action.name == "fight_001"
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    solved.inpose_edits.entries.add().kind = "smooth"
    handle = solved.inpose_pins.entries[0].handle
    takes().chosen = 1
    assert solved.animation_data.action.name == "fight_002"
    assert (len(solved.inpose_pins.entries), len(solved.inpose_edits.entries)) == (0, 0)
    assert handle.hide_viewport
    assert solved.inpose_take.label == "fight_002"
    takes().chosen = 0
    assert solved.inpose_pins.entries[0].handle == handle
    assert (handle.hide_viewport, handle.inpose_room_of, solved.inpose_pins.entries[0].joint) == (
        False,
        solved,
        "left_wrist",
    )
    assert solved.inpose_edits.entries[0].kind == "smooth"
    assert bpy.ops.inpose.solve_again() == {"FINISHED"}
    assert "Pins: 1" in take_lines(bpy.context.scene, takes().entries[0])


def test_a_bake_of_one_take_leaves_the_pins_of_another_alone(solved):
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    handle = solved.inpose_pins.entries[0].handle
    place = handle.matrix_world.translation.copy()
    takes().chosen = 0
    bpy.context.scene.inpose_bake.start_at = "rig"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    bpy.context.scene.cursor.location = (3, 0, 0)
    bpy.context.scene.inpose_bake.start_at = "cursor"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert tuple(handle.matrix_world.translation) == pytest.approx(tuple(place))


def test_solving_one_take_keeps_the_other(three):
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    takes().chosen = 0
    assert three.inpose_take.label == "fight_003"  # as long as the chosen take is not solved
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert (three.inpose_take.label, states()) == ("fight_001", ["baked", "recorded", "baked"])
    takes().chosen = 2
    assert three.inpose_take.label == "fight_003"
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}


def test_a_take_that_is_deleted_while_it_is_solved_comes_back_with_its_name(three, recordings, monkeypatch):
    scene, wait = bpy.context.scene, WorkerJob.wait

    def wait_and_delete(job):
        wait(job)
        bpy.ops.inpose.delete_take()
        takes().chosen = 0

    monkeypatch.setattr(WorkerJob, "wait", wait_and_delete)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert names() == ["fight_001", "fight_002", "fight_003"]
    assert states() == ["recorded", "recorded", "baked"]
    assert takes().entries[2].file == solved_of(2).recording == str(recordings[2])
    assert scene.inpose.recording == str(recordings[0])


def test_rename_takes_the_bake_along(solved):
    takes().chosen = 0
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    takes().entries[0].title = "Best"
    action = solved.animation_data.action
    assert (action.name, take_of(action), solved.inpose_take.label) == ("Best", "Best", "Best")
    assert states()[0] == "baked"
    count = len(bpy.data.actions)
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert len(bpy.data.actions) == count  # it has replaced its own bake


def test_duplicate_and_delete(solved):
    takes().chosen = 0
    assert bpy.ops.inpose.bake_take() == {"FINISHED"}
    assert bpy.ops.inpose.add_pin(joint="left_wrist") == {"FINISHED"}
    handle = solved.inpose_pins.entries[0].handle
    assert bpy.ops.inpose.duplicate_take() == {"FINISHED"}
    assert names() == ["fight_001", "fight_001 (2)", "fight_002", "fight_003"]
    assert (takes().chosen, states()[:2]) == (1, ["baked", "solved"])
    copy = solved.inpose_pins.entries[0].handle
    assert copy != handle
    assert (copy.hide_viewport, handle.hide_viewport) == (False, True)
    copied = copy.name
    assert bpy.ops.inpose.delete_take() == {"FINISHED"}
    assert (names()[1], takes().chosen) == ("fight_002", 1)
    assert copied not in bpy.data.objects
    assert handle.name in bpy.data.objects
    for _ in range(3):
        assert bpy.ops.inpose.delete_take() == {"FINISHED"}
    assert (names(), bpy.context.scene.inpose.recording, solved.inpose_take.file) == ([], "", "")
    assert not bpy.ops.inpose.delete_take.poll()
    assert "fight_001" in bpy.data.actions


def test_the_bakes_of_a_deleted_take_are_the_users(solved, recordings):
    """A new take of the same name does not replace them, neither the active action nor an NLA track."""
    assert bpy.ops.inpose.bake_takes(onto="NLA") == {"FINISHED"}
    takes().chosen = 2
    kept = bpy.data.actions["fight_003"]
    assert bpy.ops.inpose.delete_take() == {"FINISHED"}
    assert arrive(bpy.context.scene, recordings[2], character=solved).name == "fight_003"
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    assert kept.name in bpy.data.actions
    tracks = solved.animation_data.nla_tracks
    assert kept in [strip.action for track in tracks for strip in track.strips]
    assert solved.animation_data.action != kept


def test_undo_brings_a_deleted_take_back(solved):
    bpy.context.preferences.edit.use_global_undo = True
    takes().chosen = 1
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.inpose.delete_take("EXEC_DEFAULT", True) == {"FINISHED"}
    assert names() == ["fight_001", "fight_003"]
    bpy.ops.ed.undo()
    assert names() == ["fight_001", "fight_002", "fight_003"]
    assert (takes().chosen, solved_of(1).label) == (1, "fight_002")


def test_what_is_known_of_a_take_is_said(solved, recordings):
    note_facts(recordings[0], 12.3, 1.78)
    entry = takes().entries[0]
    assert row_text(entry) == "12 s  71 %" or row_text(entry) == "12 s  70 %"
    lines = take_lines(bpy.context.scene, entry)
    assert lines[0].startswith(f"File, {entry.recorded}, 12.3 s")
    assert lines[1] == "Performer: 1.78 m"
    takes().chosen = 0
    bpy.context.scene.inpose_reading.trim_end_s = 5.0
    assert "Trim: to 5.0 s" in take_lines(bpy.context.scene, entry)


def test_the_panel_draws_everything(solved):
    from ui.test_panels import ListeningLayout  # noqa: PLC0415

    from inpose_blender.take_list.panel import INPOSE_PT_takes, INPOSE_UL_takes  # noqa: PLC0415

    class Layout(ListeningLayout):
        def template_list(self, *_, rows):
            assert rows >= 3

        def operator_menu_enum(self, name, prop, **_):
            self.operators.append(name)

    layout = Layout()
    INPOSE_PT_takes.draw(SimpleNamespace(layout=layout), bpy.context)
    assert {"inpose.solve_takes", "inpose.bake_takes", "inpose.retake"} <= set(layout.operators)
    INPOSE_UL_takes.draw_item(None, bpy.context, layout, takes(), takes().entries[0], 0, takes(), "chosen")
    assert {"star", "title", "gap", "folder", "only_starred", "next_slate"} <= set(layout.properties)


def greyed(operator) -> str:
    """Return why a button is grey; empty if it is not."""
    try:
        assert operator() == {"FINISHED"}
    except RuntimeError as error:
        return str(error).partition(".poll() ")[2].strip()
    return ""


def test_takes_whose_motions_were_deleted_are_solved_again(solved):
    assert greyed(bpy.ops.inpose.solve_takes) == "All takes are solved"
    files = [Path(solved_of(index).file) for index in range(3)]
    for file in files[:2]:
        file.unlink()
    assert bpy.ops.inpose.clear_results() == {"FINISHED"}  # the button that deletes them all; it also looks again
    assert greyed(bpy.ops.inpose.solve_takes) == ""
    assert all(file.exists() for file in files)
    assert greyed(bpy.ops.inpose.solve_takes) == "All takes are solved"


def test_a_grey_button_says_why_also_with_only_starred(three):
    takes().only_starred = True
    for operator in (bpy.ops.inpose.solve_takes, bpy.ops.inpose.bake_takes):
        assert greyed(operator).startswith("No take has a star. Give one to a take, or switch off Only starred")
    takes().entries[0].star = True
    assert greyed(bpy.ops.inpose.bake_takes) == "Solve a take with a star first"
    assert greyed(bpy.ops.inpose.solve_takes) == ""
    assert greyed(bpy.ops.inpose.solve_takes) == "All takes with a star are solved"
    for collection in list(three.users_collection):
        collection.objects.unlink(three)
    assert greyed(bpy.ops.inpose.bake_takes).startswith("The characters of the solved takes are not in this scene")
