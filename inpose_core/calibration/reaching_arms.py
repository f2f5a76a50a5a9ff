# SPDX-License-Identifier: Apache-2.0
"""Place forearms only by the reach of the hands: from a shoulder below the head to the wrist, with a hanging elbow.

This needs no rotation of a hand, so it can judge how a controller is held. It is rough: the shoulders follow the head's
heading, and the elbow may swivel about the line from shoulder to wrist, so several swivels are kept, each with its
likelihood. Right arms are mirrored: everything here is a left arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.quaternions import quaternion_to_matrix, rotate_vector
from ..body.skeleton import Skeleton
from ..numerics.filters import box_filter
from ..recording.types import Recording
from .performer_body import PerformerBody
from .presets import head_offset
from .rigid import RigidOffset
from .stature import performer_head_joint_m

_MIRROR_M: Final[FloatArray] = np.array((-1.0, 1.0, 1.0))
_MIRROR_WXYZ: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
_SWIVELS_RAD: Final[FloatArray] = np.radians((-10.0, 15.0, 40.0, 65.0, 90.0))
"""Swivel angles of the elbow, from below the line of shoulder and wrist outwards."""
_USUAL_SWIVEL_RAD, _SWIVEL_DEVIATION_RAD = np.radians((35.0, 30.0))
_ELBOWS_HANG_BACK: Final[float] = 0.35
_FORWARD_OVER_FRAMES: Final[int] = 61
"""A second, because the head looks around faster than the shoulders follow."""
_MOST_FRAMES: Final[int] = 250
_FEWEST_FRAMES: Final[int] = 60
_HINGE_SINE: Final[float] = 0.4
"""Sine of the elbow's bend from which its axis is known."""


@dataclass(frozen=True)
class ReachingArm:
    """Hold a left arm, or a mirrored right arm, in F frames with S swivels of its elbow."""

    R_world_device: FloatArray
    """(F, 3, 3) of the hand device."""
    R_world_forearm: FloatArray
    """(F, S, 3, 3) the forearm joint as in a T-pose: +X to the wrist, the elbow bends about Y."""
    hinge: FloatArray
    """(F, S) 0 to 1: how well the elbow's axis is known. A straight arm has none."""
    unusual: FloatArray
    """(S,) negative log-likelihood of each swivel."""


def reaching_arms(
    recording: Recording, stature_m: float, wrists: tuple[RigidOffset, RigidOffset]
) -> tuple[ReachingArm, ReachingArm] | None:
    """Return both arms that reach for the wrists, in frames of the whole recording; None if too few are measured.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        wrists: left and right wrist in their devices; only the positions count.
    """
    measured = np.flatnonzero(recording.measured.all(axis=1))
    if len(measured) < _FEWEST_FRAMES:
        return None
    frames = measured[np.linspace(0, len(measured) - 1, min(_MOST_FRAMES, len(measured))).astype(np.intp)]
    forward = _forward(recording)[frames]
    left, right = (_reach(recording, frames, forward, side, stature_m, wrists[side]) for side in (0, 1))
    return left, right


def _forward(recording: Recording) -> FloatArray:
    """Return where the body faces, level, (F, 3): the head's direction over a second."""
    facing = rotate_vector(recording.rotations_wxyz[:, 0], (0.0, 0.0, -1.0)) * (1.0, 0.0, 1.0)
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-9)
    smooth = box_filter(facing, _FORWARD_OVER_FRAMES, "nearest")
    return _unit(smooth)


def _reach(
    recording: Recording, frames: NDArray[np.intp], forward: FloatArray, side: int, stature_m: float, wrist: RigidOffset
) -> ReachingArm:
    body = PerformerBody.choose(Skeleton.template(stature_m), performer_head_joint_m(stature_m), stature_m, "average")
    positions_m, rotations_wxyz = recording.positions_m[frames], recording.rotations_wxyz[frames]
    wrist_in_device_m, head_in_headset_m = wrist.position_m, head_offset(stature_m).position_m
    if side == 1:
        positions_m, rotations_wxyz, forward = (
            positions_m * _MIRROR_M,
            rotations_wxyz * _MIRROR_WXYZ,
            forward * _MIRROR_M,
        )
        wrist_in_device_m = wrist_in_device_m * _MIRROR_M
    up = np.broadcast_to((0.0, 1.0, 0.0), forward.shape)
    outward = np.cross(up, forward)
    R_world_body = np.stack((outward, up, forward), axis=-1)
    head_m = positions_m[:, 0] + rotate_vector(rotations_wxyz[:, 0], head_in_headset_m)
    R_world_device = quaternion_to_matrix(rotations_wxyz[:, 1 + side])
    wrist_m = positions_m[:, 1 + side] + R_world_device @ wrist_in_device_m
    shoulder_m = head_m + R_world_body @ body.shoulders_m[0]

    upper_m, fore_m = float(np.linalg.norm(body.upper_arms_m[0])), float(np.linalg.norm(body.forearms_m[0]))
    to_wrist, away_m = _unit(wrist_m - shoulder_m), np.linalg.norm(wrist_m - shoulder_m, axis=1, keepdims=True)
    # Where the arm is too short, the shoulder goes along.
    reach_m = np.clip(away_m, abs(upper_m - fore_m) + 0.02, 0.995 * (upper_m + fore_m))
    shoulder_m = wrist_m - to_wrist * reach_m
    along_m = (upper_m**2 + reach_m**2 - fore_m**2) / (2 * reach_m)
    aside_m = np.sqrt(np.maximum(upper_m**2 - along_m**2, 0.0))
    below = -up - _ELBOWS_HANG_BACK * forward
    below = _unit(below - (below * to_wrist).sum(axis=1, keepdims=True) * to_wrist)
    beside = np.cross(to_wrist, below)
    beside *= np.where((beside * outward).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)

    swivels = _SWIVELS_RAD[None, :, None]
    aside = np.cos(swivels) * below[:, None] + np.sin(swivels) * beside[:, None]
    upper = along_m[:, None] * to_wrist[:, None] + aside_m[:, None] * aside
    forearm = _unit((wrist_m - shoulder_m)[:, None] - upper)
    axis = np.cross(forearm, _unit(upper))
    sine = np.linalg.norm(axis, axis=-1)
    y = axis / np.maximum(sine, 1e-6)[..., None]
    return ReachingArm(
        R_world_device=R_world_device,
        R_world_forearm=np.stack((forearm, y, np.cross(forearm, y)), axis=-1),
        hinge=np.clip(sine / _HINGE_SINE, 0.0, 1.0),
        unusual=0.5 * ((_SWIVELS_RAD - _USUAL_SWIVEL_RAD) / _SWIVEL_DEVIATION_RAD) ** 2,
    )


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
