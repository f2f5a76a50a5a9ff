# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the recorded head, hands and trackers into the 3D Views, with the paths around the current frame. Nothing is
added to the scene: what is drawn is never saved, rendered or selected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils import Matrix

from ..core import JOINT_NAMES, BoolArray, FloatArray, Sensors, quaternion_to_matrix, runs
from ..errors import InPoseError
from ..options import CalibrationSettings
from ..recording.facts import last_facts
from ..recording.job import RecordingFacts
from ..recording.panel import facts_of
from ..recording.properties import chosen_reading, question_of
from ..recording.trim_panel import effective_trim
from ..rig.home import home_world
from ..rig.properties import chosen_armature
from ..ui.option_properties import settings_of
from .calibrated import CalibratedTracks, calibrated_tracks
from .clock import baked_take, clock_of
from .findings import known_info
from .models import (
    HEAD_COLOUR,
    LEFT_COLOUR,
    PALM_FROM_WRIST_M,
    RIGHT_COLOUR,
    Model,
    hand_model,
    head_model,
    own_axes,
    seat_model,
    tracker_colour,
    tracker_model,
)
from .properties import view_of
from .scene_place import is_joint, world_from_recording
from .seat import seat_in_scene

_COLOURS: Final[tuple[tuple[float, float, float], ...]] = (HEAD_COLOUR, LEFT_COLOUR, RIGHT_COLOUR)
_DEVICES: Final[int] = len(_COLOURS)
"""Head and hands, before all trackers."""
_NEAR_S: Final[float] = 1.0
"""The paths are bright this long before and after the current frame."""
_PATH_STEP_M: Final[float] = 0.015
"""Distance of the points of a path: shorter lines would only flicker."""
_LOST_ALPHA: Final[float] = 0.25


@dataclass(frozen=True)
class _Drawn:
    """Hold the drawing of one recording, and the key of its sources."""

    key: tuple[Any, ...]
    facts: RecordingFacts
    """In the key by its identity: as long as it is here, nothing else has that."""
    tracks: CalibratedTracks
    """What is drawn of it."""
    world: FloatArray
    """(4, 4) from the recorded room to Blender's world."""
    paths: tuple[Any, ...]
    """A batch of lines for each device."""


_cache: list[_Drawn] = []
_models: list[tuple[Any, Any]] = []
_tracker_models: dict[tuple[float, float, float], tuple[Any, Any]] = {}


def forget() -> None:
    """Forget the drawing, and look at the rig again before the next one."""
    _cache.clear()
    _models.clear()
    _tracker_models.clear()


def draw_preview(context: bpy.types.Context) -> None:
    """Draw head, hands and paths into a 3D View, as they are recorded at the current frame."""
    facts = shown_facts(context)
    if facts is None or not context.space_data.overlay.show_overlays:
        return
    drawn = _drawn(context, facts)
    sensors = drawn.tracks.sensors
    time_s = clock_of(context).time_of(context.scene.frame_current_final)
    frame = round(time_s * sensors.fps)
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    with gpu.matrix.push_pop():
        gpu.matrix.multiply_matrix(Matrix(drawn.world.tolist()))
        # The models first: a path that runs through a hand is then hidden in it.
        if 0 <= frame < len(sensors.positions_m):
            _draw_models(drawn.tracks, frame)
        _draw_paths(context, drawn, sensors, frame)
    _draw_seat(context)
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def pose_matrix(sensors: Sensors, frame: int, device: int, joints: bool) -> FloatArray:
    """Return the (4, 4) matrix from a model's axes to the recorded room."""
    matrix = np.eye(4)
    turned = own_axes(device, joints) if device < _DEVICES else np.eye(3)
    matrix[:3, :3] = quaternion_to_matrix(sensors.rotations_wxyz[frame, device]) @ turned
    matrix[:3, 3] = sensors.positions_m[frame, device]
    if joints and 0 < device < _DEVICES:
        matrix[:3, 3] += matrix[:3, :3] @ PALM_FROM_WRIST_M
    return matrix


def device_colour(sensors: Sensors, device: int) -> tuple[float, float, float]:
    """Return the colour of head, hands and trackers."""
    return _COLOURS[device] if device < _DEVICES else tracker_colour(JOINT_NAMES[sensors.joints[device]])


def path_lines(positions_m: FloatArray, measured: BoolArray) -> FloatArray:
    """Return the path of a device as pairs of points (2 L, 3), with gaps where it is not measured."""
    pieces = []
    for first, last in runs(measured):
        steps_m = np.linalg.norm(np.diff(positions_m[first:last], axis=0), axis=1)
        passed = np.floor(np.concatenate(((0.0,), np.cumsum(steps_m))) / _PATH_STEP_M)
        points_m = positions_m[first:last][np.append(True, np.diff(passed) > 0)]
        pieces.append(np.stack((points_m[:-1], points_m[1:]), axis=1).reshape(-1, 3))
    return np.concatenate(pieces) if pieces else np.zeros((0, 3))


