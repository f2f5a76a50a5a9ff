# SPDX-License-Identifier: Apache-2.0
"""Bend limbs, lock hands and feet, smooth: what is promised to stay stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inpose_core.body.motion import SOLVER_FPS, Motion
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.editing.limbs import ARMS, LEGS, bend_limb
from inpose_core.editing.locks import fade_out, lock_feet, lock_hands
from inpose_core.editing.smoothing import smooth_motion
from inpose_core.recording.sensors import Sensors
from tests.core.synthetic import bent_motion

SEEDS = st.integers(0, 2**31)


def wrists_of(motion: Motion) -> np.ndarray:
    return motion.joint_positions_m[:, [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]]


def sensors_near(motion: Motion, seed: int, spread_m: float = 0.05) -> Sensors:
    rng = np.random.default_rng(seed)
    joints = [JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist")]
    positions_m = motion.joint_positions_m[:, joints] + rng.uniform(-spread_m, spread_m, size=(1, 3, 3))
    return Sensors(positions_m, motion.rotations_wxyz[:, joints], np.ones((len(motion), 3), np.bool_), motion.fps)


@given(SEEDS, st.sampled_from([*ARMS, *LEGS]))
@example(2344, LEGS[0])  # a leg so nearly straight that its plane is uncertain
@example(18024, LEGS[0])
@settings(max_examples=30, deadline=None)
def test_a_limb_reaches_what_is_within_reach(seed, limb):
    motion = bent_motion(seed)
    places = motion.joint_positions_m
    start, middle, end = (JOINT_INDEX[name] for name in (limb.start, limb.middle, limb.end))
    longest = sum(np.linalg.norm(motion.skeleton.offsets_m[joint]) for joint in (middle, end))
    direction = np.random.default_rng(seed).normal(size=(len(motion), 3))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    targets = places[:, start] + direction * longest * np.random.default_rng(seed).uniform(0.2, 0.99, (len(motion), 1))
    bent = bend_limb(motion, limb, places, targets)
    assert np.abs(bent.joint_positions_m[:, end] - targets).max() < 1e-4
    others = [joint for joint in range(22) if joint not in (start, middle)]
    assert np.array_equal(np.abs(bent.rotations_wxyz[:, others]), np.abs(motion.rotations_wxyz[:, others]))


def test_beyond_reach_the_limb_stretches_towards_the_target():
    motion = bent_motion(3)
    places = motion.joint_positions_m
    shoulder, wrist = JOINT_INDEX["left_shoulder"], JOINT_INDEX["left_wrist"]
    targets = places[:, shoulder] + np.array((3.0, 0.0, 0.0))
    reached = bend_limb(motion, ARMS[0], places, targets).joint_positions_m
    arm = reached[:, wrist] - reached[:, shoulder]
    assert np.abs(arm[:, 1:]).max() < 1e-6
    assert arm[:, 0] == pytest.approx(motion.skeleton.arm_length_m, abs=1e-6)


@pytest.mark.parametrize("limb", [*ARMS, *LEGS])
def test_a_straight_limb_bends_the_way_its_joint_does(limb):
    skeleton = Skeleton.template()
    wxyz = np.zeros((1, 22, 4))
    wxyz[..., 0] = 1.0
    motion = Motion(wxyz, np.zeros((1, 3)), skeleton, SOLVER_FPS)
    places = motion.joint_positions_m
    start, middle, end = (JOINT_INDEX[name] for name in (limb.start, limb.middle, limb.end))
    bent = bend_limb(motion, limb, places, places[:, start] + 0.8 * (places[:, end] - places[:, start]))
    moved = bent.joint_positions_m[0, middle] - (places[0, start] + places[0, end]) / 2
    forward = 1.0 if limb in LEGS else -1.0  # knees go to the front, elbows to the back
    assert moved[2] * forward > 0.05


@given(SEEDS, st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_hands_come_as_far_as_the_strength_says(seed, strength):
    motion = bent_motion(seed)
    # Half-bent arms reach everything near.
    sensors = sensors_near(motion, seed, 0.02)
    elbows = [JOINT_INDEX["left_elbow"], JOINT_INDEX["right_elbow"]]
    locked = lock_hands(motion, sensors, strength)
    left = np.linalg.norm(sensors.positions_m[:, 1:] - wrists_of(locked), axis=-1)
    before = np.linalg.norm(sensors.positions_m[:, 1:] - wrists_of(motion), axis=-1)
    reach = motion.skeleton.arm_length_m - np.linalg.norm(
        sensors.positions_m[:, 1:]
        - motion.joint_positions_m[:, [JOINT_INDEX[f"{s}_shoulder"] for s in ("left", "right")]],
        axis=-1,
    )
    near = reach > 0.006 * motion.skeleton.arm_length_m
    assert left[near] == pytest.approx(((1 - strength) * before)[near], abs=1e-4)
    assert locked.rotations_wxyz.shape[1] > max(elbows)


def test_a_lost_hand_is_let_go_gently():
    motion = bent_motion(5, frames=120)
    sensors = sensors_near(motion, 1, 0.03)
    measured = sensors.measured.copy()
    measured[50:90, 1] = False
    sensors = replace(sensors, measured=measured, positions_m=np.where(measured[..., None], sensors.positions_m, 9.9))
    locked = lock_hands(motion, sensors, 1.0)
    assert np.allclose(wrists_of(locked)[65:75, 0], wrists_of(motion)[65:75, 0], atol=1e-6)
    step = np.linalg.norm(np.diff(wrists_of(locked)[:, 0] - wrists_of(motion)[:, 0], axis=0), axis=-1)
    assert step.max() < 0.02


def test_standing_toes_stay_and_the_others_go():
    motion = bent_motion(2, frames=120)
    stands = np.zeros((120, 2), np.bool_)
    stands[30:50, 0] = True
    locked = lock_feet(replace(motion, foot_stands=stands), 1.0)
    toe = JOINT_INDEX["left_foot"]
    before, after = motion.joint_positions_m, locked.joint_positions_m
    assert np.ptp(before[30:50, toe], axis=0).max() > 1e-3
    assert np.ptp(after[30:50, toe], axis=0).max() < 1e-6
    assert np.allclose(after[:10, toe], before[:10, toe])
    assert np.allclose(after[:, JOINT_INDEX["right_foot"]], before[:, JOINT_INDEX["right_foot"]])
    assert np.allclose(after[:, JOINT_INDEX["head"]], before[:, JOINT_INDEX["head"]])


def test_the_lock_obeys_the_solver_and_does_not_decide_again():
    """How likely a foot stands was asked once, in the solver; between two of its stances a foot may step."""
    motion = bent_motion(2, frames=120)
    stands = np.zeros((120, 2), np.bool_)
    stands[10:50, 0] = stands[60:110, 0] = True
    motion = replace(motion, foot_stands=stands)
    one, other = (lock_feet(replace(motion, foot_contact=np.full((120, 2), p)), 1.0) for p in (0.0, 1.0))
    np.testing.assert_array_equal(one.rotations_wxyz, other.rotations_wxyz)
    toe_m = one.joint_positions_m[:, JOINT_INDEX["left_foot"]]
    assert max(np.ptp(toe_m[part], axis=0).max() for part in (slice(10, 50), slice(60, 110))) < 1e-6
    assert np.linalg.norm(toe_m[30] - toe_m[80]) > 1e-3


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_fading_keeps_what_is_held_and_never_overshoots(held, frames):
    held = np.array(held)
    faded = fade_out(np.ones((len(held), 1)), held, frames)[:, 0]
    assert (faded[held] == 1.0).all()
    assert faded.min() >= 0.0
    assert faded.max() <= 1.0 + 1e-9
    if not held.any():
        assert not faded.any()


def test_smoothing_keeps_what_stands_still_and_calms_what_shakes():
    still = bent_motion(0, frames=1)
    still = replace(
        still,
        rotations_wxyz=np.repeat(still.rotations_wxyz, 50, 0),
        root_translation_m=np.repeat(still.root_translation_m, 50, 0),
    )
    smooth = smooth_motion(still, 0.1)
    assert np.allclose(smooth.rotations_wxyz, still.rotations_wxyz)
    shaking = replace(
        still, root_translation_m=still.root_translation_m + np.random.default_rng(0).normal(size=(50, 3))
    )
    assert smooth_motion(shaking, 0.1).root_translation_m.std(0).max() < 0.4
    signs = np.where(np.arange(50) % 2, -1.0, 1.0)[:, None, None]
    assert np.allclose(
        smooth_motion(replace(still, rotations_wxyz=signs * still.rotations_wxyz), 0.1).joint_positions_m,
        still.joint_positions_m,
    )
