# SPDX-License-Identifier: Apache-2.0
"""Read the positions, rotations and matrices that JSON logs hold, in lists or by letters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..tables.rotation_columns import matrices_to_poses


def matrix_pose(value: object) -> list[float] | None:
    """Return position and quaternion, scalar last, of a 3x4 or 4x4 matrix in rows or in one list; None otherwise."""
    if isinstance(value, list) and len(value) in (3, 4) and all(isinstance(row, list) for row in value):
        value = [number for row in value for number in row]
    if not isinstance(value, list) or len(value) not in (12, 16) or not all(map(is_number, value)):
        return None
    positions, xyzw = matrices_to_poses(np.array([value], dtype=np.float64))
    return [*positions[0].tolist(), *xyzw[0].tolist()]


def components(value: object, letters: str) -> tuple[list[float] | None, bool]:
    """Return the numbers of a list or of an object with these letters, and whether letters named them."""
    named = isinstance(value, Mapping)
    numbers = [value.get(letter) for letter in letters] if isinstance(value, Mapping) else value
    if not isinstance(numbers, list) or len(numbers) != len(letters) or not all(map(is_number, numbers)):
        return None, named
    return [float(number) for number in numbers], named


def is_number(value: object) -> bool:
    """Return whether a value is a number of usable size."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
