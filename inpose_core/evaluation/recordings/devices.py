# SPDX-License-Identifier: Apache-2.0
"""Put a headset on a performer and controllers into the hands, and track them: the truth that loggers then write.

Each kind of controller has a usual place in the hand. A performer holds it a little differently, and wears the headset
a little differently. The usual places are facts about devices, written down here on their own, so that what the product
believes of devices cannot change the truth:

* wand: the raw pose against forearm trackers and T-poses of 41 real takes;
* index: Valve's skeletal input, an open hand, in the raw pose of valve_controller_knu_1_0;
* touch: the same hand where SteamVR's render model of a Quest 2 controller has it, in its OpenXR grip and aim;
* tracked hand: OpenXR's wrist joint; bare grip: a capture of a Quest 3 that holds grip and wrist;
* saber: 12 cm before that grip, pitched by 45 degrees, and turned as each player likes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from ...arrays import BoolArray, FloatArray
from ...body.motion import Motion
from ...body.quaternions import (
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
    slerp_at,
    wxyz_from_xyzw,
)
from ...body.skeleton import SENSOR_JOINTS
from ...calibration.rigid import RigidOffset, from_rotvec_deg
from ...recording.types import PoseType
from .performance import Performance, moved, turned

_HELD_M: Final[float] = 0.012
"""How differently people hold one controller: standard deviation per axis."""
_HELD_DEG: Final[float] = 7.0
_HEAD_IN_HEADSET_M: Final[tuple[float, float, float]] = (0.0, -0.06, 0.10)
"""The head joint of a person of 1.75 m; the headset looks along its own -Z, the head joint along +Z."""
_WORN_M: Final[tuple[float, float, float]] = (0.003, 0.012, 0.008)
_WORN_DEG: Final[tuple[float, float, float]] = (4.0, 1.0, 1.0)
_SLOW_FRAMES: Final[float] = 20.0


@dataclass(frozen=True)
class Controller:
    """Describe a kind of controller and what its runtime reports."""

    name: str
    pose: PoseType | None
    """What a user who knows says with ``--hand-poses``; None if no option fits."""
    wrist: RigidOffset
    """The left wrist joint in the device's frame, as it is usually held."""
    type: str = "controller"
    """What SteamVR calls it."""
    pitch_deviation_deg: float = 0.0
    """How much players turn it by their own choice."""


def _turned(position_m: tuple[float, float, float], degrees: tuple[float, float, float]) -> RigidOffset:
    """Return a frame in its parent, turned about X, then its own Y, then its own Z."""
    turn = Rotation.from_euler("XYZ", degrees, degrees=True)
    return RigidOffset(np.array(position_m), wxyz_from_xyzw(turn.as_quat()))


def _controllers() -> tuple[Controller, ...]:
    # The axes of OpenXR's wrist joint: -Z to the fingers, +Y out of the back of the hand.
    R_joint_wrist = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    # In a bare hand's grip the left fingers point along -Y, the thumb along -Z, the back of the hand along -X.
    hand = RigidOffset(
        np.zeros(3), matrix_to_quaternion(np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]))
    )
    touch = _turned((-0.025, 0.050, 0.138), (52.0, -2.1, -11.0)).then(hand)
    grip = _turned((0.007, -0.0002, 0.0981), (20.6, 0.0, 0.0))
    aim = _turned((0.007, -0.0389, 0.0095), (-39.4, 0.0, 0.0))
    bare = RigidOffset(np.array((-0.037, 0.065, 0.002)), hand.wxyz)
    return (
        Controller("touch", "grip", grip.inverse().then(touch)),
        Controller("touch_aim", "aim", aim.inverse().then(touch)),
        Controller("index", "raw", _turned((-0.034, 0.0365, 0.1647), (51.6, -2.0, -6.0)).then(hand), "knuckles"),
        Controller("wand", "raw", _turned((-0.033, 0.021, 0.1465), (68.0, 0.0, 0.0)).then(hand), "vive_controller"),
        Controller("saber", "saber", _turned((0.0, 0.0, 0.12), (45.0, 0.0, 0.0)).then(bare), "", 8.0),
        Controller("tracked_hand", None, RigidOffset(np.zeros(3), matrix_to_quaternion(R_joint_wrist))),
    )


CONTROLLERS: Final[dict[str, Controller]] = {controller.name: controller for controller in _controllers()}


@dataclass(frozen=True)
class TrackingSettings:
    """Set how devices are tracked."""

    rate_hz: float = 72.0
    clock_jitter: float = 0.08
    """Of the time from frame to frame, standard deviation."""
    white_m: float = 0.0005
    slow_m: float = 0.0015
    """Error that changes in tenths of a second, as optical tracking has it."""
    rotation_deg: float = 0.15


