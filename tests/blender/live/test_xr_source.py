# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a stand-in for Blender's VR session. No test here has seen a headset."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Quaternion, Vector

from inpose_blender.live.xr_source import first_lines, moment_line, xr_session
from inpose_core.live.streams.page_lines import PageReader

TURNED = Quaternion((0, 0, 1), 0.5)


class Session(SimpleNamespace):
    """Have the attributes of `bpy.types.XrSessionState`."""

    def controller_grip_location_get(self, _context: Any, index: int) -> Vector:
        return self.places[index]

    def controller_grip_rotation_get(self, _context: Any, index: int) -> Quaternion:
        return self.turns[index]


def seen(session: Session) -> Any:
    reader = PageReader()
    (moment,) = reader.read([*first_lines(), moment_line(bpy.context, session, 1.0)], 5.0)
    return moment


def test_a_head_that_looks_forward_is_openxrs_identity() -> None:
    """Blender looks along +Y where OpenXR looks along -Z; left is -X in both."""
    session = Session(
        viewer_pose_location=Vector((0.0, 0.0, 1.6)),
        viewer_pose_rotation=Quaternion(),
        places=[Vector((-0.3, 0.4, 1.0)), Vector((0.0, 0.0, 0.0))],
        turns=[TURNED, Quaternion()],
    )
    moment = seen(session)
    np.testing.assert_allclose(moment.positions_m[:2], [[0, 1.6, 0], [-0.3, 1.0, -0.4]], atol=1e-4)
    np.testing.assert_allclose(moment.rotations_wxyz[0], (1, 0, 0, 0), atol=1e-4)
    half = 0.25  # about Blender's up axis, which is OpenXR's Y
    np.testing.assert_allclose(moment.rotations_wxyz[1], (np.cos(half), 0, np.sin(half), 0), atol=1e-4)
    assert moment.measured.tolist() == [True, True, False]


def test_flying_through_the_scene_does_not_move_the_performer() -> None:
    place, turn = Vector((0.2, 0.3, 1.5)), Quaternion((1, 0, 0), 0.3)
    flown = Matrix.LocRotScale(Vector((10, 20, 30)), TURNED, Vector((2, 2, 2)))
    session = Session(
        viewer_pose_location=flown @ place,
        viewer_pose_rotation=TURNED @ turn,
        navigation_location=Vector((10, 20, 30)),
        navigation_rotation=TURNED,
        navigation_scale=2.0,
        places=[Vector()] * 2,
        turns=[Quaternion()] * 2,
    )
    moment = seen(session)
    np.testing.assert_allclose(moment.positions_m[0], (0.2, 1.5, -0.3), atol=2e-4)
    np.testing.assert_allclose(moment.rotations_wxyz[0], (np.cos(0.15), np.sin(0.15), 0, 0), atol=1e-4)


@pytest.mark.parametrize("state", [None, SimpleNamespace(), SimpleNamespace(is_running=lambda _context: False)])
def test_no_session_is_none(state: Any) -> None:
    context: Any = SimpleNamespace(window_manager=SimpleNamespace(xr_session_state=state))
    assert xr_session(context) is None
    assert xr_session(SimpleNamespace(window_manager=SimpleNamespace())) is None  # type: ignore[arg-type]


def test_a_running_session_is_found() -> None:
    state = SimpleNamespace(is_running=lambda _context: True)
    context: Any = SimpleNamespace(window_manager=SimpleNamespace(xr_session_state=state))
    assert xr_session(context) is state
