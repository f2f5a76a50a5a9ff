# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector
from inpose_core.errors import RecordingError
from inpose_core.inspection.describe import describe_recording
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.cleaning.resample import resample_recording
from inpose_core.recording.cleaning_report import DeviceCleaning
from tests.core.recording.recording_files import moving_person, real_recording


def test_clean_data_stays_as_it_is() -> None:
    person = moving_person()
    cleaned = clean_recording(person)
    np.testing.assert_array_equal(cleaned.positions_m, person.positions_m)
    np.testing.assert_allclose(cleaned.rotations_wxyz, person.rotations_wxyz, atol=1e-15)
    assert cleaned.measured.all()
    assert cleaned.notes == ()


def test_sign_flips_and_lengths_are_repaired() -> None:
    person = moving_person()
    rng = np.random.default_rng(3)
    factors = rng.choice([-1.0, 1.0], (200, 3, 1)) * rng.uniform(0.8, 1.2, (200, 3, 1))
    cleaned = clean_recording(replace(person, rotations_wxyz=person.rotations_wxyz * factors))
    assert (np.sum(cleaned.rotations_wxyz[1:] * cleaned.rotations_wxyz[:-1], axis=-1) > 0).all()
    assert geodesic_angle(cleaned.rotations_wxyz, person.rotations_wxyz).max() < 1e-6
    assert any("normalised" in note for note in cleaned.notes)


def test_invalid_poses_are_not_measured() -> None:
    person = moving_person()
    person.positions_m[10, 1, 2] = np.nan
    person.positions_m[11, 1] = 0.0  # the driver's origin
    person.positions_m[12, 1, 0] = 1e20
    person.rotations_wxyz[13, 1] = 0.0
    person.rotations_wxyz[14, 1] = -1.0
    person.rotations_wxyz[15, 1, 0] = np.inf
    cleaned = clean_recording(person)
    assert not cleaned.measured[10:16, 1].any()
    assert cleaned.measured.sum() == 600 - 6
    assert np.isfinite(cleaned.positions_m).all()
    np.testing.assert_array_equal(cleaned.positions_m[15, 1], person.positions_m[9, 1])


def test_times_start_at_zero_and_increase() -> None:
    person = moving_person(10)
    times_s = np.array([5.0, 5.0, 5.1, 5.2, 5.15, 5.3, 900.0, 5.4, np.nan, 5.5])
    cleaned = clean_recording(replace(person, times_s=times_s))
    np.testing.assert_allclose(cleaned.times_s, [0.0, 0.1, 0.15, 0.3, 0.4, 0.5], atol=1e-12)
    # Of two frames at one time the later one is kept.
    np.testing.assert_array_equal(cleaned.positions_m[0], person.positions_m[1])


def test_single_frame_spikes_are_lost_and_fast_swings_are_not() -> None:
    person = moving_person()
    person.positions_m[50, 2] += (0.0, 0.6, 0.0)
    # A swing that reaches 16 m/s: half a metre to and fro, as sabers do.
    swing = 0.5 * np.sin(np.linspace(0, 2 * np.pi, 18))
    person.positions_m[100:118, 1, 1] += swing
    assert np.abs(np.diff(person.positions_m[100:118, 1, 1])).max() * 90 > 15
    cleaned = clean_recording(person)
    assert not cleaned.measured[50, 2]
    assert cleaned.measured.sum() == 600 - 1


def test_frozen_track_with_a_jump_is_lost() -> None:
    person = moving_person()
    person.positions_m[60:120, 2], person.rotations_wxyz[60:120, 2] = (
        person.positions_m[60, 2],
        person.rotations_wxyz[60, 2],
    )
    person.positions_m[120:, 2] += 0.05
    cleaned = clean_recording(person)
    assert not cleaned.measured[61:120, 2].any()
    assert cleaned.measured[:61].all()
    assert cleaned.measured[120:].all()


def test_holding_still_is_not_a_loss() -> None:
    person = moving_person()
    person.positions_m[:, 0], person.rotations_wxyz[:, 0] = person.positions_m[0, 0], person.rotations_wxyz[0, 0]
    assert clean_recording(person).measured.all()
    still = replace(person, positions_m=np.repeat(person.positions_m[:1], 200, axis=0))
    assert clean_recording(still).measured.all()


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ([0], "head is never tracked"),
        ([1, 2], "only the head"),
        ([0, 1], "only the right hand"),
        ([0, 1, 2], "no device"),
    ],
)
def test_missing_devices_are_refused(lost: list[int], expected: str) -> None:
    person = moving_person()
    person.measured[:, lost] = False
    with pytest.raises(RecordingError) as caught:
        clean_recording(person)
    assert expected in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("times", [[0.0], [1.0, 1.0], [np.nan, np.nan], [0.0, 1e9], [0.0, 20.0, 40.0]])
