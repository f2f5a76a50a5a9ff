# SPDX-License-Identifier: Apache-2.0
"""Simulate takes of devices that are held in an unknown way, to train the hand finder.

Captured motion goes to people of random proportions who tell a wrong stature, whose wrists bend, and who hold a real
device in one of its frames, or any device anyhow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..body.kinematics import forward_kinematics
from ..body.motion import SOLVER_FPS
from ..body.quaternions import quaternion_to_matrix
from ..body.rotations import rotvec_to_matrix
from ..body.skeleton import ELBOW_JOINTS, MIRROR_JOINTS, SENSOR_JOINTS, SHOULDER_JOINTS, WRIST_JOINTS, Skeleton
from ..calibration.hand_devices import HAND_DEVICES
from ..calibration.hand_views import VIEW_FPS, HandViews, Offsets, mirrored_rotations, mirrored_vectors
from ..calibration.lever_arms import BODY_DEVIATION_M
from ..calibration.presets import wrist_offset
from .dataset import MotionData, cut_windows
from .random_draws import RandomDraws

_HEAD: Final[int] = SENSOR_JOINTS[0]
_HANDS: Final[list[int]] = list(SENSOR_JOINTS[1:])
_DEGREE: Final[float] = math.pi / 180
_EYES_SHIFT_M: Final[tuple[float, float, float]] = (0.003, 0.015, 0.008)
_HEADSET_TILT_DEG: Final[tuple[float, float, float]] = (5.0, 1.0, 1.0)
_SMOOTHING_FRAMES: Final[int] = 13


@dataclass(frozen=True)
class HandTakeSettings:
    """Set how takes are simulated."""

    fewest_frames: int = 40
    most_frames: int = 110
    """Of ten frames per second; every batch has one length."""
    stretch: float = 0.15
    """Speed varies by this share up and down."""
    mirror: float = 0.5
    """Probability of swapping left and right."""
    stature_error: float = 0.025
    """Relative standard deviation of the stature that calibration believes."""
    any_mount: float = 0.55
    """Share of takes in which each hand holds anything anyhow; in the others both hold the same real device."""
    largest_turn_deg: float = 65.0
    """Of such a device from an OpenXR grip, about any axis."""
    farthest_m: float = 0.16
    """Of such a device from the wrist."""
    hold_m: float = 0.015
    hold_deg: float = 8.0
    """Standard deviations per axis of how people hold a real device."""
    habit_deg: tuple[float, float, float] = (7.0, 4.0, 7.0)
    """Largest standard deviations of a wrist's constant bend: roll, to the side, up and down."""
    bends: float = 0.6
    """Share of takes in which the wrists also bend as they move."""
    bend_deg: tuple[float, float, float] = (14.0, 7.0, 8.0)


class HandTakes(NamedTuple):
    """Hold the views of B takes, left hands first, and the answers."""

    views: HandViews
    """2 B views."""
    truth: Offsets
    """Of 2 B views."""


def draw_hand_takes(
    data: MotionData, batch: int, settings: HandTakeSettings, generator: torch.Generator, frames: int | None = None
) -> HandTakes:
    """Draw takes of one length; of a random one by default."""
    random = RandomDraws(generator, data.root_m.device)
    if frames is None:
        span = settings.most_frames + 1 - settings.fewest_frames
        frames = settings.fewest_frames + int(span * float(random.uniform(1)))
    stretch = SOLVER_FPS / VIEW_FPS * (1 + settings.stretch * (2 * random.uniform(batch) - 1))
    chosen = torch.searchsorted(data.drawn_up_to, random.uniform(batch).to(data.drawn_up_to.dtype))
    chosen = chosen.clamp(max=len(data.clip) - 1)
    clip = data.clip[chosen]
    # Where the clip is long enough, the take lies inside it; a short clip is followed by its reflection.
    room = (data.length[clip] - 1 - stretch * frames).clamp(min=0)
    first = torch.minimum((chosen - data.start[clip] - stretch * frames * random.uniform(batch)).clamp(min=0), room)
    window = cut_windows(data, clip, first, stretch, frames)
    R_world, root_m = window["R_world"], window["root_m"] * data.root_scale[clip][:, None, None]
    source_m = data.offsets_m[clip]
    body_m = _bodies(batch, random)
    root_m = root_m * (_leg_m(body_m) / _leg_m(source_m))[:, None, None]
    lowest_m = window["clearance_m"] * (data.root_scale[clip] * _leg_m(body_m) / _leg_m(source_m))[:, None]
    mirrored = random.uniform(batch) < settings.mirror
    R_world = torch.where(
        mirrored[:, None, None, None, None], mirrored_rotations(R_world)[:, :, list(MIRROR_JOINTS)], R_world
    )
    root_m = torch.where(mirrored[:, None, None], mirrored_vectors(root_m), root_m)
    joints_m = forward_kinematics(R_world, body_m[:, None])
    height_m = lowest_m - joints_m[..., 1].min(dim=-1).values
    joints_m = joints_m + torch.stack((root_m[..., 0], height_m, root_m[..., 2]), dim=-1)[:, :, None]
    R_wrists = R_world[:, :, _HANDS] @ _bends(batch, frames, settings, random)
    offsets = _held(batch, settings, random)
    R_devices = R_wrists @ offsets.R_device_wrist[:, None].transpose(-1, -2)
    devices_m = joints_m[:, :, _HANDS] - (R_devices @ offsets.wrist_m[:, None, :, :, None])[..., 0]
    tilt = rotvec_to_matrix(_DEGREE * random.normal(batch, 1, 3) * root_m.new_tensor(_HEADSET_TILT_DEG))
    shift_m = random.normal(batch, 1, 3) * root_m.new_tensor(_EYES_SHIFT_M)
    R_head = R_world[:, :, _HEAD]
    head_m = joints_m[:, :, _HEAD] + (R_head @ shift_m[..., None])[..., 0]
    size = 1 + settings.stature_error * random.normal(batch)
    left = HandViews(
        R_head @ tilt, head_m / size[:, None, None], R_devices, devices_m / size[:, None, None, None], window["weight"]
    )
    sized_m = offsets.wrist_m / size[:, None, None]
    of_left = Offsets(offsets.R_device_wrist[:, 0], sized_m[:, 0])
    of_right = Offsets(offsets.R_device_wrist[:, 1], sized_m[:, 1]).mirrored()
    views = HandViews(*(torch.cat(pair) for pair in zip(_fields(left), _fields(left.mirrored()), strict=True)))
    return HandTakes(views, Offsets(*(torch.cat(pair) for pair in zip(of_left, of_right, strict=True))))


