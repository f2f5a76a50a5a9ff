# SPDX-License-Identifier: Apache-2.0
"""Describe a take as the hand finder sees it: ten frames per second, in proportion to an average adult.

The finder always looks at a left hand. A right hand is the left one of the mirrored take, so every take has two views.
What it sees of a frame is written in the axes of the body: level, facing where the head looks over a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ..body.rotations import cross, norm
from ..body.skeleton import Skeleton
from ..numerics import Array, namespace_of

VIEW_FPS: Final[float] = 10.0
SIZE_M: Final[float] = Skeleton.template().stature_m
"""Stature of the average adult to whose size all takes are scaled."""
FRAME_FEATURES: Final[int] = 55
_MIRROR: Final[tuple[float, float, float]] = (-1.0, 1.0, 1.0)
_STANDING_HEAD_M: Final[float] = Skeleton.template().standing_head_height_m
_ARM_M: Final[float] = 0.55
_HEIGHT_UNIT: Final[float] = 0.2
"""Of the standing height; with it and the next two, the features have about unit variance."""
_SPEED_UNIT_M_S: Final[float] = 1.4
_TURN_UNIT_RAD_S: Final[float] = 3.3
_HEADING_OVER_FRAMES: Final[int] = 9
_LEAST_LENGTH: Final[float] = 1e-6


@dataclass(frozen=True)
class HandViews:
    """Hold B views of T frames."""

    R_world_head: Array
    """(B, T, 3, 3) the head joint."""
    head_m: Array
    """(B, T, 3) its place above the floor."""
    R_world_device: Array
    """(B, T, 2, 3, 3) of the hand that is looked for, and of the other hand."""
    device_m: Array
    """(B, T, 2, 3)"""
    known: Array
    """(B, T) 1, or 0 in the frames after the end of a shorter take."""

    def mirrored(self) -> HandViews:
        """Return the views of the other hands."""
        return HandViews(
            mirrored_rotations(self.R_world_head),
            mirrored_vectors(self.head_m),
            mirrored_rotations(_exchanged(self.R_world_device)),
            mirrored_vectors(_exchanged(self.device_m)),
            self.known,
        )


class Offsets(NamedTuple):
    """Hold the place and turn of wrist joints in their devices."""

    R_device_wrist: Array
    """(B, 3, 3)"""
    wrist_m: Array
    """(B, 3)"""

    def mirrored(self) -> Offsets:
        """Return the offsets of the other hand that holds its device alike."""
        return Offsets(mirrored_rotations(self.R_device_wrist), mirrored_vectors(self.wrist_m))


class SeenFrames(NamedTuple):
    """Hold what the finder sees if the wrists are where they are believed to be."""

    features: Array
    """(B, T, `FRAME_FEATURES`)"""
    R_body_wrist: Array
    """(B, T, 3, 3) of the hand that is looked for."""


def see(views: HandViews, own: Offsets, other: Offsets) -> SeenFrames:
    """Return the frames' features for believed offsets of both hands."""
    xp = namespace_of(views.head_m)
    R_body_world = _body_axes(views).swapaxes(-1, -2)
    R_device_wrist = xp.stack((own.R_device_wrist, other.R_device_wrist), axis=1)[:, None]
    wrist_m = xp.stack((own.wrist_m, other.wrist_m), axis=1)[:, None]
    wrists_m = views.device_m + _turned(views.R_world_device, wrist_m)
    from_head = _turned(R_body_world[:, :, None], wrists_m - views.head_m[:, :, None]) / _ARM_M
    R_body_wrists = R_body_world[:, :, None] @ (views.R_world_device @ R_device_wrist)
    head_speed = _turned(R_body_world, _rates(views.head_m)) / _SPEED_UNIT_M_S
    speeds = _turned(R_body_world[:, :, None], _rates(wrists_m)) / _SPEED_UNIT_M_S
    turns = _turning_rates(R_body_wrists) / _TURN_UNIT_RAD_S
    to_wrist = R_body_wrists[:, :, 0].swapaxes(-1, -2)
    R_body_head = R_body_world @ views.R_world_head
    features = xp.concat(
        (
            (views.head_m[..., 1:2] / _STANDING_HEAD_M - 1.0) / _HEIGHT_UNIT,
            _flat(R_body_head[..., 1:]),
            head_speed,
            _flat(from_head),
            _flat(R_body_wrists),
            _flat(speeds),
            _flat(turns),
            _turned(to_wrist, from_head[:, :, 0]),
            _turned(to_wrist, speeds[:, :, 0]),
            _turned(to_wrist, turns[:, :, 0]),
        ),
        axis=-1,
    )
    return SeenFrames(features * views.known[..., None], R_body_wrists[:, :, 0])


