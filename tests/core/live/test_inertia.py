# SPDX-License-Identifier: Apache-2.0
"""What is shown passes to a new estimate without a jump in place or velocity, and reaches it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.body.quaternions import rotvec_to_quaternion
from inpose_core.live.inertia import FadingPlaces, FadingTurns

FRAME_S = 1 / 60


def test_a_place_begins_where_it_was_and_as_it_moved() -> None:
    fading = FadingPlaces(1, 0.05)
    fading.begin(0, np.array([0.2, 0.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    fading.pass_time(1e-6)
    assert fading.left[0, 0] == pytest.approx(0.2 + 1e-6, abs=1e-9)
    fading.pass_time(2.0)
    assert np.abs(fading.left).max() < 1e-9


@given(st.floats(0.001, 0.3), st.integers(1, 20))
def test_steps_of_any_length_pass_the_same_time(seconds: float, steps: int) -> None:
    one, many = FadingPlaces(1, 0.05), FadingPlaces(1, 0.05)
    for fading in (one, many):
        fading.begin(0, np.array([0.3, -0.1, 0.0]), np.array([0.5, 2.0, -1.0]))
    one.pass_time(seconds)
    for _ in range(steps):
        many.pass_time(seconds / steps)
    assert np.allclose(one.left, many.left, atol=1e-9)


def test_a_new_estimate_makes_no_jerk() -> None:
    """A joint that turned by 90 degrees per second goes on so, though its new estimate stands 20 degrees beside."""
    shown = np.radians([-1.5, 0.0])
    fading = FadingTurns(1, 0.05)
    fading.begin(_about_x(shown), _about_x(np.radians([20.0, 20.0])), FRAME_S)
    way = [*shown]
    for _ in range(60):
        turned = fading.apply(_about_x(np.radians([20.0]))[0], FRAME_S)
        way.append(2 * np.arctan2(turned[0, 1], turned[0, 0]))
    degrees = np.degrees(way)
    assert degrees[-1] == pytest.approx(20.0, abs=1e-3)
    speeds = np.diff(degrees)
    assert speeds[0] == pytest.approx(1.5)
    assert 0 < speeds[1] < 4.5, "the first frame does not jump towards the new estimate"
    assert speeds.max() < 7, "20 degrees take several frames"
    assert degrees.max() < 20.5, "it does not swing beyond"


def _about_x(angles_rad: np.ndarray) -> np.ndarray:
    """Return a rotation of one joint for each angle, (F, 1, 4)."""
    return rotvec_to_quaternion(np.asarray(angles_rad)[:, None, None] * np.array([1.0, 0.0, 0.0]))
