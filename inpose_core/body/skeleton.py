# SPDX-License-Identifier: Apache-2.0
"""Describe the body that is solved: 22 joints, their parents, and one rig's rest offsets.

Conventions of the whole core, stated once:

* Right-handed, Y up, a body at rest faces +Z with its left arm along +X; metres, seconds, 60 Hz.
* 22 joints in SMPL order. A T-pose facing +Z has every GLOBAL joint rotation equal to the identity.
* Quaternions are ``wxyz``. Rotations are active; the columns of a rotation matrix are the joint's axes in the world.
* A rotation's "6D" form is the first two columns of its matrix, first column first.
* Forward kinematics: ``p[0] = root``; ``p[j] = p[parent] + R_world[parent] @ offsets_m[j]``.
* Arrays of time come frame first: ``(F, 22, 4)``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import SkeletonError
from ..system.safe_files import read_json
from . import joint_names

JOINT_NAMES: Final[tuple[str, ...]] = joint_names.JOINT_NAMES
PARENTS: Final[tuple[int, ...]] = joint_names.PARENTS
JOINT_COUNT: Final[int] = len(JOINT_NAMES)
JOINT_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(JOINT_NAMES)}

SENSOR_JOINTS: Final[tuple[int, int, int]] = (
    JOINT_INDEX["head"],
    JOINT_INDEX["left_wrist"],
    JOINT_INDEX["right_wrist"],
)
"""The measured joints, in the order of every sensor axis in the core: head, left wrist, right wrist."""


def _left_and_right(name: str) -> tuple[int, int]:
    return JOINT_INDEX[f"left_{name}"], JOINT_INDEX[f"right_{name}"]


PELVIS_JOINT: Final[int] = JOINT_INDEX["pelvis"]
COLLAR_JOINTS: Final[tuple[int, int]] = _left_and_right("collar")
SHOULDER_JOINTS: Final[tuple[int, int]] = _left_and_right("shoulder")
ELBOW_JOINTS: Final[tuple[int, int]] = _left_and_right("elbow")
WRIST_JOINTS: Final[tuple[int, int]] = _left_and_right("wrist")
HIP_JOINTS: Final[tuple[int, int]] = _left_and_right("hip")
KNEE_JOINTS: Final[tuple[int, int]] = _left_and_right("knee")
ANKLE_JOINTS: Final[tuple[int, int]] = _left_and_right("ankle")
TOE_JOINTS: Final[tuple[int, int]] = _left_and_right("foot")
"""SMPL calls them feet: the toes turn about them."""

LEG_CHAINS: Final[tuple[tuple[int, int, int], ...]] = tuple(zip(HIP_JOINTS, KNEE_JOINTS, ANKLE_JOINTS, strict=True))
"""Hip, knee and ankle of each leg, the left one first."""
LEG_JOINTS: Final[tuple[int, ...]] = (*HIP_JOINTS, *KNEE_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS)
FOOT_JOINTS: Final[tuple[int, ...]] = (*ANKLE_JOINTS, *TOE_JOINTS)
"""Ankles and toe joints: the lowest of them stands on the floor."""

_OTHER_SIDE: Final[dict[str, str]] = {"left": "right", "right": "left"}
MIRROR_JOINTS: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX["_".join(_OTHER_SIDE.get(word, word) for word in name.split("_"))] for name in JOINT_NAMES
)
"""The joint that takes each joint's place when left and right are exchanged."""

HEAD_JOINT_HEIGHT_RATIO: Final[float] = 0.88
"""Height of the head joint (base of the skull) over stature; 0.878 to 0.908 on MakeHuman bodies of 1.67 m."""

SOLE_HEIGHT_RATIO: Final[float] = 0.011
"""Height of the toe joint above the floor over stature, in a flat stance."""

_LARGEST_FILE_BYTES: Final[int] = 1 << 20
_SMALLEST_HEAD_HEIGHT_M: Final[float] = 0.2
_LARGEST_HEAD_HEIGHT_M: Final[float] = 12.0

