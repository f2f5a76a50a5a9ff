# SPDX-License-Identifier: GPL-3.0-or-later
"""Read head and controllers of Blender's own VR session, and write them as the recorder page writes its moments.

Blender turns OpenXR's axes (Y up, -Z forward) into its own (Z up, Y forward), and adds where the user has flown to
(``navigation_*``); both are taken back. Was tried with a stand-in for the session only, not with a headset.
"""

from __future__ import annotations

import json
from typing import Any, Final

import bpy
from mathutils import Quaternion, Vector

_HANDS: Final[tuple[str, str]] = ("left", "right")
_PER_METRE: Final[float] = 1e4
_PER_UNIT: Final[float] = 1e5
_NOWHERE_M: Final[float] = 1e-6


def xr_session(context: bpy.types.Context) -> Any:
    """Return the state of Blender's VR session, or None if none runs, or this Blender has no VR."""
    state = getattr(context.window_manager, "xr_session_state", None)
    if state is None:
        return None
    try:
        return state if state.is_running(context) else None
    except (AttributeError, TypeError):  # a Blender that was built without OpenXR
        return None


def first_lines() -> list[str]:
    """Return what begins the stream: the floor is the origin, and there are two controllers with grips."""
    inputs = [
        {"input": number, "at": 0, "hand": hand, "bare": False, "pose": "grip", "profiles": []}
        for number, hand in enumerate(_HANDS)
    ]
    return [json.dumps(line) for line in ({"stream": 1, "reference_space": "local-floor"}, *inputs)]


def moment_line(context: bpy.types.Context, session: Any, time_s: float) -> str:
    """Return the line of this moment: head, left and right controller, each 0 if it is not tracked."""
    head = _numbers(session, session.viewer_pose_location, session.viewer_pose_rotation)
    hands: list[Any] = []
    for number in range(len(_HANDS)):
        pose = _controller(context, session, number)
        hands.append([number, *pose, 0, 0, 0] if pose else 0)
    return json.dumps([round(1000 * time_s, 1), head or 0, *hands])


def _controller(context: bpy.types.Context, session: Any, number: int) -> list[int] | None:
    try:
        place = session.controller_grip_location_get(context, number)
        turn = session.controller_grip_rotation_get(context, number)
    except (AttributeError, TypeError, RuntimeError):  # no such controller
        return None
    return _numbers(session, place, turn)


def _numbers(session: Any, place: Any, turn: Any) -> list[int] | None:
    """Return a pose in the tracked room, in OpenXR's axes; None if Blender has none: it is then at the origin."""
    place, turn = Vector(place), Quaternion(turn)
    if place.length < _NOWHERE_M:
        return None
    back = Quaternion(getattr(session, "navigation_rotation", (1, 0, 0, 0))).conjugated()
    scale = float(getattr(session, "navigation_scale", 1.0)) or 1.0
    place = back @ (place - Vector(getattr(session, "navigation_location", (0, 0, 0)))) / scale
    turn = back @ turn
    x, y, z = place.x, place.z, -place.y
    qx, qy, qz = turn.x, turn.z, -turn.y
    return [0, *(round(_PER_METRE * each) for each in (x, y, z)), *(round(_PER_UNIT * q) for q in (qx, qy, qz, turn.w))]
