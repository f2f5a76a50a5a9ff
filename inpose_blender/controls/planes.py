# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the plane in which a limb bends, frame by frame, without flips where the limb is nearly straight: pure numpy."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core import FloatArray

_SHIFT: Final[float] = 4e-4
"""How far the plane may shift the knee or elbow from its place, as share of the shorter bone: 0.02 degrees."""
_PASSES: Final[int] = 200
_TINY: Final[float] = 1e-12


def bend_directions(root: FloatArray, middle: FloatArray, end: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the direction into which a limb bends, (F, 3): unit vectors, square to the line from root to end.

    Where the limb is bent, its joints give the direction. The straighter it is, the more the direction may differ from
    this: as long as the joint in the middle keeps its place, the smoothest path is taken. Where the limb is straight,
    this goes from the last plane to the next, relative to what is expected.

    Args:
        root: (F, 3) places of the first joint.
        middle: (F, 3) places of the joint that bends.
        end: (F, 3) places of the last joint.
        expected: (F, 3) direction into which the limb would bend, from the rotation of its first bone.
    """
    along = unit(end - root)
    reference = unit(square_to(along, expected))
    offset = square_to(along, middle - root)
    height = np.linalg.norm(offset, axis=1)
    angle = signed_angle(along, reference, offset)
    shorter = np.minimum(np.linalg.norm(middle - root, axis=1), np.linalg.norm(end - middle, axis=1))
    free = 2 * np.arcsin(np.minimum(_SHIFT * shorter / np.maximum(2 * height, _TINY), 1.0))
    steady = _smoothest(angle, free)[:, None]
    return np.cos(steady) * reference + np.sin(steady) * np.cross(along, reference)


def _smoothest(angle: FloatArray, free: FloatArray) -> FloatArray:
    """Return a smooth path that is nowhere farther than ``free`` from ``angle``, which repeats after a whole turn."""
    known = np.flatnonzero(free < np.pi / 2)
    if not len(known):
        return np.zeros_like(angle)
    path = np.interp(np.arange(len(angle)), known, np.unwrap(angle[known]))
    near = angle + 2 * np.pi * np.round((path - angle) / (2 * np.pi))
    lowest = np.where(free < np.pi, near - free, -np.inf)
    highest = np.where(free < np.pi, near + free, np.inf)
    for _ in range(_PASSES if len(path) > 2 else 0):
        smoothed = path.copy()
        smoothed[1:-1] = path[1:-1] / 2 + (path[:-2] + path[2:]) / 4
        path = np.clip(smoothed, lowest, highest)
    return path


def unit(vectors: FloatArray) -> FloatArray:
    """Return vectors (..., 3) with length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)


def square_to(axis: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the part of vectors (..., 3) that is square to unit vectors (..., 3)."""
    return vectors - (vectors * axis).sum(axis=-1, keepdims=True) * axis


def signed_angle(axis: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the angle about an axis that turns ``a`` to ``b``, (F,); all are (F, 3), ``a`` and ``b`` square to it."""
    return np.arctan2((np.cross(a, b) * axis).sum(axis=-1), (a * b).sum(axis=-1))


def turn_about(axis: FloatArray, angle: FloatArray) -> FloatArray:
    """Return rotation matrices (F, 3, 3) about unit vectors (F, 3) by angles (F,)."""
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)
    return np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)


def arc(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the smallest rotations (F, 3, 3) that turn unit vectors ``a`` onto unit vectors ``b``, both (F, 3)."""
    axis = np.cross(a, b)
    angle = np.arctan2(np.linalg.norm(axis, axis=1), (a * b).sum(axis=1))
    return turn_about(unit(axis), angle)
