# SPDX-License-Identifier: GPL-3.0-or-later
"""Try into which plane limbs without pole bend: where this is depends on the rig and on Blender's solver."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from mathutils import Matrix

from ..core import FloatArray
from ..rig.tree import posed_matrices
from .limbs import IkLimb, Swing
from .planes import arc, signed_angle, square_to, unit

_BENDS: Final[FloatArray] = np.radians([160.0, 130.0, 100.0, 75.0, 50.0, 30.0, 15.0, 5.0])
"""Bends of knee or elbow to try, the nearest target first."""
_TWISTS: Final[FloatArray] = np.arange(8) * (2 * np.pi / 8)


def with_tried_bends(copy: Any, scene: Any, limbs: Sequence[IkLimb]) -> tuple[IkLimb, ...]:
    """Return the limbs, those without pole with the planes in which they bend.

    Args:
        copy: a posable copy of the rig that is switched to IK.
        scene: its scene.
        limbs: the limbs, which rest on the copy.
    """
    tried = {index: limb.swing for index, limb in enumerate(limbs) if limb.swing is not None}
    if not tried:
        return tuple(limbs)
    pose = copy.pose.bones
    names = [name for index in tried for name in (limbs[index].upper[0], limbs[index].lower[0])]
    offsets = {index: np.zeros((len(_TWISTS), len(_BENDS))) for index in tried}
    for column, angle in enumerate(_BENDS):
        for index in tried:
            _reach(copy, limbs[index], angle)
        for row, twist in enumerate(_TWISTS):
            for swing in tried.values():
                pose[swing.control.bone].matrix_basis = Matrix.Rotation(twist, 4, "Y")
            matrices = dict(zip(names, posed_matrices(copy, names, scene), strict=True))
            for index, swing in tried.items():
                limb = limbs[index]
                root, middle = (matrices[name][:3, 3] for name in (limb.upper[0], limb.lower[0]))
                turned = _bend_angle(swing, root, middle, root + _reach_from_root(limb, angle)) - twist
                offsets[index][row, column] = (turned + math.pi) % (2 * math.pi) - math.pi
    for index, swing in tried.items():
        for bone in (limbs[index].target.bone, swing.control.bone):
            pose[bone].matrix_basis = Matrix.Identity(4)
    posed_matrices(copy, (), scene)
    result = list(limbs)
    for index, swing in tried.items():
        # Turns are counted on from the first: beyond half a turn they would jump.
        steady = np.unwrap(np.unwrap(offsets[index], axis=0), axis=1)
        distances = np.array([np.linalg.norm(_reach_from_root(limbs[index], angle)) for angle in _BENDS])
        result[index] = replace(limbs[index], swing=replace(swing, distances=distances, offsets=steady))
    return tuple(result)


def _reach(copy: Any, limb: IkLimb, angle: float) -> None:
    """Put the target of a limb where the limb must bend by an angle."""
    target = limb.target
    rest = target.rest[:3, 3] + target.rest[:3, :3] @ limb.target_offset
    shift = limb.places_rest[0] + _reach_from_root(limb, angle) - rest
    copy.pose.bones[target.bone].matrix_basis = Matrix.Translation(np.linalg.solve(target.axes, shift).tolist())


def _reach_from_root(limb: IkLimb, angle: float) -> FloatArray:
    upper, lower = np.linalg.norm(np.diff(limb.places_rest, axis=0), axis=1)
    distance = math.sqrt(upper**2 + lower**2 + 2 * upper * lower * math.cos(angle))
    return distance * unit(limb.places_rest[2] - limb.places_rest[0])


def _bend_angle(swing: Swing, root: FloatArray, middle: FloatArray, end: FloatArray) -> float:
    """Return the angle about the line to the target from the X axis of the control without twist to the bend."""
    along = unit(end - root)
    before = swing.control.rest[:3, :3]
    tracking = arc(before[None, :, 1], along[None])[0] @ before @ swing.below[:3, :3]
    return float(signed_angle(along, square_to(along, tracking[:, 0]), square_to(along, middle - root)))
