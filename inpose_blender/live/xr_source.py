# SPDX-License-Identifier: GPL-3.0-or-later
"""Read head and controllers of Blender's own VR session, and write them as the recorder page writes its moments.

Blender shows a pose as ``navigation @ base pose @ tracked pose``. The base pose turns OpenXR's axes (Y up, -Z forward)
into Blender's (Z up) and is where the landmark is: by default at the scene's camera. The navigation is where the user
has flown to. Both are taken back, so the tracked pose is left, in OpenXR's axes. (``wm_xr_session_state_update`` and
``wm_xr_session_base_pose_calc`` in Blender's ``wm_xr_session.cc``.)

Without *Absolute* tracking, Blender also subtracts the place of the head at the start, and nothing tells what it was:
the height of the head is lost, so such a session is refused. Was tried with a stand-in for the session only, not with a
headset.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import bpy
from mathutils import Matrix, Quaternion, Vector

from ..bpy_compat import vr_view_scale
from ..core import RecordingError

_HANDS: Final[tuple[str, str]] = ("left", "right")
_PER_METRE: Final[float] = 1e4
_PER_UNIT: Final[float] = 1e5
_NOWHERE_M: Final[float] = 1e-6
_SAME_SCALE: Final[float] = 1e-4


def xr_session(context: bpy.types.Context) -> Any:
    """Return the state of Blender's VR session, or None if none runs, or this Blender has no VR."""
    state = getattr(context.window_manager, "xr_session_state", None)
    if state is None:
        return None
    try:
        return state if state.is_running(context) else None
    except (AttributeError, TypeError):  # a Blender that was built without OpenXR
        return None


def check_session(context: bpy.types.Context) -> None:
    """Check that the VR session tells where its devices are in the room.

    Raises:
        RecordingError: no session runs, or its settings hide the height or the scale.
    """
    if xr_session(context) is None:
        raise RecordingError("Blender's VR session does not run.", "Start it in the tab VR of the sidebar.")
    settings = context.window_manager.xr_session_settings
    if not (settings.use_positional_tracking and settings.use_absolute_tracking):
        raise RecordingError(
            "Blender's VR session does not tell how high the head is.",
            "In the tab VR of the sidebar, switch on both under Tracking: Positional and Absolute.",
        )
    if abs(vr_view_scale(settings) - 1.0) > _SAME_SCALE:
        raise RecordingError(
            "Blender's VR session shows the scene at another scale.",
            "In the tab VR of the sidebar, set View Scale to 1.",
        )


def first_lines() -> list[str]:
    """Return what begins the stream: the floor is the origin, and there are two controllers with grips."""
    inputs = [
        {"input": number, "at": 0, "hand": hand, "bare": False, "pose": "grip", "profiles": []}
        for number, hand in enumerate(_HANDS)
    ]
    return [json.dumps(line) for line in ({"stream": 1, "reference_space": "local-floor"}, *inputs)]


def moment_line(context: bpy.types.Context, session: Any, time_s: float) -> str:
    """Return the line of this moment: head, left and right controller, each 0 if it is not tracked."""
    M_room_world = _room_to_world(context, session).inverted()
    head = _numbers(M_room_world, session.viewer_pose_location, session.viewer_pose_rotation)
    hands: list[Any] = []
    for number in range(len(_HANDS)):
        pose = _controller(context, session, number, M_room_world)
        hands.append([number, *pose, 0, 0, 0] if pose else 0)
    return json.dumps([round(1000 * time_s, 1), head or 0, *hands])


def _controller(context: bpy.types.Context, session: Any, number: int, M_room_world: Matrix) -> list[int] | None:
    try:
        place = session.controller_grip_location_get(context, number)
        turn = session.controller_grip_rotation_get(context, number)
    except (AttributeError, TypeError, RuntimeError):  # no such controller
        return None
    return _numbers(M_room_world, place, turn)


def _room_to_world(context: bpy.types.Context, session: Any) -> Matrix:
    """Return where the origin of the tracked room, in OpenXR's axes, is in the scene."""
    navigation = Matrix.LocRotScale(
        Vector(getattr(session, "navigation_location", (0, 0, 0))),
        Quaternion(getattr(session, "navigation_rotation", (1, 0, 0, 0))),
        Vector([float(getattr(session, "navigation_scale", 1.0)) or 1.0] * 3),
    )
    return navigation @ _base_pose(context)


def _base_pose(context: bpy.types.Context) -> Matrix:
    """Return the landmark: upright, so only its turn about Blender's Z counts."""
    settings = context.window_manager.xr_session_settings
    chosen = settings.base_pose_object if settings.base_pose_type == "OBJECT" else None
    landmark = chosen or context.scene.camera  # a missing object is the camera for Blender, too
    if settings.base_pose_type == "CUSTOM":
        place, heading_rad = Vector(settings.base_pose_location), float(settings.base_pose_angle)
    elif landmark is not None:
        place = landmark.matrix_world.to_translation()
        heading_rad = landmark.matrix_world.to_quaternion().to_euler().z
    else:
        place, heading_rad = Vector((0, 0, 0)), 0.0
    turn = Quaternion((0, 0, 1), heading_rad) @ Quaternion((1, 0, 0), math.pi / 2)
    return Matrix.LocRotScale(place, turn, Vector([float(settings.base_scale) or 1.0] * 3))


def _numbers(M_room_world: Matrix, place: Any, turn: Any) -> list[int] | None:
    """Return a pose in the tracked room, in OpenXR's axes.

    None if there is none: it is then at the origin of the scene (no session) or of the room (not tracked).
    """
    place_in_room = M_room_world @ Vector(place)
    if min(Vector(place).length, place_in_room.length) < _NOWHERE_M:
        return None
    x, y, z = place_in_room
    quaternion = M_room_world.to_quaternion() @ Quaternion(turn)
    w, qx, qy, qz = quaternion
    return [0, *(round(_PER_METRE * each) for each in (x, y, z)), *(round(_PER_UNIT * q) for q in (qx, qy, qz, w))]
