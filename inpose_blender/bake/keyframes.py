# SPDX-License-Identifier: GPL-3.0-or-later
"""Write keys into an F-curve: straight lines, smooth curves, or held values."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core import FloatArray


def write_keys(curve: Any, points: NDArray[np.float32], slopes: FloatArray | None, *, held: bool) -> None:
    """Fill a new F-curve.

    The handles are *Aligned* and a third of the way to the next key: the curve then goes as `keys.curves` computes it,
    Blender keeps the slope when the user moves a key, and no other key changes. Blender computes the slopes of its
    automatic handles itself, so that a curve needs more of them to stay within a tolerance.

    Args:
        curve: the F-curve, without keys.
        points: (K, 2) frame and value of each key.
        slopes: (K,) change per frame at the keys; None for straight lines.
        held: whether each key holds its value up to the next one.
    """
    kind = "CONSTANT" if held else "LINEAR" if slopes is None else "BEZIER"
    keys = curve.keyframe_points
    keys.add(len(points))
    keys.foreach_set("co", points.ravel())
    interpolation = np.full(len(points), key_value("interpolation", kind), dtype=np.int32)
    keys.foreach_set("interpolation", interpolation)
    if slopes is not None:
        aligned = np.full(len(points), key_value("handle_left_type", "ALIGNED"), dtype=np.int32)
        for side, ends in zip(("left", "right"), smooth_handles(points, slopes), strict=True):
            keys.foreach_set(f"handle_{side}_type", aligned)
            keys.foreach_set(f"handle_{side}", ends.ravel())
    curve.update()


def smooth_handles(points: NDArray[np.float32], slopes: FloatArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where the left and the right handles of keys (K, 2) end, for slopes (K,) per frame: (K, 2) each."""
    gap = np.diff(points[:, 0].astype(np.float64)) / 3
    before, after = np.concatenate((gap[:1], gap)), np.concatenate((gap, gap[-1:]))
    left, right = (np.stack((points[:, 0] + way, points[:, 1] + slopes * way), axis=1) for way in (-before, after))
    return left.astype(np.float32), right.astype(np.float32)


def key_value(name: str, item: str) -> int:
    """Return the number that stands for a choice of a key's property, for `foreach_set`."""
    return int(bpy.types.Keyframe.bl_rna.properties[name].enum_items[item].value)
