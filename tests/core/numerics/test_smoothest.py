# SPDX-License-Identifier: Apache-2.0
"""The smoothest track near another one: never rougher, and exact where it must not move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.numerics.smoothest import smoothest


def squared_acceleration(track: np.ndarray) -> float:
    return float((np.diff(track, 2, axis=0) ** 2).sum())


@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(0, 60),
    deviation=st.floats(0.1, 30.0),
    held=st.floats(0.0, 1.0),
)
def test_no_track_gets_more_acceleration_and_held_frames_stay(seed, frames, deviation, held) -> None:
    rng = np.random.default_rng(seed)
    track = rng.normal(size=(frames, 2, 3)).cumsum(axis=0)
    freedom = np.where(rng.random(frames) < held, 0.0, rng.random(frames))
    smooth = smoothest(track, freedom, deviation)
    assert squared_acceleration(smooth) <= squared_acceleration(track) * (1 + 1e-6) + 1e-9
    np.testing.assert_array_equal(smooth[freedom == 0], track[freedom == 0])


def test_a_straight_line_stays_and_a_wave_of_the_named_frequency_is_halved() -> None:
    line = np.linspace(3.0, -1.0, 200)[:, None]
    np.testing.assert_allclose(smoothest(line, np.ones(200), 6.0), line, atol=1e-9)
    wave = np.sin(2 * np.pi * 0.25 / 6.0 * np.arange(600))[:, None]
    middle = slice(200, 400)
    assert np.ptp(smoothest(wave, np.ones(600), 6.0)[middle]) == pytest.approx(0.5 * np.ptp(wave[middle]), rel=0.01)


def test_less_freedom_lets_higher_frequencies_pass() -> None:
    wave = np.sin(np.arange(600))[:, None]
    sizes = [float(np.std(smoothest(wave, np.full(600, free), 6.0)[100:-100])) for free in (1.0, 0.3, 0.1, 0.01)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.01
    assert sizes[-1] > 0.65
