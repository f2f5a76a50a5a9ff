# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the keys of IK controls from the moves of the body's bones: pure numpy, all frames at once.

A pole stands in the plane in which Blender turns a limb: the constraint turns the chain about the line from its
beginning to its target, until the direction of its pole angle points to the pole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ..core import BoolArray, FloatArray, matrix_to_quaternion
from .limbs import Control, FootRoll, IkControls, IkLimb, Swing
from .planes import arc, bend_directions, signed_angle, square_to, turn_about, unit
from .rolling import HeldFoot, hold_foot

_NEAREST_POLE: Final[float] = 0.4
_FARTHEST_POLE: Final[float] = 1.5
"""Distance of a pole from its joint, as share of the limb's length."""

_RESTS: Final[float] = 1e-6

_TWIST_STEPS: Final[int] = 6
"""The twist and the bend differ by some degrees at most, so a few steps find one from the other."""

Moves = Mapping[str, FloatArray]
"""For each bone how it moves away from its rest, in the armature frame: (F, 4, 4)."""


@dataclass(frozen=True)
class ControlKeys:
    """Hold the values of one control, relative to what carries it."""

    bone: str
    location: FloatArray | None
    """(F, 3), or None: the control gets no keys for its location."""
    rotation: FloatArray | None
    """(F, 4) quaternions, or None."""


@dataclass(frozen=True)
class SolvedControls:
    """Hold the keys of all IK controls."""

    keys: tuple[ControlKeys, ...]
    turns: dict[str, FloatArray]
    """For the bones of the body that must start another way than the body turns, how they turn: (F, 4)."""
    twist_rad: dict[tuple[str, str], float]
    """For each limb, as (side, kind), the largest twist that its chain cannot take."""
    held: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """For controls of feet that are held: the first and the last frame of each time."""


@dataclass(frozen=True)
class Stances:
    """Say when feet stand, so that their controls can be held."""

    stands: BoolArray
    """(F, 2) whether the left and the right foot stand."""
    fade: int
    """The most frames before and after a stance in which the heel goes back to its rest."""


def control_keys(controls: IkControls, moves: Moves, stances: Stances | None = None) -> SolvedControls:
    """Return the keys that put the IK controls where the body has its limbs.

    Args:
        controls: the rig's controls.
        moves: the moves of all bones of the body, and of all that carries controls.
        stances: when the controls of feet are held, where the rig can roll a foot over its ball.
    """
    keys: list[ControlKeys] = []
    known = dict(moves)
    turns: dict[str, FloatArray] = {}
    twists: dict[tuple[str, str], float] = {}
    held_spans: dict[str, tuple[tuple[int, int], ...]] = {}
    for limb in controls.limbs:  # all targets first: poles may hang on them
        move = _target(limb, known) @ np.linalg.inv(limb.target.rest)
        held = _held(limb, move, known, stances)
        if held is not None and limb.roll is not None:
            known[limb.target.bone], known[limb.roll.ball.bone] = held.target, held.ball
            keys += roll_keys(limb.roll, held, known)
            held_spans[limb.target.bone] = held.spans
        known[limb.target.bone] = move if held is None else held.target
        keys.append(keys_of(limb.target, known[limb.target.bone] @ limb.target.rest, known))
    for limb in controls.limbs:
        if limb.kind == "aim":
            continue
        bent = _Bend.of(limb, known)
        for control, joint in zip(limb.start, limb.joints, strict=False):
            wanted = known[joint] @ control.rest
            keys.append(ControlKeys(control.bone, None, keys_of(control, wanted, known).rotation))
            known[control.bone] = known[joint]
        if limb.pole is not None:
            wanted = np.tile(np.eye(4), (len(bent.root), 1, 1))
            wanted[:, :3, :3] = _carried(limb.pole, known)[:, :3, :3]
            wanted[:, :3, 3] = bent.pole_place(limb)
            keys.append(ControlKeys(limb.pole.bone, keys_of(limb.pole, wanted, known).location, None))
        elif limb.swing is not None:
            keys.append(_swing_keys(limb, bent, known))
        elif limb.is_own and limb.hinge is not None:
            turns |= {bone: matrix_to_quaternion(bent.upper_turn) for bone in limb.upper}
            turns |= {bone: matrix_to_quaternion(bent.lower_turn) for bone in limb.lower}
        if limb.toe is not None and limb.toe_joint is not None:
            ball = limb.roll.ball.bone if limb.roll is not None and limb.target.bone in held_spans else None
            control = limb.toe if ball is None else replace(limb.toe, carrier=ball)
            toe = keys_of(control, known[limb.toe_joint] @ limb.toe.rest, known)
            keys.append(ControlKeys(toe.bone, None, toe.rotation))
        if limb.twist is not None:
            # Where the twist control has keys already, it has its own move.
            fk, ik = known.get(limb.twist.bone, known[limb.joints[1]])[:, :3, :3], bent.lower_turn
            rest = limb.twist.rest[:3, :3]
            keys.append(ControlKeys(limb.twist.bone, None, matrix_to_quaternion(_inverse(ik @ rest) @ fk @ rest)))
        elif not limb.bends_freely:
            twists[limb.side, limb.kind] = float(np.abs(bent.twist_rad).max())
    for control, bone in controls.copies:
        keys.append(keys_of(control, known[bone] @ control.rest, known))
    return SolvedControls(tuple(keys), turns, twists, held_spans)


