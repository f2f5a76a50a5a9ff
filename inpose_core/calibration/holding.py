# SPDX-License-Identifier: Apache-2.0
"""List the ways in which hand devices may be held: as the file says, and the others that are worth a look.

Both hands hold the same device, so one way serves both, mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..recording.types import PoseType, Recording
from .hand_devices import HAND_DEVICES, HandDevice, device_named, placed
from .presets import WRIST_DEVIATION_M, wrist_offset
from .rigid import RigidOffset

_TURN_DEVIATION_DEG: Final[dict[PoseType, float]] = {"joint": 2.0, "grip": 15.0, "aim": 20.0, "raw": 20.0, "saber": 25.0}
"""Of the wrist in an unknown device, about each axis."""
_ANOTHER_FRAME: Final[float] = 1.0
_ANOTHER_DEVICE: Final[float] = 0.25
"""What another frame than the declared one, and another device than the one that is named, must gain. In nats per
frame."""
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
    """What the recorder did to the poses."""

    @property
    def wrists(self) -> tuple[RigidOffset, RigidOffset]:
        """Return left and right wrist in the frames of the recorded hand poses."""
        return self.left, self.left.mirrored()

    @property
    def words(self) -> str:
        """Return what the hand poses are, for users."""
        return f"{self.pose} poses{f' of a {self.device}' if self.device else ''}{self.quirk}"


def declared_holding(recording: Recording, pose: PoseType) -> Holding:
    """Return how the devices are held by what the file, or the user, says."""
    device = device_named(recording.controllers, recording.headset)
    # A saber's blade lies in the hand as the line of aim does.
    left = device.wrist("aim" if pose == "saber" else pose) if device is not None else None
    if device is None or left is None:
        return Holding(wrist_offset(pose, 0), WRIST_DEVIATION_M[pose], _TURN_DEVIATION_DEG[pose], pose, "")
    if pose == "saber":
        return Holding(left, WRIST_DEVIATION_M[pose], _TURN_DEVIATION_DEG[pose], pose, device.name)
    return Holding(left, device.deviation_m, device.turn_deviation_deg, pose, device.name)


def declared_wrists(recording: Recording, pose: PoseType) -> tuple[RigidOffset, RigidOffset]:
    """Return both wrists as declared; a replay that tells its sabers' offsets on the controllers is believed."""
    known = recording.hand_offsets
    if pose != "saber" or known is None:
        return declared_holding(recording, pose).wrists
    in_controllers = declared_holding(recording, known.controller_pose).wrists
    left, right = (
        RigidOffset(known.positions_m[side], known.rotations_wxyz[side]).inverse().then(in_controllers[side])
        for side in (0, 1)
    )
    return left, right


def declared_deviation_m(recording: Recording, pose: PoseType) -> float:
    """Return how far the declared place of a wrist may be off per axis, standard deviation."""
    known = recording.hand_offsets
    return declared_holding(recording, known.controller_pose if pose == "saber" and known else pose).deviation_m


def other_holdings(recording: Recording, pose: PoseType | None) -> tuple[Holding, ...]:
    """Return the other ways that are worth a look: other frames, other devices, and known quirks of recorders.

    Args:
        recording: any.
        pose: the declared kind of hand poses; None if nothing is declared.
    """
    named = device_named(recording.controllers, recording.headset)
    if pose == "saber":
        blades = [_of(device, "aim", named, "saber", None) for device in HAND_DEVICES]
        plain = Holding(wrist_offset("saber", 0), WRIST_DEVIATION_M["saber"], _TURN_DEVIATION_DEG["saber"], "saber", "")
        return (*blades, plain)
    quirks: tuple[tuple[RigidOffset | None, str], ...] = ((None, ""),)
    if recording.format == "WebXR (A-Frame)":
        quirks = (*quirks, (_AFRAME_ROLL, ", rolled by A-Frame"))
    frames: tuple[PoseType, ...] = ("raw", "grip", "aim")
    return tuple(
        _of(device, frame, named, frame, roll, quirk, 0.0 if pose in (frame, None) else _ANOTHER_FRAME)
        for roll, quirk in quirks
        for device in HAND_DEVICES
        for frame in frames
        # A runtime that reports raw poses reports controllers.
        if not (device.is_hand and frame == "raw")
    )


def _of(
    device: HandDevice,
    frame: PoseType,
    named: HandDevice | None,
    pose: PoseType,
    roll: RigidOffset | None,
    quirk: str = "",
    handicap: float = 0.0,
) -> Holding:
    left = device.wrist(frame) or wrist_offset(frame, 0)
    if named is not None and device.name != named.name:
        handicap += _ANOTHER_DEVICE
    deviation_m = WRIST_DEVIATION_M["saber"] if pose == "saber" else device.deviation_m
    left = roll.then(left) if roll is not None else left
    return Holding(left, deviation_m, device.turn_deviation_deg, pose, device.name, handicap, quirk)
