# SPDX-License-Identifier: Apache-2.0
"""Find hands that are written relative to the headset, and put them into the room.

Some loggers write a hand as the headset sees it (Unity's ``InverseTransformPoint``), or as its distance from the head,
and the head itself in the room. Read as places in the room, such hands are under the floor, and they stay where they
are while the performer walks and turns. This works in the file's own axes and unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import multiply_quaternions, rotate_vector, xyzw_from_wxyz
from ..conventions import QuaternionOrder, rotation_matrices
from .excerpts import in_order

HandFrame = Literal["head", "head_position"]
"""The headset's frame, or the room's axes with the headset as origin."""

_LONGEST_ARM: Final[float] = 0.75
"""Hands are not further from the headset than this share of its height, crouching people included."""
_UNDER_FLOOR: Final[float] = -0.08
"""Median height of the hands, in heights of the headset."""
_SEATED_HEIGHT: Final[float] = 1.2
"""Least height of a headset in far reaches of the hands; lower ones count from the eyes."""
_TURNED: Final[float] = 0.6
"""Length of the mean direction of gaze of somebody who turned round in the take."""
_STEADY, _UNSTEADY = 0.8, 0.55
_CLEARLY: Final[float] = 0.05
_FEWEST_FRAMES: Final[int] = 30


@dataclass(frozen=True)
class PlacedHands:
    """Hold tracks in which the hands are in the room."""

    positions: FloatArray
    """(F, 3, 3)"""
    quaternions: FloatArray
    """(F, 3, 4) in the file's order."""


def find_hand_frame(
    positions: FloatArray, quaternions: FloatArray, orders: tuple[QuaternionOrder, ...]
) -> HandFrame | None:
    """Return the frame of the hands if it is not the room.

    Args:
        positions: an excerpt of head, left and right, (F, 3, 3); NaN if not measured.
        quaternions: the same of the rotations in the file's order, (F, 3, 4).
        orders: the possible orders of the quaternions.
    """
    wxyz = in_order(quaternions, best_order(quaternions, orders))
    R = rotation_matrices(wxyz[:, 0])
    good = np.isfinite(positions[:, 0]).all(-1) & np.isfinite(R).all((-2, -1))
    good &= np.isfinite(positions[:, 1:]).all(-1).any(axis=1)
    if good.sum() < _FEWEST_FRAMES:
        return None
    head, hands, R = positions[good, 0], positions[good, 1:], R[good]
    up, own_up = _vertical(R)
    height = float(np.median(head @ up))
    if height < 0:
        up, height = -up, -height
    away = np.linalg.norm(hands, axis=-1)
    reach = float(np.nanpercentile(away, 95))
    below = float(np.nanmedian(hands @ up))
    forward = R[:, :, (own_up + 1) % 3]
    facing = _level(forward, up)
    turned = bool(np.linalg.norm(np.nanmean(facing, axis=0)) < _TURNED)
    in_room = _steadiness(_seen_from(hands - head[:, None], facing, up))
    in_head = _steadiness(_level(hands, up))
    relative = _steadiness(_seen_from(hands, facing, up))
    under_floor = height > _SEATED_HEIGHT * reach and reach < _LONGEST_ARM * height and below < _UNDER_FLOOR * height
    # If a person stays in one corner of a room, both hands are in one direction from its origin, but out of its reach.
    room_reach = float(np.nanpercentile(np.linalg.norm(hands - head[:, None], axis=-1), 95))
    steadier = turned and in_head > _STEADY and in_room < _UNSTEADY and reach < room_reach
    if not under_floor and not steadier:
        return None
    if abs(relative - in_head) > _CLEARLY:
        return "head_position" if relative > in_head else "head"
    # Somebody who does not turn: the right hand is to the right, which most recorders call X, or Y where Z is up.
    own_right = (own_up + 2) % 3
    across = hands[:, 1] - hands[:, 0]
    as_seen = float(np.nanmedian(across[:, own_right]))
    as_distance = float(np.nanmedian((across * R[:, :, own_right]).sum(-1)))
    return "head_position" if as_seen < 0.0 < as_distance else "head"


