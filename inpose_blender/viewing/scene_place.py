# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the place of a recording in the scene before the solve: at the rig, in its size, where the bake will start."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..bake.options import BakeOptions
from ..bake.placement import SharedRoom, placement_of
from ..bake.properties import bake_options, options_of_take
from ..bake.shared_room import shared_room
from ..core import FloatArray, InPoseError, Sensors, quaternion_to_matrix
from ..options import CalibrationSettings
from ..recording.job import RecordingFacts
from ..rig.find import map_rig
from ..rig.measure import RigMeasure, measure_rig
from ..rig.prepare import metres_per_unit
from ..rig.properties import chosen_armature
from ..ui.option_properties import settings_of
from .calibrated import calibrated_tracks, scale_of
from .clock import baked_take

_CORE_TO_WORLD: FloatArray = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def world_from_recording(context: bpy.types.Context, facts: RecordingFacts, start_frame: int) -> FloatArray:
    """Return the (4, 4) matrix from the recorded room, Y up, in metres, with its floor at 0, to Blender's world.

    Args:
        context: of the scene.
        facts: the recording.
        start_frame: index of the pose with which the motion will begin.
    """
    scene = context.scene
    calibration = settings_of(CalibrationSettings, scene.inpose)
    measure = rig_measure(chosen_armature(context), scene)
    if measure is None:
        return placed(np.eye(4), _CORE_TO_WORLD, np.zeros(3), 1.0)
    joints = is_joint(facts, calibration)
    scale = scale_of(facts.info, calibration, measure.skeleton, is_joint=joints)
    inner = np.diag((scale, scale, scale, 1.0))
    # Calibration scales about the middle of the performer's own place.
    head_m = facts.sensors.positions_m[:, 0]
    middle_m = np.median(head_m, axis=0) * (1.0, 0.0, 1.0)
    stays_m = (1 - scale) * middle_m
    inner[:3, 3] = stays_m
    take = baked_take(context)
    options = bake_options(scene) if take is None else options_of_take(scene, take)
    if (options.start_at, options.facing) != ("recorded", "recorded"):
        tracks = calibrated_tracks(facts.sensors, facts.info, calibration, is_joint=joints)
        start_m, forward = _start(tracks.sensors, start_frame, joints)
        shared = room_at_hand(options, chosen_armature(context), scene, scale)
        cursor = options.start.cursor_in(scene.cursor.location)
        placement = placement_of(scale * start_m + stays_m, forward, options, measure, cursor, middle_m, shared)
        R_turn = quaternion_to_matrix(placement.turn_wxyz)
        moved = np.eye(4)
        moved[:3, :3] = R_turn
        moved[:3, 3] = placement.place_m - R_turn @ placement.pivot_m
        inner = moved @ inner
    return placed(inner, measure.R_world_core, measure.origin_world, measure.metres_per_unit)


def placed(inner: FloatArray, R_world_core: FloatArray, origin_world: FloatArray, unit_m: float) -> FloatArray:
    """Return the (4, 4) matrix from the core frame, already moved by ``inner``, to Blender's world."""
    outer = np.eye(4)
    outer[:3, :3] = R_world_core / unit_m
    outer[:3, 3] = origin_world
    return outer @ inner


def is_joint(facts: RecordingFacts, calibration: CalibrationSettings) -> bool:
    """Return whether the recorded poses are those of the joints."""
    return (calibration.pose or facts.info.get("pose")) == "joint"


def rig_measure(armature_object: Any, scene: Any) -> RigMeasure | None:
    """Return the size and place of the rig; without a usable one the recording is shown by itself."""
    if armature_object is None or armature_object.type != "ARMATURE":
        return None
    try:
        return measure_rig(armature_object, map_rig(armature_object), metres_per_unit(scene))
    except InPoseError:
        return None


def room_at_hand(options: BakeOptions, armature_object: Any, scene: Any, scale: float | None) -> SharedRoom | None:
    """Return the room of the character to start with; as long as there is none, the bake says so."""
    try:
        return shared_room(options, armature_object, scene, scale)
    except InPoseError:
        return None


def _start(sensors: Sensors, frame: int, joints: bool) -> tuple[FloatArray, FloatArray]:
    """Return where the head is in a frame, (3,), and where it looks."""
    frame = min(max(frame, 0), len(sensors.positions_m) - 1)
    ahead = 1.0 if joints else -1.0
    return sensors.positions_m[frame, 0], ahead * quaternion_to_matrix(sensors.rotations_wxyz[frame, 0])[:, 2]
