# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace the keys of a curve in a stretch by few keys with smooth handles. Before and after it, the curve stays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..bake.keyframes import key_value, smooth_handles
from ..core import FloatArray

_NEAR: Final[float] = 1e-3
"""Frames within which a key is at the border of a stretch."""
_KINDS: Final[dict[str, tuple[type, int]]] = {
    "co": (np.float32, 2),
    "handle_left": (np.float32, 2),
    "handle_right": (np.float32, 2),
    "handle_left_type": (np.int32, 1),
    "handle_right_type": (np.int32, 1),
    "interpolation": (np.int32, 1),
    "easing": (np.int32, 1),
    "type": (np.int32, 1),
    "back": (np.float32, 1),
    "amplitude": (np.float32, 1),
    "period": (np.float32, 1),
}
"""Everything that a key has: type and number of its values."""

Keys = dict[str, NDArray[Any]]


def keys_between(curve: Any, first: float, last: float) -> int:
    """Return the number of keys of a curve from one frame to another."""
    at = _keys_of(curve)["co"][:, 0]
    return int(((at > first - _NEAR) & (at < last + _NEAR)).sum())


def replace_keys(curve: Any, points: NDArray[np.float32], slopes: FloatArray) -> None:
    """Replace the keys of a curve from the first to the last of the new ones.

    Args:
        curve: the F-curve.
        points: (K, 2) frame and value of each new key, at least two.
        slopes: (K,) change per frame at these keys.
    """
    first, last = float(points[0, 0]), float(points[-1, 0])
    at = _keys_of(curve)["co"][:, 0]
    outside = bool((at < first - _NEAR).any()), bool((at > last + _NEAR).any())
    for frame, is_needed in zip((first, last), outside, strict=True):
        if is_needed and not (np.abs(at - frame) < _NEAR).any():
            curve.keyframe_points.insert(frame, curve.evaluate(frame))  # divides a curve without changing it
    old = _keys_of(curve)
    new = _smooth_keys(points, slopes)
    for border, end, side, is_needed in zip((first, last), (0, -1), ("left", "right"), outside, strict=True):
        if not is_needed:
            continue
        there = int(np.argmin(np.abs(old["co"][:, 0] - border)))
        new["co"][end] = old["co"][there]
        new[f"handle_{side}"][end] = old[f"handle_{side}"][there]
        new["handle_left_type"][end] = new["handle_right_type"][end] = key_value("handle_left_type", "FREE")
        if side == "right":
            for name in ("interpolation", "easing", "back", "amplitude", "period"):
                new[name][end] = old[name][there]
    before, after = old["co"][:, 0] < first - _NEAR, old["co"][:, 0] > last + _NEAR
    _set_keys(curve, {name: np.concatenate((old[name][before], new[name], old[name][after])) for name in _KINDS})


def _smooth_keys(points: NDArray[np.float32], slopes: FloatArray) -> Keys:
    """Return keys with aligned handles."""
    keys: Keys = {
        name: np.zeros((len(points), width) if width > 1 else len(points), kind)
        for name, (kind, width) in _KINDS.items()
    }
    keys["co"] = points.astype(np.float32)
    keys["handle_left"], keys["handle_right"] = smooth_handles(points, slopes)
    for name in ("handle_left_type", "handle_right_type"):
        keys[name][:] = key_value(name, "ALIGNED")
    keys["interpolation"][:] = key_value("interpolation", "BEZIER")
    return keys


def _keys_of(curve: Any) -> Keys:
    points = curve.keyframe_points
    keys: Keys = {}
    for name, (kind, width) in _KINDS.items():
        values: NDArray[Any] = np.empty(width * len(points), kind)
        points.foreach_get(name, values)
        keys[name] = values.reshape(-1, 2) if width > 1 else values
    return keys


def _set_keys(curve: Any, keys: Keys) -> None:
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys["co"]))
    for name, values in keys.items():
        points.foreach_set(name, np.ascontiguousarray(values).ravel())
    curve.update()
