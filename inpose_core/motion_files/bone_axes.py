# SPDX-License-Identifier: Apache-2.0
"""Give bodies a T-pose whose rest pose is none: with all rotations zero, their bones lie in one line.

MotionBuilder, Rokoko and LaFAN1 write such files: each bone lies along an axis of its own joint, mostly +X, and the
other two axes follow the body in a way that the rest pose does not show. The motion shows it: on average, each joint is
turned like the one above it, but for the bend of its limb, and elbows bend forwards. This is enough to choose among the
few ways in which the axes of a joint can lie in a T-pose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import permutations, product
from typing import Final

import numpy as np

from ..arrays import FloatArray, lengths
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    geodesic_angle,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
)
from ..body.skeleton import JOINT_NAMES, PARENTS
from ..errors import InPoseError
from ..noted import Noted
from .bvh import BvhAnimation
from .bvh_axes import nearest_axis, rest_positions, sampled

_FOLDED: Final[float] = 0.5
"""A rest pose stands if the head is this share of the bones between them away from the ankles: folded ones have 0.1 to
0.25, others at least 0.85."""
_LARGEST_RAD: Final[float] = np.radians(50.0)
"""Mean angle between a joint and what is expected of it. The next possible axes are 90 degrees further."""
_USUAL_RAD: Final[float] = np.radians(35.0)
"""So much better other axes must fit than those of the joint above, which most programs continue down a limb."""
_LEAST_BEND: Final[float] = 0.03
"""Mean sine of the angle by which an elbow is bent, for its direction to be known."""
_FORWARD: Final[FloatArray] = np.array((0.0, 0.0, 1.0))
_DOWN: Final[FloatArray] = np.array((0.0, -1.0, 0.0))
_LEFT: Final[FloatArray] = np.array((1.0, 0.0, 0.0))
_EXPORT: Final[str] = "Export the file again with a T-pose as the rest pose."
_BONES: Final[Mapping[str, tuple[str, FloatArray]]] = {
    "hip": ("knee", _DOWN),
    "knee": ("ankle", _DOWN),
    "ankle": ("foot", _FORWARD),
    "collar": ("shoulder", _LEFT),
    "shoulder": ("elbow", _LEFT),
    "elbow": ("wrist", _LEFT),
}
"""The bone of each joint of the left side, by the joint at its end, and its direction in the T-pose."""


def has_body_as_rest(animation: BvhAnimation, joints: Mapping[str, int]) -> bool:
    """Return whether the rest pose is a body, standing along any axis; else its bones lie folded.

    Args:
        animation: a body.
        joints: the animation's joint of each of the 22 joints.
    """
    rest = rest_positions(animation)
    ankles = [joints["left_ankle"], joints["right_ankle"]]
    chain = ("left_knee", "left_ankle", "spine1", "spine2", "spine3", "neck", "head")
    longest = lengths(animation.offsets[sorted({joints[name] for name in chain})]).sum()
    return bool(np.linalg.norm(rest[joints["head"]] - rest[ankles].mean(axis=0)) > _FOLDED * longest)


def with_body_as_rest(animation: BvhAnimation, joints: Mapping[str, int], name: str) -> Noted[BvhAnimation]:
    """Return the same motion with axes of the joints that give a T-pose along Y, facing +Z, at rest; a note says so.

    Args:
        animation: a body whose rest pose is none.
        joints: the animation's joint of each of the 22 joints.
        name: the file's name, for messages.

    Raises:
        InPoseError: the motion does not show the axes of each joint.
    """
    axes = _Axes(animation, joints)
    to_joint: dict[str, FloatArray] = {}
    for joint in JOINT_NAMES:
        found = axes.of(joint, to_joint)
        if found is None:
            raise InPoseError(
                f"The rest pose of {name} is no body: its bones lie in one line. The motion does not show how they "
                "are turned.",
                _EXPORT,
            )
        to_joint[joint] = found
    note = (
        "The rest pose of the file is no body: its bones lie in one line. InPose found from the motion how they are "
        f"turned. If the hands or the head are twisted: {_EXPORT[0].lower()}{_EXPORT[1:]}"
    )
    return Noted(_with_axes(animation, {joints[joint]: wxyz for joint, wxyz in to_joint.items()}), (note,))


class _Axes:
    """Find how the axes of joints lie in a T-pose."""

    def __init__(self, animation: BvhAnimation, joints: Mapping[str, int]) -> None:
        self._turns, self._places = sampled(animation)
        self._offsets = animation.offsets
        self._joints = joints

    def of(self, name: str, known: Mapping[str, FloatArray]) -> FloatArray | None:
        """Return the rotation from the T-pose to the axes of a joint, (4,); None if the motion does not show it.

        Args:
            name: the joint.
            known: the rotations of the joints above it.
        """
        side, _, part = name.rpartition("_")
        if name == "pelvis":
            return self._pelvis()
        above = "spine3" if name == "head" else JOINT_NAMES[PARENTS[JOINT_NAMES.index(name)]]
        if part == "shoulder":
            return self._as_the_arm_bends(side, known[above])
        expected = multiply_quaternions(self._turns_of(above), known[above])
        if part not in _BONES:
            return self._nearest(name, expected, _TURNS_OF_A_CUBE, known[above])
        bone = rotate_vector(self._turns_of(name), self._bone(side, part))
        leant = _smallest_turns(rotate_vector(expected, _mirrored(side, _BONES[part][1])), bone)
        return self._nearest(name, multiply_quaternions(leant, expected), self._along(side, part), known[above])

    def _pelvis(self) -> FloatArray | None:
        """Return the axes of the pelvis: the hips are to its sides, the head is above it and the feet below."""
        across = nearest_axis(self._offsets[self._joints["left_hip"]] - self._offsets[self._joints["right_hip"]])
        if across is None:
            return None
        head, left, right = (
            self._places[:, self._joints[name]] - self._places[:, self._joints["pelvis"]]
            for name in ("head", "left_ankle", "right_ankle")
        )
        upwards = _unit(head) - _unit(left) - _unit(right)
        upward = rotate_vector(conjugate_quaternion(self._turns_of("pelvis")), upwards).mean(axis=0)
        up = nearest_axis(upward - (upward @ across) * across)
        return None if up is None else matrix_to_quaternion(np.stack((across, up, np.cross(across, up)), axis=-1))

    def _nearest(
        self, name: str, expected_wxyz: FloatArray, possible: FloatArray, usual: FloatArray
    ) -> FloatArray | None:
        """Return the possible axes, of (N, 4), with which a joint turns most like (F, 4) expected."""
        turns = multiply_quaternions(self._turns_of(name), possible[:, None])
        return _least(geodesic_angle(turns, expected_wxyz).mean(axis=1), possible, usual)

    def _as_the_arm_bends(self, side: str, usual: FloatArray) -> FloatArray | None:
        """Return the axes of a shoulder: seen from the upper arm, the forearm bends forward."""
        forearm = rotate_vector(self._turns_of(f"{side}_elbow"), self._bone(side, "elbow"))
        seen = rotate_vector(conjugate_quaternion(self._turns_of(f"{side}_shoulder")), forearm)
        own = self._bone(side, "shoulder")
        bent = (seen - (seen @ own)[:, None] * own).mean(axis=0)
        if np.linalg.norm(bent) < _LEAST_BEND:
            return None
        possible = self._along(side, "shoulder")
        agree = rotate_vector(possible, _FORWARD) @ bent / np.linalg.norm(bent)
        return _least(np.arccos(np.clip(agree, -1.0, 1.0)), possible, usual)

    def _along(self, side: str, part: str) -> FloatArray:
        """Return the possible axes of a joint whose bone lies along one of them in the T-pose, (N, 4)."""
        along = nearest_axis(self._bone(side, part))
        if along is None:
            return _TURNS_OF_A_CUBE
        direction = _mirrored(side, _BONES[part][1])
        return _TURNS_OF_A_CUBE[(rotate_vector(_TURNS_OF_A_CUBE, direction) @ along) > 0.9]

    def _bone(self, side: str, part: str) -> FloatArray:
        """Return the direction of a joint's bone in its own axes, (3,)."""
        bone = self._offsets[self._joints[f"{side}_{_BONES[part][0]}"]]
        return _unit(bone)

    def _turns_of(self, name: str) -> FloatArray:
        return np.asarray(self._turns[:, self._joints[name]])


