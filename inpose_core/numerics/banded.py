# SPDX-License-Identifier: Apache-2.0
"""Solve symmetric positive definite systems whose matrix has entries near its diagonal only.

Such a matrix, cut into blocks as large as its bandwidth, couples each block with its two neighbours. Every second
block is eliminated at once, which leaves a system of the same form and half the size (cyclic reduction; Buzbee, Golub
and Nielson 1970): 14 rounds of array operations for ten minutes of frames, instead of a loop over the frames.
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray


def solve_banded_spd(bands: FloatArray, right: FloatArray) -> FloatArray:
    """Return ``x`` with ``A x = right``, of the shape of ``right``.

    Args:
        bands: the diagonal of ``A`` and what lies above it, (B + 1, N): ``bands[B - k, j] = A[j - k, j]``. The last row
            is the diagonal; the first k entries of the k-th band above it are not read.
        right: one right-hand side (N,), or several (N, R).

    Raises:
        ValueError: the shapes do not fit.
        numpy.linalg.LinAlgError: ``A`` is not positive definite.
    """
    if bands.ndim != 2 or right.ndim not in {1, 2} or len(right) != bands.shape[1]:
        raise ValueError(f"bands {bands.shape} with a right-hand side {right.shape}")
    count = len(right)
    if right.size == 0:
        return np.zeros(right.shape)
    size = max(1, len(bands) - 1)
    diagonal, above = _blocks(bands, size)
    padded = np.zeros((len(diagonal) * size, right.reshape(count, -1).shape[1]))
    padded[:count] = right.reshape(count, -1)
    solution = _reduce(diagonal, above, padded.reshape(len(diagonal), size, -1))
    return solution.reshape(padded.shape)[:count].reshape(right.shape)


def _blocks(bands: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the blocks on the diagonal (n, S, S), and those that couple a block with the next, (n - 1, S, S)."""
    widest, count = len(bands) - 1, bands.shape[1]
    blocks = -(-count // size)
    # Rows that fill the last block up are those of an identity.
    filled = np.zeros((widest + 1, (blocks + 1) * size))
    filled[:, :count] = bands
    filled[widest, count:] = 1.0
    diagonal, above = np.zeros((blocks, size, size)), np.zeros((blocks, size, size))
    first = np.arange(blocks) * size
    for row in range(size):
        for distance in range(widest + 1):
            entries = filled[widest - distance, first + row + distance]
            column = row + distance
            if column < size:
                diagonal[:, row, column] = diagonal[:, column, row] = entries
            else:
                above[:, row, column - size] = entries
    return diagonal, above[:-1]


def _reduce(diagonal: FloatArray, above: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solution (n, S, R) of a block tridiagonal system: the odd blocks are eliminated, the even ones left.

    Args:
        diagonal: (n, S, S) symmetric.
        above: (n - 1, S, S) couples block i, its rows, with block i + 1, its columns.
        right: (n, S, R).
    """
    # The odd blocks are L L^T, and root = L^-1. So the matrices subtracted below are exactly symmetric. With the
    # inverses of the blocks, rounding errors are a hundred times as large where frames are not measured.
    root = np.linalg.inv(np.linalg.cholesky(diagonal[1::2] if len(diagonal) > 1 else diagonal))
    if len(diagonal) == 1:
        return _transposed(root) @ (root @ right)
    to_odd, from_odd = above[::2], above[1::2]  # even to the odd after it; odd to the even after that
    evens, between = len(to_odd), len(from_odd)
    before_half = root @ _transposed(to_odd)
    after_half = root[:between] @ from_odd
    right_half = root @ right[1::2]
    even_diagonal, even_right = diagonal[::2].copy(), right[::2].copy()
    even_diagonal[:evens] -= _transposed(before_half) @ before_half
    even_right[:evens] -= _transposed(before_half) @ right_half
    even_diagonal[1:] -= _transposed(after_half) @ after_half
    even_right[1:] -= _transposed(after_half) @ right_half[:between]
    even = _reduce(even_diagonal, -_transposed(before_half[:between]) @ after_half, even_right)
    odd_half = right_half - before_half @ even[:evens]
    odd_half[:between] -= after_half @ even[1:]
    odd = _transposed(root) @ odd_half
    solution = np.empty_like(right)
    solution[::2], solution[1::2] = even, odd
    return solution


def _transposed(blocks: FloatArray) -> FloatArray:
    return np.swapaxes(blocks, -1, -2)
