# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a recording: the clock between seconds and frames, the trim, the findings, what is shown in the scene."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure

from inpose_blender.core import Sensors, Skeleton
from inpose_blender.options import CalibrationSettings, ReadOptions
from inpose_blender.recording.facts import known_facts
from inpose_blender.recording.properties import chosen_reading, question_of
from inpose_blender.recording.trim_panel import effective_trim, trim_text
from inpose_blender.viewing.calibrated import calibrated_tracks, scale_of
from inpose_blender.viewing.clock import baked_take, clock_of, findings_of_take
from inpose_blender.viewing.findings import fill_list, keep_list_fresh, known_findings
from inpose_blender.viewing.kinds import KINDS, kind_name
from inpose_blender.viewing.models import (
    HEAD_COLOUR,
    LEFT_COLOUR,
    RIGHT_COLOUR,
    TRACKER_COLOUR,
    hand_model,
    head_model,
    own_axes,
    tracker_model,
)
from inpose_blender.viewing.panel import finding_title
from inpose_blender.viewing.preview import device_colour, path_lines, pose_matrix, shown_facts
from inpose_blender.viewing.properties import view_of
from inpose_blender.viewing.scene_place import world_from_recording
from inpose_blender.viewing.timeline import confidence_columns
from inpose_blender.viewing.trim_drag import drag_edge, trim_edges
from inpose_core.calibration.calibrating import move_hands, scale_to
from inpose_core.calibration.recorded_joints import scale_of_joints
from inpose_core.recording.findings import FINDING_KINDS
from inpose_core.recording.sensors import MeasuredPoint


@pytest.fixture
def scene(registered, rng, take, fake_worker):
    bpy.context.scene.inpose.recording = str(take)
    return bpy.context.scene


@pytest.fixture
def rig(scene, rng):
    return build_rig(rng, arm_angle_deg=45.0)


def view():
    return view_of(bpy.context)


def test_before_a_solve_the_whole_recording_begins_with_the_shot(scene):
    scene.frame_start, scene.frame_current = 1001, 1013
    clock = clock_of(bpy.context)
    assert (clock.frame_of(0.0), clock.frame_of(1.0)) == (1001, 1025)
    assert clock.time_of(1013) == pytest.approx(0.5)
    scene.inpose_reading.trim_start_s = 0.5  # all of it can still be looked at
    assert clock_of(bpy.context) == clock
    scene.inpose_bake.first_frame_at = "current"  # looking around moves nothing
    assert clock_of(bpy.context) == clock


def test_after_a_bake_the_recording_lies_where_the_action_lies(scene, rig):
    scene.frame_start = 101
    bpy.ops.inpose.solve_full_body()
    take = baked_take(bpy.context)
    assert (take.first_frame, take.start_s) == (101, 0.0)
    take.start_s = 0.5  # as if it had been trimmed
    assert clock_of(bpy.context).frame_of(0.5) == 101
    scene.inpose_bake.first_frame_at, scene.inpose_bake.first_frame = "custom", 201
    assert clock_of(bpy.context).frame_of(0.5) == 101
    bpy.ops.inpose.bake_take()
    assert clock_of(bpy.context).frame_of(0.5) == 201


