# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the character under IK with the same character under FK, and name the reason where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import numpy as np
from mathutils import Matrix

from ..character.posing import PosedBones
from ..character.problems import CharacterProblem, ProblemKind, problem
from ..core import FloatArray
from ..rig.families import RigMapping
from .limbs import IkControls, IkLimb
from .names import LIMBS

MOST_DEGREES: Final[float] = 0.1
MOST_MM: Final[float] = 1.0
_LIMIT_MARGIN: Final[float] = np.radians(0.05)
_SAME_LENGTH: Final[float] = 1e-4
_NEARLY_STRAIGHT: Final[float] = 1e-5


def compared_bones(armature_object: Any, controls: IkControls, with_skin: Iterable[str]) -> tuple[str, ...]:
    """Return the bones that must be where FK has them: those with skin, or else all that deform and are no control."""
    bones = armature_object.data.bones
    names = [name for name in with_skin if name in bones]
    if not names:
        own = {*controls.bones, *controls.held}
        names = [bone.name for bone in bones if bone.use_deform and bone.name not in own]
    return tuple(names)


def needed_bones(armature_object: Any, controls: IkControls, compared: Sequence[str]) -> list[str]:
    """Return the bones that must be posed for `control_problems`."""
    pose = armature_object.pose.bones
    chains = {bone for limb in controls.limbs for bone in limb.chain}
    chains |= {pose[bone].parent.name for bone in chains if pose[bone].parent}
    return sorted({*compared, *chains, *(joint for limb in controls.limbs for joint in limb.joints)})


def control_problems(
    armature_object: Any,
    controls: IkControls,
    mapping: RigMapping,
    compared: Sequence[str],
    fk: PosedBones,
    ik: PosedBones,
    frame_of: Sequence[int],
    metres_per_unit: float,
) -> list[CharacterProblem]:
    """Return where IK and FK differ, for each limb the worst bone and the reason; and limbs that have no IK.

    Args:
        armature_object: the rig.
        controls: its IK controls.
        mapping: its joints.
        compared: bones that must agree.
        fk: the bones under FK.
        ik: the same under IK, in the same frames.
        frame_of: the scene's frame for each frame of the two.
        metres_per_unit: how many metres a unit of the armature is.
    """
    missing = [found for kind in LIMBS for found in _without_ik(kind, controls, mapping)]
    heads = {name: np.array(armature_object.data.bones[name].head_local) for name in compared}
    worst: dict[int | None, tuple[float, CharacterProblem]] = {}
    for name in compared:
        degrees, mm = _differences(fk.moves[name], ik.moves[name], heads[name], metres_per_unit)
        amount = np.maximum(degrees / MOST_DEGREES, mm / MOST_MM)
        at = int(amount.argmax())
        nearest = _nearest_limb(controls.limbs, heads[name])
        if amount[at] > 1 and amount[at] > worst.get(nearest, (1.0, None))[0]:
            kind: ProblemKind = "ik_differs"
            other = name
            if nearest is not None:
                kind, other = next(_reasons(armature_object, controls.limbs[nearest], fk, at))
            values = {"mm": f"{mm[at]:.1f}", "degrees": f"{degrees[at]:.1f}", "frame": frame_of[at], "other": other}
            worst[nearest] = (float(amount[at]), problem(kind, bone=name, **values))
    return [*missing, *(found for _, found in worst.values())]


def _without_ik(kind: Literal["arm", "leg"], controls: IkControls, mapping: RigMapping) -> Iterator[CharacterProblem]:
    """Describe the arms or the legs that have no IK: once for both sides."""
    joints = LIMBS[kind]
    found = {limb.side for limb in controls.limbs if limb.kind == kind}
    sides = [side for side in ("left", "right") if side not in found and f"{side}_{joints[1]}" in mapping.bones]
    ends = {mapping.bones.get(f"{side}_{joints[2]}") for side in sides}
    followers = [control.bone for control, bone in controls.copies if bone in ends]
    if sides:
        bones = ", ".join(mapping.bones[f"{side}_{joints[1]}"] for side in sides)
        if followers:
            yield problem("ik_of_engine", bone=bones, other=", ".join(followers))
        else:
            yield problem("no_arm_ik" if kind == "arm" else "no_leg_ik", bone=bones)


