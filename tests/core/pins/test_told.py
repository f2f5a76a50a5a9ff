# SPDX-License-Identifier: Apache-2.0
"""What is said of feet: stances of the solver, stances of the animator, and feet that are pinned."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_INDEX
from inpose_core.pins import Pin, PinKey, PinnedStance, PinSet, final_stands, pins_while_standing, spelled_out
from inpose_core.pins.reaching import as_far_as_reached
from inpose_core.pins.told import foot_of, told_stands
from inpose_core.sampling.stances import as_told
from tests.core.synthetic import smooth_motion

TIMES_S = np.arange(240) / 60


@pytest.fixture(scope="module")
def motion() -> Motion:
    stands = np.zeros((240, 2), np.bool_)
    stands[60:121, 0] = True
    return replace(smooth_motion(240), foot_stands=stands)


def at(motion: Motion, frame: int, raised_m: float = 0.0, **more: object) -> Pin:
    x, y, z = motion.joint_positions_m[frame, JOINT_INDEX["left_ankle"]].tolist()
    return Pin("left_ankle", frame / 60, frame / 60, (PinKey(frame / 60, (x + 0.1, y + raised_m, z)),), **more)


def test_a_foot_stands_where_a_pin_holds_it_and_not_on_its_way() -> None:
    told = told_stands(PinSet((Pin("right_foot", 1.0, 2.0, (PinKey(1.0, (0, 0, 0)),), ease_s=0.25),)), TIMES_S, 60.0)
    assert not told[:, 0].any()
    assert (told[60:121, 1] == 1).all()
    assert (told[45:60, 1] == -1).all()
    assert (told[121:136, 1] == -1).all()
    assert not told[:44, 1].any()


def test_a_foot_that_follows_something_does_not_stand() -> None:
    keys = (PinKey(1.0, (0, 0, 0)), PinKey(2.0, (1, 0, 0)))
    assert (told_stands(PinSet((Pin("left_ankle", 1.0, 2.0, keys),)), TIMES_S, 60.0)[60:121, 0] == -1).all()


def test_what_is_said_of_a_stance_counts_more_than_a_pin() -> None:
    pins = PinSet(
        (Pin("left_ankle", 1.0, 2.0, (PinKey(1.0, (0, 0, 0)),)),),
        (PinnedStance("left", 1.5, 3.0, False), PinnedStance("left", 1.6, 1.7)),
    )
    told = told_stands(pins, TIMES_S, 60.0)[:, 0]
    assert (told[60:89] == 1).all()
    assert (told[90:96] == -1).all()
    assert (told[96:103] == 1).all()
    assert (told[103:181] == -1).all()


def test_the_final_stands_are_those_of_the_solver_with_the_changes(motion: Motion) -> None:
    said = PinSet(stances=(PinnedStance("left", 1.5, 2.5, False), PinnedStance("right", 0.0, 0.5)))
    stands = final_stands(motion, said, 0.0)
    assert stands[60:90, 0].all()
    assert not stands[90:, 0].any()
    assert stands[:31, 1].all()
    assert not stands[31:, 1].any()
    assert np.array_equal(final_stands(motion, PinSet(), 0.0), motion.foot_stands)
    assert not final_stands(replace(motion, foot_stands=None), PinSet(), 0.0).any()


def test_a_rest_that_is_too_short_to_stand_is_dropped() -> None:
    stands = np.zeros((20, 2), np.bool_)
    stands[4:16, 0] = True
    stands[8:10, 1] = True
    told = np.zeros((20, 2), np.int8)
    told[6:16, 0] = -1
    assert not as_told(stands, told).T[0].any()
    told[4:6, 0] = 1
    said = as_told(stands, told)
    assert said[4:6, 0].all(), "somebody says so"
    assert said[8:10, 1].all(), "nothing was said of it"


def test_while_standing_is_the_stance_around_the_pin(motion: Motion) -> None:
    (held,) = spelled_out(PinSet((at(motion, 100, while_standing=True),)), motion, 0.0).pins
    assert (held.start_s, held.stop_s) == (pytest.approx(1.0), pytest.approx(2.0))
    said = PinSet((at(motion, 100, while_standing=True),), (PinnedStance("left", 1.5, 1.6, False),))
    (held,) = spelled_out(said, motion, 0.0).pins
    assert held.start_s == pytest.approx(97 / 60), "a stance that was divided counts as two"


@pytest.mark.parametrize(("frame", "raised_m"), [(100, 0.3), (30, 0.0), (300, 0.0)])
def test_a_lifted_foot_is_pinned_in_its_frame_only(motion: Motion, frame: int, raised_m: float) -> None:
    pin = replace(at(motion, min(frame, 239), raised_m), start_s=frame / 60, stop_s=frame / 60)
    assert pins_while_standing(pin, motion, 0.0) == (pin,)


def test_a_foot_that_has_just_lifted_is_held_where_it_stood(motion: Motion) -> None:
    (held,) = pins_while_standing(at(motion, 124), motion, 0.0)
    assert held.stop_s == pytest.approx(2.0)


def test_under_a_lifted_heel_the_toes_are_held(motion: Motion) -> None:
    ankle, toes = JOINT_INDEX["left_ankle"], JOINT_INDEX["left_foot"]
    places_m = motion.joint_positions_m[100]
    foot_m = np.linalg.norm(places_m[toes] - places_m[ankle])
    x, _, z = (places_m[ankle] + (0.1, 0.0, 0.05)).tolist()
    pin = Pin("left_ankle", 100 / 60, 100 / 60, (PinKey(100 / 60, (x, places_m[toes, 1] + 0.8 * foot_m, z)),))
    held, same = pins_while_standing(pin, motion, 0.0)
    assert same == pin
    assert (held.joint, held.start_s, held.stop_s) == ("left_foot", pytest.approx(1.0), pytest.approx(2.0))
    toes_m = np.array(held.keys[0].position_m)
    assert np.linalg.norm(toes_m - pin.keys[0].position_m) == pytest.approx(foot_m)
    assert toes_m[1] == pytest.approx(places_m[toes, 1])
    assert (final_stands(motion, PinSet((held, pin)), 0.0)[60:121, 0]).all()


def test_a_foot_is_held_as_far_as_the_body_reaches(motion: Motion) -> None:
    place = tuple(motion.joint_positions_m[100, JOINT_INDEX["left_ankle"]].tolist())
    pin = Pin("left_ankle", 1.0, 2.0, (PinKey(100 / 60, place),), while_standing=True)
    off_m = np.linalg.norm(motion.joint_positions_m[60:121, JOINT_INDEX["left_ankle"]] - place, axis=-1)
    met = 60 + np.flatnonzero(off_m < 0.005)
    assert 60 < met[0] < 100 < met[-1] < 120
    (reached,) = as_far_as_reached(PinSet((pin,)), motion, 0.0).pins
    assert (reached.start_s, reached.stop_s) == (pytest.approx(met[0] / 60), pytest.approx(met[-1] / 60))
    said = replace(pin, while_standing=False)
    assert as_far_as_reached(PinSet((said,)), motion, 0.0).pins == (said,), "the animator said these frames"
    away = replace(pin, keys=(PinKey(100 / 60, (9.0, 0.0, 0.0)),))
    assert as_far_as_reached(PinSet((away,)), motion, 0.0).pins == (away,), "it is told that it is out of reach"


def test_spelling_out_twice_changes_nothing(motion: Motion) -> None:
    pins = PinSet((at(motion, 100, while_standing=True), at(motion, 80)))
    once = spelled_out(pins, motion, 0.0)
    assert spelled_out(once, motion, 0.0) == once


def test_feet_are_known_by_their_joints() -> None:
    assert [foot_of(joint) for joint in ("left_ankle", "right_foot", "left_knee")] == [0, 1, None]
