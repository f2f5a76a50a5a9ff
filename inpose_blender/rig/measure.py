# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a rig's body: 22 T-pose offsets in metres, and the rotation of each limb from the rest pose to the T-pose.

Three frames meet here. The *world* is Blender's (Z up). The *core* frame is the solver's (Y up, facing +Z), placed in
the world so that the rest pose faces +Z: ``R_world_core`` has the core's axes as columns. The *armature* frame is the
object's own.

The solver's rest pose is a T-pose; a rig's rest pose may be an A-pose or another pose. The rest pose is never edited.
Instead, for each joint j, an alignment ``Q_j`` rotates the limb that starts at j from its rest direction to its T-pose
direction. With the solver's rotation ``R_j``, the bone's rotation from its rest pose is ``G_j = R_j Q_j`` (core frame).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from ..core import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS, FloatArray, RigError, Skeleton, rotation_between
from .body_frame import frame_of_body
from .checks import rig_notes
from .families import RigMapping
from .home import home_world
from .places import joint_place

_DOWN: Final[tuple[float, float, float]] = (0.0, -1.0, 0.0)
_UP: Final[tuple[float, float, float]] = (0.0, 1.0, 0.0)
_T_POSE_LIMBS: Final[tuple[tuple[str, str, tuple[float, float, float]], ...]] = (
    ("left_hip", "left_knee", _DOWN),
    ("left_knee", "left_ankle", _DOWN),
    ("right_hip", "right_knee", _DOWN),
    ("right_knee", "right_ankle", _DOWN),
    ("left_shoulder", "left_elbow", (1.0, 0.0, 0.0)),
    ("left_elbow", "left_wrist", (1.0, 0.0, 0.0)),
    ("right_shoulder", "right_elbow", (-1.0, 0.0, 0.0)),
    ("right_elbow", "right_wrist", (-1.0, 0.0, 0.0)),
)
"""The limbs that a T-pose straightens: (start, end, direction in the core frame). The start's bone turns."""

_STAND_IN: Final[tuple[tuple[str, str], ...]] = (
    ("spine2", "spine3"),
    ("spine1", "spine2"),
    ("neck", "head"),
    ("left_collar", "left_shoulder"),
    ("right_collar", "right_shoulder"),
)
"""A joint without a bone is at the place of this next joint, so the bone below carries it exactly as in the rig."""

_SHORTEST_BONE_M: Final[float] = 1e-4
_CHAIN_OF_STATURE: Final[float] = 0.78
"""Head to pelvis to ankle, along the bones, over stature."""
_FOOT_HEIGHT: Final[float] = 0.1
"""A foot joint is no higher above the floor than this part of the head joint's height."""
_SMALLEST_STATURE_M: Final[float] = 0.3
_LARGEST_STATURE_M: Final[float] = 10.0
_USUAL_STATURE_M: Final[float] = 1.7


@dataclass(frozen=True)
class RigMeasure:
    """Hold the facts about a rig's rest pose that the solver and the bake need."""

    skeleton: Skeleton
    R_world_core: FloatArray
    """(3, 3) the core's axes, as columns, in Blender's world."""
    alignments: FloatArray
    """(22, 3, 3) Q_j in the core frame: rest limb to T-pose limb."""
    origin_world: FloatArray
    """(3,) place of the recording's floor origin, in Blender units: see `_floor_origin`."""
    metres_per_unit: float
    """Metres per Blender unit; rigs of impossible size are solved as a person of normal size."""
    notes: tuple[str, ...]
    rest_is_human: bool = True
    """False if the rest pose is not a human pose; then nothing is known of the bones between the joints."""


