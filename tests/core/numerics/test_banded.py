# SPDX-License-Identifier: Apache-2.0
"""Banded systems are solved as SciPy solves them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from inpose_core.numerics.banded import solve_banded_spd


def positive_definite_bands(count: int, widest: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the bands of L L^T + I, L banded."""
    lower = np.tril(np.triu(generator.normal(size=(count, count)), -widest))
    matrix = lower @ lower.T + np.eye(count)
    bands = np.zeros((widest + 1, count))
    for distance in range(min(widest + 1, count)):
        bands[widest - distance, distance:] = np.diagonal(matrix, distance)
    return bands


@given(st.integers(1, 70), st.integers(0, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_solutions_agree_with_scipy(count: int, widest: int, sides: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    bands = positive_definite_bands(count, widest, generator)
    right = generator.normal(size=(count, sides))
    solution = solve_banded_spd(bands, right)
    # SciPy refuses bands that are wider than the matrix.
    expected = solveh_banded(bands[-min(count, widest + 1) :], right)
    np.testing.assert_allclose(solution, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(solve_banded_spd(bands, right[:, 0]), expected[:, 0], rtol=0, atol=1e-10)


def test_what_stands_before_the_first_column_is_not_read() -> None:
    bands = positive_definite_bands(10, 3, np.random.default_rng(0))
    expected = solve_banded_spd(bands, np.ones(10))
    for distance in range(1, 4):
        bands[3 - distance, :distance] = np.nan
    np.testing.assert_array_equal(solve_banded_spd(bands, np.ones(10)), expected)


def test_little_is_lost_where_nothing_is_measured() -> None:
    """Third differences, and a long gap in which a millionth holds the track: ill conditioned."""
    frames = 1500
    differences = np.diff(np.eye(frames + 3), 3, axis=0)[:, :frames]
    weight = np.ones(frames)
    weight[500:1000] = 1e-6
    bands = np.zeros((4, frames))
    matrix = 600.0 * differences.T @ differences + np.diag(weight)
    for distance in range(4):
        bands[3 - distance, distance:] = np.diagonal(matrix, distance)
    truth = np.sin(np.arange(frames) / 50.0)
    right = matrix @ truth
    lost = np.abs(solve_banded_spd(bands, right) - truth).max()
    assert lost < 10 * np.abs(solveh_banded(bands, right) - truth).max() + 1e-12


@pytest.mark.parametrize("right", [np.zeros(0), np.zeros((0, 3)), np.zeros((4, 0))])
def test_nothing_gives_nothing(right: NDArray[np.float64]) -> None:
    assert solve_banded_spd(np.ones((4, len(right))), right).shape == right.shape


def test_an_indefinite_matrix_is_refused() -> None:
    bands = np.ones((2, 9))
    with pytest.raises(np.linalg.LinAlgError):
        solve_banded_spd(bands, np.ones(9))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="right-hand side"):
        solve_banded_spd(np.ones((4, 9)), np.ones(8))
