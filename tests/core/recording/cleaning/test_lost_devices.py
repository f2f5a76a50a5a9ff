# SPDX-License-Identifier: Apache-2.0
"""Devices that are not tracked as recorded: each kind is found where it is, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector, rotvec_to_quaternion
from inpose_core.recording import Recording
from inpose_core.recording.cleaning.clean import clean_recording
from inpose_core.recording.cleaning.defects import Poses
from inpose_core.recording.cleaning.resample import resample_recording
from inpose_core.recording.cleaning.track_defects import find_spikes
from tests.core.recording.cleaning.people import between, person, told, turned


def assert_lost(cleaned: Recording, hand: int, part: slice) -> None:
    """Check that a hand is not measured in a span, up to two frames, and is measured everywhere else."""
    expected = np.ones(len(cleaned), dtype=np.bool_)
    expected[part] = False
    assert (cleaned.measured[:, hand] != expected).sum() <= 3
    others = [device for device in range(3) if device != hand]
    assert cleaned.measured[:, others].mean() > 0.995


@pytest.mark.parametrize("noise_m", [0.0, 1e-5, 3e-4])
@pytest.mark.parametrize("span_s", [(4.0, 4.8), (5.0, 99.0), (0.0, 3.0)])
@pytest.mark.parametrize("rate_hz", [30.0, 90.0])
def test_a_frozen_hand_is_lost_until_it_moves_again(
    noise_m: float, span_s: tuple[float, float], rate_hz: float
) -> None:
    take = person(rate_hz=rate_hz)
    part = between(take, *span_s)
    noise = noise_m * np.random.default_rng(1).standard_normal((2, part.stop - part.start, 3))
    # From the start, a hand is frozen where it later goes on, or it leaps.
    still = part.start if part.start else part.stop - 1
    take.positions_m[part, 2] = take.positions_m[still, 2] + noise[0]
    take.rotations_wxyz[part, 2] = multiply_quaternions(take.rotations_wxyz[still, 2], rotvec_to_quaternion(noise[1]))
    cleaned = clean_recording(take)
    assert_lost(cleaned, 2, part)
    assert told(cleaned.findings) <= {("frozen", 2), ("not_worn", 2)}
    assert cleaned.findings[0].start_s == pytest.approx(max(span_s[0], 0.0), abs=0.1)
    assert cleaned.findings[0].action == "left_to_solver"


def test_a_hand_that_only_turns_has_no_position() -> None:
    take = person()
    part = between(take, 4.0, 8.0)
    take.positions_m[part, 1] = take.positions_m[part.start, 1]
    cleaned = clean_recording(take)
    assert_lost(cleaned, 1, part)
    assert told(cleaned.findings) == {("position_stuck", 1)}
    assert cleaned.rotation_known[part, 1].all()
    assert geodesic_angle(cleaned.rotations_wxyz[part, 1], take.rotations_wxyz[part, 1]).max() < 1e-6
    assert resample_recording(cleaned).rotation_known[:, 1].all()


def test_a_hand_at_the_headset_is_lost() -> None:
    take = person()
    part = between(take, 4.0, 7.0)
    take.positions_m[part, 2], take.rotations_wxyz[part, 2] = take.positions_m[part, 0], take.rotations_wxyz[part, 0]
    cleaned = clean_recording(take)
    assert_lost(cleaned, 2, part)
    assert told(cleaned.findings) == {("at_head", 2)}


def test_two_hands_at_the_headset_all_the_time_are_a_wrong_unit() -> None:
    take = person()
    small = clean_recording(replace(take, positions_m=take.positions_m / 100))
    assert small.measured.all()


def test_a_hand_that_the_head_carries_is_lost() -> None:
    take = person()
    part = between(take, 4.0, 9.0)
    offset_m = np.array((0.2, -0.4, -0.3))
    take.positions_m[part, 2] = take.positions_m[part, 0] + rotate_vector(take.rotations_wxyz[part, 0], offset_m)
    take.rotations_wxyz[part, 2] = take.rotations_wxyz[part, 0]
    cleaned = clean_recording(take)
    assert_lost(cleaned, 2, part)
    assert told(cleaned.findings) == {("at_head", 2)}


def test_a_hand_on_a_models_arm_is_lost() -> None:
    take = person(16.0)
    part = between(take, 4.0, 11.0)
    ahead = rotate_vector(take.rotations_wxyz[part, 0], (0.0, 0.0, -1.0))
    heading = np.stack([turned(yaw) for yaw in np.arctan2(-ahead[:, 0], -ahead[:, 2])])
    elbow_m = take.positions_m[part, 0] + rotate_vector(heading, np.array((-0.2, -0.5, 0.0)))
    take.positions_m[part, 1] = elbow_m + rotate_vector(take.rotations_wxyz[part, 1], np.array((0.0, 0.05, -0.3)))
    cleaned = clean_recording(take)
    assert_lost(cleaned, 1, part)
    assert told(cleaned.findings) == {("at_head", 1)}


@pytest.mark.parametrize(
    ("place_m", "noise_m"), [((0.0, -10.0, 0.0), 0.0), ((0.5, 0.0, 2.0), 0.0), ((0, -4, 0), 0.001)]
)
def test_a_parked_hand_is_lost(place_m: tuple[float, float, float], noise_m: float) -> None:
    take = person()
    part = between(take, 4.0, 7.0)
    noise = noise_m * np.random.default_rng(1).standard_normal((part.stop - part.start, 3))
    take.positions_m[part, 2] = np.array(place_m) + noise
    cleaned = clean_recording(take)
    assert_lost(cleaned, 2, part)
    assert told(cleaned.findings) == {("parked", 2)}


@pytest.mark.parametrize("noise_m", [0.0, 2e-4])
def test_a_controller_that_was_never_awake_is_never_tracked(noise_m: float) -> None:
    take = person()
    take.positions_m[:, 1] = (-0.6, 0.75, -0.5) + noise_m * np.random.default_rng(1).standard_normal((len(take), 3))
    take.rotations_wxyz[:, 1] = turned(0.3)
    cleaned = clean_recording(take)
    assert not cleaned.measured[:, 1].any()
    assert cleaned.measured[:, (0, 2)].all()
    assert told(cleaned.findings) == {("never_tracked", 1)}
    assert len(cleaned.notes) == 1


def test_a_foot_is_no_hand() -> None:
    take = person()
    part = between(take, 3.0, 12.0)
    times_s = take.times_s[part]
    step = np.maximum(0.0, np.sin(4 * times_s)) ** 4
    take.positions_m[part, 1] = take.positions_m[part, 0] * (1.0, 0.0, 1.0) + np.stack(
        (0.1 + 0 * step, 0.1 + 0.15 * step, 0.2 * np.sin(2 * times_s)), axis=-1
    )
    cleaned = clean_recording(take)
    assert not cleaned.measured[part, 1].any()
    assert ("another_device", 1) in told(cleaned.findings)


def test_whoever_moves_or_stands_still_is_tracked() -> None:
    assert clean_recording(person()).findings == ()
    still = person(noise_m=0.0)
    part = between(still, 4.0, 8.0)
    for poses in (still.positions_m, still.rotations_wxyz):
        poses[part] = poses[part.start]
    still.positions_m[part.stop :] += still.positions_m[part.stop - 1] - still.positions_m[part.stop]
    # An animation stands with all devices.
    assert clean_recording(still).measured.all()
    # A hand at rest wanders by two millimetres a second.
    resting = person(seed=3)
    random = np.random.default_rng(2)
    wander = np.cumsum(random.standard_normal((len(resting), 3)), axis=0)
    resting.positions_m[:, 1] = resting.positions_m[0, 1] + 0.02 * wander / np.abs(wander).max()
    resting.positions_m[:, 1] += 3e-4 * random.standard_normal((len(resting), 3))
    resting.rotations_wxyz[:, 1] = rotvec_to_quaternion(0.02 * wander / np.abs(wander).max())
    assert clean_recording(resting).measured.all()


def test_a_hand_that_moves_without_turning_has_no_rotation() -> None:
    take = person()
    part = between(take, 4.0, 9.0)
    take.rotations_wxyz[part, 1] = take.rotations_wxyz[part.start, 1]
    cleaned = clean_recording(take)
    assert told(cleaned.findings) == {("rotation_stuck", 1)}
    assert cleaned.measured.all()
    (finding,) = cleaned.findings
    assert finding.action == "left_to_solver"
    assert cleaned.rotation_measured is not None
    assert not cleaned.rotation_measured[part, 1].any()
    assert cleaned.rotation_measured[:, (0, 2)].all()
    assert (finding.start_s, finding.stop_s) == pytest.approx((4.0, 9.0), abs=0.05)


def test_what_lies_between_two_impossible_steps_of_a_swing_is_lost() -> None:
    """The hand goes on meanwhile, so that it does not come back to where it was."""
    times_s = np.arange(200) / 90
    positions_m = np.zeros((200, 3, 3))
    positions_m[:, 1, 0] = 0.07 * np.arange(200)
    angle = np.radians(25.0) * np.arange(200)
    angle[100:102] += np.radians(110.0)
    rotations_wxyz = np.zeros((200, 3, 4))
    rotations_wxyz[..., 0] = 1.0
    rotations_wxyz[:, 1, 0], rotations_wxyz[:, 1, 1] = np.cos(angle / 2), np.sin(angle / 2)
    poses = Poses(positions_m, rotations_wxyz, np.ones((200, 3), np.bool_))
    assert [defect[1:4] for defect in find_spikes(times_s, poses)] == [(1, 100, 102)]
