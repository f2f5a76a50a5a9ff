# SPDX-License-Identifier: Apache-2.0
"""Apply a list of edits to a solved motion, in order. The motion that was solved stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import conjugate_quaternion, continuous_signs, geodesic_angle, multiply_quaternions
from ..errors import EditError
from ..recording.sensors import Sensors
from .arm_spreading import spread_arms
from .body_shape import BodyShape, usual_shape
from .edit import Edit, EditList
from .exaggerating import exaggerate
from .grounding import FeetOnGround, feet_on_ground, heights_stood_on_m, stand_on
from .mirroring import mirror_of, mirrored_motion, mirrored_sensors
from .smoothing import smooth
from .straightening import straighten_knees
from .wrist_bending import unbend_wrists

_SAME: Final[float] = 1e-12
_UNSEEN_M: Final[float] = 1e-3
_UNSEEN_RAD: Final[float] = np.radians(0.2)
"""Nobody sees an edit that moves and turns all joints by less."""


@dataclass(frozen=True)
class Edited:
    """Hold an edited motion, and the sensors that belong to it."""

    motion: Motion
    sensors: Sensors | None
    """Head and hands have moved as the edits moved the joints: a lock holds the hands at these."""
    without_effect: tuple[Edit, ...] = ()
    """Edits that found nothing to change."""


def apply_edits(
    motion: Motion,
    sensors: Sensors | None,
    edits: EditList,
    shape: BodyShape | None = None,
    start_s: float = 0.0,
    before_pins: Motion | None = None,
) -> Edited:
    """Return the motion after all edits that are not muted.

    Args:
        motion: what was solved.
        sensors: what it was solved from, if that is known.
        edits: what to change.
        shape: the skin of the character; None: that of an adult of average proportions.
        start_s: time in the recording at which the motion begins, if there are no sensors to tell it.
        before_pins: the motion whose first pose says where the mirror is, if pins have changed ``motion`` since then.
    """
    if sensors is not None:
        start_s = sensors.start_s
    if edits.mirror is not None:
        mirror = mirror_of(before_pins or motion, edits.mirror)
        motion = mirrored_motion(motion, mirror)
        sensors = None if sensors is None else mirrored_sensors(sensors, mirror)
    idle, grounds = [], _Grounds(motion, motion)
    for edit in edits.edits:
        if edit.muted:
            continue
        share = edit.share(motion, start_s)
        if not share.any():
            idle.append(edit)
            continue
        if edit.kind == "ground":
            grounds = grounds.following(motion).with_one(edit, share)
            after = grounds.after
        else:
            after = _applied(motion, share, edit, shape)
        if _is_same(motion, after):
            idle.append(edit)
        sensors = None if sensors is None else carried_along(sensors, motion, after)
        motion = after
    return Edited(motion, sensors, tuple(idle))


@dataclass(frozen=True, eq=False)
class _Grounds:
    """Hold the grounds of edits that follow one another, and the motion before the first of them.

    Applied one by one, the body would go down to the floor between two stretches.
    """

    before: Motion
    after: Motion
    feet: tuple[FeetOnGround, ...] = ()
    stood_m: FloatArray | None = None
    """(F, 2) height on which the feet stood before the first of them; None: on the floor of the recording."""

    def following(self, motion: Motion) -> _Grounds:
        """Return these if nothing else has edited the motion since, or else none, on the heights that these gave."""
        if motion is self.after:
            return self
        return _Grounds(motion, motion, stood_m=self._heights_m())

    def with_one(self, edit: Edit, share: FloatArray) -> _Grounds:
        """Return these and that of one more edit."""
        stood_m = np.zeros((len(share), 2)) if self.stood_m is None and self.feet else self.stood_m
        one = feet_on_ground(
            self.before, share, edit.ground, edit.strength, hold_hands=edit.holds_hands, stood_m=stood_m
        )
        feet = (*self.feet, one)
        return replace(self, after=stand_on(self.before, feet), feet=feet)

    def _heights_m(self) -> FloatArray | None:
        if not self.feet:
            return self.stood_m
        up_m = heights_stood_on_m(self.feet)
        return up_m if self.stood_m is None else self.stood_m + up_m


def carried_along(sensors: Sensors, before: Motion, after: Motion) -> Sensors:
    """Return the sensors moved and turned as an edit has moved and turned their joints.

    Args:
        sensors: at the rate of the motions; frames beyond their end stay.
        before: the motion before the edit.
        after: the motion after it.
    """
    count, joints = min(len(sensors), len(before)), list(sensors.joints)
    before_m, after_m = before.joint_positions_m[:count, joints], after.joint_positions_m[:count, joints]
    was, now = before.rotations_wxyz[:count, joints], after.rotations_wxyz[:count, joints]
    positions_m, rotations = sensors.positions_m.copy(), sensors.rotations_wxyz.copy()
    positions_m[:count] += after_m - before_m
    turned = multiply_quaternions(multiply_quaternions(now, conjugate_quaternion(was)), rotations[:count])
    changed = np.abs((was * now).sum(axis=-1)) < 1 - _SAME
    rotations[:count][changed] = turned[changed]
    return replace(sensors, positions_m=positions_m, rotations_wxyz=continuous_signs(rotations))


def _is_same(before: Motion, after: Motion) -> bool:
    moved_m = np.abs(after.joint_positions_m - before.joint_positions_m).max(initial=0.0)
    turned_rad = geodesic_angle(after.rotations_wxyz, before.rotations_wxyz).max(initial=0.0)
    return bool(moved_m < _UNSEEN_M and turned_rad < _UNSEEN_RAD)


def _applied(motion: Motion, share: FloatArray, edit: Edit, shape: BodyShape | None) -> Motion:
    amount, hold_hands = edit.strength, edit.holds_hands
    match edit.kind:
        case "smooth":
            return smooth(motion, share, amount, hold_hands=hold_hands)
        case "exaggerate":
            return exaggerate(motion, share, amount, hold_hands=hold_hands)
        case "straighten_knees":
            return straighten_knees(motion, share, amount, hold_hands=hold_hands)
        case "unbend_wrists":
            return unbend_wrists(motion, share, amount)
        case "spread_arms":
            return spread_arms(motion, share, amount, shape or usual_shape(motion.skeleton))
    raise EditError(f'"{edit.kind}" is not a kind of edit.', "Update InPose.")
