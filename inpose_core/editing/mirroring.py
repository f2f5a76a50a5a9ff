# SPDX-License-Identifier: Apache-2.0
"""Mirror a whole take: motion, sensors and pins, left and right exchanged.

The mirror stands upright. Its plane contains the place where the character starts and the direction in which it then
looks, or it is the plane x = 0 of the recorded room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.hands.tracks import FingerTracks
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, rotate_vector
from ..body.skeleton import ANKLE_JOINTS, JOINT_INDEX, JOINT_NAMES, MIRROR_JOINTS, WRIST_JOINTS
from ..pins import FEET, Pin, PinKey, PinSet
from ..recording.sensors import Sensors
from .kinds import MirrorPlane
from .meeting import with_ankles_at, with_wrists_at

_SHORTEST_FORWARD: Final[float] = 0.2
"""Horizontal part of the direction of the hips: below it the body lies, and looks nowhere."""
_SAME_M: Final[float] = 1e-5
_IN_X: Final[FloatArray] = np.array((-1.0, 1.0, 1.0))
_QUATERNION_IN_X: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
_SIDES: Final[tuple[int, int, int]] = (0, 2, 1)
"""Head, left and right wrist, exchanged."""


@dataclass(frozen=True)
class Mirror:
    """An upright mirror."""

    through_m: FloatArray
    """(3,) a point of its plane."""
    normal: FloatArray
    """(3,) horizontal unit vector."""

    def places(self, positions_m: FloatArray) -> FloatArray:
        """Return the images of positions (..., 3)."""
        away_m = (positions_m - self.through_m) @ self.normal
        return np.asarray(positions_m - 2.0 * away_m[..., None] * self.normal)

    def rotations(self, wxyz: FloatArray) -> FloatArray:
        """Return the images of global rotations (..., 4) of joints of the other side."""
        # The reflection is one in x, and then a turn about the vertical axis by twice the angle of the normal.
        angle = -np.arctan2(self.normal[2], self.normal[0])
        turn = np.array((np.cos(angle), 0.0, np.sin(angle), 0.0))
        return multiply_quaternions(np.broadcast_to(turn, wxyz.shape), wxyz * _QUATERNION_IN_X)


def mirror_of(motion: Motion, plane: MirrorPlane) -> Mirror:
    """Return the mirror of a take.

    Args:
        motion: its first frame is the start.
        plane: which one; a character that lies at its start looks along Z.
    """
    if plane == "room":
        return Mirror(np.zeros(3), np.array((1.0, 0.0, 0.0)))
    forward = rotate_vector(motion.rotations_wxyz[0, 0], np.array((0.0, 0.0, 1.0)))
    across = np.array((forward[2], 0.0, -forward[0]))
    length = float(np.linalg.norm(across))
    normal = across / length if length > _SHORTEST_FORWARD else np.array((1.0, 0.0, 0.0))
    return Mirror(motion.root_translation_m[0].copy(), normal)


def mirrored_motion(motion: Motion, mirror: Mirror) -> Motion:
    """Return the image of a motion.

    The image has the same skeleton. If its left and right differ, hands and feet are brought to their mirrored places.
    """
    mirrored = replace(
        motion,
        rotations_wxyz=continuous_signs(mirror.rotations(motion.rotations_wxyz[:, list(MIRROR_JOINTS)])),
        root_translation_m=mirror.places(motion.root_translation_m),
        sensor_error_m=_sides_exchanged(motion.sensor_error_m),
        foot_contact=None if motion.foot_contact is None else motion.foot_contact[:, ::-1].copy(),
        foot_stands=None if motion.foot_stands is None else motion.foot_stands[:, ::-1].copy(),
        fingers=_mirrored_fingers(motion.fingers),
    )
    offsets_m = motion.skeleton.offsets_m
    if np.abs(offsets_m[list(MIRROR_JOINTS)] * _IN_X - offsets_m).max() < _SAME_M:
        return mirrored
    places_m = mirror.places(motion.joint_positions_m[:, list(MIRROR_JOINTS)])
    mirrored = with_ankles_at(mirrored, places_m[:, list(ANKLE_JOINTS)], mirrored, None)
    return with_wrists_at(mirrored, places_m[:, list(WRIST_JOINTS)], mirrored)


def mirrored_sensors(sensors: Sensors, mirror: Mirror) -> Sensors:
    """Return the image of what was measured: the left hand's poses become those of the right hand."""
    order = [*_SIDES, *range(len(_SIDES), len(sensors.joints))]
    joints = (*sensors.joints[: len(_SIDES)], *(MIRROR_JOINTS[joint] for joint in sensors.joints[len(_SIDES) :]))
    return replace(
        sensors,
        positions_m=mirror.places(sensors.positions_m[:, order]),
        rotations_wxyz=continuous_signs(mirror.rotations(sensors.rotations_wxyz[:, order])),
        measured=sensors.measured[:, order],
        joints=joints,
        rotation_measured=_sides_exchanged(sensors.rotation_measured),
        noise_m=_sides_exchanged(sensors.noise_m),
        rotation_noise_rad=_sides_exchanged(sensors.rotation_noise_rad),
        shown=None if sensors.shown is None else tuple(sensors.shown[point] for point in order),
        told_stands=None if sensors.told_stands is None else sensors.told_stands[:, ::-1].copy(),
        fingers=_mirrored_fingers(sensors.fingers),
    )


def mirrored_pins(pins: PinSet, mirror: Mirror) -> PinSet:
    """Return the image of what an animator asks for: the pin of a left foot becomes one of the right foot."""
    return PinSet(
        tuple(_mirrored_pin(pin, mirror) for pin in pins.pins),
        tuple(replace(stance, foot=FEET[1 - FEET.index(stance.foot)]) for stance in pins.stances),
        tuple(replace(seat, keys=tuple(_mirrored_key(key, mirror) for key in seat.keys)) for seat in pins.seats),
    )


def _mirrored_pin(pin: Pin, mirror: Mirror) -> Pin:
    keys = tuple(_mirrored_key(key, mirror) for key in pin.keys)
    return replace(pin, joint=JOINT_NAMES[MIRROR_JOINTS[JOINT_INDEX[pin.joint]]], keys=keys)


def _mirrored_key(key: PinKey, mirror: Mirror) -> PinKey:
    position_m = rotation_wxyz = None
    if key.position_m is not None:
        x, y, z = mirror.places(np.array(key.position_m)).tolist()
        position_m = (x, y, z)
    if key.rotation_wxyz is not None:
        w, x, y, z = mirror.rotations(np.array(key.rotation_wxyz)).tolist()
        rotation_wxyz = (w, x, y, z)
    return PinKey(key.at_s, position_m, rotation_wxyz)


def _mirrored_fingers(fingers: FingerTracks | None) -> FingerTracks | None:
    if fingers is None:
        return None
    turned = fingers.rotations_wxyz
    return FingerTracks(
        None if turned is None else turned[:, ::-1] * _QUATERNION_IN_X,
        fingers.measured[:, ::-1].copy(),
        fingers.pressed[:, ::-1].copy(),
    )


def _sides_exchanged(values: NDArray[Any] | None) -> NDArray[Any] | None:
    """Exchange the hands in values (F, P) of measured points, head, left and right wrist first."""
    if values is None:
        return None
    return values[:, [*_SIDES, *range(len(_SIDES), values.shape[1])]]
