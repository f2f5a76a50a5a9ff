# SPDX-License-Identifier: Apache-2.0
"""The filters give what SciPy's give, at the ends of a track too."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from inpose_core.numerics.filters import box_filter, gaussian_filter

boundaries = st.sampled_from(("nearest", "reflect"))
shapes = st.one_of(st.tuples(st.integers(1, 60)), st.tuples(st.integers(1, 60), st.integers(1, 3)))
tracks = arrays(np.float64, shapes, elements=st.floats(-100.0, 100.0))


@given(tracks, st.floats(0.05, 40.0), boundaries)
def test_gaussian_agrees_with_scipy(
    values: NDArray[np.float64], deviation: float, boundary: Literal["nearest", "reflect"]
) -> None:
    expected = gaussian_filter1d(values, deviation, axis=0, mode=boundary)
    np.testing.assert_allclose(gaussian_filter(values, deviation, boundary), expected, rtol=0, atol=1e-11)


@given(tracks, st.integers(1, 150), boundaries)
def test_box_agrees_with_scipy(
    values: NDArray[np.float64], frames: int, boundary: Literal["nearest", "reflect"]
) -> None:
    expected = uniform_filter1d(values, frames, axis=0, mode=boundary)
    np.testing.assert_allclose(box_filter(values, frames, boundary), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (5, 0), (1,), (2, 3), (4, 2, 3)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    values = np.ones(shape)
    np.testing.assert_allclose(gaussian_filter(values, 3.0), values, atol=1e-12)
    np.testing.assert_allclose(box_filter(values, 4, "nearest"), values, atol=1e-12)


def test_what_was_given_is_not_changed() -> None:
    values = np.arange(5.0)
    gaussian_filter(values, 0.0)[:] = 7
    box_filter(values, 1)[:] = 7
    np.testing.assert_array_equal(values, np.arange(5.0))


def test_an_even_box_lies_half_a_frame_early() -> None:
    values = np.zeros(8)
    values[4] = 1.0
    np.testing.assert_allclose(box_filter(values, 4), [0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0])


def test_a_box_of_no_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="0 frames"):
        box_filter(np.ones(3), 0)