def _least(away_rad: FloatArray, possible: FloatArray, usual: FloatArray) -> FloatArray | None:
    """Return the possible axes with the least angle (N,); in doubt, the usual ones; None if all angles are large."""
    away_rad = away_rad - np.where(geodesic_angle(possible, usual) < 1e-6, _USUAL_RAD, 0.0)
    best = int(np.argmin(away_rad))
    return np.asarray(possible[best]) if away_rad[best] < _LARGEST_RAD else None


def _mirrored(side: str, direction: FloatArray) -> FloatArray:
    return direction * (1.0 if side == "left" else -1.0, 1.0, 1.0)


def _smallest_turns(before: FloatArray, now: FloatArray) -> FloatArray:
    """Return the smallest rotations from unit vectors (F, 3) to others; anything where they are opposite."""
    return _unit(np.concatenate((1.0 + (before * now).sum(axis=-1, keepdims=True), np.cross(before, now)), axis=-1))


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(lengths(vectors), 1e-9)[..., None])


def _turns_of_a_cube() -> Iterator[FloatArray]:
    """Yield the 24 rotation matrices that put the axes onto axes."""
    for places, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        R = np.eye(3)[list(places)] * signs
        if np.linalg.det(R) > 0:
            yield R


_TURNS_OF_A_CUBE: Final[FloatArray] = matrix_to_quaternion(np.stack(list(_turns_of_a_cube())))


def _with_axes(animation: BvhAnimation, to_joint_wxyz: Mapping[int, FloatArray]) -> BvhAnimation:
    """Return the animation with the axes of joints turned; those of other joints turn with the joint above them.

    A global rotation ``G`` becomes ``G C``, with the rotation ``C`` from the new axes to the old ones.
    """
    turned = np.empty((len(animation.parents), 4))
    local, offsets = animation.local_rotations_wxyz.copy(), animation.offsets.copy()
    for joint, parent in enumerate(animation.parents):
        own = to_joint_wxyz.get(joint)
        turned[joint] = own if own is not None else turned[parent] if parent >= 0 else (1.0, 0.0, 0.0, 0.0)
        local[:, joint] = multiply_quaternions(local[:, joint], turned[joint])
        if parent >= 0:
            back = conjugate_quaternion(turned[parent])
            local[:, joint] = multiply_quaternions(back, local[:, joint])
            offsets[joint] = rotate_vector(back, offsets[joint])
    ends = {
        name: rotate_vector(conjugate_quaternion(turned[animation.joint_names.index(name)]), offset)
        for name, offset in animation.end_offsets.items()
    }
    return replace(animation, offsets=offsets, end_offsets=ends, local_rotations_wxyz=continuous_signs(local))
