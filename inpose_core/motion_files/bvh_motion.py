# SPDX-License-Identifier: Apache-2.0
"""Read captured motion from BVH files with the joint names of CMU, Daz, Mixamo and similar sources.

The rest pose becomes a T-pose bone by bone: the smallest rotation aligns each limb bone with its axis. Trunk
and head keep their rest pose. Feet get the pitch that makes them level while planted. Leg length gives the unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import Motion
from ..body.quaternions import (
    multiply_quaternions,
    rotate_vector,
)
from ..body.skeleton import ANKLE_JOINTS, FOOT_JOINTS, JOINT_COUNT, JOINT_INDEX, PARENTS, TOE_JOINTS, Skeleton
from ..errors import InPoseError
from ..noted import Noted
from .bone_axes import has_body_as_rest, with_body_as_rest
from .bvh import BvhAnimation, load_bvh
from .bvh_axes import rest_positions, stand_along_y, with_y_up
from .bvh_fingers import fingers_of_bvh
from .resampling import to_solver_rate
from .t_pose_axes import offsets_in_t_pose_m, t_pose_to_rest

_SIDED: Final[Mapping[str, tuple[str, ...]]] = {
    "hip": ("upleg", "thigh", "upperleg", "hip"),
    "knee": ("leg", "shin", "calf", "lowerleg", "knee"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toe", "toes", "ball", "foot"),
    "collar": ("collar", "clavicle", "shoulder"),
    "shoulder": ("arm", "shldr", "upperarm", "uparm", "shoulder"),
    "elbow": ("forearm", "lowerarm", "elbow", "lowarm"),
    "wrist": ("hand", "wrist"),
}
"""Names of each joint without side, prefix and separators, most reliable first: a "shoulder" is a collar if an arm
follows it, and a "foot" is the toe joint if there is an ankle."""
_MIDDLE: Final[Mapping[str, tuple[str, ...]]] = {
    "pelvis": ("hips", "hip", "pelvis"),
    "neck": ("neck", "neck1", "necklower"),
    "head": ("head",),
}
_UNITS_M: Final[tuple[float, ...]] = (1.0, 0.01, 0.0254, 0.056444)
"""Metre, centimetre, inch, and the unit of CMU's ASF files."""


def load_bvh_motion(path: Path) -> Motion:
    """Return a BVH file's motion at 60 Hz on its own bones, its lowest foot on y = 0; toes follow their ankles.

    Raises:
        InPoseError: the file is not BVH, or its joint names do not describe a human body.
    """
    return read_bvh_motion(path).value


def read_bvh_motion(path: Path, *, turn_upright: bool = True) -> Noted[Motion]:
    """Return the same with notes for the user.

    Args:
        path: the file.
        turn_upright: turn a body that does not stand along Y (`bvh_axes`).

    Raises:
        InPoseError: the file is not BVH, or its joint names do not describe a human body.
    """
    animation = load_bvh(path)
    joints = _find_joints(animation, path.name)
    if has_body_as_rest(animation, joints):
        stood = stand_along_y(animation, joints) if turn_upright else Noted(animation)
        animation, notes = stood.value, stood.notes
    else:
        stood = with_y_up(animation, joints) if turn_upright else Noted(animation)
        posed = with_body_as_rest(stood.value, joints, path.name)
        animation, notes = posed.value, (*stood.notes, *posed.notes)
    places = rest_positions(animation)
    rest = places[[joints[name] for name in JOINT_INDEX]]
    to_rest_wxyz = t_pose_to_rest(rest)
    wxyz = animation.global_rotations_wxyz[:, [joints[name] for name in JOINT_INDEX]]
    wxyz = multiply_quaternions(wxyz, to_rest_wxyz)
    for ankle in ANKLE_JOINTS:
        level_wxyz = _level_foot(wxyz[:, ankle])
        wxyz[:, ankle] = multiply_quaternions(wxyz[:, ankle], level_wxyz)
        to_rest_wxyz[ankle] = level_wxyz
    wxyz[:, list(TOE_JOINTS)] = wxyz[:, list(ANKLE_JOINTS)]
    offsets = np.zeros((JOINT_COUNT, 3))
    offsets[1:] = rest[1:] - rest[list(PARENTS[1:])]
    offsets = offsets_in_t_pose_m(offsets, to_rest_wxyz)
    unit_m = _unit_m(offsets)
    # A root outside the pelvis (Daz: between the hips) would add a bone; our pelvis is the root itself.
    wrists = (joints["left_wrist"], joints["right_wrist"])
    motion = Motion(
        wxyz,
        animation.root_positions * unit_m,
        Skeleton(offsets * unit_m),
        animation.fps,
        fingers=fingers_of_bvh(animation, places, wrists),
    )
    motion = to_solver_rate(motion)
    lowest_m = float(np.percentile(motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1), 3))
    motion.root_translation_m[:, 1] += motion.skeleton.sole_height_m - lowest_m
    return Noted(motion, notes)


