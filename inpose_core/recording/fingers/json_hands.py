# SPDX-License-Identifier: Apache-2.0
"""Read buttons and hand joints of a device in a JSON log.

``{"position": ..., "rotation": ..., "trigger": 0.4, "grip": 1.0, "thumb": true, "joints": [[x, y, z, qx, qy, qz, qw],
...]}``: the buttons may also be in an object called ``buttons``, ``inputs``, ``controller_state`` or ``axes``. The 25
joints are in WebXR's order, or an object with WebXR's names of the joints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.joint_poses import XR_JOINTS
from .xr_hands import JOINT_VALUES

_INSIDE: Final[tuple[str, ...]] = ("buttons", "inputs", "input", "controller_state", "state", "axes", "gamepad")
_NAMES: Final[tuple[tuple[str, ...], ...]] = (
    ("trigger", "trigger_value", "triggervalue", "index_trigger", "trigger_button", "select"),
    ("grip", "grip_value", "gripvalue", "squeeze", "squeeze_value", "hand_trigger", "grip_button", "grab"),
    ("thumb", "thumb_touch", "thumbrest", "thumbstick_touch", "trackpad_touched"),
)


def pressed_in(entry: Mapping[str, Any]) -> list[float]:
    """Return how far trigger, grip and thumb are pressed; NaN if the entry does not say so."""
    groups = [entry, *(entry[key] for key in _INSIDE if isinstance(entry.get(key), Mapping))]
    found = []
    for names in _NAMES:
        values = (_number(group.get(name)) for group in groups for name in names)
        found.append(next((value for value in values if value is not None), math.nan))
    return found


def joints_in(entry: Mapping[str, Any]) -> FloatArray | None:
    """Return the poses of a hand's joints, (25, 7), scalar last; None if there are none."""
    joints = entry.get("joints")
    if isinstance(joints, Mapping):
        joints = [joints.get(name) for name in XR_JOINTS]
    if not isinstance(joints, list) or len(joints) != len(XR_JOINTS):
        return None
    try:
        poses = np.array([_pose(joint) for joint in joints], dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return poses if poses.shape == (len(XR_JOINTS), JOINT_VALUES) else None


def _pose(joint: Any) -> list[float]:
    if isinstance(joint, Mapping):
        place, turn = joint.get("position"), joint.get("rotation", joint.get("orientation"))
        parts = [*_components(place, "xyz"), *_components(turn, "xyzw")]
    else:
        parts = list(joint)[:JOINT_VALUES]
    return [float(part) for part in parts]


def _components(value: Any, letters: str) -> list[Any]:
    return [value[letter] for letter in letters] if isinstance(value, Mapping) else list(value)


def _number(value: Any) -> float | None:
    if isinstance(value, Mapping):
        value = value.get("value", value.get("pressed"))
    return float(value) if isinstance(value, (bool, int, float)) and math.isfinite(value) else None
