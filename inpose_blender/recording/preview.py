# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a recording before the solve: three moving empties with their motion paths."""

from __future__ import annotations

from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..bpy_compat import ActionWriter, assign_action
from ..core import FloatArray, Sensors, continuous_signs, matrix_to_quaternion, multiply_quaternions, runs
from ..rig.measure import RigMeasure
from .preview_collection import COLLECTION_NAME, OWN_KEY, hide_preview

_NAMES: Final[tuple[str, str, str]] = ("Head", "Left hand", "Right hand")
_SHAPES: Final[tuple[str, str, str]] = ("CUBE", "ARROWS", "ARROWS")
_SIZES_M: Final[tuple[float, float, float]] = (0.1, 0.12, 0.12)
_COLOURS: Final[tuple[tuple[float, float, float, float], ...]] = (
    (1, 0.8, 0.2, 1),
    (0.9, 0.2, 0.2, 1),
    (0.2, 0.5, 1, 1),
)
_CORE_TO_WORLD: Final[FloatArray] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def show_preview(scene: Any, sensors: Sensors, first_frame: int, measure: RigMeasure | None, scale: float) -> Any:
    """Add a collection with the moving empties and their motion paths; an existing one is replaced.

    Args:
        scene: where to show it.
        sensors: the recorded poses, in metres.
        first_frame: the scene's frame at which the recording begins.
        measure: the rig that it will be solved for, to show it where the body will be; None: at the world's origin.
        scale: size of the rig's body over the performer's.
    """
    hide_preview(scene)
    collection = bpy.data.collections.new(COLLECTION_NAME)
    collection[OWN_KEY] = True
    collection.hide_render = True
    scene.collection.children.link(collection)
    R_world_core = _CORE_TO_WORLD if measure is None else measure.R_world_core
    origin = np.zeros(3) if measure is None else measure.origin_world
    unit_m = 1.0 if measure is None else measure.metres_per_unit
    places = scale * sensors.positions_m @ R_world_core.T / unit_m + origin
    q_world_core = matrix_to_quaternion(R_world_core)
    fps = scene.render.fps / scene.render.fps_base
    frames = first_frame + np.arange(len(places)) * (fps / sensors.fps)
    for device, name in enumerate(_NAMES):
        empty = bpy.data.objects.new(name, None)
        empty.empty_display_type = _SHAPES[device]
        empty.empty_display_size = _SIZES_M[device] * scale / unit_m
        empty.color = _COLOURS[device]
        empty.rotation_mode = "QUATERNION"
        collection.objects.link(empty)
        turns = continuous_signs(multiply_quaternions(q_world_core, sensors.rotations_wxyz[:, device]))
        _animate(empty, places[:, device], turns, frames)
        trail = _trail(f"{name} trail", places[:, device], sensors.measured[:, device])
        trail.color = _COLOURS[device]
        collection.objects.link(trail)
    return collection


def _animate(empty: Any, places: FloatArray, turns: FloatArray, frames: FloatArray) -> None:
    writer = ActionWriter(f"{COLLECTION_NAME}: {empty.name}", empty)
    points = np.empty((len(frames), 2), dtype=np.float32)
    points[:, 0] = frames
    for path, values in (("location", places), ("rotation_quaternion", turns)):
        for index in range(values.shape[1]):
            curve = writer.new_curve(path, index, "Recording")
            curve.keyframe_points.add(len(points))
            points[:, 1] = values[:, index]
            curve.keyframe_points.foreach_set("co", points.ravel())
            curve.update()
    assign_action(empty.animation_data_create(), writer.action, writer.slot)


def _trail(name: str, places: FloatArray, measured: NDArray[np.bool_]) -> Any:
    """Draw the path as lines, with gaps where tracking was lost."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    for first, last in runs(measured):
        spline = curve.splines.new("POLY")
        spline.points.add(last - first - 1)
        spline.points.foreach_set("co", np.hstack((places[first:last], np.ones((last - first, 1)))).ravel())
    trail = bpy.data.objects.new(name, curve)
    trail.hide_select = True
    return trail
