# SPDX-License-Identifier: Apache-2.0
"""Split the people of packed motion into training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from ..errors import InPoseError
from ..prior.network import NetworkConfig
from .augmentation import AugmentationSettings, Examples, scale_free_condition, validation_examples
from .dataset import MotionData, make_motion_data
from .packed import PackedClips
from .packed_files import read_packed_folder
from .upright import straighten_legs

Role = Literal["train", "validate", "test"]

VALIDATION_SUBJECTS: Final[frozenset[str]] = frozenset({"7", "16", "86"})
"""CMU subjects used to choose checkpoints and to measure their uncertainty: walking, running, jumping, kicking, sitting
down."""

TEST_SUBJECTS: Final[frozenset[str]] = frozenset({"2", "35", "69", "127"})
"""CMU subjects used only for testing: walking, running, jumping and ducking, boxing, everyday actions."""

OTHER_SUBJECTS: Final[Mapping[tuple[str, str], Role]] = MappingProxyType(
    {
        ("uiprmd", "908"): "validate",
        ("uiprmd", "910"): "test",
        ("biomechzoo", "925"): "validate",
        ("biomechzoo", "929"): "validate",
        ("biomechzoo", "930"): "test",
        ("biomechzoo", "931"): "test",
    }
)
"""Held-out people of other data sets, by data set and subject."""

VALIDATION_ONLY: Final[frozenset[str]] = frozenset({"hdm05"})
"""Data sets excluded from training by their terms (share-alike); other actors, other activities, near-floor poses."""

HELD_OUT: Final[str] = "held_out"
"""Name of the validation people, who are used to choose checkpoints."""

_EVERY_TENTH: Final[int] = 10


def load_training_motion(data: Path) -> MotionData:
    """Return the training motion of a folder or file, with all people straightened to stand upright.

    Raises:
        InPoseError: there is no packed motion.
    """
    clips = _without(read_packed_folder(data), VALIDATION_ONLY)
    roles = roles_of(clips)
    return make_motion_data(straighten_legs(clips.filtered(lambda *person: roles[person] == "train")).clips)


def load_validation_motion(data: Path) -> dict[str, MotionData]:
    """Return the validation motion during training: "held_out" people, and whole data sets by name.

    Raises:
        InPoseError: there is no packed motion, or it has one person only.
    """
    clips = read_packed_folder(data)
    training = _without(clips, VALIDATION_ONLY)
    roles = roles_of(training)
    sets = {HELD_OUT: training.filtered(lambda *person: roles[person] == "validate")}
    for name in sorted(VALIDATION_ONLY & set(clips.data_set.tolist())):
        sets[name] = clips.select(clips.data_set == name)
    return {name: make_motion_data(straighten_legs(part).clips) for name, part in sets.items()}


def load_split(
    data: Path, network: NetworkConfig, varied: AugmentationSettings | None = None
) -> tuple[MotionData, dict[str, Examples]]:
    """Return the training motion of a folder, and a network's validation windows by set, unvaried or varied.

    Raises:
        InPoseError: there is no packed motion.
    """
    validation = load_validation_motion(data)
    window, condition = network.window, scale_free_condition(network.condition_size)
    examples = {
        name: validation_examples(motion, window, window * 3 // 4, varied, condition)
        for name, motion in validation.items()
    }
    return load_training_motion(data), examples


def role_of(data_set: str, subject: str) -> Role:
    """Return the role of a subject; in data sets named "cmu..." a number is a CMU subject.

    CMU's own folders write subject 2 as "02".
    """
    if data_set.lower().startswith("cmu"):
        number = subject.lstrip("0")
        if number in VALIDATION_SUBJECTS:
            return "validate"
        if number in TEST_SUBJECTS:
            return "test"
    return OTHER_SUBJECTS.get((data_set.lower(), subject), "train")


def roles_of(clips: PackedClips) -> dict[tuple[str, str], Role]:
    """Return each person's role by data set and subject; without validation people, every tenth person validates.

    Raises:
        InPoseError: all clips are of one person.
    """
    people = sorted(set(clips.people()))
    if len(people) == 1:
        raise InPoseError(
            f"All clips are of one person ({people[0][1]}), and training needs others to validate on.",
            "Put the files of each person into a folder of their own, and pack them again: inpose pack takes the name "
            "of the folder for the person.",
        )
    roles = {person: role_of(*person) for person in people}
    if "validate" not in roles.values():
        others = [person for person in people if roles[person] == "train"]
        for person in others[min(len(others) - 1, _EVERY_TENTH // 2) :: _EVERY_TENTH]:
            roles[person] = "validate"
    return roles


def _without(clips: PackedClips, data_sets: frozenset[str]) -> PackedClips:
    return clips.select(~np.isin(clips.data_set, sorted(data_sets)))
