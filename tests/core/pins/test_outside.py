# SPDX-License-Identifier: Apache-2.0
"""A pin that lies outside of the take is told."""

import pytest

from inpose_core.pins import Pin, PinKey, PinnedSeat, PinnedStance, PinSet
from inpose_core.pins.outside import pins_outside

KEY = PinKey(5.0, (0.0, 1.0, 0.0))


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        (PinSet((Pin("left_wrist", 5.0, 6.0, (KEY,)),)), "The pin of the left wrist at 5.00 s has no effect"),
        (PinSet(stances=(PinnedStance("left", 4.5, 6.0),)), "The stance of the left foot at 4.50 s"),
        (PinSet(seats=(PinnedSeat(5.0, 5.0, (KEY,)),)), "The seat at 5.00 s"),
    ],
)
def test_what_is_after_the_end_is_told(pins: PinSet, said: str) -> None:
    (sentence,) = pins_outside(pins, 1.0, 4.0)
    assert sentence.startswith(said)
    assert "the take ends at 4.00 s" in sentence


def test_what_is_before_the_start_is_told() -> None:
    (sentence,) = pins_outside(PinSet((Pin("head", 0.5, 0.9, (KEY,)),)), 1.0, 4.0)
    assert "the take begins at 1.00 s" in sentence


def test_what_reaches_into_the_take_is_not_told() -> None:
    pins = (Pin("head", 0.5, 1.0, (KEY,)), Pin("head", 4.0, 9.0, (KEY,)), Pin("head", 4.005, 4.005, (KEY,)))
    assert pins_outside(PinSet(pins), 1.0, 4.0) == ()