def measure_rig(armature_object: Any, mapping: RigMapping, metres_per_unit: float) -> RigMeasure:
    """Measure the rest pose of a mapped armature object as it stands in the scene.

    Raises:
        RigError: the rig has no size, left and right are in the same place, or a limb has no length.
        SkeletonError: the proportions are not those of a body.
    """
    world_m = _joint_positions_world_m(armature_object, mapping, metres_per_unit)
    frame = frame_of_body(armature_object, world_m)
    factor, size_note = _plausible_unit(armature_object.name, world_m, metres_per_unit)
    world_m, metres_per_unit = world_m * factor, metres_per_unit * factor
    rest_m = world_m @ frame.R_world_rest  # rows are R^T p: world to the rest pose's own frame
    rest_m, alignments = (_straightened if frame.is_human else _fully_straightened)(rest_m, mapping)
    offsets_m = np.zeros((JOINT_COUNT, 3))
    for joint in range(1, JOINT_COUNT):
        parent = PARENTS[joint]
        offsets_m[joint] = alignments[parent] @ (rest_m[joint] - rest_m[parent])
    return RigMeasure(
        skeleton=Skeleton(offsets_m),
        R_world_core=frame.R_world_core,
        # The rest pose's frame is the core's, but for characters that lie: theirs is stood up first.
        alignments=alignments @ frame.R_world_rest.T @ frame.R_world_core,
        origin_world=_floor_origin(armature_object, world_m / metres_per_unit),
        metres_per_unit=metres_per_unit,
        notes=(
            *mapping.notes,
            *frame.notes,
            *((size_note,) if size_note else ()),
            *rig_notes(armature_object, mapping),
        ),
        rest_is_human=frame.is_human,
    )


def _joint_positions_world_m(armature_object: Any, mapping: RigMapping, metres_per_unit: float) -> FloatArray:
    """Return the heads of the joints' bones, (22, 3); toes are NaN if the rig has none."""
    world = home_world(armature_object)
    positions_m = np.full((JOINT_COUNT, 3), np.nan)
    for joint in mapping.bones:
        bone = armature_object.data.bones.get(mapping.anchor(joint))
        if bone is None:
            raise RigError(f"{armature_object.name} has no bone {mapping.anchor(joint)}.", "Generate the rig again.")
    for joint in mapping.bones:
        place = joint_place(armature_object.data, mapping, joint)
        positions_m[JOINT_INDEX[joint]] = (world[:3, :3] @ place + world[:3, 3]) * metres_per_unit
    for joint, stand_in in _STAND_IN:
        if joint not in mapping.bones:
            positions_m[JOINT_INDEX[joint]] = positions_m[JOINT_INDEX[stand_in]]
    return positions_m


def _plausible_unit(rig_name: str, world_m: FloatArray, metres_per_unit: float) -> tuple[float, str]:
    """Return a factor that gives a person's size to rigs that are taller than a house or smaller than a doll, and a
    note. Motion files have centimetres, inches and other units. The solver's body must have a human size; the bake uses
    the rig's own size again.
    """
    by_name = dict(zip(JOINT_NAMES, world_m, strict=True))
    height = 0.0
    for chain in (("head", "spine3", "pelvis"), ("left_hip", "left_knee", "left_ankle")):
        height += sum(float(np.linalg.norm(by_name[a] - by_name[b])) for a, b in itertools.pairwise(chain))
    stature = height / _CHAIN_OF_STATURE
    if _SMALLEST_STATURE_M < stature < _LARGEST_STATURE_M:
        return 1.0, ""
    factor = next((unit for unit in (0.01, 0.0254, 0.001) if 1.4 < stature * unit < 2.1), _USUAL_STATURE_M / stature)
    units = stature / metres_per_unit
    return factor, f"{rig_name} is {units:.3g} units tall. InPose solves it as a person of {stature * factor:.2f} m."


def _floor_origin(armature_object: Any, world: FloatArray) -> FloatArray:
    """Return the place of the recording's floor origin: the object's origin, if the character stands at its height.
    Some characters have their origin in the hips (3ds Max Biped). If such a character stands on the scene's floor, that
    is the floor.
    """
    origin = home_world(armature_object)[:3, 3].copy()
    by_name = dict(zip(JOINT_NAMES, world, strict=True))
    feet = np.nanmin([by_name[f"{side}_{name}"][2] for side in ("left", "right") for name in ("ankle", "foot")])
    tolerance = _FOOT_HEIGHT * (by_name["head"][2] - feet)
    if abs(feet) < tolerance < abs(feet - origin[2]):
        origin[2] = 0.0
    return origin