def roll_keys(roll: FootRoll, held: HeldFoot, moves: Moves) -> list[ControlKeys]:
    """Return the keys of the controls with which a held foot rolls."""
    half = held.heel_rad / 2
    x = np.sign(roll.axis_rest @ roll.heel.rest[:3, 0]) * np.sin(half)
    zero = np.zeros_like(half)
    heel = ControlKeys(roll.heel.bone, None, np.stack((np.cos(half), x, zero, zero), axis=1))
    return [keys_of(roll.ball, held.ball @ roll.ball.rest, moves), heel]


def resting_roll(roll: FootRoll, count: int) -> list[ControlKeys]:
    """Return keys with which these controls rest."""
    zero, no_turn = np.zeros((count, 3)), np.tile((1.0, 0.0, 0.0, 0.0), (count, 1))
    return [ControlKeys(roll.ball.bone, zero, no_turn), ControlKeys(roll.heel.bone, None, no_turn)]


def _held(limb: IkLimb, move: FloatArray, moves: Moves, stances: Stances | None) -> HeldFoot | None:
    """Return how the control of a foot is held; None if it cannot be, or if something carries it along."""
    if limb.roll is None or stances is None:
        return None
    carried = _carried(limb.target, moves)
    if np.ptp(carried, axis=0).max() > _RESTS:
        return None
    stands = stances.stands[:, int(limb.side == "right")]
    return hold_foot(limb.roll, move, stands, limb.places_rest, stances.fade)


@dataclass(frozen=True)
class _Bend:
    """Hold how a limb bends, and how its chain turns in IK."""

    root: FloatArray
    middle: FloatArray
    end: FloatArray
    direction: FloatArray
    """(F, 3) into which it bends."""
    upper_turn: FloatArray
    """(F, 3, 3) how the upper half turns away from its rest in IK."""
    lower_turn: FloatArray
    twist_rad: FloatArray
    """(2, F) by which the halves turn about themselves, compared with the body."""

    @classmethod
    def of(cls, limb: IkLimb, moves: Moves) -> _Bend:
        """Find the plane of a limb, and turn the halves of its chain into it."""
        upper, lower = (moves[bone] for bone in limb.joints[:2])
        root, middle, end = _places(limb, moves)
        direction = bend_directions(root, middle, end, upper[:, :3, :3] @ limb.bend_rest)
        if limb.bends_freely:
            nothing = np.zeros((2, len(root)))
            return cls(root, middle, end, direction, upper[:, :3, :3], lower[:, :3, :3], nothing)
        normal = np.cross(unit(end - root), direction)
        normal_rest = limb.hinge.normal_rest if limb.hinge is not None else _rest_normal(limb)
        turned, angles = [], []
        for move, axis in ((upper, unit(middle - root)), (lower, unit(end - middle))):
            R = move[:, :3, :3]
            angle = signed_angle(axis, square_to(axis, R @ normal_rest), square_to(axis, normal))
            turned.append(turn_about(axis, angle) @ R)
            angles.append(angle)
        return cls(root, middle, end, direction, turned[0], turned[1], np.array(angles))

    def pole_place(self, limb: IkLimb) -> FloatArray:
        """Return where the pole of a limb must stand, (F, 3)."""
        along = unit(self.end - self.root)
        x, z = limb.upper_rest[:3, 0], limb.upper_rest[:3, 2]
        up = self.upper_turn @ unit(np.cos(limb.pole_angle) * x + np.sin(limb.pole_angle) * z)
        towards = unit(square_to(along, up))
        length = np.linalg.norm(np.diff(limb.places_rest, axis=0), axis=1).sum()
        distance = np.clip(limb.pole_distance, _NEAREST_POLE * length, _FARTHEST_POLE * length)
        # On the line from beginning to end below the joint: from there the way to the pole goes by the joint.
        height = ((self.middle - self.root) * towards).sum(axis=1, keepdims=True)
        foot = self.root + ((self.middle - self.root) * along).sum(axis=1, keepdims=True) * along
        return foot + (np.maximum(height, 0.0) + distance) * towards


