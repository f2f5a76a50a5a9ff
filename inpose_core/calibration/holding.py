# SPDX-License-Identifier: Apache-2.0
"""List the ways in which hand devices may be held: the declared one, and others that are worth a try. Both hands hold
the same device, so one way serves both, mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..body.quaternions import matrix_to_quaternion
from ..recording.types import PoseType, Recording
from .hand_devices import DEVICES_BY_NAME, HAND_DEVICES, HandDevice, device_named, placed
from .presets import UNKNOWN_WRIST_DEVIATION_M, WRIST_DEVIATION_M, wrist_offset
from .rigid import RigidOffset

_TURN_DEVIATION_DEG: Final[dict[PoseType, float]] = {
    "joint": 2.0,
    "grip": 15.0,
    "aim": 20.0,
    "raw": 20.0,
    "saber": 25.0,
}
"""Of the wrist in an unknown device, about each axis."""
_ANOTHER_FRAME: Final[float] = 1.0
_ANOTHER_DEVICE: Final[float] = 0.25
"""Gain that another frame than the declared one, or another device than the named one, must have, in nats per frame."""
_GRIP_IN_SABER_M: Final[tuple[float, float, float]] = (0.0, -0.06, 0.10)
"""Position of the grip: behind the saber's origin and below the line of the blade. With it, the wrists in two replays
of one player bend more than 15 degrees too far in 0.2 and 2 % of the frames. With a grip on the line, or further back,
the wrists do so in more frames."""
_KNOWN_SABER_DEVIATION_M: Final[float] = 0.04
_SABER_PITCHES_DEG: Final[tuple[float, ...]] = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
"""Angles between hand and blade, from the device's grip; each player sets this in the game."""
_USUAL_SABER_PITCH_DEG: Final[float] = 30.0
"""Used if nothing in the motion decides."""
WRIST_JOINT: Final[RigidOffset] = RigidOffset(
    np.zeros(3), matrix_to_quaternion(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]))
)
"""The wrist in the frame of OpenXR's wrist joint, which hand tracking gives: -Z to the fingers, +Y out of the back of
the hand."""
_WRIST_JOINT_DEVIATION_M, _WRIST_JOINT_DEVIATION_DEG = 0.005, 5.0
_AFRAME_ROLL: Final[RigidOffset] = placed((0.0, 0.0, 0.0), (0.0, 0.0, -90.0))
"""From what A-Frame's component hand-controls records back to the device: it rolls left hands by 90 degrees, right ones
by -90."""


@dataclass(frozen=True)
class Holding:
    """Hold one way in which the devices may be held."""

    left: RigidOffset
    """The left wrist in the frame of the recorded hand pose; the right one mirrors it."""
    deviation_m: float
    turn_deviation_deg: float
    pose: PoseType
    device: str
    """The device's name, or nothing if it is unknown."""
    handicap: float = 0.0
    """In nats per frame."""
    quirk: str = ""
    """What the recorder did to the hands, as a sentence; empty if it did nothing."""

    @property
    def wrists(self) -> tuple[RigidOffset, RigidOffset]:
        """Return left and right wrist in the frames of the recorded hand poses."""
        return self.left, self.left.mirrored()

    @property
    def words(self) -> str:
        """Return the kind of the hand poses in words, for users."""
        if not self.device:
            return f"{self.pose} poses"
        article = "an" if self.device[0] in "AEIOU" else "a"
        return f"{self.pose} poses of {article} {self.device}"


def declared_holding(recording: Recording, pose: PoseType) -> Holding:
    """Return the way that the file or the user declares."""
    device = device_named(recording.controllers, recording.headset)
    if device is not None and pose == "saber":
        # How the player turned the saber is not told, so the motion must tell it.
        return replace(_in_saber(device, 0.0), deviation_m=WRIST_DEVIATION_M["saber"])
    left = device.wrist(pose) if device is not None else None
    if device is None or left is None:
        return Holding(wrist_offset(pose, 0), WRIST_DEVIATION_M[pose], _TURN_DEVIATION_DEG[pose], pose, "")
    return Holding(left, device.deviation_m, device.turn_deviation_deg, pose, device.name)