def shown_facts(context: bpy.types.Context) -> RecordingFacts | None:
    """Return the recording that is shown; None if none is."""
    if not view_of(context).shows_recording or not context.scene.inpose.recording:
        return None
    try:
        facts = facts_of(context.scene)
        if not isinstance(facts, RecordingFacts):  # calibrated anew, it must not flicker
            facts = last_facts(question_of(context.scene))
    except InPoseError:  # the panel says what is wrong
        return None
    return facts if isinstance(facts, RecordingFacts) and len(facts.sensors.positions_m) else None


def _draw_paths(context: bpy.types.Context, drawn: _Drawn, sensors: Sensors, frame: int) -> None:
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    near = slice(max(0, frame - round(_NEAR_S * sensors.fps)), max(0, frame + round(_NEAR_S * sensors.fps) + 1))
    for device, whole in enumerate(drawn.paths):
        lines = path_lines(sensors.positions_m[near, device], sensors.measured[near, device])
        bright = batch_for_shader(shader, "LINES", {"pos": lines.astype(np.float32)}) if len(lines) else None
        for batch, alpha, width in ((whole, 0.22, 1.0), (bright, 1.0, 2.5)):
            if batch is not None:
                shader.bind()
                shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
                shader.uniform_float("lineWidth", width * context.preferences.system.ui_scale)
                shader.uniform_float("color", (*device_colour(sensors, device), alpha))
                batch.draw(shader)


def _draw_models(tracks: CalibratedTracks, frame: int) -> None:
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    gpu.state.depth_mask_set(True)
    sensors, batches = tracks.sensors, _model_batches(shader)
    for device in range(len(sensors.joints)):
        colour = device_colour(sensors, device)
        solid, ghost = batches[device] if device < _DEVICES else _tracker_batches(shader, colour)
        with gpu.matrix.push_pop():
            pose = pose_matrix(sensors, frame, device, device < _DEVICES and tracks.joints[device])
            gpu.matrix.multiply_matrix(Matrix(pose.tolist()))
            (solid if tracks.sensors.measured[frame, device] else ghost).draw(shader)
    gpu.state.depth_mask_set(False)


def _draw_seat(context: bpy.types.Context) -> None:
    seat = seat_in_scene(context)
    if seat is None:
        return
    matrix, height_m = seat
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    gpu.state.depth_mask_set(True)
    with gpu.matrix.push_pop():
        gpu.matrix.multiply_matrix(Matrix(matrix.tolist()))
        _model_batch(shader, seat_model(height_m), 1.0).draw(shader)
    gpu.state.depth_mask_set(False)


def _model_batches(shader: Any) -> list[tuple[Any, Any]]:
    if not _models:
        for model in (head_model(), hand_model(1), hand_model(2)):
            _models.append((_model_batch(shader, model, 1.0), _model_batch(shader, model, _LOST_ALPHA)))
    return _models


def _tracker_batches(shader: Any, colour: tuple[float, float, float]) -> tuple[Any, Any]:
    if colour not in _tracker_models:
        model = tracker_model(colour)
        _tracker_models[colour] = (_model_batch(shader, model, 1.0), _model_batch(shader, model, _LOST_ALPHA))
    return _tracker_models[colour]


def _model_batch(shader: Any, model: Model, alpha: float) -> Any:
    colours = np.column_stack((model.colours, np.full(len(model.colours), alpha))).astype(np.float32)
    return batch_for_shader(shader, "TRIS", {"pos": model.corners_m.astype(np.float32), "color": colours})


def _drawn(context: bpy.types.Context, facts: RecordingFacts) -> _Drawn:
    scene, armature = context.scene, chosen_armature(context)
    start_frame = round(_start_s(context) * facts.sensors.fps)
    choices = scene.inpose_bake
    key = (
        id(facts),
        None if armature is None else (armature.name, tuple(home_world(armature).ravel().tolist())),
        settings_of(CalibrationSettings, scene.inpose),
        (choices.start_at, choices.start_with, choices.facing, start_frame, tuple(scene.cursor.location)),
    )
    if not _cache or _cache[0].key != key:
        shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
        settings = settings_of(CalibrationSettings, scene.inpose)
        tracks = calibrated_tracks(facts.sensors, facts.info, settings, is_joint=is_joint(facts, settings))
        paths = []
        for device in range(len(tracks.sensors.joints)):
            lines = path_lines(tracks.sensors.positions_m[:, device], tracks.sensors.measured[:, device])
            batch = batch_for_shader(shader, "LINES", {"pos": lines.astype(np.float32)}) if len(lines) else None
            paths.append(batch)
        _cache[:] = [_Drawn(key, facts, tracks, world_from_recording(context, facts, start_frame), tuple(paths))]
    return _cache[0]


def _start_s(context: bpy.types.Context) -> float:
    """Return the time in the recording at which the motion begins: that of the bake, or of the next one."""
    take = baked_take(context)
    if take is not None:
        return float(take.start_s)
    try:
        return effective_trim(chosen_reading(context.scene), known_info(context))[0]
    except InPoseError:
        return 0.0
