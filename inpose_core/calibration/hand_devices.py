# SPDX-License-Identifier: Apache-2.0
"""List the place of the wrist in each controller, its uncertainty and the source of the numbers: one row per device.

A row gives the left wrist, and the OpenXR frames grip and aim, in the device's raw OpenVR frame; the right hand is its
mirror image. Most of a row comes from SteamVR: its render models hold `grip`, `openxr_grip`, `tip` and `openxr_aim`,
and a hand (`openxr_handmodel`) that lies on each controller alike, whose wrist is known on the Index controller
(Valve's skeletal input, the pose of an open hand). So the same hand lies on all controllers for which SteamVR has this
frame. To add a device, add a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..body.quaternions import matrix_to_quaternion, multiply_quaternions, rotvec_to_quaternion
from ..recording.types import PoseType
from .rigid import RigidOffset

_X, _Y, _Z = (np.array(axis) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def placed(position_m: tuple[float, float, float], pitch_yaw_roll_deg: tuple[float, float, float]) -> RigidOffset:
    """Return a frame in its parent, turned about X, then its own Y, then its own Z, as SteamVR's render models say."""
    turns = [
        rotvec_to_quaternion(np.radians(angle) * axis)
        for angle, axis in zip(pitch_yaw_roll_deg, (_X, _Y, _Z), strict=True)
    ]
    return RigidOffset(np.array(position_m), multiply_quaternions(multiply_quaternions(turns[0], turns[1]), turns[2]))


OPEN_HAND_WXYZ: Final = matrix_to_quaternion(np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]))
"""The left wrist joint in the grip of a bare hand: there the fingers point along -Y, the thumb along -Z, the back of
the hand along -X. In the T-pose the left fingers point along +X, the back of the hand along +Y, the thumb along +Z."""


def wrist_at(position_m: tuple[float, float, float], pitch_yaw_roll_deg: tuple[float, float, float]) -> RigidOffset:
    """Return the left wrist in a device's frame; unturned the hand lies as a bare hand in its grip."""
    return placed(position_m, pitch_yaw_roll_deg).then(RigidOffset(np.zeros(3), OPEN_HAND_WXYZ))


@dataclass(frozen=True)
class HandDevice:
    """Hold one row: a device, its frames, and how much the hold may vary."""

    name: str
    words: tuple[str, ...]
    """Parts of the names that files give to the controllers or the headset, in small letters."""
    wrist_in_raw: RigidOffset
    """The left wrist in the frame that OpenVR reports."""
    grip_in_raw: RigidOffset
    aim_in_raw: RigidOffset
    deviation_m: float
    """Standard deviation of the wrist's position per axis, over people and the uncertainty of the row."""
    turn_deviation_deg: float
    """Standard deviation of the wrist's rotation about each axis."""
    source: str
    is_hand: bool = False
    """The device is the hand itself, seen by cameras."""

    def wrist(self, pose: PoseType) -> RigidOffset | None:
        """Return the left wrist in the frame of a hand pose; None for poses that are not of this device."""
        if pose == "raw":
            return self.wrist_in_raw
        frames = {"grip": self.grip_in_raw, "aim": self.aim_in_raw}
        return frames[pose].inverse().then(self.wrist_in_raw) if pose in frames else None


_NOTHING: Final = RigidOffset(np.zeros(3), np.array((1.0, 0.0, 0.0, 0.0)))
_TOUCH_WRIST: Final = wrist_at((-0.025, 0.050, 0.138), (52.0, -2.1, -11.0))
_TOUCH_GRIP: Final = placed((0.007, -0.0002, 0.0981), (20.6, 0.0, 0.0))
_TOUCH_AIM: Final = placed((0.007, -0.0389, 0.0095), (-39.4, 0.0, 0.0))

