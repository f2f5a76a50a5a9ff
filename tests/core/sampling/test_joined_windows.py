# SPDX-License-Identifier: Apache-2.0
"""Recordings that are denoised one after the other keep to themselves, however short they are."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.sampling.windows import Windows

WINDOW, STRIDE = 64, 48


@pytest.mark.parametrize("frames", [(40, 30), (40, 200, 64), (64, 64), (1, 100)])
def test_each_frame_gets_what_its_own_windows_say_of_it(frames: tuple[int, ...]) -> None:
    windows = Windows.joined([Windows.cover(count, WINDOW, STRIDE) for count in frames])
    assert windows.frames == sum(frames)
    recording = np.repeat(np.arange(len(frames)), frames)
    values = np.stack((windows.index, recording[windows.index]), axis=-1).astype(np.float64)
    total = np.zeros((windows.frames, 2))
    windows.add(total, values, slice(0, len(windows)))
    np.testing.assert_allclose(total[:, 0], np.arange(windows.frames), atol=1e-9)
    np.testing.assert_allclose(total[:, 1], recording, atol=1e-12)