def declared_wrists(recording: Recording, pose: PoseType) -> tuple[RigidOffset, RigidOffset]:
    """Return both wrists as declared; the saber offsets of a replay are used."""
    known = recording.hand_offsets
    if pose != "saber" or known is None:
        return declared_holding(recording, pose).wrists
    in_controllers = declared_holding(recording, known.controller_pose).wrists
    left, right = (
        RigidOffset(known.positions_m[side], known.rotations_wxyz[side]).inverse().then(in_controllers[side])
        for side in (0, 1)
    )
    return left, right


def declared_deviation_m(recording: Recording, pose: PoseType | None) -> float:
    """Return how far the declared place of a wrist may be off per axis, standard deviation; None is an unknown pose."""
    if pose is None:
        return UNKNOWN_WRIST_DEVIATION_M
    known = recording.hand_offsets
    return declared_holding(recording, known.controller_pose if pose == "saber" and known else pose).deviation_m


def other_holdings(recording: Recording, pose: PoseType | None) -> tuple[Holding, ...]:
    """Return the other ways that are worth a try: other frames, other devices, and known quirks of recorders.

    Args:
        recording: any.
        pose: the declared kind of hand poses; None if nothing is declared.
    """
    named = device_named(recording.controllers, recording.headset)
    if pose == "saber":
        return tuple(
            replace(_in_saber(named, pitch_deg), handicap=((pitch_deg - _USUAL_SABER_PITCH_DEG) / 50.0) ** 2)
            for pitch_deg in _SABER_PITCHES_DEG
        )
    quirks: tuple[tuple[RigidOffset | None, str], ...] = ((None, ""),)
    if recording.format == "WebXR (A-Frame)":
        quirks = (*quirks, (_AFRAME_ROLL, "A-Frame has turned the recorded hands by 90 degrees."))
    frames: tuple[PoseType, ...] = ("raw", "grip", "aim")
    rows = (*HAND_DEVICES, *(device for device in DEVICES_BY_NAME if device is named))
    listed = tuple(
        _of(device, frame, named, roll, quirk, 0.0 if pose in (frame, None) else _ANOTHER_FRAME)
        for roll, quirk in quirks
        for device in rows
        for frame in frames
        # A runtime that reports raw poses reports controllers.
        if not (device.is_hand and frame == "raw")
    )
    if pose is not None:
        return listed
    tracked = Holding(WRIST_JOINT, _WRIST_JOINT_DEVIATION_M, _WRIST_JOINT_DEVIATION_DEG, "raw", "tracked hand")
    return (*listed, tracked)


def _in_saber(device: HandDevice | None, pitch_deg: float) -> Holding:
    """Return how a saber is held whose blade is pitched from the device's grip: the grip lies on the blade's line."""
    grip = placed(_GRIP_IN_SABER_M, (pitch_deg, 0.0, 0.0))
    wrist = (device.wrist("grip") if device is not None else None) or wrist_offset("grip", 0)
    turn_deviation_deg = _TURN_DEVIATION_DEG["saber"]
    return Holding(
        grip.then(wrist), _KNOWN_SABER_DEVIATION_M, turn_deviation_deg, "saber", device.name if device else ""
    )


def _of(
    device: HandDevice,
    frame: PoseType,
    named: HandDevice | None,
    roll: RigidOffset | None,
    quirk: str,
    handicap: float,
) -> Holding:
    left = device.wrist(frame) or wrist_offset(frame, 0)
    if named is not None and device.name != named.name:
        handicap += _ANOTHER_DEVICE
    left = roll.then(left) if roll is not None else left
    return Holding(left, device.deviation_m, device.turn_deviation_deg, frame, device.name, handicap, quirk)
