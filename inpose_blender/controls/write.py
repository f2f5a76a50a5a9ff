# SPDX-License-Identifier: GPL-3.0-or-later
"""Write keys into some frames of an action that exists already; its other keys stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from mathutils import Euler, Quaternion

from ..bpy_compat import ActionWriter
from ..core import FloatArray, continuous_signs, normalize_quaternion


@dataclass(frozen=True)
class KeyedCurve:
    """Hold the values of an animated property: (F, components)."""

    data_path: str
    group: str
    values: FloatArray


def rotation_values(mode: str, wxyz: FloatArray) -> tuple[str, FloatArray]:
    """Return the property for rotations in a bone's mode, and its values from quaternions (F, 4)."""
    basis = continuous_signs(normalize_quaternion(wxyz))
    if mode == "QUATERNION":
        return "rotation_quaternion", basis
    if mode == "AXIS_ANGLE":
        axes = [Quaternion(each).to_axis_angle() for each in basis.tolist()]
        return "rotation_axis_angle", np.array([(angle, *axis) for axis, angle in axes])
    eulers = []
    previous = Euler((0.0, 0.0, 0.0), mode)
    for each in basis.tolist():
        previous = Quaternion(each).to_euler(mode, previous)
        eulers.append(tuple(previous))
    return "rotation_euler", np.array(eulers)


def set_keys(writer: ActionWriter, keyed: KeyedCurve, frames: FloatArray) -> None:
    """Replace the keys between the first and the last frame, (F,), by keys in the frames."""
    for index, values in enumerate(keyed.values.T):
        curve = _curve(writer, keyed.data_path, index, keyed.group)
        points = curve.keyframe_points
        for point in reversed([point for point in points if frames[0] - 0.5 < point.co.x < frames[-1] + 0.5]):
            points.remove(point, fast=True)
        start = len(points)
        points.add(len(frames))
        for offset, (frame, value) in enumerate(zip(frames, values, strict=True)):
            point = points[start + offset]
            point.co = (frame, value)
            point.interpolation = "LINEAR"
        curve.update()


def set_switch(writer: ActionWriter, path: str, value: float, now: float, first: int, last: int) -> None:
    """Key a property with a value over a range of frames, and as it was before and after, where the action goes on.

    Args:
        writer: the action.
        path: the property.
        value: its value in the range.
        now: its value where it has no keys.
        first: first frame of the range.
        last: last frame of the range.
    """
    start, stop = writer.action.frame_range
    curve = _curve(writer, path, 0, path.split('"')[1])
    points = curve.keyframe_points
    outside = [(frame, curve.evaluate(frame) if len(points) else now) for frame in (first - 1, last + 1)]
    for point in reversed([point for point in points if first - 0.5 < point.co.x < last + 0.5]):
        points.remove(point, fast=True)
    wanted = [(first, value)]
    wanted += [outside[0]] if start < first else []
    wanted += [outside[1]] if stop > last else []
    for frame, each in wanted:
        points.insert(frame, each).interpolation = "CONSTANT"
    curve.update()


def _curve(writer: ActionWriter, path: str, index: int, group: str) -> Any:
    """Return the curve of a property, a new one if there is none."""
    for curve in writer.curves:
        if curve.data_path == path and curve.array_index == index:
            return curve
    return writer.new_curve(path, index, group)
