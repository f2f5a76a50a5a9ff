# SPDX-License-Identifier: Apache-2.0
"""What a pin may say, and which stretches a change of the pins concerns."""

import math

import pytest

from inpose_core.errors import PinError
from inpose_core.pins import Pin, PinKey, PinnedStance, PinSet, joined_spans

HERE = PinKey(1.0, (0.0, 0.1, 0.0))


@pytest.mark.parametrize(
    ("joint", "start_s", "stop_s", "keys", "ease_s"),
    [
        ("left_toe", 1.0, 1.0, (HERE,), 0.3),
        ("left_foot", 2.0, 1.0, (HERE,), 0.3),
        ("left_foot", math.nan, 1.0, (HERE,), 0.3),
        ("left_foot", 1.0, 1.0, (), 0.3),
        ("left_foot", 1.0, 1.0, (PinKey(1.0),), 0.3),
        ("left_foot", 1.0, 2.0, (HERE, PinKey(1.5, rotation_wxyz=(1, 0, 0, 0))), 0.3),
        ("left_foot", 1.0, 2.0, (HERE, PinKey(0.5, (0, 0, 0))), 0.3),
        ("left_foot", 1.0, 1.0, (HERE,), -0.1),
    ],
)
def test_refuses_a_pin_that_makes_no_sense(
    joint: str, start_s: float, stop_s: float, keys: tuple[PinKey, ...], ease_s: float
) -> None:
    with pytest.raises(PinError):
        Pin(joint, start_s, stop_s, keys, ease_s=ease_s)


def test_refuses_a_stand_that_makes_no_sense() -> None:
    with pytest.raises(PinError, match="not a foot"):
        PinnedStance("both", 1.0, 2.0)
    with pytest.raises(PinError, match="ends before"):
        PinnedStance("left", 2.0, 2.0)


def test_only_what_differs_is_a_change() -> None:
    kept = Pin("pelvis", 0.0, 0.0, (HERE,), ease_s=0.5)
    moved = Pin("left_foot", 4.0, 5.0, (HERE,), ease_s=0.5)
    near = PinnedStance("right", 5.6, 6.0)
    before, after = PinSet((kept,)), PinSet((kept, moved), (near,))
    ((start_s, stop_s),) = after.changes_from(before)
    assert (start_s, stop_s) == pytest.approx((3.5, 6.0 + 1 / 3))
    assert before.changes_from(after) == after.changes_from(before)
    assert after.changes_from(after) == []


def test_spans_that_touch_become_one() -> None:
    assert joined_spans([(5, 6), (0, 1), (1, 2), (5.5, 5.7)]) == [(0, 2), (5, 6)]
