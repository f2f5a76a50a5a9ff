# SPDX-License-Identifier: Apache-2.0
"""Name the conventions in which recordings are written, and turn them into the core's.

With the matrix ``A`` whose columns are a file's axes (`inpose_core.axes`) in OpenXR's, a position is ``A p`` and a
rotation ``A R A^T``, mirrored or not: a rotation matrix of a left-handed frame holds the same numbers as the formula
of a right-handed one, so nothing else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from ..arrays import FloatArray
from ..axes import DIRECTIONS, Axes
from ..body.quaternions import matrix_to_quaternion, multiply_quaternions, quaternion_to_matrix
from ..options.reading import QuaternionOrder, ReadOptions

__all__ = [
    "TIME_UNITS_S",
    "UNITS_M",
    "Axes",
    "AxesMatrices",
    "QuaternionOrder",
    "ReadOptions",
    "axes_matrix",
    "convert_positions",
    "convert_rotations",
    "rotation_matrices",
    "unit_in_metres",
]


UNITS_M: Final[Mapping[str, float]] = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
"""Metres per unit of length."""

TIME_UNITS_S: Final[Mapping[str, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ticks": 1e-7, "ns": 1e-9}
"""Seconds per unit of time; a tick is 100 ns, as in .NET."""


def unit_in_metres(unit: str) -> float:
    """Return the metres per unit, from a unit's name or a number as in `ReadOptions`."""
    return UNITS_M[unit] if unit in UNITS_M else float(unit)


class AxesMatrices(NamedTuple):
    """Hold the matrices, (3, 3), that turn numbers along a file's axes into OpenXR's."""

    positions: FloatArray
    rotations: FloatArray
    device: FloatArray

    @classmethod
    def of(cls, axes: Axes) -> AxesMatrices:
        """Return the matrices of these axes."""
        return cls(axes_matrix(axes.positions), axes_matrix(axes.rotations), axes_matrix(axes.device))


def axes_matrix(code: str) -> FloatArray:
    """Return the (3, 3) matrix that turns numbers along these axes into OpenXR's; its columns are the axes."""
    return np.array([DIRECTIONS[letter] for letter in code], dtype=np.float64).T


def convert_positions(positions: FloatArray, axes: Axes) -> FloatArray:
    """Return positions (..., 3) in OpenXR's axes, still in the file's unit."""
    return np.asarray(positions @ axes_matrix(axes.positions).T)


def convert_rotations(wxyz: FloatArray, axes: Axes) -> FloatArray:
    """Return unit quaternions (..., 4) in OpenXR's axes, for devices whose own axes become OpenXR's.

    ``A R B^T`` is ``(A R A^T)(A B^T)``: a signed permutation of the vector part, and one fixed turn where a device's
    own axes differ from the world's.
    """
    A, B = axes_matrix(axes.rotations), axes_matrix(axes.device)
    converted = np.empty_like(wxyz)
    converted[..., 0] = wxyz[..., 0]
    # Mirroring reverses rotations: a rotation axis is a pseudovector.
    converted[..., 1:] = wxyz[..., 1:] @ (np.linalg.det(A) * A).T
    if axes.device != axes.rotations:
        converted = multiply_quaternions(converted, matrix_to_quaternion(A @ B.T))
    return converted


def rotation_matrices(wxyz: FloatArray) -> FloatArray:
    """Return rotation matrices (..., 3, 3) of quaternions of any length; NaN for zero quaternions."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return quaternion_to_matrix(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True))
