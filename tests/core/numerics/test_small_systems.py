# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from numpy.typing import NDArray

from inpose_core.numerics.small_systems import solve_positive_definite

Floats = NDArray[np.float32]


def _systems(size: int, frames: int) -> tuple[Floats, Floats]:
    """Return positive definite matrices (n, n, F) and right-hand sides (n, F)."""
    random = np.random.default_rng(size)
    G = random.standard_normal((frames, size, size + 3))
    A = G @ G.swapaxes(-1, -2) + np.eye(size)
    b = random.standard_normal((frames, size))
    return np.ascontiguousarray(np.moveaxis(A, 0, -1), np.float32), np.ascontiguousarray(b.T, np.float32)


@pytest.mark.parametrize("size", [1, 2, 6, 7, 9, 12, 33])
@pytest.mark.parametrize("frames", [0, 1, 700])
def test_the_solution_is_that_of_lapack(size: int, frames: int) -> None:
    A, b = _systems(size, frames)
    kept = A.copy(), b.copy()
    x = solve_positive_definite(A, b)
    expected = np.linalg.solve(np.moveaxis(A, -1, 0).astype(np.float64), b.T[..., None].astype(np.float64))[..., 0].T
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, expected, atol=1e-5)
    np.testing.assert_array_equal(A, kept[0])
    np.testing.assert_array_equal(b, kept[1])


def test_blocks_of_frames_change_nothing() -> None:
    A, b = _systems(6, 9000)
    x = solve_positive_definite(A, b)
    np.testing.assert_array_equal(x[:, 8990:], solve_positive_definite(A[..., 8990:], b[:, 8990:]))


def test_the_upper_triangle_is_read() -> None:
    A, b = _systems(7, 5)
    x = solve_positive_definite(A, b)
    A[np.tril_indices(7, -1)] = np.nan
    np.testing.assert_array_equal(solve_positive_definite(A, b), x)


@pytest.mark.parametrize("defect", ["negative", "zero", "nan", "singular"])
def test_what_cannot_be_solved_is_zero_and_touches_no_other(defect: str) -> None:
    A, b = _systems(6, 4)
    expected = solve_positive_definite(A, b)
    A[..., 2] = {
        "negative": np.diag([1, 1, 1, -1, 1, 1]),
        "zero": np.zeros((6, 6)),
        "nan": np.full((6, 6), np.nan),
        "singular": np.ones((6, 6)),
    }[defect]
    x = solve_positive_definite(A, b)
    np.testing.assert_array_equal(x[:, 2], 0.0)
    np.testing.assert_array_equal(x[:, [0, 1, 3]], expected[:, [0, 1, 3]])


def test_tensors_give_the_same() -> None:
    torch = pytest.importorskip("torch")
    A, b = _systems(9, 300)
    A[..., 7] = -A[..., 7]
    x = solve_positive_definite(A, b)
    x_torch = solve_positive_definite(torch.tensor(A), torch.tensor(b))
    np.testing.assert_allclose(x_torch.numpy(), x, atol=5e-6)
    np.testing.assert_array_equal(x[:, 7], 0.0)