def test_impossible_lengths_are_refused(times: list[float]) -> None:
    with pytest.raises(RecordingError) as caught:
        clean_recording(replace(moving_person(len(times)), times_s=np.array(times)))
    assert caught.value.hint


def test_resampling_follows_the_timestamps() -> None:
    rng = np.random.default_rng(4)
    times_s = np.cumsum(rng.uniform(0.004, 0.02, 400)) - 0.004
    times_s -= times_s[0]
    person = moving_person(400)
    positions_m = person.positions_m.copy()
    positions_m[..., 0] = 0.7 * times_s[:, None]
    half = 0.5 * 1.3 * times_s[:, None]
    rotations = np.stack((np.cos(half), 0 * half, np.sin(half), 0 * half), -1) + np.zeros((400, 3, 4))
    recording = clean_recording(replace(person, times_s=times_s, positions_m=positions_m, rotations_wxyz=rotations))
    resampled = resample_recording(recording)
    assert len(resampled) == int(times_s[-1] * 60) + 1
    np.testing.assert_allclose(np.diff(resampled.times_s), 1 / 60)
    np.testing.assert_allclose(resampled.positions_m[:, 1, 0], 0.7 * resampled.times_s, atol=1e-9)
    angle = 0.5 * 1.3 * resampled.times_s
    expected = np.stack((np.cos(angle), 0 * angle, np.sin(angle), 0 * angle), -1)
    assert geodesic_angle(resampled.rotations_wxyz[:, 2], expected).max() < 1e-7
    assert resampled.measured.all()


def test_a_recording_at_60_hz_keeps_its_frames() -> None:
    person = moving_person(300, 60.0)
    resampled = resample_recording(person)
    assert len(resampled) == 300
    np.testing.assert_allclose(resampled.positions_m, person.positions_m, atol=1e-12)
    assert geodesic_angle(resampled.rotations_wxyz, person.rotations_wxyz).max() < 1e-7


def gap(frames: int) -> Recording:
    person = moving_person(300, 60.0)
    person.measured[100 : 100 + frames, 1] = False
    return clean_recording(person)


def test_short_gaps_are_bridged_and_long_ones_marked() -> None:
    assert resample_recording(gap(14)).measured.all()
    resampled = resample_recording(gap(30))
    assert resampled.measured[:100].all()
    assert not resampled.measured[100:130, 1].any()
    assert resampled.measured[130:].all()
    between = resampled.positions_m[99:131, 1]
    np.testing.assert_allclose(np.diff(between, 2, axis=0), 0, atol=1e-12)  # a straight line


def test_losses_at_both_ends_are_held_and_marked() -> None:
    person = moving_person(300, 60.0)
    person.measured[:40, 2] = person.measured[250:, 2] = False
    resampled = resample_recording(clean_recording(person))
    np.testing.assert_array_equal(resampled.measured[:, 2], person.measured[:, 2])
    np.testing.assert_array_equal(resampled.positions_m[0, 2], person.positions_m[40, 2])


def test_a_hole_in_all_tracks_is_a_gap_too() -> None:
    person = moving_person(300, 60.0)
    times_s = person.times_s + np.where(np.arange(300) >= 150, 5.0, 0.0)
    resampled = resample_recording(replace(person, times_s=times_s))
    assert len(resampled) == 600
    assert resampled.measured.sum() == 3 * 300


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_resampled_poses_are_sane_whatever_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    person = moving_person(60, seed=seed)
    person.measured[:] = rng.random((60, 3)) < rng.uniform(0.05, 1)
    person.measured[5, :2] = True
    resampled = resample_recording(clean_recording(person))
    assert np.isfinite(resampled.positions_m).all()
    np.testing.assert_allclose(np.linalg.norm(resampled.rotations_wxyz, axis=-1), 1, atol=1e-9)


