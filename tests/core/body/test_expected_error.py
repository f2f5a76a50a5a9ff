# SPDX-License-Identifier: Apache-2.0
"""A confidence becomes words: where the legs are probably off, and by how much."""

import numpy as np

from inpose_core.body.expected_error import UNSURE, legs_off_m, unsure_frames, unsure_stretches
from inpose_core.body.skeleton import Skeleton


def test_legs_are_off_by_less_where_the_confidence_is_higher() -> None:
    off_m = legs_off_m(np.linspace(0.0, 1.0, 21))
    assert (np.diff(off_m) <= 0).all()
    assert off_m[0] > 0.3
    assert off_m[-1] < 0.06
    np.testing.assert_allclose(legs_off_m(np.array([0.5]), 3.5), 2 * legs_off_m(np.array([0.5])))


def test_frames_below_the_limit_are_to_be_checked_whatever_the_rest_is() -> None:
    assert unsure_frames(np.array([UNSURE - 0.01, UNSURE + 0.01, np.nan])).tolist() == [True, False, False]
    assert unsure_frames(np.full(5, 0.3)).all()
    assert not unsure_frames(np.full(5, np.nan)).any()


def test_frames_far_below_the_rest_of_the_take_are_to_be_checked_as_well() -> None:
    confidence = np.full(100, 0.9)
    confidence[40:50] = 0.55
    assert np.flatnonzero(unsure_frames(confidence)).tolist() == list(range(40, 50))
    confidence[:] = 0.65
    confidence[40:50] = 0.55
    assert not unsure_frames(confidence).any()


def test_the_longest_stretches_are_named_with_their_own_errors() -> None:
    confidence = np.full(1200, 0.8)
    confidence[100:200], confidence[210:300] = 0.1, 0.1  # a sixth of a second between them
    confidence[600:640] = 0.3
    confidence[900:905] = 0.1
    first, second = unsure_stretches(confidence, 60.0, Skeleton.template(1.75), most=2)
    assert (first.first, first.last, second.first, second.last) == (100, 299, 600, 639)
    assert first.legs_off_cm == 25
    assert second.legs_off_cm == 15
    assert unsure_stretches(np.full(60, 0.9), 60.0) == []
