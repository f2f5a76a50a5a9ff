# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the choice of keys what IK controls do: where they hold hands and feet, and how knees and elbows follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from ..core import FloatArray
from ..keys.bends import BentPoint
from ..keys.properties import EndPoint
from ..rig.tree import BoneTree, CarriedBone
from .limbs import Control, IkControls, IkLimb
from .names import LIMBS
from .planes import signed_angle, square_to, unit

_FOOT: Final[str] = "foot"


@dataclass(frozen=True)
class WatchedControls:
    """Hold what the choice of keys must know of IK controls; empty if a rig has none."""

    tree: BoneTree = field(default_factory=dict)
    """The controls, and what carries them: in addition to the bones of the body."""
    points: tuple[EndPoint, ...] = ()
    """Where the controls hold hands, feet and toes."""
    location_axes: Mapping[str, FloatArray] = field(default_factory=dict)
    bends: tuple[BentPoint, ...] = ()
    feet: Mapping[str, int] = field(default_factory=dict)
    """The controls of feet, and whether of the left (0) or the right foot (1)."""


def watched_controls(controls: IkControls, tree: BoneTree) -> WatchedControls:
    """Return what the choice of keys must know of the IK controls of a rig.

    Args:
        controls: the controls.
        tree: the bones of the body.
    """
    waiting = {control.bone: control for limb in controls.limbs for control in limb.controls}
    waiting = {bone: control for bone, control in waiting.items() if bone not in tree}
    carried: BoneTree = {}
    while ready := [each for each in waiting.values() if each.carrier not in waiting]:  # carriers come first
        for control in ready:
            carrier = control.carrier if control.carrier in tree or control.carrier in carried else None
            carried[control.bone] = CarriedBone(control.bone, carrier, True, control.rest)
            del waiting[control.bone]
    axes = {control.bone: control.axes for limb in controls.limbs for control in limb.controls}
    points: list[EndPoint] = []
    bends: list[BentPoint] = []
    for limb in controls.limbs:
        end = _end_point(limb)
        points.append(end)
        if limb.toe is not None:
            points.append(EndPoint(f"{limb.side}_{_FOOT}", limb.toe.bone, limb.toe.rest[:3, 3]))
        if limb.kind != "aim" and limb.joints[0] in tree:
            bends.append(_bent_point(limb, end))
    own = {bone: value for bone, value in axes.items() if bone in carried}
    feet = {limb.target.bone: int(limb.side == "right") for limb in controls.limbs if limb.kind == "leg"}
    points = [point for point in points if point.bone in carried]
    return WatchedControls(carried, tuple(points), own, tuple(bend for bend in bends if bend.end.bone in carried), feet)


def _end_point(limb: IkLimb) -> EndPoint:
    """Return the joint that a limb's control holds; a foot that rolls hangs on its heel control."""
    if limb.kind == "aim":
        return EndPoint(f"{limb.side}_{_FOOT}", limb.target.bone, _reached(limb.target, limb.target_offset))
    joint = f"{limb.side}_{LIMBS[limb.kind][2]}"
    if limb.roll is not None:
        return EndPoint(joint, limb.roll.heel.bone, limb.places_rest[2], limb.target.bone)
    return EndPoint(joint, limb.target.bone, _reached(limb.target, limb.target_offset))


def _reached(target: Control, offset: FloatArray) -> FloatArray:
    return np.asarray(target.rest[:3, 3] + target.rest[:3, :3] @ offset)


def _bent_point(limb: IkLimb, end: EndPoint) -> BentPoint:
    guide, guided_by = _guide(limb)
    along = unit(limb.places_rest[2] - limb.places_rest[0])[None]
    x, z = limb.upper_rest[:3, 0], limb.upper_rest[:3, 2]
    towards = np.cos(limb.pole_angle) * x + np.sin(limb.pole_angle) * z
    bend = square_to(along, limb.bend_rest[None])
    upper, lower = np.linalg.norm(np.diff(limb.places_rest, axis=0), axis=1).tolist()
    return BentPoint(
        joint=f"{limb.side}_{LIMBS[limb.kind][1]}",
        root=EndPoint("", limb.joints[0], limb.places_rest[0]),
        end=end,
        lengths=(upper, lower),
        bend_rest=limb.bend_rest,
        guide=guide,
        guided_by=guided_by,
        pole_angle=float(signed_angle(along, square_to(along, towards[None]), bend)[0]),
    )


def _guide(limb: IkLimb) -> tuple[str, Literal["pole", "twist", "pose"]]:
    if limb.pole is not None:
        return limb.pole.bone, "pole"
    if limb.swing is not None:
        return limb.swing.control.bone, "twist"
    return (limb.start[0].bone if limb.start else limb.joints[0]), "pose"