def test_description() -> None:
    info = describe_recording(gap(30))
    assert info.duration_s == pytest.approx(299 / 60)
    assert info.mean_rate_hz == pytest.approx(60)
    assert info.frames == 300
    assert (info.gaps["left"].count, info.gaps["right"].count) == (1, 0)
    assert info.gaps["left"].longest_s == pytest.approx(31 / 60)
    assert info.stature_estimate_m == pytest.approx(1.64 / 0.93, abs=0.02)
    document = json.loads(json.dumps(info.to_dict()))
    assert document["gaps"]["left"]["measured_fraction"] == pytest.approx(1 - 31 / 299, abs=1e-4)
    assert document["pose"] is None


def test_what_was_lost_and_what_became_of_it_add_up() -> None:
    """Losses that the file declares and those that InPose finds become one sum of bridged and solved time."""
    person = moving_person(900)
    person.measured[100:190, 1] = False
    person.positions_m[300:480, 1] = np.nan
    cleaned = clean_recording(person)
    assert cleaned.cleaning is not None
    left = cleaned.cleaning.devices[1]
    assert left.untracked_s + left.invalid_s == pytest.approx(left.lost_s + left.bridged_s, abs=1e-9)
    assert [(finding.kind, finding.device, finding.start_s, finding.stop_s) for finding in cleaned.findings] == [
        ("no_pose", 1, pytest.approx(start / 90), pytest.approx((stop - 1) / 90))
        for start, stop in ((100, 190), (300, 480))
    ]


def test_losses_in_words() -> None:
    assert describe_recording(gap(30)).gaps["left"].words == "1 gap of 0.52 s"
    assert describe_recording(moving_person()).gaps["left"].words == "no gaps"
    two = gap(30)
    two.measured[10:20, 1] = False
    assert describe_recording(two).gaps["left"].words == "2 gaps, the longest 0.52 s"


def test_description_knows_an_eye_level_origin() -> None:
    assert describe_recording(moving_person(eye_m=0.1)).stature_estimate_m is None


@pytest.mark.parametrize("decimals", [3, 4, 6, 9])
def test_rounded_times_lose_no_frame(decimals: int) -> None:
    frames = 3600
    times_s = np.round(np.arange(frames) / 60, decimals)
    path_m = np.linspace(0, 60, frames)[:, None, None] * np.ones((1, 3, 3))
    recording = Recording(
        times_s=times_s,
        positions_m=path_m,
        rotations_wxyz=np.tile((1.0, 0.0, 0.0, 0.0), (frames, 3, 1)),
        measured=np.ones((frames, 3), dtype=bool),
        format="CSV",
    )
    resampled = resample_recording(recording)
    assert len(resampled.times_s) == frames
    assert resampled.measured.all()
    np.testing.assert_allclose(resampled.positions_m, path_m, atol=1.1 * 10.0**-decimals)


def test_the_report_says_what_was_done_in_seconds() -> None:
    person = moving_person(900)
    person.rotations_wxyz[40:60, 1] *= -1.0
    person.positions_m[100:110, 1] = 0.0  # 10 frames of nothing: bridged
    person.positions_m[200:290, 2], person.rotations_wxyz[200:290, 2] = 0.0, 0.0  # a second of zero rows: lost
    person.positions_m[400, 1] += (0.5, 0.0, 0.0)
    cleaned = clean_recording(person)
    report = cleaned.cleaning
    assert report is not None
    left, right = report.devices[1:]
    assert left.invalid_s == pytest.approx(10 / 90, abs=0.012)
    assert left.bridged_s == pytest.approx(11 / 90, abs=0.012)
    assert left.lost_s == 0.0
    assert (left.spikes, left.sign_flips) == (1, 2)
    assert right.invalid_s == right.lost_s == pytest.approx(1.0, abs=0.02)
    assert report.devices[0] == DeviceCleaning()
    assert [note for note in cleaned.notes if note.startswith("At 1.1 s, the left hand has no valid pose.")]
    fates = {(finding.kind, finding.device): finding.action for finding in cleaned.findings}
    assert fates == {("no_pose", 1): "repaired", ("no_pose", 2): "left_to_solver", ("spikes", 1): "repaired"}
    assert cleaned.notes == tuple(finding.sentence for finding in cleaned.findings)
    document = json.loads(json.dumps(report.to_dict()))
    assert document["devices"]["right"]["lost_s"] == pytest.approx(1.0, abs=0.02)


def test_throws_to_near_the_origin_are_lost() -> None:
    person = moving_person(300)
    person.positions_m[100:190, 2] = (0.01, 0.0, 0.02)
    cleaned = clean_recording(person)
    assert not cleaned.measured[100:190, 2].any()
    assert cleaned.measured.sum() == 900 - 90
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.devices[2].origin_s == pytest.approx(1.0, abs=0.02)