def test_a_take_and_its_recording_stay_together_when_the_folder_moves(scene, rig, take, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    scene.inpose.recording = f"//{take.name}"
    bpy.ops.inpose.solve_full_body()
    moved = tmp_path.with_name("moved")
    bpy.ops.wm.save_mainfile()
    tmp_path.rename(moved)
    bpy.ops.wm.open_mainfile(filepath=str(moved / "shot.blend"))
    assert baked_take(bpy.context) is not None


def test_another_recording_has_a_clock_of_its_own(scene, rig, tmp_path):
    bpy.ops.inpose.solve_full_body()
    other = tmp_path / "another.bsor"
    other.write_bytes(b"data")
    scene.inpose.recording = str(other)
    assert baked_take(bpy.context) is None


def test_a_trim_is_set_from_the_playhead(scene):
    scene.frame_set(13)
    assert bpy.ops.inpose.trim_here(side="START") == {"FINISHED"}
    assert scene.inpose_reading.trim_start_s == pytest.approx(0.5)
    scene.frame_set(19)
    bpy.ops.inpose.trim_here(side="END")
    assert (chosen_reading(scene).trim_start_s, chosen_reading(scene).trim_end_s) == (0.5, 0.75)
    scene.frame_set(22)  # behind the end: the end goes
    bpy.ops.inpose.trim_here(side="START")
    assert (chosen_reading(scene).trim_start_s, chosen_reading(scene).trim_end_s) == (0.875, None)
    scene.frame_set(7)  # before the start: the start goes
    bpy.ops.inpose.trim_here(side="END")
    assert (chosen_reading(scene).trim_start_s, chosen_reading(scene).trim_end_s) == (None, 0.25)


def test_the_button_trims_to_the_very_beginning_where_a_later_start_is_proposed(scene, fake_worker):
    fake_worker("desk")
    bpy.ops.inpose.read_recording()
    scene.frame_set(scene.frame_start)
    assert bpy.ops.inpose.trim_here(side="START") == {"FINISHED"}
    assert trim_edges(bpy.context) == pytest.approx((0.0, 0.9), abs=0.002)
    with pytest.raises(RuntimeError, match="not at this frame"):
        bpy.ops.inpose.trim_here(side="END")
    scene.frame_set(500)
    with pytest.raises(RuntimeError, match="not at this frame"):
        bpy.ops.inpose.trim_here(side="START")
    assert bpy.ops.inpose.trim_here(side="END") == {"FINISHED"}
    assert trim_edges(bpy.context) == pytest.approx((0.0, 1.0), abs=0.002)


def test_the_proposed_trim_is_taken_over_by_its_button(scene, fake_worker, requests):
    assert not bpy.ops.inpose.use_proposed_trim.poll()
    fake_worker("desk")
    bpy.ops.inpose.read_recording()
    assert bpy.ops.inpose.use_proposed_trim() == {"FINISHED"}
    reading = chosen_reading(scene)
    assert (reading.trim_start_s, reading.trim_end_s) == (0.25, 0.9)
    assert [method for method, _ in requests] == ["info"]  # a trim is no reason to read again
    assert known_facts(question_of(scene)) is not None


def test_the_edges_of_the_trim_are_dragged_within_the_recording(scene, fake_worker):
    assert trim_edges(bpy.context) is None
    bpy.ops.inpose.read_recording()
    assert trim_edges(bpy.context) == (0.0, 1.0)
    drag_edge(bpy.context, 0, 0.4)
    drag_edge(bpy.context, 1, 0.2)  # not past the start
    assert trim_edges(bpy.context) == (0.4, 0.5)
    drag_edge(bpy.context, 1, 7.0)
    drag_edge(bpy.context, 0, -7.0)
    assert trim_edges(bpy.context) == (0.0, 1.0)
    assert chosen_reading(scene) == ReadOptions()


def test_where_a_trim_is_proposed_the_edges_can_still_be_dragged_to_the_ends(scene, fake_worker):
    fake_worker("desk")
    bpy.ops.inpose.read_recording()
    assert trim_edges(bpy.context) == (0.25, 0.9)
    drag_edge(bpy.context, 0, -7.0)
    drag_edge(bpy.context, 1, 7.0)
    assert trim_edges(bpy.context) == pytest.approx((0.0, 1.0), abs=0.002)


def test_the_panel_says_what_is_solved(scene):
    reading, worn = scene.inpose_reading, (4.0, 17.5)
    assert trim_text(reading, None) == "Trim"
    assert trim_text(reading, worn) == "Trim: 4.0 to 17.5 s, headset worn"
    reading.trim_end_s = 9.0
    assert trim_text(reading, None) == "Trim: to 9.0 s"
    assert trim_text(reading, worn) == "Trim: 4.0 to 9.0 s, headset worn"
    assert effective_trim(chosen_reading(scene), {"duration_s": 20.0, "proposed_trim_s": [4.0, 17.5]}) == (4.0, 9.0)
    assert effective_trim(chosen_reading(scene), {"duration_s": 20.0, "proposed_trim_s": None}) == (0.0, 9.0)
    reading.trim_start_s = 5.0
    assert trim_text(reading, worn) == "Trim: 5.0 to 9.0 s"
    reading.trim_end_s = 0.0
    assert trim_text(reading, None) == "Trim: from 5.0 s"


def test_the_findings_are_listed_and_a_click_goes_there(scene):
    assert known_findings(bpy.context) == []
    bpy.ops.inpose.read_recording()
    assert not keep_list_fresh(bpy.context)
    fill_list(bpy.context)
    assert keep_list_fresh(bpy.context)
    (finding,) = view().findings
    assert (finding.kind, finding.sentence, finding.device) == ("frozen", "Fake.", 1)
    assert finding_title(finding) == "0.1 s  Left hand: frozen"
    view().chosen_finding = 0
    assert scene.frame_current == 1 + round(0.1 * 24)


def test_a_finding_is_left_out_by_its_button(scene):
    assert not bpy.ops.inpose.leave_out_finding.poll()
    bpy.ops.inpose.read_recording()
    fill_list(bpy.context)
    view().chosen_finding = 0
    scene.inpose_reading.leave_out = "0.25-0.4, 2-3"
    assert bpy.ops.inpose.leave_out_finding() == {"FINISHED"}
    assert chosen_reading(scene).leave_out == "0.1-0.4, 2-3"


def test_what_was_typed_wrongly_is_told_and_kept(scene):
    bpy.ops.inpose.read_recording()
    fill_list(bpy.context)
    view().chosen_finding = 0
    scene.inpose_reading.leave_out = "soon"
    with pytest.raises(RuntimeError, match="not a stretch of time"):
        bpy.ops.inpose.leave_out_finding()
    assert scene.inpose_reading.leave_out == "soon"


def test_the_solve_knows_more_findings_than_the_reading(scene, rig):
    bpy.ops.inpose.solve_full_body()
    take = baked_take(bpy.context)
    assert findings_of_take(take) == known_findings(bpy.context)
    bpy.ops.inpose.read_recording()  # the same finding, which is listed once
    assert findings_of_take(take) == known_findings(bpy.context)
    take.findings = '[{"kind": "stature", "sentence": "Guessed.", "action": "told", "device": null}]'
    fill_list(bpy.context)
    finding, other = view().findings
    assert other.sentence == "Fake."  # perhaps it is in what was trimmed away
    assert (finding.sentence, finding.start_s, finding.device) == ("Guessed.", -1, -1)
    frame = scene.frame_current
    view().chosen_finding = 0  # it has no time to go to
    assert scene.frame_current == frame


def test_a_recording_is_shown_and_hidden_and_leaves_nothing(scene, rig):
    before = [len(data) for data in (bpy.data.objects, bpy.data.actions, bpy.data.meshes, bpy.data.materials)]
    assert not bpy.ops.inpose.hide_recording.poll()
    assert bpy.ops.inpose.show_recording() == {"FINISHED"}
    facts = shown_facts(bpy.context)
    assert facts is not None
    assert [len(data) for data in (bpy.data.objects, bpy.data.actions, bpy.data.meshes, bpy.data.materials)] == before
    assert bpy.ops.inpose.hide_recording() == {"FINISHED"}
    assert shown_facts(bpy.context) is None


def test_it_is_shown_at_the_rig_in_its_size(scene, rig):
    bpy.ops.inpose.show_recording()
    facts = shown_facts(bpy.context)
    world = world_from_recording(bpy.context, facts, 0)
    skeleton = map_and_measure(rig)[1].skeleton
    size = (skeleton.standing_head_height_m + skeleton.sole_height_m) / 1.62  # as calibration scales
    x_m, y_m, z_m = np.median(facts.sensors.positions_m[:, 0], axis=0)  # who stays there in any size
    assert np.allclose(world @ (x_m, y_m, z_m, 1.0), (x_m, -z_m, y_m * size, 1.0), atol=1e-4)
    assert np.allclose(world @ (0.0, 0.0, -1.0, 0.0), (0.0, size, 0.0, 0.0), atol=1e-4)  # -Z is +Y here


def test_it_is_shown_where_the_bake_will_start(scene, rig):
    bpy.ops.inpose.show_recording()
    facts = shown_facts(bpy.context)
    scene.cursor.location = (3.0, 4.0, 0.5)
    scene.inpose_bake.start_at = "cursor"
    for frame in (0, 30):
        world = world_from_recording(bpy.context, facts, frame)
        head = np.append(facts.sensors.positions_m[frame, 0], 1.0)
        assert np.allclose((world @ head)[:2], (3.0, 4.0), atol=1e-4)
    scene.inpose_bake.start_at, scene.inpose_bake.facing = "recorded", "rig"
    world = world_from_recording(bpy.context, facts, 0)
    ahead = world[:3, :3] @ (0.0, 0.0, -1.0)  # where a device looks that is not turned
    assert np.allclose(ahead / np.linalg.norm(ahead), map_and_measure(rig)[1].R_world_core[:, 2], atol=1e-5)


def test_without_a_rig_it_is_shown_by_itself(scene):
    bpy.ops.inpose.show_recording()
    world = world_from_recording(bpy.context, shown_facts(bpy.context), 0)
    assert np.allclose(world @ (1.0, 2.0, 3.0, 1.0), (1.0, -3.0, 2.0, 1.0))


def test_paths_have_gaps_where_a_device_is_not_measured():
    positions_m = np.arange(30.0)[:, None] * (0.01, 0.0, 0.0)
    measured = np.ones(30, np.bool_)
    measured[10:20] = False
    lines = path_lines(positions_m, measured).reshape(-1, 2, 3)
    assert np.abs(lines[:, 1] - lines[:, 0]).max() < 0.025  # not over the gap
    assert len(lines) < 18  # fewer than poses
    assert np.allclose(lines[0, 0], positions_m[0])
    assert np.allclose(lines[-1, 1], positions_m[-1], atol=0.015)
    assert len(path_lines(positions_m, np.zeros(30, np.bool_))) == 0


@pytest.mark.parametrize("model", [head_model(), hand_model(1), hand_model(2), tracker_model(TRACKER_COLOUR)])
def test_models_are_closed_and_have_the_size_of_a_person(model):
    size_m = np.ptp(model.corners_m, axis=0)
    assert 0.02 < size_m.min() < size_m.max() < 0.35
    triangles = model.corners_m.reshape(-1, 3, 3)
    volume_m3 = np.einsum("ti,ti->t", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6
    assert volume_m3 > 1e-5  # the normals point outwards
    assert (model.colours >= 0).all()
    assert (model.colours <= 1).all()


def test_trackers_are_shown_as_they_were_recorded_in_the_colour_of_their_side():
    half_turn = np.array((0.0, 0.0, 1.0, 0.0))
    still = np.ones(5, np.bool_)
    points = [
        MeasuredPoint(joint, np.full((5, 3), 0.1 * joint), still, np.tile(half_turn, (5, 1))) for joint in (0, 7, 8)
    ]
    three = Sensors(np.zeros((5, 3, 3)), np.tile((1.0, 0.0, 0.0, 0.0), (5, 3, 1)), np.ones((5, 3), np.bool_))
    tracks = calibrated_tracks(three.with_points(*points), {}, CalibrationSettings(), is_joint=True)
    colours = [device_colour(tracks.sensors, device) for device in range(6)]
    assert colours == [HEAD_COLOUR, LEFT_COLOUR, RIGHT_COLOUR, TRACKER_COLOUR, LEFT_COLOUR, RIGHT_COLOUR]
    pose = pose_matrix(tracks.sensors, 2, 4, joints=False)
    np.testing.assert_allclose(pose[:3, :3], np.diag((-1.0, 1.0, -1.0)), atol=1e-12)
    np.testing.assert_allclose(pose[:3, 3], 0.7)


def test_hands_are_mirrored():
    left, right = hand_model(1).corners_m, hand_model(2).corners_m
    assert np.allclose(np.sort(left[:, 0]), np.sort(-right[:, 0]))


def test_joint_poses_have_the_axes_of_a_t_pose():
    ahead, up, palm = np.array((0.0, 0.0, -1.0)), np.array((0.0, 1.0, 0.0)), np.array((1.0, 0.0, 0.0))
    assert np.allclose(own_axes(0, True) @ ahead, (0, 0, 1))
    assert np.allclose(own_axes(1, True) @ ahead, (1, 0, 0))  # the left hand's fingers point to the left
    assert np.allclose(own_axes(2, True) @ ahead, (-1, 0, 0))
    for hand, inwards in ((1, palm), (2, -palm)):
        assert np.allclose(own_axes(hand, True) @ inwards, (0, -1, 0))  # palms down
        assert np.allclose(own_axes(hand, True) @ up, (0, 0, 1))  # thumbs ahead
        assert np.linalg.det(own_axes(hand, True)) == pytest.approx(1.0)
    sensors = Sensors(np.ones((2, 3, 3)), np.tile((1.0, 0, 0, 0), (2, 3, 1)), np.ones((2, 3), np.bool_))
    assert np.allclose(pose_matrix(sensors, 1, 0, False), np.eye(4) + np.outer((1, 1, 1, 0), (0, 0, 0, 1)))


def test_a_long_confidence_keeps_its_worst_moments():
    confidence = np.ones(10_000)
    confidence[7777] = 0.1
    edges, lowest = confidence_columns(confidence, 500)
    (column,) = np.flatnonzero(lowest < 1)
    assert edges[column] <= 7777 < edges[column + 1]
    assert len(confidence_columns(confidence[:7])[1]) == 7


def test_it_is_shown_on_the_floor_that_calibration_finds(scene, rig, fake_worker):
    fake_worker("floor")
    bpy.ops.inpose.show_recording()
    facts = shown_facts(bpy.context)
    tracks = calibrated_tracks(facts.sensors, facts.info, CalibrationSettings(), is_joint=False)
    assert np.allclose(tracks.sensors.positions_m - facts.sensors.positions_m, (0.0, 0.33, 0.0))
    assert tracks.joints == (False, True, True)
    fill_list(bpy.context)
    assert "The floor of this recording is too high." in [finding.sentence for finding in view().findings]
    bpy.ops.inpose.solve_full_body()  # the solve says it again, for this very rig
    fill_list(bpy.context)
    assert [finding.sentence for finding in view().findings] == ["Fake."]


def test_the_hands_are_shown_where_calibration_puts_the_wrists():
    sensors = Sensors(np.zeros((2, 3, 3)), np.tile((1.0, 0, 0, 0), (2, 3, 1)), np.ones((2, 3), np.bool_))
    nothing = {"position_m": [0, 0, 0], "wxyz": [1, 0, 0, 0]}
    half = 0.5**0.5
    left = {"position_m": [0.0, 0.0, 0.1], "wxyz": [half, half, 0.0, 0.0]}  # turned by 90 degrees about X
    info = {"calibration": {"lift_m": 0.0, "offsets": [nothing, left, nothing]}}
    moved = CalibrationSettings(hand_offset_m=(0.02, 0.03, 0.0), hand_turn_deg=(0.0, 0.0, 90.0))
    plain = calibrated_tracks(sensors, info, CalibrationSettings(), is_joint=False).sensors
    placed = calibrated_tracks(sensors, info, moved, is_joint=False).sensors
    assert np.allclose(plain.positions_m[0], ((0, 0, 0), (0, 0, 0.1), (0, 0, 0)))
    assert np.allclose(placed.positions_m[0, 1], (0.02, 0.0, 0.13))  # up in the wrist's own axes
    assert np.allclose(placed.positions_m[0, 2], (-0.02, 0.03, 0.0))
    solved = move_hands(plain.positions_m, plain.rotations_wxyz, moved)
    for mine, its in zip((placed.positions_m, placed.rotations_wxyz), solved, strict=True):
        assert np.allclose(mine, its)  # what the solve does


def test_the_scale_is_that_of_the_solve():
    skeleton = Skeleton.template(1.6)
    info = {"calibration": {"head_joint_height_m": 1.5, "wrist_span_m": 1.3}, "stature_estimate_m": 1.75}
    performer = SimpleNamespace(head_joint_height_m=1.5, wrist_span_m=1.3)
    for scale in ("height", "arm_span", "keep", 2.5):
        settings = CalibrationSettings(scale=scale)
        assert scale_of(info, settings, skeleton, is_joint=False) == pytest.approx(
            scale_to(skeleton, performer, settings)
        )
        for stature_m in (None, 1.9):
            settings = CalibrationSettings(scale=scale, stature_m=stature_m)
            assert scale_of(info, settings, skeleton, is_joint=True) == pytest.approx(
                scale_of_joints(skeleton, settings, stature_m)
            )


def test_every_kind_of_finding_has_a_name():
    assert set(KINDS) == set(FINDING_KINDS)
    assert kind_name("of_a_newer_solver") == "of a newer solver"


def test_another_height_is_calibrated_again_and_a_hand_offset_is_not(scene, requests):
    bpy.ops.inpose.read_recording()
    question = question_of(scene)
    scene.inpose.hand_offset_m = (0.01, 0.0, 0.0)
    scene.inpose.scale = "keep"
    assert question_of(scene) == question
    scene.inpose.stature = 1.8
    assert question_of(scene).calibration.stature_m == 1.8
    view().shows_recording = True
    assert shown_facts(bpy.context) is not None  # as it was, until the answer comes
    bpy.ops.inpose.read_recording()
    assert [params.get("calibration") for _, params in requests] == [None, {"stature_m": 1.8}]


def test_an_error_is_over_when_another_option_is_chosen(scene, take):
    take.write_bytes(b"")
    with pytest.raises(RuntimeError, match="The file is empty"):
        bpy.ops.inpose.show_recording()
    status = bpy.context.window_manager.inpose_status
    assert status.failed
    scene.inpose_reading.unit = "cm"
    assert not status.failed
    assert not status.result
