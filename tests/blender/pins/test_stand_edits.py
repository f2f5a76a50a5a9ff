# SPDX-License-Identifier: GPL-3.0-or-later
"""Stances are changed as a list is, and only what differs from the solver is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_blender.pins.stand_edits import FootStances, ListedStance, SaidStance


def stances(*spans: tuple[int, int], frames: int = 100) -> FootStances:
    """Return stances of the left foot, solved, in a motion from frame 1001 on."""
    solved = np.zeros((frames, 2), np.bool_)
    for first, last in spans:
        solved[first - 1001 : last - 1000, 0] = True
    return FootStances(solved, 1001)


def spans(of: FootStances) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in of.listed() if one.foot == 0]


def said(of: FootStances) -> list[tuple[int, int, bool]]:
    return sorted((one.first, one.last, one.stands) for one in of.said)


def test_the_list_is_that_of_the_solver() -> None:
    both = stances((1010, 1030), (1050, 1060))
    assert both.listed() == (ListedStance(0, 1010, 1030, False), ListedStance(0, 1050, 1060, False))
    assert both.said == ()


def test_a_longer_stance_is_said_to_stand_longer_and_a_shorter_one_not_to() -> None:
    before = stances((1010, 1030))
    (stance,) = before.listed()
    longer = before.moved(stance, 1008, 1033)
    assert spans(longer) == [(1008, 1033)]
    assert said(longer) == [(1008, 1009, True), (1031, 1033, True)]
    assert longer.listed()[0].is_said
    shorter = before.moved(stance, 1012, 1025)
    assert spans(shorter) == [(1012, 1025)]
    assert said(shorter) == [(1010, 1011, False), (1026, 1030, False)]
    assert shorter.listed()[0].is_said


def test_a_change_that_is_taken_back_leaves_nothing() -> None:
    before = stances((1010, 1030))
    (stance,) = before.listed()
    (longer,) = before.moved(stance, 1010, 1040).listed()
    assert before.moved(stance, 1010, 1040).moved(longer, 1010, 1030).said == ()


def test_neighbours_keep_a_frame_between_them() -> None:
    before = stances((1010, 1030), (1050, 1060))
    first, second = before.listed()
    assert spans(before.moved(first, 1010, 1080)) == [(1010, 1048), (1050, 1060)]
    assert spans(before.moved(second, 1005, 1060)) == [(1010, 1030), (1032, 1060)]
    assert spans(before.shifted(first, 100)) == [(1028, 1048), (1050, 1060)]
    assert spans(before.shifted(first, -100)) == [(1001, 1021), (1050, 1060)]


def test_a_moved_stance_keeps_its_length() -> None:
    before = stances((1010, 1030))
    after = before.shifted(before.listed()[0], 5)
    assert spans(after) == [(1015, 1035)]
    assert said(after) == [(1010, 1014, False), (1031, 1035, True)]


def test_a_stance_is_divided_by_a_step() -> None:
    before = stances((1010, 1030))
    (stance,) = before.listed()
    after = before.split(stance, 1020, 5)
    assert spans(after) == [(1010, 1017), (1023, 1030)]
    assert said(after) == [(1018, 1022, False)]
    assert all(one.is_said for one in after.listed())
    assert spans(before.split(stance, 1010, 5)) == [(1010, 1010), (1016, 1030)], "a part stays on each side"
    assert before.split(ListedStance(0, 1010, 1011, False), 1010, 5).said == ()


def test_a_stance_is_deleted_and_comes_back() -> None:
    before = stances((1010, 1030), (1050, 1060))
    gone = before.with_said(SaidStance(0, 1010, 1030, stands=False))
    assert spans(gone) == [(1050, 1060)]
    back = gone.with_said(SaidStance(0, 1010, 1030, stands=True))
    assert spans(back) == [(1010, 1030), (1050, 1060)]
    assert back.said == ()


def test_what_was_said_is_taken_back_for_one_stance() -> None:
    before = stances((1010, 1030), (1050, 1060))
    first, second = before.listed()
    after = before.moved(first, 1010, 1040).moved(second, 1055, 1060)
    changed = after.listed()[0]
    assert spans(after.as_solved(changed)) == [(1010, 1030), (1055, 1060)]


def test_what_somebody_said_as_a_whole_is_kept() -> None:
    whole = FootStances(stances((1010, 1030)).solved, 1001, (SaidStance(0, 1005, 1040, stands=True),))
    (stance,) = whole.listed()
    assert said(whole.moved(stance, 1005, 1045)) == [(1005, 1045, True)]
    assert said(whole.moved(stance, 1005, 1035)) == [(1005, 1035, True)]


SPANS = st.tuples(st.integers(0, 1), st.integers(1001, 1040), st.integers(0, 12), st.booleans())


@given(
    st.lists(st.booleans(), min_size=80, max_size=80),
    st.lists(SPANS, max_size=4),
    st.lists(SPANS, min_size=1, max_size=4),
)
def test_what_is_wanted_is_what_stands(
    solved: list[bool], before: list[tuple[int, int, int, bool]], changes: list[tuple[int, int, int, bool]]
) -> None:
    """Whatever the solver and the animator said before: after a change, exactly its frames have changed."""
    now = FootStances(
        np.array(solved).reshape(40, 2), 1001, tuple(SaidStance(foot, a, a + n, s) for foot, a, n, s in before)
    )
    for foot, first, length, stands in changes:
        wanted = now.stands
        wanted[first - 1001 : first + length - 1000, foot] = stands
        now = now.with_said(SaidStance(foot, first, first + length, stands))
        assert np.array_equal(now.stands, wanted)
        assert all(one.first <= one.last for one in now.said)


@given(st.lists(st.booleans(), min_size=60, max_size=60), st.integers(0, 9), st.integers(-30, 30), st.integers(-30, 30))
def test_one_stance_changes_and_the_others_stay(solved: list[bool], which: int, first: int, last: int) -> None:
    before = FootStances(np.array(solved).reshape(30, 2), 1001)
    listed = before.listed()
    if not listed:
        return
    stance = listed[which % len(listed)]
    after = before.moved(stance, stance.first + first, stance.last + last)
    assert len(after.listed()) == len(listed)
    others = {(one.foot, one.first, one.last) for one in listed if one != stance}
    assert others <= {(one.foot, one.first, one.last) for one in after.listed()}


@pytest.mark.parametrize("said_outside", [SaidStance(0, 900, 950, True), SaidStance(1, 1200, 1300, False)])
def test_what_was_said_outside_of_the_motion_stays(said_outside: SaidStance) -> None:
    before = FootStances(stances((1010, 1030)).solved, 1001, (said_outside,))
    (stance,) = before.listed()
    assert said_outside in before.moved(stance, 1010, 1040).said
