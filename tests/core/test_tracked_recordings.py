# SPDX-License-Identifier: Apache-2.0
"""Recordings with more trackers than head and hands, from the file to the solved motion."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pythonosc import osc_bundle_builder

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector, rotvec_to_quaternion
from inpose_core.body.skeleton import ANKLE_JOINTS, PELVIS_JOINT, SENSOR_JOINTS, Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate, head_offset, wrist_offset
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.cli import main
from inpose_core.demo.example import choreograph
from inpose_core.errors import InPoseError
from inpose_core.evaluation.headset import with_t_pose
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.options.solve import SolveSettings
from inpose_core.recording import ReadOptions, Recording, load_recording
from inpose_core.recording.formats.sensors_file import load_sensors
from inpose_core.recording.live.vmc_decoder import CAPTURE_HEADER, VmcDecoder
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.trackers import TrackerTracks
from inpose_core.recording_to_motion import SolvePlan, solve_recording
from inpose_core.solver.solving import solve
from inpose_core.worker import Worker
from tests.core.recording.live.test_vmc import message
from tests.core.recording.recording_tables import Convention
from tests.core.synthetic import smooth_motion

BODY = Skeleton.template(1.75)
STRAP = RigidOffset(np.array((0.03, 0.02, -0.04)), rotvec_to_quaternion(np.array((0.3, 1.1, -0.4))))
"""A tracker in its joint's frame."""
NAMES = ("hips", "left_foot", "right_foot")
JOINTS = (PELVIS_JOINT, *ANKLE_JOINTS)
SETTINGS = CalibrationSettings(pose="grip", stature_m=1.75)


@pytest.fixture(scope="module")
def performer() -> Motion:
    motion = with_t_pose(smooth_motion(200, body=BODY, swing=0.2), 1.5, np.random.default_rng(0))
    return replace(motion, root_translation_m=motion.root_translation_m - motion.root_translation_m[0] * (1, 0, 1))


@pytest.fixture(scope="module")
def walker() -> Motion:
    """A person who walks, waves and crouches, as the prior knows people."""
    return solve(choreograph(BODY), BODY, SolveSettings(device="cpu"))


def tracked(motion: Motion, names: tuple[str, ...] = NAMES) -> Recording:
    """Return what headset, controllers and three trackers record of the motion."""
    p, q = motion.joint_positions_m, motion.rotations_wxyz
    offsets = (head_offset(1.75), wrist_offset("grip", 0), wrist_offset("grip", 1))
    positions_m, rotations_wxyz = np.empty((len(motion), 3, 3)), np.empty((len(motion), 3, 4))
    for device, (joint, offset) in enumerate(zip(SENSOR_JOINTS, offsets, strict=True)):
        back = offset.inverse()
        positions_m[:, device] = p[:, joint] + rotate_vector(q[:, joint], back.position_m)
        rotations_wxyz[:, device] = multiply_quaternions(q[:, joint], back.wxyz)
    joints = list(JOINTS)
    return Recording(
        times_s=np.arange(len(motion)) / motion.fps,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=np.ones((len(motion), 3), np.bool_),
        format="test",
        pose="grip",
        trackers=TrackerTracks(
            names=names,
            joints=JOINTS,
            positions_m=p[:, joints] + rotate_vector(q[:, joints], STRAP.position_m),
            rotations_wxyz=multiply_quaternions(q[:, joints], STRAP.wxyz),
            measured=np.ones((len(motion), len(joints)), np.bool_),
            turns=(True,) * len(joints),
        ),
    )


def mean_error_m(solved: Motion, truth: Motion, joints: tuple[int, ...]) -> float:
    count = min(len(solved), len(truth))
    away_m = solved.joint_positions_m[:count, joints] - truth.joint_positions_m[:count, joints]
    return float(np.linalg.norm(away_m, axis=-1).mean())