_TEMPLATE_STATURE_M: Final[float] = 1.75
_TEMPLATE_OFFSETS_M: Final[dict[str, tuple[float, float, float]]] = {
    # Rounded adult proportions: knee, shoulder and wrist-span ratios of measured people (Nymeria participants),
    # trunk and hip proportions as optical motion capture places the joint centres.
    "pelvis": (0.0, 0.0, 0.0),
    "left_hip": (0.09, -0.09, 0.01),
    "spine1": (0.0, 0.08, -0.01),
    "left_knee": (0.0, -0.41, 0.0),
    "spine2": (0.0, 0.11, 0.0),
    "left_ankle": (0.0, -0.42, 0.0),
    "spine3": (0.0, 0.11, 0.0),
    "left_foot": (0.0, -0.06, 0.125),
    "neck": (0.0, 0.14, -0.01),
    "left_collar": (0.03, 0.08, 0.0),
    "head": (0.0, 0.10, 0.015),
    "left_shoulder": (0.14, 0.03, -0.01),
    "left_elbow": (0.275, 0.0, 0.0),
    "left_wrist": (0.25, 0.0, 0.0),
}


@dataclass(frozen=True)
class Skeleton:
    """Hold one body's bone lengths as rest offsets of its T-pose.

    Raises:
        SkeletonError: shape is not (22, 3), a value is not finite, or no body could be that small or large.
    """

    offsets_m: NDArray[np.float64]
    """(22, 3) offset of each joint from its parent in the T-pose, Y up, facing +Z; the pelvis' row is zero."""

    def __post_init__(self) -> None:
        offsets_m = np.array(self.offsets_m, dtype=np.float64)
        if offsets_m.shape != (JOINT_COUNT, 3):
            raise SkeletonError(
                f"A skeleton needs {JOINT_COUNT} joint offsets of 3 numbers; these have the shape {offsets_m.shape}.",
                "Give one rest offset in metres for each joint.",
            )
        if not np.isfinite(offsets_m).all():
            bad = JOINT_NAMES[int(np.argmax(~np.isfinite(offsets_m).all(axis=1)))]
            raise SkeletonError(f"The rest offset of {bad} is not a finite number.", "Correct it in the skeleton.")
        offsets_m[0] = 0.0
        offsets_m.setflags(write=False)
        object.__setattr__(self, "offsets_m", offsets_m)
        with np.errstate(over="ignore", invalid="ignore"):  # sums of numbers near the largest
            head_height_m = self.standing_head_height_m
        if not _SMALLEST_HEAD_HEIGHT_M <= head_height_m <= _LARGEST_HEAD_HEIGHT_M:
            raise SkeletonError(
                f"The head of this skeleton is {head_height_m:.3g} m above its toes.",
                "Rest offsets are in metres, Y up, in a T-pose: check the unit, the axes and the object's scale.",
            )
        for side in ("left", "right"):
            chain = (f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
            if np.linalg.norm(offsets_m[[JOINT_INDEX[name] for name in chain[1:]]], axis=1).min() < 1e-4:
                raise SkeletonError(
                    f"A bone of the {side} arm of this skeleton has no length.",
                    "Check the mapping of the arm bones.",
                )
        if self.leg_length_m < 1e-4:
            raise SkeletonError(
                "The legs of this skeleton have no length.", "Check the mapping of the thigh and shin bones."
            )

    @property
    def rest_positions_m(self) -> NDArray[np.float64]:
        """Return the joints of the T-pose with the pelvis at the origin, (22, 3)."""
        positions_m = np.zeros((JOINT_COUNT, 3))
        for joint in range(1, JOINT_COUNT):
            positions_m[joint] = positions_m[PARENTS[joint]] + self.offsets_m[joint]
        return positions_m

    @property
    def standing_head_height_m(self) -> float:
        """Return the height of the head joint above the lowest foot joint in the T-pose."""
        height_m = self.rest_positions_m[:, 1]
        return float(height_m[JOINT_INDEX["head"]] - height_m[list(FOOT_JOINTS)].min())

    @property
    def leg_length_m(self) -> float:
        """Return thigh plus shin, the mean of both legs."""
        lengths_m = np.linalg.norm(self.offsets_m, axis=1)
        return float(lengths_m[[*KNEE_JOINTS, *ANKLE_JOINTS]].sum() / 2)

    @property
    def arm_length_m(self) -> float:
        """Return upper arm plus forearm, the mean of both arms."""
        lengths_m = np.linalg.norm(self.offsets_m, axis=1)
        return float(lengths_m[[*ELBOW_JOINTS, *WRIST_JOINTS]].sum() / 2)

    @property
    def wrist_span_m(self) -> float:
        """Return the distance of the wrists from each other in the T-pose."""
        rest_m = self.rest_positions_m
        return float(np.linalg.norm(rest_m[JOINT_INDEX["left_wrist"]] - rest_m[JOINT_INDEX["right_wrist"]]))

    @property
    def sole_height_m(self) -> float:
        """Return the height of the toe joint above the floor in a flat stance, by proportion."""
        return SOLE_HEIGHT_RATIO * self.standing_head_height_m / (HEAD_JOINT_HEIGHT_RATIO - SOLE_HEIGHT_RATIO)

    @property
    def stature_m(self) -> float:
        """Return the body's height from floor to crown, by proportion from the head joint."""
        return self.standing_head_height_m / (HEAD_JOINT_HEIGHT_RATIO - SOLE_HEIGHT_RATIO)

    def scaled(self, factor: float) -> Skeleton:
        """Return the same body, every bone ``factor`` times as long."""
        return Skeleton(self.offsets_m * factor)

    @classmethod
    def template(cls, stature_m: float = _TEMPLATE_STATURE_M) -> Skeleton:
        """Return an adult of average proportions and the given stature in metres."""
        offsets_m = np.zeros((JOINT_COUNT, 3))
        for name, offset in _TEMPLATE_OFFSETS_M.items():
            offsets_m[JOINT_INDEX[name]] = offset
            if name.startswith("left_"):
                right = JOINT_INDEX["right_" + name.removeprefix("left_")]
                offsets_m[right] = np.multiply(offset, (-1, 1, 1))
        skeleton = cls(offsets_m)
        return skeleton.scaled(stature_m / skeleton.stature_m)

    @classmethod
    def from_json_file(cls, path: Path) -> Skeleton:
        """Read ``{"joints": {"left_hip": [x, y, z], ...}}``: rest offsets from the parent in metres.

        Raises:
            SkeletonError: the file is missing, not JSON, or lacks a joint.
        """
        try:
            document = read_json(Path(path), _LARGEST_FILE_BYTES)
        except OSError as error:
            raise SkeletonError(f"The skeleton file {path} cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise SkeletonError(
                f"The skeleton file {path} is not valid JSON ({error}).", "Save the file again, or choose another."
            ) from error
        joints = document.get("joints") if isinstance(document, dict) else None
        if not isinstance(joints, dict):
            raise SkeletonError(
                f'The skeleton file {path} has no "joints".', 'Expected {"joints": {"left_hip": [x, y, z], ...}}.'
            )
        missing = [name for name in JOINT_NAMES[1:] if name not in joints]
        if missing:
            raise SkeletonError(f"The skeleton file {path} lacks {', '.join(missing)}.", "All 21 offsets are needed.")
        try:
            offsets_m = np.array([joints.get(name, (0.0, 0.0, 0.0)) for name in JOINT_NAMES], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SkeletonError(f"An offset in {path} is not three numbers.", "Write [x, y, z] in metres.") from error
        return cls(offsets_m)

    def to_json(self) -> str:
        """Return the skeleton in the JSON form that `from_json_file` reads."""
        joints = {name: [round(float(x), 6) for x in self.offsets_m[i]] for i, name in enumerate(JOINT_NAMES)}
        return json.dumps({"joints": joints}, indent=1)