def test_a_seated_head_at_the_origin_is_not_lost() -> None:
    assert clean_recording(moving_person(300, eye_m=0.0)).measured[:, 0].all()


def test_a_hand_passing_the_origin_is_not_lost() -> None:
    person = moving_person(300)
    place = 1.2 * np.abs(np.sin((np.arange(300) - 150) / 100))  # 1 m/s through the origin
    person.positions_m[:, 1] = place[:, None] * np.array((0.3, 0.9, 0.1))
    person.positions_m[150, 1, 0] = 0.002  # not the exact origin, which is a driver's
    assert clean_recording(person).measured.all()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_leaps_are_lost(frames: int) -> None:
    person = moving_person(300)
    person.positions_m[80 : 80 + frames, 1] += (0.0, 0.7, 0.2)
    cleaned = clean_recording(person)
    assert not cleaned.measured[80 : 80 + frames, 1].any()
    assert cleaned.measured.sum() == 900 - frames
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.devices[1].spikes == 1


def test_a_rotation_that_flips_for_a_frame_is_a_leap() -> None:
    person = moving_person(300)
    person.rotations_wxyz[120, 2] = (0.0, 0.0, 1.0, 0.0)
    cleaned = clean_recording(person)
    assert np.flatnonzero(~cleaned.measured[:, 2]).tolist() == [120]


def test_a_controller_that_was_put_down_is_out_of_reach() -> None:
    person = moving_person(300)
    away = np.clip((np.arange(300) - 100) / 50, 0, 1)[:, None]
    person.positions_m[:, 2] += away * (3.0, -0.5, 0.0)  # somebody else takes it
    cleaned = clean_recording(person)
    assert not cleaned.measured[150:, 2].any()
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.devices[2].away_s == pytest.approx(170 / 90, abs=0.1)


@pytest.mark.parametrize(("first", "stop"), [(100, 300), (100, 140), (250, 300)])
def test_exchanged_hands_are_put_back(first: int, stop: int) -> None:
    person = moving_person(300)
    positions_m, rotations_wxyz = person.positions_m.copy(), person.rotations_wxyz.copy()
    positions_m[first:stop, 1:] = person.positions_m[first:stop, :0:-1]
    rotations_wxyz[first:stop, 1:] = person.rotations_wxyz[first:stop, :0:-1]
    cleaned = clean_recording(replace(person, positions_m=positions_m, rotations_wxyz=rotations_wxyz))
    np.testing.assert_array_equal(cleaned.positions_m, person.positions_m)
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.swapped_s == pytest.approx((stop - first) / 90, abs=0.02)
    assert any("were swapped" in note for note in cleaned.notes)


@pytest.mark.parametrize(("turn", "shift"), [(0.0, (0.4, 0.0, 0.3)), (1.1, (0.0, 0.0, 0.0)), (-2.0, (1.0, -0.2, 0.5))])
def test_a_recentred_room_is_joined(turn: float, shift: tuple[float, float, float]) -> None:
    person = moving_person(400)
    yaw = np.array((np.cos(turn / 2), 0.0, np.sin(turn / 2), 0.0))
    positions_m, rotations_wxyz = person.positions_m.copy(), person.rotations_wxyz.copy()
    positions_m[250:] = rotate_vector(yaw, person.positions_m[250:]) + shift
    rotations_wxyz[250:] = multiply_quaternions(yaw, person.rotations_wxyz[250:])
    cleaned = clean_recording(replace(person, positions_m=positions_m, rotations_wxyz=rotations_wxyz))
    # The jump is known up to what the head itself moved within a frame.
    np.testing.assert_allclose(cleaned.positions_m, person.positions_m, atol=0.03)
    assert cleaned.measured.all()
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.recentred_at_s == pytest.approx((250 / 90,))


def test_a_leap_of_the_head_alone_is_no_recentring() -> None:
    person = moving_person(400)
    person.positions_m[250:, 0] += (0.4, 0.0, 0.0)
    cleaned = clean_recording(person)
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.recentred_at_s == ()


@pytest.mark.parametrize("name", ["bs_vivepro2_normal.bsor", "bs_vivepro2_expertplus.bsor"])
def test_fast_sabers_stay_measured(name: str) -> None:
    cleaned = load_recording(real_recording(name))
    assert cleaned.measured.mean() > 0.999
    assert cleaned.cleaning is not None
    assert cleaned.cleaning.recentred_at_s == ()
    assert cleaned.cleaning.swapped_s == 0.0
