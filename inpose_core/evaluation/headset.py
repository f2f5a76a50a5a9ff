# SPDX-License-Identifier: Apache-2.0
"""Simulate a recording of a headset and two controllers from motion capture, with realistic mounting and tracking
errors.

The devices are rigidly attached at random: the controllers up to 15 cm from the wrists and up to 60 degrees from an
OpenXR grip, the headset near the eyes. The clock is uneven, all poses are slightly noisy, and the room is rotated. A
take may begin with a T-pose of the performer's own body, held with a little sway, as calibration needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation, Slerp

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import continuous_signs, multiply_quaternions, rotate_vector, wxyz_from_xyzw, xyzw_from_wxyz
from ..body.skeleton import ELBOW_JOINTS, JOINT_COUNT, PARENTS, SENSOR_JOINTS, SHOULDER_JOINTS, TOE_JOINTS
from ..calibration.hand_devices import HAND_DEVICES, HandDevice
from ..calibration.presets import wrist_offset
from ..calibration.rigid import RigidOffset
from ..recording.types import PoseType, Recording

_BLEND_S: Final[float] = 1.0
_SWAY_RAD: Final[float] = 0.006
"""Standard deviation of each joint's rotation relative to its parent in a held pose: hands sway by a centimetre."""
_EYES_FROM_HEAD_JOINT_M: Final[tuple[float, float, float]] = (0.0, 0.06, 0.10)
"""For a person of 1.75 m, in the head joint's axes (+Z forward)."""


@dataclass(frozen=True)
class HeadsetSettings:
    """Set the mounting and tracking errors of the devices."""

    farthest_hand_offset_m: float = 0.15
    largest_hand_turn_deg: float = 60.0
    headset_shift_m: tuple[float, float, float] = (0.003, 0.015, 0.008)
    """Standard deviation of the eyes' position in the head: sideways, up and forward."""
    headset_tilt_deg: tuple[float, float, float] = (5.0, 1.0, 1.0)
    """Standard deviation of the headset's rotation on the face: pitch, yaw, roll."""
    real_devices: bool = False
    """Hold one of the devices that people have (`calibration.hand_devices`) in one of its frames, both hands alike,
    with the spread below; instead of anything anyhow."""
    device: str = ""
    """Always this real device, by its name in the table, in its raw pose."""
    named: bool = False
    """The file names the real device, and tells the kind of its poses."""
    real_hold_m: float = 0.015
    real_hold_deg: float = 8.0
    """Standard deviations per axis of how a hand holds a real device."""
    stature_error: float = 0.02
    """Relative standard deviation of the stature that the performer enters."""
    rate_hz: float = 72.0
    clock_jitter_s: float = 0.001
    position_noise_m: float = 0.0005
    rotation_noise_deg: float = 0.1


@dataclass(frozen=True)
class HeadsetTake:
    """Hold a simulated recording and its ground truth."""

    recording: Recording
    joints_m: FloatArray
    """(F, 3, 3) head joint and wrists at the recording's times."""
    joints_wxyz: FloatArray
    """(F, 3, 4)"""
    entered_stature_m: float
    """The stature that the performer enters."""


@dataclass(frozen=True)
class Carelessness:
    """Say how a T-pose differs from a careful one: arms low, arms forward, elbows bent forward, in degrees."""

    drop_deg: float = 0.0
    forward_deg: float = 0.0
    bend_deg: float = 0.0

    def turn(self, joint: int) -> Rotation | None:
        """Return the joint's rotation against its parent; None for joints that are straight."""
        for side, mirror in enumerate((-1.0, 1.0)):
            if joint == SHOULDER_JOINTS[side]:
                return Rotation.from_euler("YZ", mirror * np.array((self.forward_deg, self.drop_deg)), degrees=True)
            if joint == ELBOW_JOINTS[side]:
                return Rotation.from_euler("Y", mirror * self.bend_deg, degrees=True)
        return None


def with_t_pose(
    motion: Motion, seconds: float, random: np.random.Generator, carelessness: Carelessness | None = None
) -> Motion:
    """Return the motion with a T-pose of the same body before it, at the position and heading of the first frame.

    The pose is held with slow, small, independent rotations of every joint, then blended into the motion in a second.
    A careless performer raises the arms to it from the motion's first pose, in a second.
    """
    held, blend = round(seconds * motion.fps), round(_BLEND_S * motion.fps)
    raising = blend if carelessness is not None else 0
    count = raising + held + blend
    first = Rotation.from_quat(xyzw_from_wxyz(motion.rotations_wxyz[0]))
    forward = first[0].apply((0.0, 0.0, 1.0))
    facing = Rotation.from_euler("Y", np.arctan2(forward[0], forward[2]))
    noise = gaussian_filter1d(random.standard_normal((count + 120, JOINT_COUNT, 3)), 20, axis=0)[60:-60]
    sway = (
        Rotation.from_rotvec((noise * _SWAY_RAD / noise.std()).reshape(-1, 3)).as_quat().reshape(count, JOINT_COUNT, 4)
    )
    after = np.arange(count) - raising
    share = np.clip(np.maximum((after - held + 1) / blend, -after / blend), 0, 1)
    share = share * share * (3 - 2 * share)
    rotations = np.empty((count, JOINT_COUNT, 4))
    posed: list[Rotation] = []
    for joint in range(JOINT_COUNT):
        parent = PARENTS[joint]
        swaying = Rotation.from_quat(sway[:, joint])
        turn = carelessness.turn(joint) if carelessness is not None else None
        swaying = turn * swaying if turn is not None else swaying
        posed.append(facing * swaying if parent < 0 else posed[parent] * swaying)
        away = (posed[joint].inv() * first[joint]).as_rotvec()
        rotations[:, joint] = (posed[joint] * Rotation.from_rotvec(share[:, None] * away)).as_quat()
    body = motion.skeleton
    standing_m = body.sole_height_m - body.rest_positions_m[list(TOE_JOINTS), 1].min()
    root_m = np.repeat(motion.root_translation_m[:1], count, axis=0)
    root_m[:, 1] = standing_m + share * (motion.root_translation_m[0, 1] - standing_m)
    return replace(
        motion,
        rotations_wxyz=continuous_signs(np.concatenate((wxyz_from_xyzw(rotations), motion.rotations_wxyz))),
        root_translation_m=np.concatenate((root_m, motion.root_translation_m)),
    )


