# SPDX-License-Identifier: Apache-2.0
"""Describe the positions of the feet without the rotations of the legs: errors of ten degrees at hip and knee would add
up to 16 cm at the foot.

The horizontal positions of ankles and toes are relative to the head, and their heights to the floor, because these are
known best. Both are divided by the leg length, so they have no scale, and are in the window's heading frame.
"""

from __future__ import annotations

from ..numerics import Array, namespace_of


def feet_places(feet_m: Array, head_m: Array, leg_length_m: Array, to_heading: Array) -> Array:
    """Return the places of ankles and toes, (..., T, 4, 3): x and z from the head, y from the floor, in leg lengths.

    Args:
        feet_m: joints in the order of `FOOT_JOINTS`, above a floor at y = 0 (of a standing foot's lowest joint),
            (..., T, 4, 3).
        head_m: head joint, (..., T, 3).
        leg_length_m: thigh plus shin, broadcast against (..., T, 4, 3).
        to_heading: rotation from the world into each window's heading frame, (..., 3, 3).
    """
    over_ground_m = head_m * namespace_of(head_m).asarray((1.0, 0.0, 1.0), head_m)
    from_head_m = (feet_m - over_ground_m[..., None, :]) / leg_length_m
    return from_head_m @ to_heading.swapaxes(-1, -2)[..., None, :, :]


def feet_positions_m(places: Array, head_m: Array, leg_length_m: float, standing_m: float) -> Array:
    """Return the positions (..., N, 3) of places along the world's axes: the inverse of `feet_places`.

    Args:
        places: x and z from the head, y from a standing foot's lowest joint, in leg lengths, (..., N, 3).
        head_m: head joint, (..., 3).
        leg_length_m: thigh plus shin.
        standing_m: height of a standing foot's lowest joint.
    """
    xp = namespace_of(head_m)
    below_head_m = head_m * xp.asarray((1.0, 0.0, 1.0), head_m) + xp.asarray((0.0, standing_m, 0.0), head_m)
    return places * leg_length_m + below_head_m[..., None, :]
