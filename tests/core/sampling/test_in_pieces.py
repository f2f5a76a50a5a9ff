# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from inpose_core.sampling import in_pieces, smooth_in_time
from inpose_core.sampling.in_pieces import FRAMES_AT_ONCE


@pytest.mark.parametrize("frames", [1, FRAMES_AT_ONCE, FRAMES_AT_ONCE + 1, 3 * FRAMES_AT_ONCE - 5])
def test_pieces_are_computed_as_the_whole_is(frames: int) -> None:
    a, b = torch.randn(frames, 3, 2), torch.randn(frames, 2)
    torch.testing.assert_close(in_pieces(lambda x, y: (x * y[:, None]).sum(-1), a, b), (a * b[:, None]).sum(-1))


def test_smoothing_has_no_seams() -> None:
    ramp = torch.arange(2.5 * FRAMES_AT_ONCE)[:, None].double()
    smooth = smooth_in_time(ramp, 5.0)
    torch.testing.assert_close(smooth[20:-20], ramp[20:-20])