def _fields(views: HandViews) -> tuple[Tensor, ...]:
    return views.R_world_head, views.head_m, views.R_world_device, views.device_m, views.known


def _bodies(batch: int, random: RandomDraws) -> Tensor:
    """Return average adults whose shoulders and arms vary as in measured people, (B, 22, 3)."""
    body_m = torch.tensor(Skeleton.template().offsets_m, dtype=torch.float32, device=random.device).repeat(batch, 1, 1)
    varied_m = random.normal(batch, 5) * body_m.new_tensor(BODY_DEVIATION_M)
    for side, across in enumerate((1.0, -1.0)):
        body_m[:, SHOULDER_JOINTS[side]] += varied_m[:, :3] * body_m.new_tensor((across, 1.0, 1.0))
        body_m[:, ELBOW_JOINTS[side], 0] += across * varied_m[:, 3]
        body_m[:, WRIST_JOINTS[side], 0] += across * varied_m[:, 4]
    return body_m


def _leg_m(offsets_m: Tensor) -> Tensor:
    return offsets_m[:, [4, 5, 7, 8]].norm(dim=-1).sum(-1)


def _bends(batch: int, frames: int, settings: HandTakeSettings, random: RandomDraws) -> Tensor:
    """Return the additional bends of both wrists, (B, T, 2, 3, 3): a habit, and a slow motion about it."""
    habit = (
        random.uniform(batch, 1, 1, 1) * random.normal(batch, 1, 2, 3) * random.normal(1).new_tensor(settings.habit_deg)
    )
    noise = random.normal(batch, 6, frames + _SMOOTHING_FRAMES - 1)
    slow = nn.functional.avg_pool1d(noise, _SMOOTHING_FRAMES, 1) * math.sqrt(_SMOOTHING_FRAMES)
    slow = slow.reshape(batch, 2, 3, frames).permute(0, 3, 1, 2) * slow.new_tensor(settings.bend_deg)
    moved = (random.uniform(batch, 1, 1, 1) < settings.bends) * random.uniform(batch, 1, 1, 1)
    return rotvec_to_matrix(_DEGREE * (habit + moved * slow))


def _held(batch: int, settings: HandTakeSettings, random: RandomDraws) -> Offsets:
    """Return the wrists of both hands in their devices, (B, 2, ...)."""
    direction, axis = (nn.functional.normalize(random.normal(batch, 2, 3), dim=-1) for _ in range(2))
    turn = rotvec_to_matrix(_DEGREE * settings.largest_turn_deg * random.uniform(batch, 2, 1) * axis)
    from_wrist_m = settings.farthest_m * random.uniform(batch, 2, 1) ** (1 / 3) * direction
    R_grip = torch.stack([_matrix(wrist_offset("grip", side).wxyz, turn) for side in (0, 1)])
    R_any = R_grip @ turn.transpose(-1, -2)
    any_m = -(R_any @ from_wrist_m[..., None])[..., 0]

    rows = [
        row for device in HAND_DEVICES for pose in ("raw", "grip", "aim") if (row := device.wrist(pose)) is not None
    ]
    R_rows = torch.stack([_matrix(row.wxyz, turn) for row in rows])
    rows_m = torch.stack([turn.new_tensor(np.asarray(row.position_m).tolist()) for row in rows])
    chosen = (random.uniform(batch) * len(rows)).long()
    R_left, left_m = R_rows[chosen], rows_m[chosen]
    R_real = torch.stack((R_left, mirrored_rotations(R_left)), dim=1)
    real_m = torch.stack((left_m, mirrored_vectors(left_m)), dim=1)
    R_real = R_real @ rotvec_to_matrix(_DEGREE * settings.hold_deg * random.normal(batch, 2, 3))
    real_m = real_m + settings.hold_m * random.normal(batch, 2, 3)
    anyhow = (random.uniform(batch, 1) < settings.any_mount).expand(batch, 2)
    return Offsets(torch.where(anyhow[..., None, None], R_any, R_real), torch.where(anyhow[..., None], any_m, real_m))


def _matrix(wxyz: object, like: Tensor) -> Tensor:
    return like.new_tensor(quaternion_to_matrix(np.asarray(wxyz)).tolist())
