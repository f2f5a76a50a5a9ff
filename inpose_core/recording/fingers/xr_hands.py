# SPDX-License-Identifier: Apache-2.0
"""Collect the tracked hands and the buttons of WebXR frames, one hand at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.joint_poses import XR_JOINTS, rotations_of_joint_poses
from ...body.hands.joints import FINGER_JOINT_COUNT, SIDES
from ...body.hands.tracks import BUTTONS, FingerTracks

JOINT_VALUES: Final[int] = 7
"""Position and quaternion, scalar last."""
_THUMB_BUTTONS: Final[slice] = slice(2, 7)
"""Of WebXR's standard gamepad: touchpad, thumbstick, two buttons and the thumb rest."""


class XrHands:
    """Collect, frame by frame, what WebXR says about the hands.

    Args:
        count: number of frames.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._joints: dict[int, dict[int, FloatArray]] = {hand: {} for hand in range(len(SIDES))}
        self._pressed = np.full((count, len(SIDES), len(BUTTONS)), np.nan)

    def add_joints(self, frame: int, hand: int, poses: FloatArray) -> None:
        """Take the poses (25, 7) of a hand's joints, in the order of `XR_JOINTS`, in any frame."""
        self._joints[hand][frame] = poses

    def add_buttons(self, frame: int, hand: int, buttons: Sequence[Any]) -> None:
        """Take the buttons of a gamepad, each as [pressed, touched, value] or as a number."""
        values = [_button(button) for button in buttons]
        pressed = [value for value, _ in values]
        thumb = any(touched for _, touched in values[_THUMB_BUTTONS])
        self._pressed[frame, hand, : min(2, len(pressed))] = pressed[:2]
        if len(values) > _THUMB_BUTTONS.start:
            self._pressed[frame, hand, 2] = float(thumb)

    def add_pressed(self, frame: int, hand: int, pressed: Sequence[float]) -> None:
        """Take how far trigger, grip and thumb are pressed; NaN: unknown."""
        self._pressed[frame, hand] = pressed

    def fingers(self) -> FingerTracks | None:
        """Return what was collected; None if that is nothing."""
        rotations = np.full((self._count, len(SIDES), FINGER_JOINT_COUNT, 4), np.nan)
        for hand, side in enumerate(SIDES):
            if self._joints[hand]:
                frames = np.array(list(self._joints[hand]))
                poses = np.array(list(self._joints[hand].values()))
                wxyz = poses[..., (6, 3, 4, 5)]
                rotations[frames, hand] = rotations_of_joint_poses(side, poses[..., :3], wxyz)
        tracks = FingerTracks.of_joints(rotations)
        tracks = FingerTracks(rotations if tracks.measured.any() else None, tracks.measured, self._pressed)
        return None if tracks.is_empty else tracks


def joint_order(names: object) -> list[int] | None:
    """Return for each of `XR_JOINTS` its place in a file's own list of names; None if one is missing."""
    if not isinstance(names, list):
        return None
    places: Mapping[str, int] = {str(name): place for place, name in enumerate(names)}
    return [places[name] for name in XR_JOINTS] if set(XR_JOINTS) <= places.keys() else None


def _button(button: Any) -> tuple[float, bool]:
    """Return how far a button is pressed, and whether it is touched."""
    if isinstance(button, list) and len(button) >= 3:
        pressed, touched, far = (part if isinstance(part, (int, float)) else 0 for part in button[:3])
        return float(far), bool(touched or pressed or far)
    if isinstance(button, Mapping):
        value = button.get("value")
        held = bool(button.get("pressed")) or bool(button.get("touched"))
        return (float(value) if isinstance(value, (int, float)) else float(held), held)
    if isinstance(button, (int, float)):
        return float(button), button > 0
    return np.nan, False