def hands_in_room(
    positions: FloatArray, quaternions: FloatArray, frame: HandFrame, orders: tuple[QuaternionOrder, ...]
) -> PlacedHands:
    """Return the tracks (F, 3, 3) and (F, 3, 4) with the hands put into the room."""
    order = best_order(quaternions, orders)
    wxyz = in_order(quaternions, order).copy()
    head = wxyz[:, :1] / np.linalg.norm(wxyz[:, :1], axis=-1, keepdims=True)
    placed = positions.copy()
    if frame == "head_position":
        placed[:, 1:] += positions[:, :1]
        return PlacedHands(placed, quaternions)
    placed[:, 1:] = positions[:, :1] + rotate_vector(head, positions[:, 1:])
    if not _turn_with_room(wxyz):
        wxyz[:, 1:] = multiply_quaternions(head, wxyz[:, 1:])
    return PlacedHands(placed, xyzw_from_wxyz(wxyz) if order == "xyzw" else wxyz)


def best_order(quaternions: FloatArray, orders: tuple[QuaternionOrder, ...]) -> QuaternionOrder:
    """Return the order in which one axis of the head keeps its direction best."""

    def steadiest(order: QuaternionOrder) -> float:
        R = rotation_matrices(in_order(quaternions[:, 0], order))
        R = R[np.isfinite(R).all((-2, -1))]
        return float(np.linalg.svd(R.mean(axis=0), compute_uv=False)[0]) if len(R) else 0.0

    return max(orders, key=steadiest)


def _vertical(R: FloatArray) -> tuple[FloatArray, int]:
    """Return the room's vertical as a unit vector along one of its axes, and which axis of the head points along it."""
    mean = R.mean(axis=0)
    row, column = np.unravel_index(int(np.argmax(np.abs(mean))), mean.shape)
    up = np.zeros(3)
    up[row] = np.sign(mean[row, column])
    return up, int(column)


def _level(vectors: FloatArray, up: FloatArray) -> FloatArray:
    """Return the horizontal directions of vectors (..., 3); NaN where they are vertical."""
    flat = vectors - (vectors @ up)[..., None] * up
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 1e-6, flat / length, np.nan)


def _seen_from(vectors: FloatArray, facing: FloatArray, up: FloatArray) -> FloatArray:
    """Return the horizontal directions of vectors (F, 2, 3) along and across the facing direction (F, 3)."""
    flat = _level(vectors, up)
    across = np.cross(up, facing)
    return np.stack(((flat * facing[:, None]).sum(-1), (flat * across[:, None]).sum(-1)), axis=-1)


def _steadiness(directions: FloatArray) -> float:
    """Return the length of the mean direction of each hand, 0 to 1; of the steadier hand."""
    with np.errstate(invalid="ignore"):
        means = [directions[np.isfinite(directions[:, hand]).all(-1), hand] for hand in (0, 1)]
    return max((float(np.linalg.norm(one.mean(axis=0))) for one in means if len(one)), default=0.0)


def _turn_with_room(wxyz: FloatArray) -> bool:
    """Return whether the hands' rotations are the room's already: they then turn with the head."""
    R = rotation_matrices(wxyz)
    good = np.isfinite(R).all((-3, -2, -1))
    if good.sum() < _FEWEST_FRAMES:
        return False
    R = R[good]
    from_head = np.swapaxes(R[:, :1], -1, -2) @ R[:, 1:]
    own = np.linalg.norm(R[:, 1:].mean(axis=0), axis=(-2, -1)).mean()
    return bool(np.linalg.norm(from_head.mean(axis=0), axis=(-2, -1)).mean() > 1.1 * own)
