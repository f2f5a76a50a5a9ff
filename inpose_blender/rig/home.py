# SPDX-License-Identifier: GPL-3.0-or-later
"""Know where an armature object stands when root motion moves the object itself.

A bake that moves the object stores with its action where the object stood before. As long as this action plays, all
measures of the rig are taken there, and not at the place of the current frame.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mathutils import Matrix

from ..core import FloatArray

_KEY: Final[str] = "inpose_home"


def home_world(armature_object: Any) -> FloatArray:
    """Return the object's matrix in the world, (4, 4), without the root motion of a bake."""
    world = np.array(armature_object.matrix_world, dtype=np.float64)
    home = home_basis(armature_object)
    if home is None:
        return world
    carried: FloatArray = world @ np.linalg.inv(np.array(armature_object.matrix_basis, dtype=np.float64)) @ home
    return carried


def home_basis(armature_object: Any) -> FloatArray | None:
    """Return the object's own matrix without root motion, (4, 4); None if no action of a bake moves the object."""
    for action in playing_actions(armature_object):
        if _KEY in action:
            return np.array(list(action[_KEY]), dtype=np.float64).reshape(4, 4)
    return None


def remember_home(action: Any, basis: FloatArray) -> None:
    """Store with an action that moves the object where the object stands without it."""
    action[_KEY] = basis.ravel().tolist()


def send_home(armature_object: Any, basis: FloatArray) -> None:
    """Put an object back to where it stood; its scale is as it was."""
    location, rotation, _ = Matrix(basis.tolist()).decompose()
    armature_object.location = location
    mode = armature_object.rotation_mode
    if mode == "QUATERNION":
        armature_object.rotation_quaternion = rotation
    elif mode == "AXIS_ANGLE":
        axis, angle = rotation.to_axis_angle()
        armature_object.rotation_axis_angle = (angle, *axis)
    else:
        armature_object.rotation_euler = rotation.to_euler(mode, armature_object.rotation_euler)


def playing_actions(armature_object: Any) -> list[Any]:
    """Return the actions that move an object now: the active one, and those in NLA tracks."""
    animation = armature_object.animation_data
    if animation is None:
        return []
    tracks = [track for track in animation.nla_tracks if not track.mute]
    actions = [animation.action, *(strip.action for track in tracks for strip in track.strips)]
    return [action for action in actions if action is not None]
