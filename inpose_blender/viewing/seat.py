# SPDX-License-Identifier: GPL-3.0-or-later
"""Say where the seat of a solved performer is in the scene, and when they sit on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import bpy
import numpy as np

from ..bake.options import BakeOptions
from ..bake.placement import SharedRoom, motion_placement, placed_floor
from ..bake.properties import options_of_take
from ..core import FloatArray, Motion
from ..rig.home import home_world
from ..rig.measure import RigMeasure
from ..rig.properties import chosen_armature
from ..takes.at_hand import take_at_hand
from ..takes.clock import clock_of_take
from ..takes.memory import TAKES
from .clock import baked_take, findings_of_take
from .scene_place import placed, rig_measure, room_at_hand
from .stripes import span_of

_ACROSS = np.array((1.0, 0.0, 1.0))
_known: list[tuple[tuple[Any, ...], FloatArray]] = []


def seat_in_scene(context: bpy.types.Context) -> tuple[FloatArray, float] | None:
    """Return the (4, 4) matrix of the floor under the seat in Blender's world, and the seat's height in metres.

    None if the performer does not sit at the current frame, or nothing is baked.
    """
    take = baked_take(context)
    if take is None or take.seat_height_m <= 0:
        return None
    solved = take_at_hand(take.file, TAKES)
    if solved is None:
        return None
    motion = solved.motion
    now_s = clock_of_take(take, context.scene).time_of(context.scene.frame_current_final)
    frame = round((now_s - take.start_s) * motion.fps)
    seated = sitting_frames(findings_of_take(take), float(take.start_s), len(motion), motion.fps)
    if not 0 <= frame < len(motion) or not seated[frame]:
        return None
    matrix = _matrix_at_hand(context, take.file, motion, seated)
    return None if matrix is None else (matrix, float(take.seat_height_m))


def forget() -> None:
    """Look at the rig anew before the next drawing."""
    _known.clear()


def sitting_frames(findings: Iterable[Mapping[str, Any]], start_s: float, frames: int, fps: float) -> Any:
    """Return in which frames of a motion the performer sits, (F,), by the findings of its recording."""
    times_s = start_s + np.arange(frames) / fps
    sits = np.zeros(frames, dtype=bool)
    for finding in findings:
        if finding.get("kind") == "seated":
            first_s, last_s = span_of(finding, float(times_s[-1]))
            sits |= (times_s >= (first_s or 0.0)) & (times_s <= last_s)
    return sits


def seat_matrix(
    motion: Motion,
    seated: Any,
    options: BakeOptions,
    measure: RigMeasure,
    cursor_world: Any,
    shared: SharedRoom | None = None,
) -> FloatArray:
    """Return the (4, 4) matrix from metres about the floor under the seat, Y up, to Blender's world.

    Args:
        motion: what was solved.
        seated: (F,) the frames in which the performer sits; at least one.
        options: where the bake lets the character start.
        measure: the rig.
        cursor_world: the 3D cursor, in Blender's units.
        shared: the room of the character with which the motion starts.
    """
    hips_m = np.median(motion.root_translation_m[seated], axis=0)
    place_m = motion_placement(motion, options, measure, cursor_world, shared).places(hips_m[None])[0] * _ACROSS
    floor = placed_floor(options, measure, cursor_world, shared).origin_world
    inner = np.eye(4)
    inner[:3, 3] = place_m
    matrix = placed(inner, measure.R_world_core, measure.origin_world, measure.metres_per_unit)
    up = measure.R_world_core[:, 1]
    matrix[:3, 3] += up * (up @ (floor - measure.origin_world))
    return matrix


def _matrix_at_hand(context: bpy.types.Context, file: str, motion: Motion, seated: Any) -> FloatArray | None:
    """Return the matrix of the seat; to measure the rig in each drawing would take too long."""
    armature, scene = chosen_armature(context), context.scene
    assert armature is not None, "it has a take"
    options = options_of_take(scene, armature.inpose_take)
    cursor_world = options.start.cursor_in(scene.cursor.location)
    key = (file, options, cursor_world, armature.name, tuple(home_world(armature).ravel().tolist()))
    if not _known or _known[0][0] != key:
        measure = rig_measure(armature, scene)
        if measure is None:
            return None
        shared = room_at_hand(options, armature, scene, None)
        _known[:] = [(key, seat_matrix(motion, seated, options, measure, cursor_world, shared))]
    return _known[0][1]
