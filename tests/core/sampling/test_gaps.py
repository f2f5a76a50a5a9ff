# SPDX-License-Identifier: Apache-2.0
import tracemalloc

import numpy as np
import pytest

from inpose_core.body.rotations import matrix_to_rotvec, rotvec_to_matrix
from inpose_core.sampling.gaps import FADE_FRAMES, fade_into_gaps


def turned(frames: int, seed: int) -> np.ndarray:
    omega = np.random.default_rng(seed).normal(0, 0.3, (frames, 22, 3)).astype(np.float32)
    return np.asarray(rotvec_to_matrix(omega))


def test_only_lost_frames_change() -> None:
    R_estimate, R_met = turned(90, 0), turned(90, 1)
    measured = np.ones((90, 3), np.bool_)
    measured[20:70, 1] = False
    faded = fade_into_gaps(R_estimate, R_met, measured)
    np.testing.assert_array_equal(faded[:20], R_met[:20])
    np.testing.assert_array_equal(faded[70:], R_met[70:])
    np.testing.assert_allclose(faded[20 + FADE_FRAMES : 70 - FADE_FRAMES], R_met[40:50], atol=1e-5)


def test_nothing_jumps_where_a_device_is_lost_or_found() -> None:
    frames, turn = 60, np.float32(0.3)
    R_estimate = np.broadcast_to(np.eye(3, dtype=np.float32), (frames, 22, 3, 3))
    measured = np.ones((frames, 3), np.bool_)
    measured[:10, 2] = measured[30:, 0] = False
    # The measurement turns everything by the same where all is measured, and by nothing elsewhere.
    omega = np.zeros((frames, 22, 3), np.float32)
    omega[measured.all(axis=1)] = turn
    faded = matrix_to_rotvec(fade_into_gaps(R_estimate, rotvec_to_matrix(omega), measured))
    steps = np.abs(np.diff(faded, axis=0))
    assert steps.max() < 2 * turn / FADE_FRAMES
    np.testing.assert_allclose(faded[-1], 0, atol=1e-3)


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("pattern", [(False,), (True, False), (False, True)])
def test_the_shortest_recordings_fade_too(frames: int, pattern: tuple[bool, ...]) -> None:
    measured = np.resize(np.array(pattern), (3, frames)).T
    faded = fade_into_gaps(turned(frames, 0), turned(frames, 1), measured)
    assert faded.shape == (frames, 22, 3, 3)
    np.testing.assert_allclose(faded @ faded.swapaxes(-1, -2), np.broadcast_to(np.eye(3), faded.shape), atol=1e-5)


def test_flickering_tracking_takes_no_more_memory_than_the_recording_asks_for() -> None:
    frames = 4000
    R_estimate, R_met = turned(frames, 0), turned(frames, 1)
    measured = np.ones((frames, 3), np.bool_)
    measured[::2, 1] = False
    tracemalloc.start()
    try:
        fade_into_gaps(R_estimate, R_met, measured)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * R_met.nbytes