def _target(limb: IkLimb, moves: Moves) -> FloatArray:
    """Return where the target control must be, (F, 4, 4)."""
    end = moves[limb.joints[2]]
    wanted = np.tile(np.eye(4), (len(end), 1, 1))
    wanted[:, :3, :3] = end[:, :3, :3] @ limb.end_turn
    _, _, reached = _places(limb, moves)
    wanted[:, :3, 3] = reached - wanted[:, :3, :3] @ limb.target_offset
    return wanted


def _places(limb: IkLimb, moves: Moves) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where the body has the beginning, the bend and the end of a limb, (F, 3) each.

    Each half may be several bones of the character, of which the last one carries the next joint.
    """
    upper, lower = limb.joints[:2]
    if limb.is_own:
        halves = ((limb.upper, upper), (limb.lower, lower))
        upper, lower = (bones[-1] if bones and bones[-1] in moves else first for bones, first in halves)
    start, bend, end = limb.places_rest
    return _moved(moves[limb.joints[0]], start), _moved(moves[upper], bend), _moved(moves[lower], end)


def _swing_keys(limb: IkLimb, bent: _Bend, moves: Moves) -> ControlKeys:
    """Return the twist that turns the plane of a chain without pole, which the rig turns to its target by itself."""
    assert limb.swing is not None
    along = unit(bent.end - bent.root)
    before = _carried(limb.swing.control, moves)[:, :3, :3]
    tracking = arc(before[:, :, 1], along) @ before @ limb.swing.below[:3, :3]
    distance = np.linalg.norm(bent.end - bent.root, axis=1)
    wanted = signed_angle(along, square_to(along, tracking[:, :, 0]), bent.direction)
    angle = wanted
    for _ in range(_TWIST_STEPS):
        angle = wanted - _offset(limb.swing, angle, distance)
    half = np.unwrap(angle) / 2
    zero = np.zeros_like(half)
    return ControlKeys(limb.swing.control.bone, None, np.stack((np.cos(half), zero, np.sin(half), zero), axis=1))


def _offset(swing: Swing, twist: FloatArray, distance: FloatArray) -> FloatArray:
    """Return by how much more than its twist a control turns the bend, (F,): between what was tried."""
    count = len(swing.offsets)
    waves = np.fft.rfft(swing.offsets, axis=0) / count
    result = np.zeros_like(twist)
    for order, wave in enumerate(waves):
        real, imaginary = (np.interp(distance, swing.distances, part) for part in (wave.real, wave.imag))
        share = 1.0 if order == 0 or 2 * order == count else 2.0
        result += share * (real * np.cos(order * twist) - imaginary * np.sin(order * twist))
    return result


def _rest_normal(limb: IkLimb) -> FloatArray:
    return unit(np.cross(limb.places_rest[2] - limb.places_rest[0], limb.bend_rest))


def keys_of(control: Control, wanted: FloatArray, moves: Moves) -> ControlKeys:
    """Return the location and rotation that put a control where it is wanted, (F, 4, 4).

    Args:
        control: the control.
        wanted: (F, 4, 4) where it must be.
        moves: the moves of what carries it.
    """
    carried = _carried(control, moves)
    axes = carried[:, :3, :3] @ control.rest[:3, :3].T @ control.axes
    location = np.linalg.inv(axes) @ (wanted - carried)[:, :3, 3, None]
    return ControlKeys(
        control.bone, location[..., 0], matrix_to_quaternion(_inverse(carried[:, :3, :3]) @ wanted[:, :3, :3])
    )


def _carried(control: Control, moves: Moves) -> FloatArray:
    """Return where a control without keys is, (F, 4, 4) or (1, 4, 4)."""
    return control.rest[None] if control.carrier is None else moves[control.carrier] @ control.rest


def _moved(move: FloatArray, point: FloatArray) -> FloatArray:
    return move[:, :3, :3] @ point + move[:, :3, 3]


def _inverse(R: FloatArray) -> FloatArray:
    return np.swapaxes(R, -1, -2)