def _find_joints(animation: BvhAnimation, name: str) -> dict[str, int]:
    """Return the BVH joint of each of the 22 joints."""
    plain = {_plain(joint_name): index for index, joint_name in reversed(list(enumerate(animation.joint_names)))}
    joints: dict[str, int] = {}
    for joint, candidates in _MIDDLE.items():
        joints |= _first(plain, joint, candidates)
    for side in ("left", "right"):
        for joint, candidates in _SIDED.items():
            names = [prefix + candidate for candidate in candidates for prefix in (side, side[0])]
            joints |= _first(plain, f"{side}_{joint}", names)
    if "neck" in joints and "pelvis" in joints:
        spine: list[int] = []
        above = animation.parents[joints["neck"]]
        while above not in {-1, joints["pelvis"]}:
            spine.insert(0, above)
            above = animation.parents[above]
        if spine and above == joints["pelvis"]:
            places = np.linspace(0, len(spine) - 1, 3).round().astype(int)
            joints |= {f"spine{number}": spine[place] for number, place in enumerate(places, 1)}
    if "pelvis" in joints and animation.parents[joints["pelvis"]] != -1:
        raise InPoseError(
            f"{name} moves {animation.joint_names[0]} and not the pelvis.", "Export it with the hips as the root."
        )
    missing = [wanted for wanted in JOINT_INDEX if joints.get(wanted, -1) < 0]
    if missing:
        raise InPoseError(
            f"{name} has no joint with a name like {', '.join(missing)}.",
            "InPose knows the names of CMU, Daz and Mixamo files.",
        )
    return joints


def _first(plain: Mapping[str, int], joint: str, names: tuple[str, ...] | list[str]) -> dict[str, int]:
    return next(({joint: plain[name]} for name in names if name in plain), {})


def _plain(joint_name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", joint_name.rsplit(":", 1)[-1].lower())


def _level_foot(ankle_wxyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pitch, (4,), that levels a foot in the frames where it rotates least, when it is planted flat."""
    forward = rotate_vector(ankle_wxyz, np.array((0.0, 0.0, 1.0)))
    turning = np.linalg.norm(np.gradient(forward, axis=0), axis=-1) if len(forward) > 1 else np.zeros(len(forward))
    still = turning <= np.quantile(turning, 0.3)
    pitch_rad = float(np.median(np.arcsin(np.clip(forward[still, 1], -1, 1))))
    return np.array((np.cos(pitch_rad / 2), np.sin(pitch_rad / 2), 0.0, 0.0))


def _unit_m(offsets: NDArray[np.float64]) -> float:
    template_m = Skeleton.template().leg_length_m
    leg = np.linalg.norm(offsets, axis=1)[[4, 5, 7, 8]].sum() / 2
    nearest = min(_UNITS_M, key=lambda unit_m: abs(np.log(leg * unit_m / template_m)))
    return nearest if 0.6 < leg * nearest / template_m < 1.5 else float(template_m / leg)
