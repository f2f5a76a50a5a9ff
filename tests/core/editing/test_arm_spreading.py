# SPDX-License-Identifier: Apache-2.0
"""Arms leave the body, hands go no further than they must, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotvec_to_quaternion
from inpose_core.body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS
from inpose_core.editing.arm_contacts import resting_hands
from inpose_core.editing.arm_points import arm_places_m, points_of_arm
from inpose_core.editing.arm_spreading import arm_depths_m, spread_arms
from inpose_core.editing.body_shape import BodyShape, usual_shape
from inpose_core.editing.body_surface import posed_surface
from inpose_core.editing.limbs import ARMS
from inpose_core.editing.meeting import limb_stretch, with_wrists_at
from tests.core.editing.figures import jitter, moved_m

LEFT = 0
STILL = slice(100, 160)
"""Frames of the example after its T-pose."""


@pytest.fixture(scope="module")
def shape(solved_example) -> BodyShape:
    return usual_shape(solved_example.motion.skeleton)


def hands_in_the_hips(motion: Motion) -> Motion:
    """Return eight seconds of a motion whose hands go slowly away from the spine, towards it, and away."""
    motion = motion.part(slice(200, 680))
    wrists_m = motion.joint_positions_m[:, list(WRIST_JOINTS)]
    nearer = (-0.1 - 0.35 * np.cos(np.arange(len(motion)) / 60.0).clip(-1.0, 0.0))[:, None, None]
    return with_wrists_at(motion, wrists_m + nearer * (motion.joint_positions_m[:, [3]] - wrists_m), motion)


def with_elbow_turned(motion: Motion, angle: np.ndarray) -> Motion:
    """Return a motion whose left elbow swivels about the line from shoulder to wrist by angles (F,)."""
    places_m = motion.joint_positions_m
    axis = places_m[:, WRIST_JOINTS[LEFT]] - places_m[:, SHOULDER_JOINTS[LEFT]]
    turn = rotvec_to_quaternion(angle[:, None] * axis / np.linalg.norm(axis, axis=1, keepdims=True))
    rotations = motion.rotations_wxyz.copy()
    for joint in (SHOULDER_JOINTS[LEFT], ELBOW_JOINTS[LEFT]):
        rotations[:, joint] = multiply_quaternions(turn, rotations[:, joint])
    return replace(motion, rotations_wxyz=rotations)


def test_arms_leave_the_body_and_go_no_further(walk, shape) -> None:
    before = hands_in_the_hips(walk)
    after = spread_arms(before, np.ones(len(before)), 0.005, shape)
    inside, left = arm_depths_m(before, shape), arm_depths_m(after, shape)
    assert inside.max() > 0.04
    assert (left - 0.01).clip(min=0).sum() < 0.1 * (inside - 0.01).clip(min=0).sum()
    moves_m = moved_m(before, after, WRIST_JOINTS)
    assert moves_m.max() < max(0.05, inside.max() + 0.025)
    assert jitter(after) < 1.1 * jitter(before)


def test_far_from_any_contact_nothing_changes_at_all(walk, shape) -> None:
    before = hands_in_the_hips(walk)
    after = spread_arms(before, np.ones(len(before)), 0.0, shape)
    near = np.convolve((arm_depths_m(before, shape) > 0).any(axis=1), np.ones(2 * 35 + 1), "same") > 0
    assert 0.05 < near.mean() < 0.95
    assert geodesic_angle(after.rotations_wxyz, before.rotations_wxyz)[~near].max() < 1e-6
    assert np.array_equal(after.root_translation_m, before.root_translation_m)
    assert geodesic_angle(after.rotations_wxyz, before.rotations_wxyz)[near].max() > 0.02


def test_an_elbow_in_the_chest_swivels_out_and_its_hand_stays(walk, shape) -> None:
    part = walk.part(STILL)
    hand_m = part.joint_positions_m[:, list(WRIST_JOINTS)]
    hand_m[:, LEFT] = part.joint_positions_m[:, 9] + np.array((0.05, -0.05, 0.32))
    ahead = with_wrists_at(part, hand_m, part)
    turned = [with_elbow_turned(ahead, np.full(len(part), angle)) for angle in (-0.9, 0.9)]
    best = max(turned, key=lambda one: float(arm_depths_m(one, shape)[:, LEFT].mean()))
    after = spread_arms(best, np.ones(len(best)), 0.0, shape)
    assert arm_depths_m(after, shape)[:, LEFT].mean() < 0.012
    assert np.median(moved_m(best, after, WRIST_JOINTS[:1])) < 0.02
    assert moved_m(best, after, ELBOW_JOINTS[:1]).max() > 0.05


def test_a_distance_keeps_arms_away_but_not_hands_that_rest(walk, shape) -> None:
    before = hands_in_the_hips(walk)
    part = before.part(slice(120, 260))
    near, far = (spread_arms(part, np.ones(len(part)), distance_m, shape) for distance_m in (0.0, 0.05))
    assert moved_m(part, far, WRIST_JOINTS).mean() > moved_m(part, near, WRIST_JOINTS).mean()
    still = before.part(np.full(60, arm_depths_m(before, shape)[:, LEFT].argmax()))
    surface = posed_surface(shape.surface, still)
    assert resting_hands(still, LEFT, shape, surface).all()
    waving = walk.part(slice(200, 500))
    waving = with_wrists_at(waving, waving.joint_positions_m[:, list(WRIST_JOINTS)] + np.array((0.0, 0.0, 0.4)), waving)
    assert not resting_hands(waving, LEFT, shape, posed_surface(shape.surface, waving)).all()


@pytest.mark.parametrize("channel", range(4))
def test_points_go_the_way_that_is_foretold(walk, shape, channel: int) -> None:
    bent = np.flatnonzero(limb_stretch(walk, ARMS, 0.0)[:, LEFT] < 0.97)
    part = walk.part(bent[::20])
    surface, every = posed_surface(shape.surface, part), np.arange(0, len(part))
    places_m = arm_places_m(part, LEFT, shape)
    skin = surface.nearest(places_m, every)
    arm = points_of_arm(part, LEFT, shape, surface, every, skin, np.ones(skin.shape, np.bool_))
    small = 1e-3
    if channel == 0:
        moved = with_elbow_turned(part, np.full(len(part), small))
    else:
        wrists_m = part.joint_positions_m[:, list(WRIST_JOINTS)]
        wrists_m[:, LEFT, channel - 1] += small
        moved = with_wrists_at(part, wrists_m, part)
    rows, columns = np.nonzero(np.ones(skin.shape))
    _, out = surface.below(places_m.reshape(-1, 3), rows, skin.reshape(-1))
    gone = ((arm_places_m(moved, LEFT, shape).reshape(-1, 3) - places_m.reshape(-1, 3)) * out).sum(axis=1) / small
    told = arm.ways[rows, columns, channel]
    assert np.corrcoef(gone, told)[0, 1] > 0.95
    assert np.abs(gone - told).mean() < 0.15 * np.abs(gone).mean()