def _straightened(rest_m: FloatArray, mapping: RigMapping) -> tuple[FloatArray, FloatArray]:
    """Return the joints, (22, 3), with the toes that the rig lacks, and Q_j for all joints, (22, 3, 3).

    A limb's second half follows the first before it is straightened, as an elbow or knee is: the bend's axis stays the
    joint's own, and no twist is put between the two. Hands follow the forearm. Trunk, head, feet and toes keep their
    directions, because a rest pose stands upright and flat-footed.
    """
    whole_m, alignments = rest_m.copy(), np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for start, end, direction in _T_POSE_LIMBS:
        joint, child = JOINT_INDEX[start], JOINT_INDEX[end]
        limb_m = rest_m[child] - rest_m[joint]
        _check_length(limb_m, mapping, start, end)
        upper = alignments[PARENTS[joint]] if start.endswith(("knee", "elbow")) else np.eye(3)
        alignments[joint] = rotation_between(upper @ limb_m, direction) @ upper
    for side in ("left", "right"):
        alignments[JOINT_INDEX[f"{side}_wrist"]] = alignments[JOINT_INDEX[f"{side}_elbow"]]
        if f"{side}_foot" not in mapping.bones:
            ankle, foot = JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]
            whole_m[foot] = rest_m[ankle] + _usual_foot_m(rest_m, side)
    return whole_m, alignments


def _fully_straightened(rest_m: FloatArray, mapping: RigMapping) -> tuple[FloatArray, FloatArray]:
    """Do the same as `_straightened` for rest poses that are not human poses: turn every bone, each after the one above
    it.
    """
    template = Skeleton.template().offsets_m
    directions: dict[str, tuple[str, ArrayLike]] = {start: (end, way) for start, end, way in _T_POSE_LIMBS}
    directions |= {
        start: (end, _UP)
        for start, end in (("spine1", "spine2"), ("spine2", "spine3"), ("spine3", "neck"), ("neck", "head"))
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        directions[f"{side}_collar"] = (f"{side}_shoulder", (sign, 0.0, 0.0))
        directions[f"{side}_ankle"] = (f"{side}_foot", template[JOINT_INDEX[f"{side}_foot"]])
    whole_m, alignments = rest_m.copy(), np.tile(np.eye(3), (JOINT_COUNT, 1, 1))
    for joint, name in enumerate(JOINT_NAMES[1:], start=1):
        alignments[joint] = alignments[PARENTS[joint]]
        if name not in directions:
            continue
        end, direction = directions[name]
        if end.endswith("foot") and end not in mapping.bones:
            whole_m[JOINT_INDEX[end]] = rest_m[joint] + alignments[joint].T @ _usual_foot_m(rest_m, name.split("_")[0])
        limb_m = whole_m[JOINT_INDEX[end]] - whole_m[joint]
        if any(name == start for start, *_ in _T_POSE_LIMBS):
            _check_length(limb_m, mapping, name, end)
        if np.linalg.norm(limb_m) > _SHORTEST_BONE_M:
            alignments[joint] = rotation_between(alignments[joint] @ limb_m, direction) @ alignments[joint]
    return whole_m, alignments


def _usual_foot_m(rest_m: FloatArray, side: str) -> FloatArray:
    """Return the usual position of the toes relative to the ankle, for legs of this length."""
    template = Skeleton.template()
    hip, knee, ankle, foot = (JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot"))
    leg_m = np.linalg.norm(rest_m[knee] - rest_m[hip]) + np.linalg.norm(rest_m[ankle] - rest_m[knee])
    return template.offsets_m[foot] * (leg_m / template.leg_length_m)


def _check_length(limb_m: FloatArray, mapping: RigMapping, start: str, end: str) -> None:
    if np.linalg.norm(limb_m) < _SHORTEST_BONE_M:
        raise RigError(f"The bone {mapping.bones[start]} has no length.", f"Its tail must be at {mapping.bones[end]}.")
