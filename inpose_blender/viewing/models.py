# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the shapes of a head with a headset, of two hands and of trackers, as shaded triangles. Does not import bpy or
gpu.

In a device's own axes, as OpenXR has them, in metres: +X right, +Y up, -Z forward. The head's origin is between the
eyes. A hand's is in the palm, its fingers point forward, its thumb up, and its palm inwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ..core import FloatArray

HEAD_COLOUR: Final[tuple[float, float, float]] = (0.78, 0.72, 0.62)
VISOR_COLOUR: Final[tuple[float, float, float]] = (0.16, 0.17, 0.20)
LEFT_COLOUR: Final[tuple[float, float, float]] = (0.90, 0.30, 0.26)
TRACKER_COLOUR: Final[tuple[float, float, float]] = (0.35, 0.72, 0.40)
"""Of trackers on the middle of the body."""
SEAT_COLOUR: Final[tuple[float, float, float]] = (0.55, 0.42, 0.30)
RIGHT_COLOUR: Final[tuple[float, float, float]] = (0.26, 0.55, 0.95)

PALM_FROM_WRIST_M: Final[FloatArray] = np.array((0.0, 0.0, -0.08))
"""The origin of a hand's model as seen from its wrist, in the model's axes."""

_LIGHT: Final[FloatArray] = np.array((0.35, 0.80, 0.49))
_LEAST_LIGHT: Final[float] = 0.45


@dataclass(frozen=True)
class Model:
    """Hold a shape as triangles."""

    corners_m: FloatArray
    """(3 T, 3) three corners of each triangle."""
    colours: FloatArray
    """(3 T, 3) shaded."""


def head_model() -> Model:
    """Return a head that wears a headset."""
    head = _ellipsoid((0.0, 0.01, 0.075), (0.075, 0.115, 0.095), HEAD_COLOUR)
    visor = _box((0.0, 0.0, -0.035), (0.085, 0.05, 0.04), VISOR_COLOUR)
    strap = _box((0.0, 0.01, 0.075), (0.079, 0.014, 0.099), VISOR_COLOUR)
    neck = _box((0.0, -0.125, 0.085), (0.045, 0.04, 0.045), HEAD_COLOUR)
    return _joined((head, visor, strap, neck))


def hand_model(side: int) -> Model:
    """Return a flat hand: 1 left, 2 right."""
    colour, inwards = ((LEFT_COLOUR, 1.0), (RIGHT_COLOUR, -1.0))[side - 1]
    parts = [_box((0.0, 0.0, 0.0), (0.014, 0.042, 0.05), colour)]
    for finger, length_m in enumerate((0.075, 0.082, 0.076, 0.06)):
        height_m = 0.031 - 0.021 * finger
        parts.append(_box((0.0, height_m, -0.05 - length_m / 2), (0.0085, 0.0088, length_m / 2), colour))
    parts.append(_box((0.014 * inwards, 0.056, -0.012), (0.0095, 0.025, 0.011), colour))
    # A bright palm tells which way the hand is turned.
    light = tuple(0.5 * part + 0.5 for part in colour)
    parts.append(_box((0.0145 * inwards, -0.002, 0.0), (0.002, 0.036, 0.044), light))
    return _joined(parts)


def tracker_colour(joint_name: str) -> tuple[float, float, float]:
    """Return the colour of a tracker: that of the hand on its side of the body."""
    if joint_name.startswith("left_"):
        return LEFT_COLOUR
    return RIGHT_COLOUR if joint_name.startswith("right_") else TRACKER_COLOUR


def tracker_model(colour: Sequence[float]) -> Model:
    """Return a puck with a bright front, so that its rotation can be seen."""
    light = tuple(0.5 * part + 0.5 for part in colour)
    return _joined(
        (_box((0.0, 0.0, 0.0), (0.035, 0.018, 0.035), colour), _box((0.0, 0.0, -0.037), (0.012, 0.012, 0.004), light))
    )


def seat_model(height_m: float) -> Model:
    """Return a stool whose seat is this high above its origin on the floor."""
    half_m, leg_m = 0.17, 0.016
    parts = [_box((0.0, height_m - 0.02, 0.0), (half_m, 0.02, half_m), SEAT_COLOUR)]
    for x in (-1.0, 1.0):
        for z in (-1.0, 1.0):
            at_m = 0.85 * half_m
            middle_m = (x * at_m, (height_m - 0.04) / 2, z * at_m)
            parts.append(_box(middle_m, (leg_m, max(height_m - 0.04, 0.02) / 2, leg_m), SEAT_COLOUR))
    return _joined(parts)


def own_axes(device: int, is_joint: bool) -> FloatArray:
    """Return the (3, 3) rotation from a model's axes to those that the recorded pose has.

    Poses of devices have the model's. Those of joints have a T-pose's: +Z ahead, +X to the left, and so the left hand's
    fingers along +X, the right hand's along -X, both palms down.
    """
    if not is_joint:
        return np.eye(3)
    columns = (
        ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
        ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)),
        ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    )[device]
    return np.array(columns).T


def _joined(models: Sequence[Model]) -> Model:
    return Model(
        np.concatenate([model.corners_m for model in models]), np.concatenate([model.colours for model in models])
    )


def _shaded(corners_m: FloatArray, colour: Sequence[float]) -> Model:
    """Shade triangles (T, 3, 3) by their normals, which point outwards."""
    normals = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    light = _LEAST_LIGHT + (1 - _LEAST_LIGHT) * np.clip(0.5 + 0.5 * normals @ _LIGHT, 0.0, 1.0)
    colours = np.repeat(light[:, None] * np.array(colour), 3, axis=0)
    return Model(corners_m.reshape(-1, 3), colours)


def _box(middle_m: ArrayLike, half_m: ArrayLike, colour: Sequence[float]) -> Model:
    triangles = []
    for axis in range(3):
        u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
        for sign in (1.0, -1.0):
            out = sign * np.eye(3)[axis]
            a, b, c, d = out - sign * u - v, out + sign * u - v, out + sign * u + v, out - sign * u + v
            triangles += [(a, b, c), (a, c, d)]
    return _shaded(np.array(triangles) * np.asarray(half_m) + np.asarray(middle_m), colour)


def _ellipsoid(middle_m: ArrayLike, radii_m: ArrayLike, colour: Sequence[float], rings: int = 10) -> Model:
    polar, around = np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1)
    grid = np.stack(
        (
            np.sin(polar)[:, None] * np.sin(around),
            np.cos(polar)[:, None] * np.ones_like(around),
            np.sin(polar)[:, None] * np.cos(around),
        ),
        axis=-1,
    )
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    triangles = np.concatenate((np.stack((a, b, c), axis=2), np.stack((a, c, d), axis=2))).reshape(-1, 3, 3)
    return _shaded(triangles * np.asarray(radii_m) + np.asarray(middle_m), colour)