def test_a_table_with_trackers_is_written_and_read(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    assert recording.trackers is not None
    write_csv(recording, tmp_path / "take.csv")
    trackers = load_recording(tmp_path / "take.csv").trackers
    assert trackers is not None
    assert (trackers.names, trackers.joints) == (NAMES, JOINTS)
    np.testing.assert_allclose(trackers.positions_m, recording.trackers.positions_m, atol=1e-6)
    assert geodesic_angle(trackers.rotations_wxyz, recording.trackers.rotations_wxyz).max() < 1e-5
    assert trackers.measured.all()


def test_trackers_bring_the_legs_to_where_they_are(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    write_csv(recording, tmp_path / "six.csv")
    write_csv(replace(recording, trackers=None), tmp_path / "three.csv")
    errors_m = []
    for name in ("three", "six"):
        solved = solve_recording(SolvePlan(tmp_path / f"{name}.csv", BODY, SETTINGS))
        errors_m.append(mean_error_m(solved.motion, performer, JOINTS))
    assert "Trackers: hips, left_foot, right_foot, calibrated with the T-pose and the motion." in solved.notes
    # Nobody moves like this performer, so the refinement by the motion costs some centimetres here.
    assert errors_m[1] < 0.07
    assert errors_m[1] < 0.6 * errors_m[0]


def test_trackers_without_names_are_found_by_their_places(performer: Motion, tmp_path: Path) -> None:
    write_csv(tracked(performer, ("tracker_1", "tracker_2", "tracker_3")), tmp_path / "take.csv")
    calibrated = calibrate(load_recording(tmp_path / "take.csv"), BODY, SETTINGS)
    assert calibrated.sensors.joints == (*SENSOR_JOINTS, *JOINTS)
    assert any("tracker_2 (left ankle)" in note for note in calibrated.notes)


@pytest.mark.parametrize("names", [NAMES, ("tracker_1", "tracker_2", "tracker_3")])
def test_without_a_t_pose_the_motion_shows_how_trackers_are_worn(
    walker: Motion, tmp_path: Path, names: tuple[str, ...]
) -> None:
    recording = tracked(walker, names)
    assert recording.trackers is not None
    if names is not NAMES:
        recording = replace(recording, trackers=replace(recording.trackers, joints=(None,) * 3))
    write_csv(recording, tmp_path / "take.csv")
    settings = replace(SETTINGS, calibration_pose="none", scale="keep")
    calibrated = calibrate(load_recording(tmp_path / "take.csv"), walker.skeleton, settings)
    sensors = calibrated.sensors
    assert sorted(sensors.joints[3:]) == sorted(JOINTS)
    assert any("calibrated with the motion alone" in note for note in calibrated.notes)
    for place, joint in enumerate(sensors.joints[3:], start=3):
        away_m = np.linalg.norm(sensors.positions_m[:, place] - walker.joint_positions_m[:, joint], axis=-1)
        turned_rad = geodesic_angle(sensors.rotations_wxyz[:, place], walker.rotations_wxyz[:, joint])
        assert np.median(away_m) < 0.08
        assert np.degrees(np.median(turned_rad)) < 25


def test_a_marker_has_no_rotation(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    assert recording.trackers is not None
    write_csv(replace(recording, trackers=replace(recording.trackers, turns=(True, False, True))), tmp_path / "a.csv")
    assert "left_foot_qw" not in (tmp_path / "a.csv").read_text(encoding="utf-8")
    sensors = calibrate(load_recording(tmp_path / "a.csv"), BODY, SETTINGS).sensors
    turned = dict(zip(sensors.joints[3:], sensors.rotation_known[:, 3:].any(axis=0).tolist(), strict=True))
    assert turned == {PELVIS_JOINT: True, ANKLE_JOINTS[0]: False, ANKLE_JOINTS[1]: True}
    assert sensors.measured.all()


def test_info_lists_the_trackers_and_their_losses(
    performer: Motion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tracked(performer)
    assert recording.trackers is not None
    lost = recording.trackers.measured.copy()
    lost[100:160, 2] = False
    write_csv(replace(recording, trackers=replace(recording.trackers, measured=lost)), tmp_path / "take.csv")
    assert main(["info", str(tmp_path / "take.csv")]) == 0
    said = capsys.readouterr().out
    assert "left_foot        measured 100.0 % of the time, no gaps" in said
    assert "right_foot       measured" in said
    assert "1 gap of 1.0" in said


def test_points_choose_among_the_trackers(performer: Motion, tmp_path: Path) -> None:
    write_csv(tracked(performer), tmp_path / "take.csv")
    trackers = load_recording(tmp_path / "take.csv", ReadOptions(points="hips")).trackers
    assert trackers is not None
    assert trackers.names == ("hips",)
    assert load_recording(tmp_path / "take.csv", ReadOptions(points="chest")).trackers is None
    with pytest.raises(InPoseError, match="no point"):
        load_recording(tmp_path / "take.csv", ReadOptions(points="tail"))


@pytest.mark.parametrize("with_trackers", [True, False])
def test_points_that_no_tracker_measures_are_told(performer: Motion, tmp_path: Path, with_trackers: bool) -> None:
    recording = tracked(performer)
    write_csv(recording if with_trackers else replace(recording, trackers=None), tmp_path / "take.csv")
    notes = load_recording(tmp_path / "take.csv", ReadOptions(points="head,hands,chest,left_knee")).notes
    assert "No tracker of this recording is known to measure chest, left_knee." in notes
    with pytest.raises(InPoseError, match="no point"):
        load_recording(tmp_path / "take.csv", ReadOptions(points="tail"))


def test_points_of_a_body_motion_are_its_joints(tmp_path: Path) -> None:
    motion = smooth_motion(150)
    motion.save_npz(tmp_path / "a.npz")
    save_bvh(motion, tmp_path / "a.bvh")
    for suffix in ("npz", "bvh"):
        plan = SolvePlan(tmp_path / f"a.{suffix}", motion.skeleton, reading=ReadOptions(points="head,hands,hips,feet"))
        solved = solve_recording(plan)
        assert solved.calibrated.sensors.joints == (*SENSOR_JOINTS, *JOINTS)
        # A BVH file is put on the floor.
        lift_m = solved.calibrated.sensors.positions_m[0, 0] - motion.joint_positions_m[0, SENSOR_JOINTS[0]]
        lifted = replace(motion, root_translation_m=motion.root_translation_m + lift_m)
        assert mean_error_m(solved.motion, lifted, JOINTS) < 0.01


def test_trackers_lie_in_the_room_that_cleaning_mends(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    trackers = recording.trackers
    assert trackers is not None
    jump = np.arange(len(recording)) >= 220
    yaw = rotvec_to_quaternion(np.array((0.0, 1.0, 0.0)))

    def moved(positions_m: np.ndarray, wxyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = jump[:, None, None]
        shifted_m = rotate_vector(yaw, positions_m) + np.array((1.0, 0.0, -1.5))
        return np.where(there, shifted_m, positions_m), np.where(there, multiply_quaternions(yaw, wxyz), wxyz)

    devices, others = (moved(one.positions_m, one.rotations_wxyz) for one in (recording, trackers))
    jumped = replace(
        recording,
        positions_m=devices[0],
        rotations_wxyz=devices[1],
        trackers=replace(trackers, positions_m=others[0], rotations_wxyz=others[1]),
    )
    write_csv(jumped, tmp_path / "take.csv")
    loaded = load_recording(tmp_path / "take.csv")
    assert loaded.cleaning is not None
    assert len(loaded.cleaning.recentred_at_s) == 1
    assert loaded.trackers is not None
    kept_m = np.linalg.norm(loaded.trackers.positions_m[:, 0] - loaded.positions_m[:, 0], axis=-1)
    true_m = np.linalg.norm(trackers.positions_m[:, 0] - recording.positions_m[:, 0], axis=-1)
    np.testing.assert_allclose(kept_m, true_m, atol=0.02)


def test_trackers_are_resampled_and_left_out_like_devices(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    trackers = recording.trackers
    assert trackers is not None
    lost = trackers.measured.copy()
    lost[100:150, 1] = False
    write_csv(replace(recording, trackers=replace(trackers, measured=lost)), tmp_path / "take.csv")
    loaded = load_recording(tmp_path / "take.csv", ReadOptions(leave_out="3-4"))
    sensors = calibrate(loaded, BODY, SETTINGS).sensors
    assert not sensors.measured[105:145, 4].any()
    assert sensors.measured[:100, 4].all()
    assert not sensors.measured[182:238, 3:].any()


def test_trackers_that_a_vmc_sender_sends_are_found_by_their_places(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    assert recording.trackers is not None
    everything = replace(
        recording,
        positions_m=np.concatenate((recording.positions_m, recording.trackers.positions_m), axis=1),
        rotations_wxyz=np.concatenate((recording.rotations_wxyz, recording.trackers.rotations_wxyz), axis=1),
    )
    times, positions, quaternions = Convention("RUF").tracks(everything)
    packets = []
    for frame, time_s in enumerate(times):
        bundle = osc_bundle_builder.OscBundleBuilder(osc_bundle_builder.IMMEDIATELY)
        bundle.add_content(message("/VMC/Ext/T", float(100 + time_s)).build())
        for device, kind in enumerate(("Hmd", "Con", "Con", "Tra", "Tra", "Tra")):
            pose = (*positions[frame, device].tolist(), *quaternions[frame, device].tolist())
            bundle.add_content(message(f"/VMC/Ext/{kind}/Pos", f"LHR-{device}", *pose).build())
        packets.append(bundle.build().dgram)
    decoder = VmcDecoder()
    rows = [row for packet, time_s in zip(packets, times, strict=True) for row in decoder.rows(packet, float(time_s))]
    (tmp_path / "take.csv").write_text("\n".join((CAPTURE_HEADER, *rows)) + "\n", encoding="utf-8")
    loaded = load_recording(tmp_path / "take.csv")
    assert loaded.trackers is not None
    calibrated = calibrate(loaded, BODY, SETTINGS)
    assert set(calibrated.sensors.joints) == {*SENSOR_JOINTS, *JOINTS}
    places_m = calibrated.sensors.positions_m[:, calibrated.sensors.joints.index(PELVIS_JOINT)]
    count = min(len(places_m), len(performer))
    away_m = np.linalg.norm(places_m[:count] - performer.joint_positions_m[:count, PELVIS_JOINT], axis=-1)
    assert np.median(away_m) < 0.06


def test_the_preview_shows_every_tracker(performer: Motion, tmp_path: Path) -> None:
    write_csv(tracked(performer, ("hips", "left_foot", "tracker_3")), tmp_path / "take.csv")
    params = {"recording": str(tmp_path / "take.csv"), "output": str(tmp_path / "preview.npz")}
    Worker(io.StringIO(), io.StringIO())._answer({"id": 1, "method": "info", "params": params})
    shown = load_sensors(tmp_path / "preview.npz")
    assert shown.joints == (*SENSOR_JOINTS, PELVIS_JOINT, ANKLE_JOINTS[0], PELVIS_JOINT)
    assert shown.measured.all()


def test_trackers_that_come_before_the_controllers_are_no_hands(performer: Motion, tmp_path: Path) -> None:
    recording = tracked(performer)
    assert recording.trackers is not None
    trackers, rows = recording.trackers, []
    for frame, time_s in enumerate(recording.times_s):
        for name, places_m, wxyz in (
            *(
                (f"tracker {n + 1}", trackers.positions_m[frame, n], trackers.rotations_wxyz[frame, n])
                for n in range(3)
            ),
            *(
                (name, recording.positions_m[frame, n], recording.rotations_wxyz[frame, n])
                for n, name in enumerate(("hmd", "controller 1", "controller 2"))
            ),
        ):
            w, x, y, z = wxyz
            # Unity's axes.
            pose = (*(places_m * (1, 1, -1)), -x, -y, z, w)
            rows.append(f"{time_s:.6f},{name}," + ",".join(f"{value:.9g}" for value in pose))
    (tmp_path / "take.csv").write_text("\n".join((CAPTURE_HEADER, *rows)) + "\n", encoding="utf-8")
    loaded = load_recording(tmp_path / "take.csv")
    assert loaded.trackers is not None
    assert set(loaded.trackers.names) == {"tracker 1", "tracker 2", "tracker 3"}
    np.testing.assert_allclose(
        np.sort(loaded.positions_m[:, 1:, 0]), np.sort(recording.positions_m[:, 1:, 0]), atol=1e-4
    )
