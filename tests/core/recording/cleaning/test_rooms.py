# SPDX-License-Identifier: Apache-2.0
"""Rooms, floors, headsets and devices that jump or drift: the numbers are mended, and it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector, rotvec_to_quaternion
from inpose_core.recording import Recording
from inpose_core.recording.cleaning.clean import clean_recording
from tests.core.recording.cleaning.people import between, person, told, turned


def with_t_pose(take: Recording, start_s: float) -> Recording:
    """Let the performer strike a T-pose for a second; arms go up and down in half a second."""
    share = np.clip(1.5 - np.abs(take.times_s - start_s - 0.5) / 0.5, 0, 1)[:, None]
    share = share * share * (3 - 2 * share)
    for hand, side in ((1, -1.0), (2, 1.0)):
        wide_m = take.positions_m[:, 0] + (0.7 * side, -0.2, 0.0)
        take.positions_m[:, hand] += share * (wide_m - take.positions_m[:, hand])
    return take


@pytest.mark.parametrize("height_m", [0.07, 0.4, -0.7])
@pytest.mark.parametrize(("posed_s", "right"), [(1.0, "before"), (10.0, "after")])
def test_a_lost_floor_is_put_back_to_that_of_the_t_pose(height_m: float, posed_s: float, right: str) -> None:
    truth = with_t_pose(person(12.0), posed_s)
    take = with_t_pose(person(12.0), posed_s)
    take.positions_m[between(take, 7.0, 99.0), :, 1] += height_m
    cleaned = clean_recording(take)
    moved_m = cleaned.positions_m[..., 1] - truth.positions_m[..., 1]
    np.testing.assert_allclose(moved_m, height_m if right == "after" else 0.0, atol=0.01)
    assert told(cleaned.findings) == {("floor_lost", None)}
    assert cleaned.findings[0].start_s == pytest.approx(7.0, abs=0.05)


@pytest.mark.parametrize("rise_m", [0.4, -0.25])
def test_a_drifting_floor_is_levelled(rise_m: float) -> None:
    truth, take = person(20.0), person(20.0)
    take.positions_m[..., 1] += rise_m * take.times_s[:, None] / 20
    cleaned = clean_recording(take)
    np.testing.assert_allclose(cleaned.positions_m, truth.positions_m, atol=0.05)
    assert told(cleaned.findings) == {("floor_drifts", None)}


def test_a_small_rise_is_told_and_a_small_fall_is_a_slouch() -> None:
    rising, sinking = person(20.0), person(20.0)
    rising.positions_m[..., 1] += 0.11 * rising.times_s[:, None] / 20
    sinking.positions_m[..., 1] -= 0.11 * sinking.times_s[:, None] / 20
    cleaned = clean_recording(rising)
    assert [(finding.kind, finding.action) for finding in cleaned.findings] == [("floor_drifts", "told")]
    np.testing.assert_allclose(cleaned.positions_m, rising.positions_m)
    assert clean_recording(sinking).findings == ()


def test_a_crouch_is_no_drift() -> None:
    take = person(20.0)
    low = np.clip(np.minimum(take.times_s - 8, 15 - take.times_s), 0, 1)
    take.positions_m[..., 1] -= 0.5 * (low * low * (3 - 2 * low))[:, None]
    assert clean_recording(take).findings == ()


@pytest.mark.parametrize("until_s", [6.5, 99.0])
def test_a_headset_that_jumps_alone_is_put_back(until_s: float) -> None:
    truth, take = person(), person()
    part = between(take, 5.0, until_s)
    take.positions_m[part, 0] += (0.3, -0.1, 0.2)
    take.rotations_wxyz[part, 0] = multiply_quaternions(turned(0.6), take.rotations_wxyz[part, 0])
    cleaned = clean_recording(take)
    moved_m = cleaned.positions_m - truth.positions_m
    # Which of two long halves is right, nobody knows.
    moved_m[:, 0] -= np.median(moved_m[:, 0], axis=0)
    np.testing.assert_allclose(moved_m, 0.0, atol=0.02)
    assert cleaned.measured.all()
    assert told(cleaned.findings) == {("headset_jumped", 0)}


def test_controllers_that_become_hands_go_on_as_controllers() -> None:
    truth, take = person(), person()
    part = between(take, 5.0, 99.0)
    for hand, side in ((1, -1.0), (2, 1.0)):
        turn = np.array((0.5, 0.5, 0.5 * side, 0.5 * side))
        place_m = rotate_vector(take.rotations_wxyz[part, hand], np.array((0.04 * side, 0.06, 0.02)))
        take.positions_m[part, hand] += place_m
        take.rotations_wxyz[part, hand] = multiply_quaternions(take.rotations_wxyz[part, hand], turn)
    cleaned = clean_recording(take)
    np.testing.assert_allclose(cleaned.positions_m, truth.positions_m, atol=0.015)
    assert np.degrees(geodesic_angle(cleaned.rotations_wxyz, truth.rotations_wxyz).max()) < 4.0
    assert told(cleaned.findings) == {("another_offset", 1), ("another_offset", 2)}


def test_hands_that_swap_close_together_are_put_back() -> None:
    truth, take = person(), person()
    for made in (truth, take):
        made.positions_m[:, 1, 0] += 0.2
    part = between(take, 5.0, 7.0)
    take.positions_m[part, 1:], take.rotations_wxyz[part, 1:] = (
        take.positions_m[part, :0:-1].copy(),
        take.rotations_wxyz[part, :0:-1].copy(),
    )
    cleaned = clean_recording(take)
    np.testing.assert_allclose(cleaned.positions_m, truth.positions_m)
    assert told(cleaned.findings) == {("swapped_hands", None)}


def walker(seconds: float = 20.0) -> Recording:
    """Return a person who walks in large circles and looks where they go."""
    take = person(seconds)
    angle = 0.8 * take.times_s
    way = np.stack([1.5 * np.cos(angle), 0 * angle, -1.5 * np.sin(angle)], axis=1)[:, None]
    headings = np.stack([np.cos(angle / 2), 0 * angle, np.sin(angle / 2), 0 * angle], axis=1)[:, None]
    return replace(
        take,
        positions_m=rotate_vector(headings, take.positions_m) + way,
        rotations_wxyz=multiply_quaternions(headings, take.rotations_wxyz),
    )


def leaning(take: Recording, angle_deg: float, heading_rad: float) -> Recording:
    """Turn everything about a level axis through the origin."""
    axis = np.array((np.cos(heading_rad), 0.0, np.sin(heading_rad)))
    turn = rotvec_to_quaternion(np.radians(angle_deg) * axis)
    return replace(
        take,
        positions_m=rotate_vector(turn, take.positions_m),
        rotations_wxyz=multiply_quaternions(turn, take.rotations_wxyz),
    )


@pytest.mark.parametrize(("angle_deg", "heading_rad"), [(9.0, 0.0), (13.0, 2.0)])
def test_a_leaning_room_is_levelled(angle_deg: float, heading_rad: float) -> None:
    truth = walker()
    cleaned = clean_recording(leaning(truth, angle_deg, heading_rad))
    assert told(cleaned.findings) == {("room_tilted", None)}
    assert cleaned.findings[0].action == "repaired"
    np.testing.assert_allclose(cleaned.positions_m[..., 1], truth.positions_m[..., 1], atol=0.06)
    assert np.degrees(geodesic_angle(cleaned.rotations_wxyz, truth.rotations_wxyz).max()) < 2.5


def test_who_looks_down_in_one_place_or_walks_upright_is_in_a_level_room() -> None:
    take = person(20.0)
    down = rotvec_to_quaternion(np.array((-0.45, 0.0, 0.0)))
    take.rotations_wxyz[:, 0] = multiply_quaternions(take.rotations_wxyz[:, 0], down)
    assert clean_recording(take).findings == ()
    assert clean_recording(walker()).findings == ()


def test_places_that_disagree_with_the_head_are_no_tilt() -> None:
    """Who walks up a steep ramp keeps the head level."""
    take = walker()
    take.positions_m[..., 1] += 0.25 * take.positions_m[:, :1, 0]
    assert ("room_tilted", None) not in told(clean_recording(take).findings)
