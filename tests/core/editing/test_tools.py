# SPDX-License-Identifier: Apache-2.0
"""Each clean-up tool does what it says, and keeps what it must keep."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.arrays import runs
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotvec_to_quaternion
from inpose_core.body.skeleton import ANKLE_JOINTS, ELBOW_JOINTS, TOE_JOINTS, WRIST_JOINTS
from inpose_core.editing.applying import apply_edits
from inpose_core.editing.edit import Edit, EditList
from inpose_core.editing.exaggerating import exaggerate
from inpose_core.editing.ground import GroundMap, LevelGround
from inpose_core.editing.grounding import put_on_ground
from inpose_core.editing.kinds import KINDS
from inpose_core.editing.meeting import around_head_of, planted_feet, with_ankles_at
from inpose_core.editing.smoothing import smooth
from inpose_core.editing.soles import sole_places_m
from inpose_core.editing.straightening import straighten_knees
from inpose_core.editing.wrist_bending import beyond_anatomy, unbend_wrists
from inpose_core.numerics.filters import gaussian_filter
from tests.core.editing.figures import (
    acceleration_of_joints,
    hands_off_m,
    head_and_hands_off_m,
    jitter,
    knee_bends_deg,
    moved_m,
    planted_toes_off_m,
)

STRETCH = Edit("smooth", 5.0, 12.0)
INSIDE = slice(300, 720)
OUTSIDE = np.r_[0:270, 750:1000]


def share_of(motion: Motion, edit: Edit = STRETCH) -> np.ndarray:
    return edit.share(motion, 0.0)


def shaken(motion: Motion) -> Motion:
    """Return a motion whose body trembles while head, hands and planted feet stay."""
    turns = np.random.default_rng(0).normal(scale=0.02, size=(*motion.rotations_wxyz.shape[:2], 3))
    turns[:, [*ANKLE_JOINTS, *TOE_JOINTS]] = 0.0
    trembling = replace(motion, rotations_wxyz=multiply_quaternions(rotvec_to_quaternion(turns), motion.rotations_wxyz))
    return around_head_of(trembling, motion, motion.joint_positions_m[:, list(ANKLE_JOINTS)])


def crouched(motion: Motion) -> Motion:
    """Return a motion whose body is eight centimetres too low, so that its knees are bent."""
    lower = replace(motion, root_translation_m=motion.root_translation_m - np.array((0.0, 0.08, 0.0)))
    return with_ankles_at(lower, motion.joint_positions_m[:, list(ANKLE_JOINTS)], motion)


def test_smoothing_calms_the_body_and_holds_head_hands_and_planted_feet(walk) -> None:
    before = shaken(walk)
    after = smooth(before, share_of(before), 0.1, hold_hands=True)
    assert jitter(before, INSIDE) > 40
    assert jitter(after, INSIDE) < 10
    assert head_and_hands_off_m(before, after) < 1e-3
    assert planted_toes_off_m(before, after) < 1.5e-3
    assert np.abs(after.joint_positions_m[OUTSIDE] - before.joint_positions_m[OUTSIDE]).max() < 1e-6


def test_smoothing_may_also_smooth_the_hands(walk) -> None:
    after = smooth(walk, share_of(walk), 0.1, hold_hands=False)
    assert hands_off_m(walk, after) > 0.01
    assert planted_toes_off_m(walk, after) < 1e-3


@pytest.mark.parametrize("hold_hands", [True, False])
@pytest.mark.parametrize("amount", [0.1, 0.4])
def test_smoothing_never_makes_anything_rougher(walk, amount, hold_hands) -> None:
    """The walk is clean already. Neither a joint nor the bend of a knee may get more acceleration."""
    part = walk.part(slice(420, 620))
    for share in (np.ones(len(part)), Edit("smooth", 1.0, 2.0).share(part, 0.0)):
        after = smooth(part, share, amount, hold_hands=hold_hands)
        was, now = (acceleration_of_joints(motion) for motion in (part, after))
        assert (now <= 1.02 * was + 0.1).all()
        pops = [np.abs(np.diff(knee_bends_deg(motion), 2, axis=0)).max() for motion in (part, after)]
        assert pops[1] <= pops[0] + 0.5
        np.testing.assert_array_equal(after.rotations_wxyz[share == 0], part.rotations_wxyz[share == 0])


@pytest.mark.parametrize(("factor", "least", "most"), [(0.5, 0.4, 0.9), (1.5, 1.1, 1.6)])
def test_exaggerating_changes_the_size_of_the_movement(walk, factor, least, most) -> None:
    after = exaggerate(walk, share_of(walk), factor, hold_hands=False)

    def size(motion: Motion) -> float:
        wrists_m = motion.joint_positions_m[:, list(WRIST_JOINTS)] - motion.root_translation_m[:, None]
        return float(np.sqrt(((wrists_m - gaussian_filter(wrists_m, 36.0, "nearest"))[INSIDE] ** 2).mean()))

    assert least < size(after) / size(walk) < most
    assert planted_toes_off_m(walk, after) < 1e-3
    assert np.abs(after.joint_positions_m[OUTSIDE] - walk.joint_positions_m[OUTSIDE]).max() < 1e-6
    lowest_m = [motion.joint_positions_m[:, list(ANKLE_JOINTS), 1].min() for motion in (walk, after)]
    assert lowest_m[1] > lowest_m[0] - 1e-3


def test_exaggerating_by_one_changes_nothing(walk) -> None:
    after = exaggerate(walk, share_of(walk), 1.0, hold_hands=False)
    assert np.abs(after.joint_positions_m - walk.joint_positions_m).max() < 1e-6


@pytest.mark.parametrize("factor", [0.3, 1.3, 2.0])
def test_exaggerated_hands_can_stay(walk, factor) -> None:
    """An arm that is straight cannot follow its hand when the trunk goes away from it: there, the trunk goes less."""
    after = exaggerate(walk, np.ones(len(walk)), factor, hold_hands=True)
    assert hands_off_m(walk, after) < 1e-3
    assert planted_toes_off_m(walk, after) < 1e-3
    assert moved_m(walk, after, ELBOW_JOINTS).max() > 0.01
    assert jitter(after) < 2 * jitter(walk)


@pytest.mark.parametrize("ease_s", [0.0, 1 / 3])
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if kind.name != "ground"])
def test_nothing_moves_outside_the_stretch_and_its_ease(walk, kind, ease_s) -> None:
    """Also where it begins or ends in the middle of a step. Only on a ground, a foot ends its stance outside."""
    part = walk.part(slice(0, 270))
    amount = {"exaggerate": 2.0, "straighten_knees": 1.0}.get(kind)
    for start_s in (1.0, 1.6, 2.2, 2.8):
        edit = Edit(kind, start_s, start_s + 0.7, amount, ease_s)
        after = apply_edits(part, None, EditList((edit,))).motion
        moved = np.abs(after.joint_positions_m - part.joint_positions_m)
        assert moved[edit.share(part, 0.0) == 0].max() < 1e-6


def test_straightened_knees_raise_the_body_above_its_feet(walk) -> None:
    before = crouched(walk)
    after = straighten_knees(before, np.ones(len(before)), 0.7, hold_hands=False)
    stands = planted_feet(before)
    bends = [float(np.median(knee_bends_deg(motion)[stands])) for motion in (before, after)]
    assert bends[0] > 45
    assert bends[1] < 0.7 * bends[0]
    rise_m = after.root_translation_m[:, 1] - before.root_translation_m[:, 1]
    assert rise_m.min() >= 0
    assert np.median(rise_m) > 0.03
    assert moved_m(before, after, (*ANKLE_JOINTS, *TOE_JOINTS)).max() < 1e-3
    # The hands rise with the body, and no more.
    assert np.abs(moved_m(before, after, WRIST_JOINTS) - rise_m[:, None]).max() < 1e-6


def test_straightened_knees_stop_where_held_hands_hold_the_body(walk) -> None:
    before = crouched(walk)
    after = straighten_knees(before, np.ones(len(before)), 1.0, hold_hands=True)
    assert hands_off_m(before, after) < 1e-3
    assert (after.root_translation_m[:, 1] - before.root_translation_m[:, 1]).max() > 0.03


def test_a_deep_crouch_stays_a_crouch(walk) -> None:
    """The example crouches from 12 to 15 s: nobody wants to stand there."""
    deep = knee_bends_deg(walk).min(axis=1) > 100
    assert deep.sum() > 30
    after = straighten_knees(walk, np.ones(len(walk)), 1.0, hold_hands=False)
    assert np.abs(after.root_translation_m - walk.root_translation_m)[deep].max() < 0.01


def bumps(walk: Motion) -> GroundMap:
    x, z = np.meshgrid(np.arange(-10, 10, 0.02), np.arange(-10, 10, 0.02), indexing="ij")
    heights_m = 0.1 + 0.06 * np.sin(2 * x) * np.cos(1.7 * z) + 0.05 * np.sin(5 * x + 1) * np.sin(4 * z)
    return GroundMap((-10.0, -10.0), 0.02, heights_m)


def stairs(walk: Motion) -> GroundMap:
    z = np.arange(-10, 10, 0.01)
    return GroundMap((-10.0, -10.0), 0.01, np.tile(0.15 * np.floor(z / 0.4), (2000, 1)))


@pytest.mark.parametrize("ground_of", [lambda walk: LevelGround(0.2), bumps, stairs], ids=["floor", "bumps", "stairs"])
def test_planted_soles_are_on_the_ground_and_nothing_is_below_it(walk, ground_of) -> None:
    ground = ground_of(walk)
    after = put_on_ground(walk, np.ones(len(walk)), ground, 1.0, hold_hands=False)
    stands = planted_feet(walk)
    for side in (0, 1):
        gaps_m = [
            (places_m[..., 1] - on.heights_m(places_m)).min(axis=1)
            for places_m, on in (
                (sole_places_m(after, side), ground),
                (sole_places_m(walk, side), LevelGround()),
            )
        ]
        planted = gaps_m[0][stands[:, side]]
        assert (np.abs(planted) < 0.005).mean() > 0.99
        assert planted.min() > -0.005
        # In the air, a foot is no deeper in the ground than it was in the floor.
        assert (gaps_m[0] - np.minimum(gaps_m[1], 0.0))[~stands[:, side]].min() > -0.005
    assert jitter(after, INSIDE) < 2 * jitter(walk, INSIDE)


def test_feet_step_onto_the_ground_and_off_it_where_the_edit_ends(walk) -> None:
    """A planted foot never slides up: at the ends of the edit, it stands on one of both grounds."""
    share = Edit("ground", 4.0, 7.0).share(walk, 0.0)
    after = put_on_ground(walk, share, LevelGround(0.2), 1.0, hold_hands=False)
    toes = list(TOE_JOINTS)
    risen_m = (after.joint_positions_m - walk.joint_positions_m)[:, toes, 1]
    for side in (0, 1):
        for first, end in runs(planted_feet(walk)[:, side]):
            # The sole comes to touch the ground, so a toe that the solver let float moves by that.
            assert np.ptp(risen_m[first:end, side]) < 0.05
            assert min(abs(risen_m[first:end, side].mean() - height) for height in (0.0, 0.2)) < 0.03
    changed = np.flatnonzero(np.abs(after.joint_positions_m - walk.joint_positions_m).max(axis=(1, 2)) > 1e-6)
    assert 3.0 < changed[0] / walk.fps < 4.0
    assert 7.0 < changed[-1] / walk.fps < 8.0
    steps_m = [np.diff(motion.joint_positions_m[..., 1], axis=0) for motion in (walk, after)]
    assert np.abs(steps_m[1] - steps_m[0]).max() < 0.04


@pytest.mark.parametrize(
    "stretches",
    [((None, None), (None, None)), ((0.0, 8.0), (8.0, 17.0)), ((0.0, 9.0), (7.0, 17.0))],
    ids=["twice", "adjacent", "overlapping"],
)
@pytest.mark.parametrize("height_m", [0.3, -0.2])
@pytest.mark.parametrize("between", [(), (Edit("unbend_wrists"),)], ids=["in a row", "another edit between"])
def test_two_edits_with_one_ground_do_what_one_does(walk, height_m, stretches, between) -> None:
    """Neither body nor feet go up or down twice, and the body does not come down to the floor between two stretches."""
    one, other = (Edit("ground", *stretch, ground=LevelGround(height_m)) for stretch in stretches)
    once = apply_edits(walk, None, EditList((Edit("ground", ground=LevelGround(height_m)),))).motion
    both = apply_edits(walk, None, EditList((one, *between, other)))
    apart_m = np.abs(both.motion.joint_positions_m - once.joint_positions_m)[:, [0, *TOE_JOINTS]]
    in_a_row = not between or stretches[0] == (None, None)
    assert apart_m.max() < (2e-3 if in_a_row else 0.5 * abs(height_m))
    if not between and stretches[0] == (None, None):
        assert other in both.without_effect


def test_a_foot_beside_a_second_ground_stays_on_the_first(walk) -> None:
    """For example stairs on a street."""
    there_m = walk.root_translation_m[360]
    beside = GroundMap((float(there_m[0]) + 50, 0.0), 1.0, np.full((3, 3), 0.4))
    street = Edit("ground", ground=LevelGround(0.1))
    after = apply_edits(walk, None, EditList((street, Edit("ground", ground=beside))))
    once = apply_edits(walk, None, EditList((street,))).motion
    assert np.abs(after.motion.joint_positions_m - once.joint_positions_m).max() < 1e-6
    assert [edit.ground for edit in after.without_effect] == [beside]


def test_a_foot_that_stands_longer_than_the_edit_goes_up_and_comes_back(walk) -> None:
    share = Edit("ground", 9.0, 10.0).share(walk, 0.0)
    after = put_on_ground(walk, share, LevelGround(0.1), 1.0, hold_hands=False)
    rise_m = after.joint_positions_m[:, list(TOE_JOINTS), 1] - walk.joint_positions_m[:, list(TOE_JOINTS), 1]
    assert rise_m[570] == pytest.approx(0.1, abs=0.01)
    assert np.abs(rise_m[[500, 640]]).max() < 1e-6
    stands = planted_feet(after)
    assert not stands[(share > 0) & (share < 1)].any()
    assert stands[share == 1].all()


def test_only_the_legs_reach_for_a_lower_floor_if_the_body_does_not_follow(walk) -> None:
    after = put_on_ground(crouched(walk), np.ones(len(walk)), LevelGround(-0.03), 0.0, hold_hands=True)
    assert head_and_hands_off_m(crouched(walk), after) < 0.03  # the pelvis comes down where a leg is too short
    assert np.median(moved_m(crouched(walk), after, ANKLE_JOINTS)) == pytest.approx(0.03, abs=0.015)


def test_unbent_wrists_are_within_their_range_and_in_place(walk) -> None:
    bend = rotvec_to_quaternion(np.array((0.0, 0.0, 1.9)))
    rotations = walk.rotations_wxyz.copy()
    for wrist in WRIST_JOINTS:
        rotations[:, wrist] = multiply_quaternions(rotations[:, wrist], bend)
    before = replace(walk, rotations_wxyz=rotations)
    after = unbend_wrists(before, np.ones(len(before)), 1.0)
    assert beyond_anatomy(before).mean() > 0.4
    assert beyond_anatomy(after).mean() < 0.005
    assert hands_off_m(before, after) < 1e-6
    within = ~beyond_anatomy(walk).any(axis=1)
    untouched = unbend_wrists(walk, np.ones(len(walk)), 1.0)
    assert geodesic_angle(untouched.rotations_wxyz, walk.rotations_wxyz)[within].max() < 0.02
