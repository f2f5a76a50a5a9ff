# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe the problems of a baked character: a sentence and a hint for each. Does not import bpy or numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ProblemKind = Literal[
    "left_behind",
    "unweighted",
    "stretched",
    "pulled_off",
    "leans",
    "leans_back",
    "toes_up",
    "below_floor",
    "hand_inside",
    "no_arm_ik",
    "no_leg_ik",
    "ik_of_engine",
    "ik_unreachable",
    "ik_limit",
    "ik_locked",
    "ik_twist",
    "ik_stiff",
    "ik_straight",
    "ik_differs",
]

TEXTS: Final[dict[ProblemKind, tuple[str, str]]] = {
    "left_behind": (
        "The bone {bone} has skin, but it does not move with the body: the mesh tears.",
        "Make {other} its parent, or move its weights to {other}.",
    ),
    "unweighted": (
        "{share} % of the vertices of {bone} have no weight: they stay where they are.",
        "Give them weights, for example with Parent > With Automatic Weights.",
    ),
    "stretched": (
        "The skin between {bone} and {other} is stretched to {times} times its length.",
        "Check these bones in the list of joints, and their weights.",
    ),
    "pulled_off": (
        "The bone {bone} is {cm} cm away from its joint.",
        "Switch off Connected for the bone in Edit Mode, or choose another bone for {joint}.",
    ),
    "leans_back": (
        "The trunk leans back by {degrees} degrees.",
        "The bone {bone} is probably not the pelvis: choose another bone in the list of joints, and solve again.",
    ),
    "leans": (
        "The trunk leans by {degrees} degrees when the performer stands.",
        "Check the bones {bone} and {other} in the list of joints, and solve again.",
    ),
    "toes_up": (
        "The toes of {bone} point up by {degrees} degrees.",
        "Check the bones of the legs in the list of joints, and the height of the performer.",
    ),
    "below_floor": (
        "The feet ({bone}) are {cm} cm below the floor.",
        "Check the height of the performer and the bones of the legs, or raise the armature.",
    ),
    "hand_inside": (
        "The hand {bone} goes into the body in {share} % of the motion, for example in frame {frame}.",
        "The character is broader than the performer: set a hand offset or another scale under Calibration.",
    ),
    "no_arm_ik": (
        "InPose finds no IK for the arms ({bone}), so they have FK keys.",
        "Add an IK constraint with a bone as target, or set Controls to FK.",
    ),
    "no_leg_ik": (
        "InPose finds no IK for the legs ({bone}), so they have FK keys.",
        "Add an IK constraint with a bone as target, or set Controls to FK.",
    ),
    "ik_of_engine": (
        "{bone} have FK keys, because this rig has no IK in Blender. {other} have keys for the IK of the game engine.",
        "If you want to animate with IK in Blender, add an IK constraint with a bone as target.",
    ),
    "ik_unreachable": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: its target is out of reach.",
        "The bones of the IK chain are shorter than those of FK. Check their lengths, or set Controls to FK.",
    ),
    "ik_limit": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: {other} has an IK limit.",
        "Widen the limit in the bone's properties (Inverse Kinematics), or set Controls to FK.",
    ),
    "ik_locked": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: {other} turns about one "
        "axis only.",
        "Unlock the other axes in the bone's properties (Inverse Kinematics), or set Controls to FK.",
    ),
    "ik_twist": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: the IK chain of {other} "
        "cannot twist.",
        "Unlock the rotation of the bones of the IK chain, or set Controls to FK.",
    ),
    "ik_stiff": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: {other} is stiff.",
        "Set its stiffness to 0 in the bone's properties (Inverse Kinematics), or set Controls to FK.",
    ),
    "ik_straight": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}: the limb is straight there, "
        "and Blender's IK stops just before.",
        "This is hardly visible. Where it matters, set Controls to FK.",
    ),
    "ik_differs": (
        "With IK, {bone} is {mm} mm and {degrees} degrees from its place in frame {frame}.",
        "Another constraint or driver acts on the bone or on {other}. Switch it off, or set Controls to FK.",
    ),
}
"""For each kind the sentence and what to do, with the fields that `CharacterProblem.values` fills in."""

NO_MESH: Final[str] = "No mesh follows the armature: only its bones were checked."
SLOW: Final[str] = "The rig is slow, so the character was checked in a few frames only."
CHANGED: Final[str] = "The scene was changed, so the character was not checked."


@dataclass(frozen=True)
class CharacterProblem:
    """Hold one problem of a baked character."""

    kind: ProblemKind
    values: tuple[tuple[str, str], ...]
    """Values of the fields of the sentence; ``bone`` is always there (for unweighted skin, it is a mesh)."""

    @property
    def bone(self) -> str:
        """Return the bone that the problem is about."""
        return dict(self.values)["bone"]

    @property
    def sentence(self) -> str:
        """Return what is wrong, in English."""
        return TEXTS[self.kind][0].format(**dict(self.values))

    @property
    def hint(self) -> str:
        """Return what to do about it, in English."""
        return TEXTS[self.kind][1].format(**dict(self.values))

    def to_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return {"kind": self.kind, "bone": self.bone, "sentence": self.sentence, "hint": self.hint}


def problem(kind: ProblemKind, **values: object) -> CharacterProblem:
    """Make a problem from the fields of its sentence."""
    return CharacterProblem(kind, tuple((name, str(value)) for name, value in values.items()))


@dataclass(frozen=True)
class CharacterCheck:
    """Hold what a check of a baked character found."""

    problems: tuple[CharacterProblem, ...] = ()
    frames: int = 0
    """How many frames were looked at."""
    skipped: str = ""
    """Why the check, or a part of it, was skipped; empty if everything was checked."""

    @property
    def state(self) -> Literal["ok", "check the character", "not checked"]:
        """Return the result of the check in a word."""
        return "check the character" if self.problems else "ok" if self.frames else "not checked"
