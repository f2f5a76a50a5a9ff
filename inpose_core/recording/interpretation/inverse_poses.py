# SPDX-License-Identifier: Apache-2.0
"""Find poses that are the wrong way round: the room as seen from the device, instead of the device in the room.

A view matrix is the inverse of a pose. Loggers write it whole, or only its rotation. Read as poses, whole inverses
tear head and hands apart, and inverted rotations turn heads and hands about points in front of them. The evidence of
`evidence.BodySigns` is compared both ways. For 72 takes of people who train, the right way was ahead by 8 (whole
poses, with their reach) in log-odds at least; for rotations it was ahead by 2.5 in 47 of 48, and never behind.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.quaternions import rotate_vector, wxyz_from_xyzw
from ...options.reading import QUATERNION_ORDERS
from ..conventions import QuaternionOrder, ReadOptions
from ..findings import Finding
from ..tracks import Declared
from .evidence import body_signs, far_reach
from .guess_axes import Orientation
from .readings import evidence_of, rank_readings, read_in_orders

_BETTER: Final[float] = 3.0
"""Log-odds by which inverted rotations must be more like those of a person."""
_BETTER_POSES: Final[float] = 4.0
_OF_REACH: Final[float] = 10.0
"""Log-odds per logarithm of the hands' reach, which inverses make longer."""
_LONGER: Final[float] = 1.15

ROTATIONS_TOLD: Final[Finding] = Finding(
    "inverse_poses",
    "The rotations are the wrong way round: those of the room as seen from the devices. InPose inverted them.",
    "repaired",
)
POSES_TOLD: Final[Finding] = Finding(
    "inverse_poses",
    "The poses are the wrong way round: the room as seen from the devices, as in view matrices. InPose inverted them.",
    "repaired",
)


def are_inverted(
    positions: FloatArray, quaternions: FloatArray, declared: Declared, options: ReadOptions
) -> QuaternionOrder | None:
    """Return the order of the quaternions if an excerpt's poses, (F, 3, 3) and (F, 3, 4), are inverses; else None."""
    if declared.certain:
        return None
    order = options.quaternion_order or declared.quaternion_order
    reach = far_reach(positions)
    best: tuple[float, QuaternionOrder] | None = None
    for each in (order,) if order else QUATERNION_ORDERS:
        inverse, turns = inverted_poses(positions, quaternions, each)
        other_reach = far_reach(inverse)
        if reach is None or other_reach is None or reach < _LONGER * other_reach:
            continue
        as_read = rank_readings(read_in_orders(positions, quaternions, (each,)))
        inverted = rank_readings(read_in_orders(inverse, turns, (each,)))
        if not as_read or not inverted:
            continue
        gain = inverted[0].log_odds - as_read[0].log_odds + _OF_REACH * float(np.log(reach / other_reach))
        if gain > _BETTER_POSES and (best is None or gain > best[0]):
            best = gain, each
    return best[1] if best else None


def turn_backwards(positions: FloatArray, quaternions: FloatArray, seen: Orientation, declared: Declared) -> bool:
    """Return whether an excerpt's rotations are inverses, if it is read in the axes and the order that were found."""
    # Who declares the axes of a file knows what a rotation is.
    if declared.certain or declared.axes or seen.look_like_joints:
        return False
    as_read = read_in_orders(positions, quaternions, (seen.order,))
    inverted = read_in_orders(positions, inverted_rotations(quaternions, seen.order), (seen.order,))
    if not as_read or not inverted:
        return False
    gain = evidence_of(body_signs(inverted[seen.order], seen.axes)) - evidence_of(
        body_signs(as_read[seen.order], seen.axes)
    )
    return gain > _BETTER


def inverted_rotations(quaternions: FloatArray, order: QuaternionOrder) -> FloatArray:
    """Return the inverse rotations, (..., 4), in the same order."""
    scalar = 3 if order == "xyzw" else 0
    signs = np.full(4, -1.0)
    signs[scalar] = 1.0
    return np.asarray(quaternions * signs)


def inverted_poses(
    positions: FloatArray, quaternions: FloatArray, order: QuaternionOrder
) -> tuple[FloatArray, FloatArray]:
    """Return the inverse poses, positions (..., 3) and quaternions (..., 4) in the same order."""
    inverse = inverted_rotations(quaternions, order)
    wxyz = wxyz_from_xyzw(inverse) if order == "xyzw" else inverse
    length = np.linalg.norm(wxyz, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return -rotate_vector(wxyz / length, positions), inverse