def neighbour(x: Array, shift: int) -> Array:
    """Return the frames ``shift`` later, (B, T, ...), zero beyond the ends."""
    if not shift:
        return x
    zeros = 0.0 * x[:, : abs(shift)]
    parts = (x[:, shift:], zeros) if shift > 0 else (zeros, x[:, :shift])
    return namespace_of(x).concat(parts, axis=1)


def mirrored_vectors(v: Array) -> Array:
    """Return vectors (..., 3) mirrored from left to right."""
    return v * namespace_of(v).asarray(_MIRROR, v)


def mirrored_rotations(R: Array) -> Array:
    """Return rotations (..., 3, 3) mirrored from left to right."""
    sign = namespace_of(R).asarray(_MIRROR, R)
    return R * sign[:, None] * sign


def _body_axes(views: HandViews) -> Array:
    """Return the level axes (B, T, 3, 3) of the body, facing where the head looks over a second."""
    xp = namespace_of(views.head_m)
    facing = views.R_world_head[..., :, 2] * xp.asarray((1.0, 0.0, 1.0), views.head_m)
    facing = facing / norm(facing)[..., None].clip(min=_LEAST_LENGTH) * views.known[..., None]
    half = _HEADING_OVER_FRAMES // 2
    smooth = neighbour(facing, -half)
    for shift in range(1 - half, half + 1):
        smooth = smooth + neighbour(facing, shift)
    ahead = xp.asarray((0.0, 0.0, 1.0), views.head_m)
    length = norm(smooth)[..., None]
    forward = xp.where(length > _LEAST_LENGTH, smooth / length.clip(min=_LEAST_LENGTH), ahead)
    up = xp.broadcast_to(xp.asarray((0.0, 1.0, 0.0), forward), forward.shape)
    return xp.stack((cross(up, forward), up, forward), axis=-1)


def _rates(x: Array) -> Array:
    """Return the change per second of (B, T, ...), over two frames."""
    inner = (x[:, 2:] - x[:, :-2]) * (0.5 * VIEW_FPS)
    return namespace_of(x).concat((inner[:, :1], inner, inner[:, -1:]), axis=1)


def _turning_rates(R: Array) -> Array:
    """Return the angular velocities (B, T, 2, 3) of rotations (B, T, 2, 3, 3); the sine stands for the angle."""
    xp = namespace_of(R)
    changed = _rates(R) @ R.swapaxes(-1, -2)
    return 0.5 * xp.stack(
        (
            changed[..., 2, 1] - changed[..., 1, 2],
            changed[..., 0, 2] - changed[..., 2, 0],
            changed[..., 1, 0] - changed[..., 0, 1],
        ),
        axis=-1,
    )


def _turned(R: Array, v: Array) -> Array:
    return (R @ v[..., None])[..., 0]


def _flat(x: Array) -> Array:
    return x.reshape(*x.shape[:2], -1)


def _exchanged(x: Array) -> Array:
    return namespace_of(x).stack((x[:, :, 1], x[:, :, 0]), axis=2)
