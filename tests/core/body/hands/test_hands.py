# SPDX-License-Identifier: Apache-2.0
"""Check the angles of fingers, the shapes of hands, and what is done with tracking losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inpose_core.body.hands.angles import (
    LIMITS_RAD,
    angles_of_rotations,
    global_rotations,
    local_rotations,
    rotations_of_angles,
    within_limits,
)
from inpose_core.body.hands.chains import chain_places, find_chains
from inpose_core.body.hands.joint_poses import rotations_of_joint_poses
from inpose_core.body.hands.joints import FINGER_JOINT_NAMES, FINGERS, SIDES
from inpose_core.body.hands.rest import measure_hand
from inpose_core.body.hands.shapes import FIST_RAD, RELAXED_RAD, finger_rotations, relaxed_angles
from inpose_core.body.hands.storage import finger_arrays, fingers_in
from inpose_core.body.hands.tracks import FingerTracks
from inpose_core.body.quaternions import geodesic_angle, matrix_to_quaternion, rotate_vector
from tests.core.tracked_hands import both_hands

ANGLES = arrays(np.float64, (2, 15, 3), elements=st.floats(-1.2, 1.2))
FIST = rotations_of_angles(np.stack((FIST_RAD, FIST_RAD)))
STRAIGHT = np.tile((1.0, 0.0, 0.0, 0.0), (2, 15, 1))


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


@given(ANGLES)
def test_angles_come_back(angles: np.ndarray) -> None:
    np.testing.assert_allclose(angles_of_rotations(rotations_of_angles(angles)), angles, atol=1e-9)


@given(ANGLES)
def test_local_and_global_rotations_are_inverse(angles: np.ndarray) -> None:
    wxyz = rotations_of_angles(angles)
    assert geodesic_angle(local_rotations(global_rotations(wxyz)), wxyz).max() < 1e-6


@given(ANGLES)
def test_the_right_hand_is_the_mirror_image(angles: np.ndarray) -> None:
    both = np.stack((angles[0], angles[0]))
    left, right = rotations_of_angles(both)
    seen = rotate_vector(right, (-0.3, 0.5, 0.7)) * (-1, 1, 1)
    np.testing.assert_allclose(seen, rotate_vector(left, (0.3, 0.5, 0.7)), atol=1e-9)


def test_a_curl_takes_the_finger_to_the_palm_and_spread_away_from_the_thumb() -> None:
    angles = np.zeros((2, 15, 3))
    index = FINGER_JOINT_NAMES.index("index1")
    angles[:, index, 0] = np.radians(90)
    down = rotate_vector(rotations_of_angles(angles)[:, index], [(1, 0, 0), (-1, 0, 0)])
    np.testing.assert_allclose(down, [(0, -1, 0)] * 2, atol=1e-12)
    angles[:, index] = (0, np.radians(90), 0)
    away = rotate_vector(rotations_of_angles(angles)[:, index], [(1, 0, 0), (-1, 0, 0)])
    np.testing.assert_allclose(away, [(0, 0, -1)] * 2, atol=1e-12)


@given(arrays(np.float64, (2, 15, 4), elements=st.floats(-1, 1)))
def test_limits_hold_for_any_rotation(wxyz: np.ndarray) -> None:
    length = np.linalg.norm(wxyz, axis=-1, keepdims=True)
    wxyz = np.where(length > 0.1, wxyz / np.maximum(length, 0.1), (1.0, 0.0, 0.0, 0.0))
    angles = angles_of_rotations(within_limits(wxyz))
    assert (angles > LIMITS_RAD[..., 0] - 1e-6).all()
    assert (angles < LIMITS_RAD[..., 1] + 1e-6).all()


def test_limits_leave_the_shapes_alone() -> None:
    for shape in (FIST_RAD, RELAXED_RAD):
        both = rotations_of_angles(np.stack((shape, shape)))
        assert geodesic_angle(within_limits(both), both).max() < 1e-6


def test_a_relaxed_hand_curls_more_towards_the_little_finger() -> None:
    curl = relaxed_angles().reshape(2, 5, 3, 3)[..., 0].sum(axis=-1)
    assert (np.diff(curl[:, 1:], axis=1) > np.radians(5)).all()
    assert (curl[:, 1:] > np.radians(40)).all()
    assert (curl[:, 1:] < np.radians(110)).all()
    assert (relaxed_angles(0.0) == 0).all()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("with_turns", [True, False])
def test_joint_poses_of_hands_of_any_size_give_the_same_angles(side: str, with_turns: bool) -> None:
    rng = np.random.default_rng(3)
    hand = SIDES.index(side)
    shapes = np.array([STRAIGHT, rotations_of_angles(relaxed_angles()), FIST])
    poses = [
        both_hands(shape, palm_m=palm, R_room_hand=random_rotation(rng))[hand]
        for shape, palm in zip(shapes, (0.06, 0.09, 0.12), strict=True)
    ]
    poses = np.array(poses)
    turns = poses[..., (6, 3, 4, 5)] if with_turns else None
    found = rotations_of_joint_poses(side, poses[..., :3], turns)
    # Places alone do not tell how a finger is rolled about itself: least of all for the thumb.
    fingers = slice(None) if with_turns else slice(3, None)
    assert np.degrees(geodesic_angle(found, shapes[:, hand])[:, fingers].max()) < (0.01 if with_turns else 6.0)


def test_incomplete_joint_poses_are_not_measured() -> None:
    poses = np.stack([both_hands(FIST)[0]] * 3)
    poses[1, 12] = np.nan
    poses[2] = 0.0
    found = rotations_of_joint_poses("left", poses[..., :3], poses[..., (6, 3, 4, 5)])
    assert np.isfinite(found).all(axis=(1, 2)).tolist() == [True, False, False]


def tracks(frames: int, seen: slice) -> FingerTracks:
    rotations = np.full((frames, 2, 15, 4), np.nan)
    rotations[seen] = FIST
    return FingerTracks.of_joints(rotations)


def test_a_lost_hand_relaxes_without_a_jump() -> None:
    times_s = np.arange(300) / 60
    known = tracks(300, slice(100, 200)).cleaned(times_s)
    wxyz = finger_rotations(known, 300, 60.0)
    assert geodesic_angle(wxyz[100:200], FIST).max() < 1e-6
    relaxed = rotations_of_angles(relaxed_angles())
    assert geodesic_angle(wxyz[:70], relaxed).max() < 1e-6
    assert geodesic_angle(wxyz[230:], relaxed).max() < 1e-6
    assert np.degrees(geodesic_angle(wxyz[1:], wxyz[:-1]).max()) < 7


def test_short_losses_are_bridged_and_jumps_are_taken_out() -> None:
    times_s = np.arange(120) / 60
    rotations = np.tile(STRAIGHT, (120, 1, 1, 1))
    rotations[50, 0, 3:6] = FIST[0, 3:6]
    known = FingerTracks.of_joints(rotations).cleaned(times_s)
    assert known.measured[:, 0].tolist() == [frame != 50 for frame in range(120)]
    bridged = known.at(times_s, times_s, 0.25)
    assert bridged.measured.all()
    assert geodesic_angle(bridged.rotations_wxyz, STRAIGHT).max() < 1e-6


def test_smoothing_takes_jitter_out_and_stays_within_a_tracked_stretch() -> None:
    rng = np.random.default_rng(2)
    angles = np.radians(30 + 3 * rng.normal(size=(120, 2, 15, 3)) * (1, 0, 0)) * (1, 0, 0)
    jitter = rotations_of_angles(angles)
    jitter[60:] = FIST
    known = FingerTracks(jitter, np.ones((120, 2), np.bool_), np.full((120, 2, 3), np.nan))
    known.measured[58:60] = False
    smooth = known.smoothed(4.0)
    before, after = (np.degrees(np.diff(angles_of_rotations(w[:58])[..., 0], axis=0)).std() for w in (
        known.rotations_wxyz, smooth.rotations_wxyz))  # fmt: skip
    assert after < before / 5
    assert geodesic_angle(smooth.rotations_wxyz[60:], FIST).max() < 1e-6


def test_buttons_bend_their_fingers() -> None:
    pressed = np.full((120, 2, 3), np.nan)
    pressed[:, 0] = (1.0, 0.0, 0.0)
    pressed[:, 1, 1] = 1.0
    angles = angles_of_rotations(finger_rotations(FingerTracks.of_buttons(pressed), 120, 60.0))[60]
    curl = np.degrees(angles.reshape(2, 5, 3, 3)[..., 0].sum(axis=-1))
    fist = np.degrees(FIST_RAD.reshape(5, 3, 3)[..., 0].sum(axis=-1))
    assert curl[0, 1] == pytest.approx(fist[1], abs=0.1)
    assert (curl[0, 2:] < 110).all()
    np.testing.assert_allclose(curl[1, 2:], fist[2:], atol=0.1)
    assert curl[1, 1] < 80  # the trigger is free: the hand points
    np.testing.assert_allclose(angles[1, :3], FIST_RAD[:3], atol=1e-6)  # the thumb closes with the hand


def test_the_options_take_the_tracks_away_and_flatten_the_hand() -> None:
    known = tracks(30, slice(0, 30))
    relaxed = finger_rotations(known, 30, 60.0, use_tracks=False)
    assert geodesic_angle(relaxed, rotations_of_angles(relaxed_angles())).max() < 1e-6
    flat = finger_rotations(None, 30, 60.0, relaxed_curl=0.0)
    assert geodesic_angle(flat, STRAIGHT).max() < 1e-9


def test_files_keep_fingers_and_old_files_have_none() -> None:
    known = tracks(40, slice(5, 30)).cleaned(np.arange(40) / 60)
    pressed = np.full((40, 2, 3), np.nan)
    pressed[3:9, 1, 0] = 0.5
    known = FingerTracks(known.rotations_wxyz, known.measured, pressed)
    again = fingers_in({name: np.asarray(array) for name, array in finger_arrays(known).items()}, 40)
    assert again is not None
    assert (again.measured == known.measured).all()
    np.testing.assert_allclose(again.rotations_wxyz, known.rotations_wxyz, atol=1e-6)
    np.testing.assert_array_equal(again.pressed, pressed)
    assert fingers_in({}, 40) is None
    assert finger_arrays(None) == {}
    with pytest.raises(ValueError, match="shapes"):
        fingers_in({name: np.asarray(array) for name, array in finger_arrays(known).items()}, 41)


BIPED = {
    "Hand": ["Finger0", "Finger1", "Finger2", "Finger3", "Finger4", "prop"],
    **{f"Finger{n}": [f"Finger{n}1"] for n in range(5)},
    **{f"Finger{n}1": [f"Finger{n}2"] for n in range(5)},
}
UNNAMED = {
    "Hand": [f"b{n}" for n in (3, 0, 4, 1, 2)],
    **{f"b{n}": [f"b{n}x"] for n in range(5)},
    **{f"b{n}x": [f"b{n}y"] for n in range(5)},
}
WITH_PALM = {
    "Hand": ["LeftThumb1", "LeftInHandIndex", "LeftInHandMiddle"],
    "LeftThumb1": ["LeftThumb2"],
    "LeftInHandIndex": ["LeftIndex1"],
    "LeftIndex1": ["LeftIndex2"],
    "LeftIndex2": ["LeftIndex3"],
    "LeftIndex3": ["LeftIndex3_end"],
    "LeftInHandMiddle": ["LeftMiddle1"],
    "LeftMiddle1": ["LeftMiddle2"],
}


def heads(children: dict[str, list[str]]) -> dict[str, np.ndarray]:
    starts = [(0.3, 0, 0.3), (1, 0, 0.25), (1, 0, 0.05), (0.95, 0, -0.15), (0.85, 0, -0.35)]
    found = {"Hand": np.zeros(3)}
    for first in children["Hand"]:
        digits = [int(letter) for letter in first if letter.isdigit()] or [1]
        place, ahead = np.array(starts[digits[0] % 5]), np.array((0.3, 0, 0.3) if digits[0] == 0 else (0.4, 0, 0))
        below = [first]
        while below:
            found[below[0]], place = place, place + ahead
            below = children.get(below[0], [])
    return found


def test_fingers_are_found_by_numbers_by_words_and_by_places() -> None:
    by_number = find_chains("Hand", BIPED, heads(BIPED))
    assert [by_number[finger].bones[0] for finger in FINGERS] == [f"Finger{n}" for n in range(5)]
    by_place = find_chains("Hand", UNNAMED, heads(UNNAMED))
    assert {finger: by_place[finger].bones for finger in FINGERS} == {
        finger: (f"b{n}", f"b{n}x", f"b{n}y") for n, finger in enumerate(FINGERS)
    }
    by_word = find_chains("Hand", WITH_PALM, heads(WITH_PALM))
    assert by_word["index"].bones == ("LeftIndex1", "LeftIndex2", "LeftIndex3")
    assert by_word["index"].end == "LeftIndex3_end"
    assert by_word["middle"].bones == ("LeftMiddle1", "LeftMiddle2")
    assert by_word["thumb"].bones == ("LeftThumb1", "LeftThumb2")


@pytest.mark.parametrize("name", ["LeftHandEnd", "hand.l", "weapon"])
def test_a_single_bone_below_the_wrist_is_no_finger(name: str) -> None:
    places = {"Hand": np.zeros(3), name: np.array((1.0, 0, 0))}
    assert find_chains("Hand", {"Hand": [name]}, places) == {}


@pytest.mark.parametrize("side", SIDES)
def test_a_bent_rest_pose_is_no_bend_of_the_finger(side: str) -> None:
    """A hand that rests in any pose: with the finger's rotation G the bone is where a straight finger would be."""
    rng = np.random.default_rng(5)
    turn = random_rotation(rng)
    sign = 1.0 if side == "left" else -1.0
    bend = np.array([(0, 0, 0), (0.4, -0.1, 0), (0.65, -0.3, 0), (0.8, -0.55, 0)]) * (sign, 1, 1)
    fingers = {
        finger: (np.array((sign, 0, 0.3 - 0.2 * number)) + bend) @ turn.T
        for number, finger in enumerate(("index", "middle", "ring", "little"))
    }
    rest = measure_hand(side, np.zeros(3), fingers)
    assert rest is not None
    along = np.array((sign, 0.0, 0.0))
    for finger, places in fingers.items():
        bones = np.diff(places, axis=0) @ rest.R_rest_hand
        for K, bone in zip(rest.K_hand[finger], bones, strict=True):
            straight = K.T @ (bone / np.linalg.norm(bone))
            np.testing.assert_allclose(straight, along, atol=1e-9)
    assert np.linalg.det(rest.R_rest_hand) == pytest.approx(1)
    assert matrix_to_quaternion(rest.R_rest_hand).shape == (4,)


def test_an_unknown_end_goes_on_as_the_finger_came() -> None:
    chains = find_chains("Hand", BIPED, heads(BIPED))
    places = chain_places(chains["index"], heads(BIPED))
    np.testing.assert_allclose(places[3] - places[2], places[2] - places[1])