def simulate_headset(motion: Motion, random: np.random.Generator, settings: HeadsetSettings) -> HeadsetTake:
    """Return a recording with unknown hand poses; the same state of ``random`` gives the same recording."""
    joints = list(SENSOR_JOINTS)
    solved_s = np.arange(len(motion)) / motion.fps
    times_s = np.arange(0.0, solved_s[-1], 1.0 / settings.rate_hz)
    times_s[1:-1] += random.uniform(-settings.clock_jitter_s, settings.clock_jitter_s, len(times_s) - 2)
    room = Rotation.from_euler("Y", random.uniform(-np.pi, np.pi))
    shift_m = np.array((*random.uniform(-1, 1, 1), 0.0, *random.uniform(-1, 1, 1)))
    joints_m = np.empty((len(times_s), 3, 3))
    joints_wxyz = np.empty((len(times_s), 3, 4))
    positions_m = motion.joint_positions_m[:, joints]
    for device, joint in enumerate(joints):
        joints_m[:, device] = room.apply(PchipInterpolator(solved_s, positions_m[:, device])(times_s)) + shift_m
        turning = Rotation.from_quat(xyzw_from_wxyz(motion.rotations_wxyz[:, joint]))
        joints_wxyz[:, device] = wxyz_from_xyzw((room * Slerp(solved_s, turning)(times_s)).as_quat())
    joints_wxyz = continuous_signs(joints_wxyz)

    drawn = _draw_device(random, settings.device) if settings.real_devices else None
    kind = drawn.wrist if drawn is not None else None
    device_m, device_wxyz = np.empty_like(joints_m), np.empty_like(joints_wxyz)
    for device in range(3):
        offset_m, turn = _sit(device, motion.skeleton.stature_m, random, settings, kind)
        noise = random.standard_normal((2, len(times_s), 3))
        device_m[:, device] = joints_m[:, device] + rotate_vector(joints_wxyz[:, device], offset_m)
        device_m[:, device] += settings.position_noise_m * noise[0]
        tremble = turn * Rotation.from_rotvec(np.radians(settings.rotation_noise_deg) * noise[1])
        device_wxyz[:, device] = multiply_quaternions(joints_wxyz[:, device], wxyz_from_xyzw(tremble.as_quat()))
    recording = Recording(
        times_s=times_s,
        positions_m=device_m,
        rotations_wxyz=continuous_signs(device_wxyz),
        measured=np.ones((len(times_s), 3), dtype=np.bool_),
        format="simulated",
        pose=drawn.pose if drawn is not None and settings.named else None,
        controllers=drawn.device.words[0] if drawn is not None and settings.named else "",
    )
    entered_m = motion.skeleton.stature_m * (1 + settings.stature_error * float(random.standard_normal()))
    return HeadsetTake(recording, joints_m, joints_wxyz, entered_m)


class _DrawnDevice(NamedTuple):
    device: HandDevice
    pose: PoseType
    wrist: RigidOffset
    """The left wrist in this frame of the device."""


def _draw_device(random: np.random.Generator, name: str) -> _DrawnDevice:
    device = HAND_DEVICES[int(random.integers(len(HAND_DEVICES)))]
    poses: tuple[PoseType, ...] = ("raw", "grip", "aim")
    pose = poses[int(random.integers(3))]
    if name:
        device, pose = next(each for each in HAND_DEVICES if each.name == name), "raw"
    left = device.wrist(pose)
    assert left is not None, "every device has these frames"
    return _DrawnDevice(device, pose, left)


def _sit(
    device: int,
    stature_m: float,
    random: np.random.Generator,
    settings: HeadsetSettings,
    kind: RigidOffset | None = None,
) -> tuple[FloatArray, Rotation]:
    """Return the device's position and rotation in the joint's axes."""
    if device == 0:
        eyes_m = np.array(_EYES_FROM_HEAD_JOINT_M) * stature_m / 1.75
        tilt = Rotation.from_rotvec(np.radians(settings.headset_tilt_deg) * random.standard_normal(3))
        # A headset looks along its -Z, the head joint along +Z.
        eyes_m += np.array(settings.headset_shift_m) * random.standard_normal(3)
        return eyes_m, tilt * Rotation.from_euler("Y", np.pi)
    if kind is not None:
        wrist = kind if device == 1 else kind.mirrored()
        held_m = settings.real_hold_m * random.standard_normal(3)
        held = Rotation.from_rotvec(np.radians(settings.real_hold_deg) * random.standard_normal(3))
        back = RigidOffset(wrist.position_m + held_m, wrist.wxyz).inverse()
        return back.position_m, held * Rotation.from_quat(xyzw_from_wxyz(back.wxyz))
    axis, direction = (v / np.linalg.norm(v) for v in random.standard_normal((2, 3)))
    offset_m = settings.farthest_hand_offset_m * float(random.random()) ** (1 / 3) * direction
    turn = Rotation.from_rotvec(np.radians(settings.largest_hand_turn_deg * float(random.random())) * axis)
    grip = Rotation.from_quat(xyzw_from_wxyz(wrist_offset("grip", device - 1).inverse().wxyz))
    return offset_m, turn * grip