HAND_DEVICES: Final[tuple[HandDevice, ...]] = (
    HandDevice(
        name="bare hand",
        words=(
            "oculus-hand",
            "pico-hand",
            "generic-hand",
            "hand tracking",
            "hand-tracking",
            "bare hand",
            "tracked hand",
        ),
        wrist_in_raw=wrist_at((-0.037, 0.065, 0.002), (0.0, 0.0, 0.0)),
        grip_in_raw=_NOTHING,
        aim_in_raw=RigidOffset(np.array((0.010, -0.023, -0.046)), rotvec_to_quaternion(np.radians((-44.9, -6.6, 2.7)))),
        deviation_m=0.005,
        turn_deviation_deg=5.0,
        source="measured in a capture of a Quest 3 that holds wrist, grip and target ray (sd under 1 mm)",
        is_hand=True,
    ),
    HandDevice(
        name="Vive wand",
        words=("htc-vive", "vive controller", "vive. controller", "vive_controller", "vive wand", "openvr gamepad"),
        wrist_in_raw=wrist_at((-0.033, 0.021, 0.1465), (68.0, 0.0, 0.0)),
        grip_in_raw=placed((0.0, -0.015, 0.097), (5.04, 0.0, 0.0)),
        aim_in_raw=placed((0.0, -0.01, -0.007), (1.28, 0.0, 0.0)),
        deviation_m=0.015,
        turn_deviation_deg=8.0,
        source="measured: the place as the least moving point against a forearm tracker (8 takes), the turn in the "
        "T-poses of 41 takes (sd 3 to 4 degrees), forearm trackers agree; frames of vr_controller_vive_1_5",
    ),
    HandDevice(
        name="Index controller",
        words=("knuckles", "index controller", "valve_controller", "valve index", "index"),
        wrist_in_raw=wrist_at((-0.034, 0.0365, 0.1647), (51.6, -2.0, -6.0)),
        grip_in_raw=placed((0.0, -0.015, 0.13), (15.4, -2.1, 0.3)),
        aim_in_raw=placed((0.006, -0.015, 0.02), (-40.0, -5.0, 0.0)),
        deviation_m=0.02,
        turn_deviation_deg=12.0,
        source="Valve's skeletal input, the open hand; frames of valve_controller_knu_1_0",
    ),
    HandDevice(
        name="Touch controller",
        words=("touch", "quest", "rift", "oculus", "meta"),
        wrist_in_raw=_TOUCH_WRIST,
        grip_in_raw=_TOUCH_GRIP,
        aim_in_raw=_TOUCH_AIM,
        deviation_m=0.02,
        turn_deviation_deg=12.0,
        source="the Index controller's hand by SteamVR's openxr_handmodel, frames of oculus_quest2_controller; the "
        "hands of a Quest 3 capture agree within 10 degrees",
    ),
    HandDevice(
        name="Windows Mixed Reality controller",
        words=("windowsmr", "wmr", "mixed reality", "mixed-reality", "reverb", "odyssey", "hp motion", "ms-motion"),
        wrist_in_raw=wrist_at((-0.025, 0.045, 0.14), (45.0, -2.0, -10.0)),
        grip_in_raw=placed((0.0, -0.006, 0.097), (10.0, 0.0, 0.0)),
        aim_in_raw=placed((0.0, -0.03, 0.01), (-40.0, 0.0, 0.0)),
        deviation_m=0.03,
        turn_deviation_deg=18.0,
        source="assumed like a Touch controller; grips of a Reverb G2 by Monado and SteamVR differ by 40 degrees",
    ),
    HandDevice(
        name="PICO controller",
        words=("pico",),
        wrist_in_raw=_TOUCH_WRIST,
        grip_in_raw=_TOUCH_GRIP,
        aim_in_raw=_TOUCH_AIM,
        deviation_m=0.03,
        turn_deviation_deg=15.0,
        source="assumed like a Touch controller, as which it is streamed to SteamVR",
    ),
    HandDevice(
        name="PSVR2 Sense controller",
        words=("psvr2", "playstation", "sense controller"),
        wrist_in_raw=_TOUCH_WRIST,
        grip_in_raw=_TOUCH_GRIP,
        aim_in_raw=_TOUCH_AIM,
        deviation_m=0.03,
        turn_deviation_deg=15.0,
        source="assumed like a Touch controller; ALVR's users correct it by up to 15 mm per axis",
    ),
)


DEVICES_BY_NAME: Final[tuple[HandDevice, ...]] = (
    HandDevice(
        name="Vive Cosmos or Focus controller",
        words=("vive-cosmos", "vive_cosmos", "vive cosmos controller", "vive-focus", "vive_focus", "vive focus"),
        wrist_in_raw=_TOUCH_WRIST,
        grip_in_raw=_TOUCH_GRIP,
        aim_in_raw=_TOUCH_AIM,
        deviation_m=0.03,
        turn_deviation_deg=18.0,
        source="assumed like a Touch controller, which it resembles",
    ),
)
"""Further rows, only for files that name these devices: motion cannot tell them from those above."""


def device_named(controllers: str, headset: str) -> HandDevice | None:
    """Return the row of the controllers that a file names, else of those that belong to its headset; None if unknown.

    The longest word decides: "htc-vive-focus" is no "htc-vive". A Vive headset is sold with wands and with Index
    controllers, so its name alone does not tell the controllers.
    """
    for text in (controllers.lower(), headset.lower()):
        rows = (*HAND_DEVICES, *DEVICES_BY_NAME)
        found = [(len(word), device) for device in rows for word in device.words if word in text]
        if found:
            return max(found, key=lambda one: one[0])[1]
    return None
