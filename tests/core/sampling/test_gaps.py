# SPDX-License-Identifier: Apache-2.0
"""Test that a body goes on smoothly where devices are lost and found, and that measured frames do not change."""

import tracemalloc

import numpy as np
import pytest

from inpose_core.body.rotations import matrix_to_rotvec, rotvec_to_matrix
from inpose_core.sampling.gaps import FADE_FRAMES, fade_into_gaps, smooth_between_gaps
from inpose_core.sampling.smoothing import smooth_in_time


def turned(frames: int, seed: int) -> np.ndarray:
    omega = np.random.default_rng(seed).normal(0, 0.3, (frames, 22, 3)).astype(np.float32)
    return np.asarray(rotvec_to_matrix(omega))


def about_x(angle: np.ndarray) -> np.ndarray:
    """Return rotations (F, 22, 3, 3) of all joints by these angles."""
    omega = np.zeros((len(angle), 22, 3), np.float32)
    omega[..., 0] = angle[:, None]
    return np.asarray(rotvec_to_matrix(omega))


def test_only_lost_frames_change() -> None:
    R_met = turned(90, 1)
    measured = np.ones((90, 3), np.bool_)
    measured[20:70, 1] = False
    faded = fade_into_gaps(R_met, measured)
    np.testing.assert_array_equal(faded[:20], R_met[:20])
    np.testing.assert_array_equal(faded[70:], R_met[70:])
    np.testing.assert_array_equal(faded[20 + FADE_FRAMES : 70 - FADE_FRAMES], R_met[40:50])


@pytest.mark.parametrize("gap", [6, 15, 50])
def test_nothing_jumps_where_a_device_is_lost_or_found(gap: int) -> None:
    measured = np.ones((100, 3), np.bool_)
    measured[30 : 30 + gap, 2] = False
    # The prior's estimate is elsewhere in the gap.
    angle = np.where(measured.all(axis=1), 0.6, 0.0)
    faded = matrix_to_rotvec(fade_into_gaps(about_x(angle), measured))[:, 0, 0]
    assert np.abs(np.diff(faded)).max() < 2 * 0.6 / FADE_FRAMES
    assert gap < 2 * FADE_FRAMES or faded[30 + gap // 2] == pytest.approx(0.0, abs=1e-3)


def test_a_device_that_moves_goes_on_with_its_speed() -> None:
    speed = 0.03
    measured = np.ones((90, 3), np.bool_)
    measured[40:, 0] = False
    angle = np.where(np.arange(90) < 40, speed * (np.arange(90) - 39), -0.2)
    faded = matrix_to_rotvec(fade_into_gaps(about_x(angle), measured))[:, 0, 0]
    steps = np.diff(faded)
    np.testing.assert_allclose(steps[38:41], speed, atol=0.4 * speed)
    assert np.abs(np.diff(steps)).max() < 0.4 * speed
    assert faded[40 + FADE_FRAMES] == pytest.approx(-0.2, abs=1e-5)


def test_a_blow_does_not_go_on_for_long() -> None:
    measured = np.ones((90, 3), np.bool_)
    measured[40:, 0] = False
    angle = np.where(np.arange(90) < 40, 0.5 * (np.arange(90) - 39), 0.0)
    faded = matrix_to_rotvec(fade_into_gaps(about_x(np.clip(angle, -3.0, 0.0)), measured))[:, 0, 0]
    assert faded[40:].max() < 0.4


def test_smoothing_does_not_reach_over_the_ends_of_gaps() -> None:
    measured = np.ones((80, 3), np.bool_)
    measured[30:50, 1] = False
    x_0 = np.where(measured.all(axis=1), 1.0, 0.0)[:, None, None] * np.ones((80, 22, 6), np.float32)
    np.testing.assert_allclose(smooth_between_gaps(x_0, 1.5, measured), x_0, atol=1e-6)
    noise = np.random.default_rng(0).normal(size=(80, 22, 6)).astype(np.float32)
    everything = np.ones((80, 3), np.bool_)
    np.testing.assert_array_equal(smooth_between_gaps(noise, 1.5, everything), smooth_in_time(noise, 1.5))
    flickers = everything.copy()
    flickers[::3, 0] = False
    np.testing.assert_array_equal(smooth_between_gaps(noise, 1.5, flickers), smooth_in_time(noise, 1.5))


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("pattern", [(False,), (True, False), (False, True)])
def test_the_shortest_recordings_fade_too(frames: int, pattern: tuple[bool, ...]) -> None:
    measured = np.resize(np.array(pattern), (3, frames)).T
    faded = fade_into_gaps(turned(frames, 1), measured)
    assert faded.shape == (frames, 22, 3, 3)
    np.testing.assert_allclose(faded @ faded.swapaxes(-1, -2), np.broadcast_to(np.eye(3), faded.shape), atol=1e-5)


def test_flickering_tracking_takes_no_more_memory_than_the_recording_asks_for() -> None:
    frames = 4000
    R_met = turned(frames, 1)
    measured = np.ones((frames, 3), np.bool_)
    measured[::2, 1] = False
    tracemalloc.start()
    try:
        fade_into_gaps(R_met, measured)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * R_met.nbytes
