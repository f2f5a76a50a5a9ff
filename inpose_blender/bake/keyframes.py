# SPDX-License-Identifier: GPL-3.0-or-later
"""Write keys into an F-curve: straight lines, smooth curves, or held values; and replace some of its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core import FloatArray

_VECTORS: Final[tuple[str, ...]] = ("handle_left", "handle_right")
_NUMBERS: Final[Mapping[str, type]] = {
    "interpolation": np.int32,
    "easing": np.int32,
    "handle_left_type": np.int32,
    "handle_right_type": np.int32,
    "type": np.int32,
    "back": np.float32,
    "amplitude": np.float32,
    "period": np.float32,
}
"""All that a key has besides its frame, its value and its handles, and that is not about selections."""
_HANDLE: Final[NDArray[np.float32]] = np.array((1 / 3, 0.0), dtype=np.float32)
_SAME_FRAME: Final[float] = 1e-3


@dataclass(frozen=True)
class Keys:
    """Hold the keys of an F-curve with all that they have."""

    points: NDArray[np.float32]
    """(K, 2) frame and value."""
    more: dict[str, NDArray[Any]]
    """Handles (K, 2), and the other properties (K,)."""


def read_keys(curve: Any) -> Keys:
    """Return the keys of an F-curve."""
    keys = curve.keyframe_points

    def get(name: str, of: type, width: int) -> NDArray[Any]:
        flat: NDArray[Any] = np.empty(width * len(keys), dtype=of)
        keys.foreach_get(name, flat)
        return flat.reshape(-1, width) if width > 1 else flat

    more = {name: get(name, np.float32, 2) for name in _VECTORS}
    more |= {name: get(name, of, 1) for name, of in _NUMBERS.items()}
    return Keys(get("co", np.float32, 2), more)


def replace_keys(curve: Any, spans: Sequence[tuple[float, float]], frames: FloatArray, values: FloatArray) -> None:
    """Replace all keys of an F-curve in spans of frames by others, with straight lines; other keys stay as they are.

    Args:
        curve: the F-curve.
        spans: first and last frame of each span.
        frames: (N,) of the new keys, which are in the spans.
        values: (N,) of the new keys.
    """
    before = read_keys(curve)
    own = before.points[:, 0]
    stays = np.ones(len(own), np.bool_)
    for first, last in spans:
        stays &= (own < first - _SAME_FRAME) | (own > last + _SAME_FRAME)
    new = np.stack((frames, values), axis=1).astype(np.float32)
    points = np.concatenate((before.points[stays], new))
    order = np.argsort(points[:, 0], kind="stable")
    fresh: dict[str, Any] = {"handle_left": new - _HANDLE, "handle_right": new + _HANDLE}
    fresh |= {name: np.zeros(len(new), of) for name, of in _NUMBERS.items()}
    fresh["interpolation"] = np.full(len(new), key_value("interpolation", "LINEAR"), dtype=np.int32)
    keys = curve.keyframe_points
    keys.clear()
    keys.add(len(points))
    keys.foreach_set("co", points[order].ravel())
    for name, part in before.more.items():
        keys.foreach_set(name, np.concatenate((part[stays], fresh[name]))[order].ravel())
    curve.update()


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
