# SPDX-License-Identifier: Apache-2.0
"""Name the points of a body that devices and trackers measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ..errors import InPoseError
from .skeleton import (
    ANKLE_JOINTS,
    ELBOW_JOINTS,
    JOINT_INDEX,
    JOINT_NAMES,
    KNEE_JOINTS,
    PELVIS_JOINT,
    TOE_JOINTS,
    WRIST_JOINTS,
)

POINT_GROUPS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "head": (JOINT_INDEX["head"],),
        "hands": WRIST_JOINTS,
        "left_hand": WRIST_JOINTS[:1],
        "right_hand": WRIST_JOINTS[1:],
        "hips": (JOINT_INDEX["pelvis"],),
        "chest": (JOINT_INDEX["spine3"],),
        "elbows": ELBOW_JOINTS,
        "knees": KNEE_JOINTS,
        "feet": ANKLE_JOINTS,
        "toes": TOE_JOINTS,
    }
)
"""Joints by the names that people use for trackers. A tracker on a foot measures the ankle."""


TRACKER_NAMES: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("hips", "hip", "waist", "pelvis", "belt", "lower_back", "hips_tracker"), PELVIS_JOINT),
        **dict.fromkeys(("chest", "upper_chest", "torso", "sternum", "upper_back", "spine3"), JOINT_INDEX["spine3"]),
        **{
            f"{side}_{name}": joints[number]
            for number, side in enumerate(("left", "right"))
            for names, joints in (
                (("elbow",), ELBOW_JOINTS),
                (("knee",), KNEE_JOINTS),
                (("foot", "ankle"), ANKLE_JOINTS),
                (("toe", "toes"), TOE_JOINTS),
            )
            for name in names
        },
    }
)
"""The joint that a tracker of this name measures."""


TRACKER_PLACES: Final[tuple[str, ...]] = (
    "hips",
    "chest",
    "left_elbow",
    "right_elbow",
    "left_knee",
    "right_knee",
    "left_foot",
    "right_foot",
    "left_toe",
    "right_toe",
)
"""The usual name of each place where trackers are worn."""


def tracker_joint(name: str) -> int | None:
    """Return the joint that a tracker of this name measures; None if its name does not tell."""
    return TRACKER_NAMES.get("_".join(name.lower().replace("-", " ").split()))


def joints_of_points(names: str | Sequence[str]) -> tuple[int, ...]:
    """Return the joints of named points, in the order of the names.

    Args:
        names: of `POINT_GROUPS` or `JOINT_NAMES`, as a list or separated by commas.

    Raises:
        InPoseError: there is no such point.
    """
    words = names.split(",") if isinstance(names, str) else names
    joints: list[int] = []
    for word in (word.strip() for word in words):
        if word not in POINT_GROUPS and word not in JOINT_NAMES:
            raise InPoseError(f'There is no point "{word}".', f"The points are {', '.join(POINT_GROUPS)}.")
        joints += POINT_GROUPS.get(word, (JOINT_INDEX.get(word, 0),))
    return tuple(dict.fromkeys(joints))