@dataclass(frozen=True)
class Take:
    """Hold a take as tracked, in OpenXR's axes and metres with the floor at y = 0, and the truth behind it."""

    times_s: FloatArray
    """(F,) from 0."""
    positions_m: FloatArray
    """(F, 3, 3) headset, left and right controller."""
    rotations_wxyz: FloatArray
    """(F, 3, 4)"""
    measured: BoolArray
    """(F, 3)"""
    truth: Motion
    """At 60 Hz, from the same time 0, in the same room."""
    controller: Controller
    posed_until_s: float
    """End of the calibration pose and of the way out of it; 0 without one."""

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def duration_s(self) -> float:
        """Return the time from the first frame to the last."""
        return float(self.times_s[-1])

    def frames(self, start_s: float, stop_s: float) -> slice:
        """Return the frames from one time to another."""
        first, last = np.searchsorted(self.times_s, (start_s, stop_s))
        return slice(int(first), int(last))

    def with_poses(self, positions_m: FloatArray, rotations_wxyz: FloatArray) -> Take:
        """Return the take with other poses of the devices."""
        return replace(self, positions_m=positions_m, rotations_wxyz=rotations_wxyz)

    def joints_at_frames(self, joint: int) -> tuple[FloatArray, FloatArray]:
        """Return a true joint's positions (F, 3) and rotations (F, 4) at the take's times."""
        return joint_track(self.truth, joint, self.times_s)


def joint_track(motion: Motion, joint: int, times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a joint's positions (N, 3) and rotations (N, 4) at any times."""
    own_s = np.arange(len(motion)) / motion.fps
    positions_m = PchipInterpolator(own_s, motion.joint_positions_m[:, joint])(times_s)
    return positions_m, slerp_at(own_s, motion.rotations_wxyz[:, joint], times_s)


def track(
    performance: Performance, controller: Controller, settings: TrackingSettings, random: np.random.Generator
) -> Take:
    """Return a take of a performance in a turned room; the same state of ``random`` gives the same one."""
    motion = turned(performance.motion, float(random.uniform(-np.pi, np.pi)))
    sideways_m = random.uniform(-1.0, 1.0, 2)
    motion = moved(motion, np.array((sideways_m[0], 0.0, sideways_m[1])))
    duration_s = (len(motion) - 1) / motion.fps
    times_s = np.arange(0.0, duration_s, 1.0 / settings.rate_hz)
    jitter = np.clip(random.standard_normal(len(times_s)) * settings.clock_jitter, -0.4, 0.4) / settings.rate_hz
    times_s[1:-1] += jitter[1:-1]
    count = len(times_s)
    positions_m, rotations_wxyz = np.empty((count, 3, 3)), np.empty((count, 3, 4))
    offsets = (_worn(motion.skeleton.stature_m, random), *_held(controller, random))
    for device, (joint, offset) in enumerate(zip(SENSOR_JOINTS, offsets, strict=True)):
        joint_m, joint_wxyz = joint_track(motion, joint, times_s)
        device_in_joint = offset.inverse()
        white, tremble = random.standard_normal((2, count, 3))
        slow = gaussian_filter1d(random.standard_normal((count, 3)), _SLOW_FRAMES, axis=0)
        slow *= settings.slow_m / slow.std()
        positions_m[:, device] = joint_m + rotate_vector(joint_wxyz, device_in_joint.position_m)
        positions_m[:, device] += settings.white_m * white + slow
        turn = multiply_quaternions(
            device_in_joint.wxyz, rotvec_to_quaternion(np.radians(settings.rotation_deg) * tremble)
        )
        rotations_wxyz[:, device] = multiply_quaternions(joint_wxyz, turn)
    return Take(
        times_s,
        positions_m,
        continuous_signs(rotations_wxyz),
        np.ones((count, 3), dtype=np.bool_),
        motion,
        controller,
        performance.posed_until_s,
    )


def held_differently(offset: RigidOffset, position_m: FloatArray, turn_deg: FloatArray) -> RigidOffset:
    """Return a wrist's place in a device that is moved and turned in the hand."""
    return RigidOffset(offset.position_m + position_m, multiply_quaternions(from_rotvec_deg(turn_deg), offset.wxyz))


def _worn(stature_m: float, random: np.random.Generator) -> RigidOffset:
    shift_m = np.array(_WORN_M) * random.standard_normal(3)
    usual = RigidOffset(np.array(_HEAD_IN_HEADSET_M) * stature_m / 1.75, np.array((0.0, 0.0, 1.0, 0.0)))
    return held_differently(usual, shift_m, np.array(_WORN_DEG) * random.standard_normal(3))


def _held(controller: Controller, random: np.random.Generator) -> tuple[RigidOffset, RigidOffset]:
    # People hold both controllers much alike: a common part, and one of each hand.
    shift = _HELD_M * random.standard_normal((3, 3)) / np.sqrt(2)
    turn = _HELD_DEG * random.standard_normal((3, 3)) / np.sqrt(2)
    pitch = np.array((controller.pitch_deviation_deg * float(random.standard_normal()), 0.0, 0.0))
    left = held_differently(controller.wrist, shift[0] + shift[1], turn[0] + turn[1] + pitch)
    right = held_differently(controller.wrist, shift[0] + shift[2], turn[0] + turn[2] + pitch)
    return left, right.mirrored()
