# SPDX-License-Identifier: GPL-3.0-or-later
"""Write keys into some frames of an action that exists already; its other keys stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from mathutils import Euler, Quaternion

from ..bpy_compat import ActionWriter
from ..core import FloatArray, continuous_signs, normalize_quaternion
from ..rig.curves import values_of_keys

_SAME_FRAME: Final[float] = 1e-3


@dataclass(frozen=True)
class KeyedCurve:
    """Hold the values of an animated property in some frames."""

    data_path: str
    group: str
    values: FloatArray
    """(F, components); for a rotation (F, 4), quaternions."""
    rotation_mode: str = ""
    """That of a rotation's bone; empty for other properties."""


def rotation_values(mode: str, wxyz: FloatArray, before: FloatArray | None, after: FloatArray | None) -> FloatArray:
    """Return the values of rotations (F, 4) in a bone's mode, without jumps of sign or of whole turns.

    Args:
        mode: the bone's rotation mode.
        wxyz: (F, 4).
        before: (components,) the property's values that come before; None if nothing does.
        after: the values that come after, which count if nothing comes before.
    """
    if before is None and after is not None:
        return rotation_values(mode, wxyz[::-1], after, None)[::-1]
    basis = continuous_signs(normalize_quaternion(wxyz))
    if mode == "QUATERNION":
        return basis if before is None or float(basis[0] @ before) >= 0 else -basis
    if mode == "AXIS_ANGLE":
        axes = [Quaternion(each).to_axis_angle() for each in basis.tolist()]
        return np.array([(angle, *axis) for axis, angle in axes])
    eulers = []
    previous = Euler((0.0, 0.0, 0.0) if before is None else before.tolist(), mode)
    for each in basis.tolist():
        previous = Quaternion(each).to_euler(mode, previous)
        eulers.append(tuple(previous))
    return np.array(eulers)


def set_keys(writer: ActionWriter, keyed: KeyedCurve, frames: FloatArray) -> None:
    """Replace the keys between the first and the last frame, (F,), by keys in the frames.

    Before and after these frames, the action stays as it is: where it goes on, the frame beside them gets a key.
    """
    width = 3 if keyed.rotation_mode not in {"", "QUATERNION", "AXIS_ANGLE"} else keyed.values.shape[1]
    curves = [_curve(writer, keyed.data_path, index, keyed.group) for index in range(width)]
    start, stop = writer.action.frame_range
    before, after = None, None
    if all(len(curve.keyframe_points) for curve in curves):
        # The end comes first: the straight lines from the other border may run through it.
        after = _divided(curves, frames[-1] + 1, leads=False) if stop > frames[-1] else None
        before = _divided(curves, frames[0] - 1, leads=True) if start < frames[0] else None
    values = keyed.values
    if keyed.rotation_mode:
        values = rotation_values(keyed.rotation_mode, values, before, after)
    # The same rotation can have another sign, or whole turns more, than what comes after: between two frames,
    # the bone then waits instead of turning round.
    waits = bool(keyed.rotation_mode) and after is not None and not _is_near(after, values[-1], keyed.rotation_mode)
    for curve, component in zip(curves, values.T, strict=True):
        points = curve.keyframe_points
        for point in reversed([point for point in points if frames[0] - 0.5 < point.co.x < frames[-1] + 0.5]):
            points.remove(point, fast=True)
        first = len(points)
        points.add(len(frames))
        for offset, (frame, value) in enumerate(zip(frames, component, strict=True)):
            point = points[first + offset]
            point.co = (frame, value)
            point.interpolation = "LINEAR"
        points[first + len(frames) - 1].interpolation = "CONSTANT" if waits else "LINEAR"
        curve.update()


def _is_near(one: FloatArray, other: FloatArray, mode: str) -> bool:
    """Return whether values of a rotation have one sign, or the same number of whole turns."""
    if mode == "QUATERNION":
        return float(one @ other) >= 0
    return mode == "AXIS_ANGLE" or bool(np.abs(one - other).max() < np.pi)


def _divided(curves: Sequence[Any], frame: float, *, leads: bool) -> FloatArray:
    """Give curves a key in a frame without changing how they go, and return their values there.

    Args:
        curves: the components of a property.
        frame: the frame.
        leads: straight lines lead from the new keys to the next ones, which are about to be replaced.
    """
    values = []
    for curve in curves:
        points = curve.keyframe_points
        (value,) = values_of_keys(curve, (frame,))
        there = next((index for index, point in enumerate(points) if abs(point.co.x - frame) < _SAME_FRAME), None)
        if there is None:
            next_one = sum(point.co.x < frame for point in points)
            for neighbour in range(max(next_one - 1, 0), min(next_one + 1, len(points))):
                _hold_handles(points[neighbour])
            kind = points[max(next_one - 1, 0)].interpolation
            point = points.insert(frame, value)
            point.interpolation = kind
        else:
            point = points[there]
        point.handle_left_type = point.handle_right_type = "FREE"
        if leads:
            point.interpolation = "LINEAR"
        values.append(value)
    return np.array(values)


def _hold_handles(point: Any) -> None:
    """Keep the handles of a key where they are when its neighbours change."""
    if {point.handle_left_type, point.handle_right_type} & {"AUTO", "AUTO_CLAMPED", "VECTOR"}:
        point.handle_left_type = point.handle_right_type = "FREE"


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
