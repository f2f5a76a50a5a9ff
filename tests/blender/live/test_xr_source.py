# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a stand-in for Blender's VR session. No test here has seen a headset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Quaternion, Vector

from inpose_blender.live.xr_source import check_session, first_lines, moment_line, xr_session
from inpose_core import RecordingError
from inpose_core.live.streams.page_lines import PageReader

FORWARD = Quaternion((1, 0, 0), math.pi / 2)  # a Blender camera that looks along +Y, with +Z up
TURNED = Quaternion((0, 0, 1), 0.5)


class Session(SimpleNamespace):
    """Have the attributes of `bpy.types.XrSessionState`."""

    def controller_grip_location_get(self, _context: Any, index: int) -> Vector:
        return self.places[index]

    def controller_grip_rotation_get(self, _context: Any, index: int) -> Quaternion:
        return self.turns[index]


@pytest.fixture
def settings() -> Iterator[Any]:
    """Give the real settings of the VR session, at the room's origin, as the user must set them."""
    settings: Any = bpy.context.window_manager.xr_session_settings
    kept = {name: getattr(settings, name) for name in SETTINGS}
    settings.base_pose_type, settings.base_pose_location, settings.base_pose_angle = "CUSTOM", (0, 0, 0), 0.0
    settings.use_positional_tracking = settings.use_absolute_tracking = True
    yield settings
    for name, value in kept.items():
        setattr(settings, name, value)


SETTINGS = ("base_pose_type", "base_scale", "use_positional_tracking", "use_absolute_tracking")


def seen(session: Session) -> Any:
    reader = PageReader()
    (moment,) = reader.read([*first_lines(), moment_line(bpy.context, session, 1.0)], 5.0)
    return moment


def shown(places: list[Vector], turns: list[Quaternion], base: Matrix, navigation: Matrix) -> Session:
    """Return what Blender tells of head and controllers at these tracked poses (OpenXR's axes): the product that
    `wm_xr_session_state_update` makes."""
    world = navigation @ base
    located = [world @ place for place in places]
    turned = [navigation.to_quaternion() @ base.to_quaternion() @ turn for turn in turns]
    return Session(
        viewer_pose_location=located[0],
        viewer_pose_rotation=turned[0],
        navigation_location=navigation.to_translation(),
        navigation_rotation=navigation.to_quaternion(),
        navigation_scale=navigation.to_scale().x,
        places=located[1:],
        turns=turned[1:],
    )


def test_a_head_that_looks_forward_is_openxrs_identity(settings: Any) -> None:
    """Blender looks along +Y where OpenXR looks along -Z; left is -X in both."""
    session = Session(
        viewer_pose_location=Vector((0.0, 0.0, 1.6)),
        viewer_pose_rotation=FORWARD,
        places=[Vector((-0.3, 0.4, 1.0)), Vector((0.0, 0.0, 0.0))],
        turns=[TURNED @ FORWARD, Quaternion()],
    )
    moment = seen(session)
    np.testing.assert_allclose(moment.positions_m[:2], [[0, 1.6, 0], [-0.3, 1.0, -0.4]], atol=1e-4)
    np.testing.assert_allclose(moment.rotations_wxyz[0], (1, 0, 0, 0), atol=1e-4)
    half = 0.25  # about Blender's up axis, which is OpenXR's Y
    np.testing.assert_allclose(moment.rotations_wxyz[1], (np.cos(half), 0, np.sin(half), 0), atol=1e-4)
    assert moment.measured.tolist() == [True, True, False]


@pytest.mark.parametrize("landmark", ["CUSTOM", "OBJECT", "SCENE_CAMERA", "none"])
def test_neither_the_landmark_nor_flying_moves_the_performer(settings: Any, landmark: str) -> None:
    places = [Vector((0.2, 1.5, -0.3)), Vector((-0.4, 1.1, -0.2)), Vector((0.3, 0.9, -0.1))]
    turns = [Quaternion((1, 0, 0), 0.3), Quaternion((0, 1, 0), -0.7), Quaternion((0, 0, 1), 1.1)]
    scene = bpy.context.scene
    place, heading_rad, scale = Vector((4.0, -2.0, 1.7)), 0.8, 2.0
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.matrix_world = Matrix.LocRotScale(place, Euler((1.1, 0.0, heading_rad)), None)
    settings.base_pose_type, settings.base_scale = ("SCENE_CAMERA" if landmark == "none" else landmark), scale
    if landmark == "CUSTOM":
        settings.base_pose_location, settings.base_pose_angle = place, heading_rad
    elif landmark == "OBJECT":
        settings.base_pose_object = camera
    elif landmark == "SCENE_CAMERA":
        scene.camera = camera
    else:
        place, heading_rad = Vector(), 0.0
    try:
        turn = Quaternion((0, 0, 1), heading_rad) @ FORWARD
        base = Matrix.LocRotScale(place, turn, Vector([scale] * 3))
        navigation = Matrix.LocRotScale(Vector((10, 20, 30)), TURNED, Vector((3, 3, 3)))
        moment = seen(shown(places, turns, base, navigation))
    finally:
        scene.camera = settings.base_pose_object = None
        bpy.data.objects.remove(camera)
    np.testing.assert_allclose(moment.positions_m[:3], places, atol=2e-4)
    np.testing.assert_allclose(moment.rotations_wxyz[:3], turns, atol=2e-4)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("use_absolute_tracking", False, "how high"),
        ("use_positional_tracking", False, "how high"),
        ("view_scale", 2.0, "scale"),
        (None, None, "does not run"),
    ],
)
def test_a_session_that_hides_heights_is_refused(settings: Any, name: str | None, value: Any, said: str) -> None:
    real = {each: getattr(settings, each) for each in SETTINGS}
    state = SimpleNamespace(is_running=lambda _context: name is not None)
    stand_in = SimpleNamespace(**real, **({name: value} if name == "view_scale" else {}))
    if name in SETTINGS:
        setattr(stand_in, name, value)
    manager = SimpleNamespace(xr_session_state=state, xr_session_settings=stand_in)
    context: Any = SimpleNamespace(window_manager=manager)
    with pytest.raises(RecordingError, match=said):
        check_session(context)


def test_a_session_with_absolute_tracking_is_accepted(settings: Any) -> None:
    state = SimpleNamespace(is_running=lambda _context: True)
    manager = SimpleNamespace(xr_session_state=state, xr_session_settings=settings)
    check_session(cast(Any, SimpleNamespace(window_manager=manager)))


@pytest.mark.parametrize("state", [None, SimpleNamespace(), SimpleNamespace(is_running=lambda _context: False)])
def test_no_session_is_none(state: Any) -> None:
    context: Any = SimpleNamespace(window_manager=SimpleNamespace(xr_session_state=state))
    assert xr_session(context) is None
    assert xr_session(SimpleNamespace(window_manager=SimpleNamespace())) is None  # type: ignore[arg-type]


def test_a_running_session_is_found() -> None:
    state = SimpleNamespace(is_running=lambda _context: True)
    context: Any = SimpleNamespace(window_manager=SimpleNamespace(xr_session_state=state))
    assert xr_session(context) is state
