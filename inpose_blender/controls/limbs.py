# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the IK limbs of a rig: all that the computation of their keys needs. Does not import bpy.

All places and matrices are in the armature frame. A *move* of a bone is the matrix from the rest place of a point to
where the bone carries it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core import FloatArray
from .names import Switch

LimbKind = Literal["arm", "leg", "aim"]
"""``aim``: a single bone that an IK constraint turns to its target, such as the foot of an MMD character."""


@dataclass(frozen=True)
class Control:
    """Hold a bone that an animator moves, and what moves it when it has no keys."""

    bone: str
    carrier: str | None
    """The bone whose move it follows, or None: it rests in the armature."""
    rest: FloatArray
    """(4, 4) where the rig has it when everything rests."""
    axes: FloatArray
    """(3, 3) what one unit of each component of its location does when everything rests, as columns."""


@dataclass(frozen=True)
class Swing:
    """Hold the control of a limb without pole: the rig turns it to the target, its own twist turns the bend plane.

    Which plane that is depends a little on the twist itself and on how far away the target is. The rig was tried.
    """

    control: Control
    """Its rest is that of the bone that turns to the target, before it turns."""
    below: FloatArray
    """(4, 4) from the bone that turns to the target to the control, at rest."""
    distances: FloatArray
    """(D,) distances from the beginning of the limb to its target that were tried, in ascending order."""
    offsets: FloatArray
    """(T, D) with the control twisted by one of T equal parts of a turn, by how much more than by this twist the bend
    turns about the line to the target, from the X axis that the control has without twist; in radians."""


@dataclass(frozen=True)
class Hinge:
    """Hold the axis of a knee or an elbow that bends about a single axis."""

    bone: str
    normal_rest: FloatArray
    """(3,) the axis."""


@dataclass(frozen=True)
class FootRoll:
    """Hold the controls with which a foot rolls over its ball while its IK control rests."""

    heel: Control
    """Turns the foot about the ball, about its own X axis; the control of the ball carries it."""
    ball: Control
    """Turns and shifts the foot at its ball; the IK control of the foot carries it."""
    ball_rest: FloatArray
    """(3,)"""
    axis_rest: FloatArray
    """(3,) about which a positive turn raises the heel."""


@dataclass(frozen=True)
class IkLimb:
    """Hold a limb that an IK constraint moves."""

    side: str
    kind: LimbKind
    joints: tuple[str, str, str]
    """The bones whose moves give the places of the limb's three joints: of the mapping, not of the IK chain."""
    chain: tuple[str, ...]
    """The bones that the constraint moves, from the body outwards."""
    constraint: tuple[str, str]
    """The bone that has the constraint, and the constraint's name."""
    is_own: bool
    """The chain is made of the character's own bones; False: the rig has a chain for IK alone."""
    places_rest: FloatArray
    """(3, 3) the places of the three joints at rest: beginning, bend and end of the chain."""
    bend_rest: FloatArray
    """(3,) the direction into which the limb bends at rest, a unit vector."""
    upper_rest: FloatArray
    """(4, 4) the rest of the first bone of the chain."""
    upper: tuple[str, ...]
    """The bones of the chain above the bend."""
    lower: tuple[str, ...]
    hinge: Hinge | None
    target: Control
    target_offset: FloatArray
    """(3,) from the target control to the point that the end of the chain reaches, in the control's axes."""
    end_turn: FloatArray
    """(3, 3) the target control's rotation when the character's hand or foot is at rest."""
    end: str
    """The character's hand or foot."""
    end_follows: bool
    """The character's hand or foot turns with the target control."""
    pole: Control | None = None
    pole_angle: float = 0.0
    pole_distance: float = 0.0
    """Distance of the pole from the joint that it bends, at rest."""
    swing: Swing | None = None
    start: tuple[Control, ...] = ()
    """The bones of a chain for IK alone that can have keys: they hold the pose in which the constraint begins."""
    toe: Control | None = None
    toe_joint: str | None = None
    twist: Control | None = None
    roll: FootRoll | None = None
    switch: Switch | None = None
    settings: tuple[tuple[str, float], ...] = ()
    """Data paths of custom properties and constraints, and their values while IK plays."""

    @property
    def controls(self) -> tuple[Control, ...]:
        """Return the controls of the limb that get keys."""
        swing = self.swing.control if self.swing is not None else None
        roll = (self.roll.heel, self.roll.ball) if self.roll is not None else ()
        every = (self.target, self.pole, swing, *self.start, self.toe, self.twist, *roll)
        return tuple(control for control in every if control is not None)

    @property
    def bends_freely(self) -> bool:
        """Return whether the chain can take any pose of the body, also twists: it begins in this pose."""
        return self.hinge is None and (self.is_own or bool(self.start))


@dataclass(frozen=True)
class IkControls:
    """Hold the IK controls of a rig, for a bake."""

    limbs: tuple[IkLimb, ...]
    copies: tuple[tuple[Control, str], ...] = ()
    """Bones that must be where bones of the body are, and which."""
    body: str | None = None
    """The control that turns as the pelvis does."""
    centre: tuple[str, ...] = ()
    """The bones for the way on the floor and for the height of the body; empty, or both."""
    held: tuple[str, ...] = ()
    """Controls that must rest."""

    @property
    def bones(self) -> tuple[str, ...]:
        """Return the bones that get keys."""
        controls = [control for limb in self.limbs for control in limb.controls]
        return (*(control.bone for control in controls), *(control.bone for control, _ in self.copies))

    @property
    def settings(self) -> tuple[tuple[str, float], ...]:
        """Return the data paths of custom properties and constraints, and their values while IK plays."""
        return tuple(setting for limb in self.limbs for setting in limb.settings)
