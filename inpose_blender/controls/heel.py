# SPDX-License-Identifier: GPL-3.0-or-later
"""Try on a rig whether its heel control turns a foot about the ball, as InPose computes it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mathutils import Matrix, Vector

from ..core import FloatArray
from ..rig.places import location_axes
from ..rig.tree import posed_matrices
from .limbs import Control, FootRoll

_TRIAL_RAD: Final[float] = 0.4
_SAME: Final[float] = 1e-4


def tried_roll(copy: Any, scene: Any, target: str, end: str, heel: str | None, ball: str | None) -> FootRoll | None:
    """Return the controls with which a foot rolls; None if the rig lacks them, or if they do something else.

    Args:
        copy: a posable copy of the rig that is switched to IK.
        scene: the scene to try it in.
        target: the IK control of the foot.
        end: the character's foot.
        heel: the control that raises the heel.
        ball: the control that turns the foot about its ball, between the other two.
    """
    pose = copy.pose.bones
    if heel is None or ball is None or not {heel, ball} <= set(pose.keys()):
        return None
    names = [target, ball, heel, end]
    rests = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
    place = rests[ball][:3, 3]
    size = float(np.linalg.norm(rests[end][:3, 3] - place))
    turn = Matrix.Rotation(_TRIAL_RAD, 4, "X")
    shift = Matrix.Translation(Vector((0.1, 0.2, 0.05)) * size)
    for sign in (1.0, -1.0):
        basis = Matrix.Rotation(sign * _TRIAL_RAD, 4, "X")
        axis = sign * rests[heel][:3, 0]
        found = _moved_by(copy, scene, heel, basis, end, rests)
        R = rests[heel][:3, :3] @ np.array(basis)[:3, :3] @ rests[heel][:3, :3].T
        if _same(found, _about(place, R), size):
            break
    else:
        return None
    expected = rests[ball] @ np.array(shift @ turn) @ np.linalg.inv(rests[ball])
    if not _same(_moved_by(copy, scene, ball, shift @ turn, end, rests), expected, size):
        return None
    return FootRoll(
        Control(heel, ball, rests[heel], np.eye(3)),
        Control(ball, target, rests[ball], location_axes(copy.data.bones[ball])),
        place,
        axis,
    )


def _moved_by(copy: Any, scene: Any, bone: str, basis: Any, end: str, rests: dict[str, FloatArray]) -> FloatArray:
    """Return how the foot moves when a control is posed, (4, 4)."""
    before = copy.pose.bones[bone].matrix_basis.copy()
    copy.pose.bones[bone].matrix_basis = basis
    (after,) = posed_matrices(copy, [end], scene)
    copy.pose.bones[bone].matrix_basis = before
    posed_matrices(copy, (), scene)
    return np.asarray(after @ np.linalg.inv(rests[end]))


def _about(place: FloatArray, R: FloatArray) -> FloatArray:
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = R, place - R @ place
    return move


def _same(a: FloatArray, b: FloatArray, size: float) -> bool:
    """Say whether two moves are the same for what is not farther than a foot from the origin of the move."""
    return bool(
        np.abs(a[:3, :3] - b[:3, :3]).max() < 10 * _SAME and np.abs(a[:3, 3] - b[:3, 3]).max() < 100 * _SAME * size
    )