def _differences(
    fk: FloatArray, ik: FloatArray, head: FloatArray, metres_per_unit: float
) -> tuple[FloatArray, FloatArray]:
    """Return by how much two moves of a bone differ in each frame: degrees, and millimetres at its head."""
    error = np.swapaxes(_turn(fk), -1, -2) @ _turn(ik)
    skew = np.stack((error[:, 2, 1] - error[:, 1, 2], error[:, 0, 2] - error[:, 2, 0], error[:, 1, 0] - error[:, 0, 1]))
    angle = np.arctan2(np.linalg.norm(skew, axis=0) / 2, (np.trace(error, axis1=1, axis2=2) - 1) / 2)
    apart = (ik - fk)[:, :3, :3] @ head + (ik - fk)[:, :3, 3]
    return np.degrees(angle), 1000 * metres_per_unit * np.linalg.norm(apart, axis=1)


def _turn(moves: FloatArray) -> FloatArray:
    left, _, right = np.linalg.svd(moves[:, :3, :3])
    return left @ right


def _nearest_limb(limbs: Sequence[IkLimb], place: FloatArray) -> int | None:
    """Return the index of the limb on which a bone lies at rest, or None."""
    best, best_away = None, np.inf
    for index, limb in enumerate(limbs):
        length = float(np.linalg.norm(limb.places_rest[2] - limb.places_rest[0]))
        for start, stop in zip(limb.places_rest[:-1], limb.places_rest[1:], strict=True):
            way = stop - start
            share = np.clip((place - start) @ way / max(float(way @ way), 1e-12), 0.0, 1.0)
            away = float(np.linalg.norm(place - start - share * way)) / max(length, 1e-9)
            if away < min(best_away, 0.5):
                best, best_away = index, away
    return best


def _reasons(armature_object: Any, limb: IkLimb, fk: PosedBones, at: int) -> Iterator[tuple[ProblemKind, str]]:
    """Yield the kinds of problem that may explain a limb's difference in a frame, the surest first, and their bones."""
    pose, tip = armature_object.pose.bones, limb.chain[-1]
    upper, lower = (fk.moves[joint][at] for joint in limb.joints[:2])
    way = np.linalg.norm(_placed(lower, limb.places_rest[2]) - _placed(upper, limb.places_rest[0]))
    length = np.linalg.norm(np.diff(limb.places_rest, axis=0), axis=1).sum()
    if way > (1 + _SAME_LENGTH) * length:
        yield "ik_unreachable", tip
    for name in limb.chain if limb.is_own else ():
        if _beyond_limits(pose[name], fk, at):
            yield "ik_limit", name
    for name in limb.chain:
        if max(getattr(pose[name], f"ik_stiffness_{axis}") for axis in "xyz") > 0:
            yield "ik_stiff", name
    if limb.hinge is not None and limb.twist is None:
        yield "ik_locked", limb.hinge.bone
    if not limb.bends_freely and limb.twist is None:
        yield "ik_twist", tip
    if way > (1 - _NEARLY_STRAIGHT) * length:
        yield "ik_straight", tip
    yield "ik_differs", tip


def _placed(move: FloatArray, point: FloatArray) -> FloatArray:
    return move[:3, :3] @ point + move[:3, 3]


def _beyond_limits(bone: Any, fk: PosedBones, at: int) -> bool:
    """Say whether FK turns a bone farther than its IK limits allow."""
    if not (bone.use_ik_limit_x or bone.use_ik_limit_y or bone.use_ik_limit_z):
        return False
    rest = np.array(bone.bone.matrix_local)[:3, :3]
    above = fk.moves[bone.parent.name][at][:3, :3] if bone.parent else np.eye(3)
    local = rest.T @ above.T @ fk.moves[bone.name][at][:3, :3] @ rest
    angles = Matrix(local.tolist()).to_euler("XYZ")
    return any(
        getattr(bone, f"use_ik_limit_{axis}")
        and not getattr(bone, f"ik_min_{axis}") - _LIMIT_MARGIN
        <= angle
        <= getattr(bone, f"ik_max_{axis}") + _LIMIT_MARGIN
        and not getattr(bone, f"lock_ik_{axis}")
        and getattr(bone, f"ik_max_{axis}") > getattr(bone, f"ik_min_{axis}")
        for axis, angle in zip("xyz", angles, strict=True)
    )
