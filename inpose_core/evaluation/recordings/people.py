# SPDX-License-Identifier: Apache-2.0
"""Choose the people of the recordings' bench: the reported set and the set for development have nobody in common."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import numpy as np

from ...body.motion import Motion
from ...body.skeleton import JOINT_INDEX
from ...errors import InPoseError
from ...training.split import VALIDATION_ONLY, role_of
from ..clips import load_clips_by_person

People = Literal["test", "train"]
"""Who moves: "test" are people who are in no training data and chose nothing, for reported figures; "train" are people
of the training data, for development."""

_FILES: Final[dict[People, tuple[str, ...]]] = {
    "test": ("cmu_asf", "cmu_fbx", "uiprmd", "hdm05"),
    "train": ("cmu_asf", "cmu_fbx", "uiprmd", "accad"),
}
_STANDING_RATIO: Final[float] = 0.8
"""Least 10th percentile of head height over the standing height: what lies down shows nothing of the devices."""
_CLIMBING_RATIO: Final[float] = 1.1
_FEWEST_S: Final[float] = 6.0
"""Of clips that stand, per person."""


def load_performers(data: Path, people: People) -> list[list[Motion]]:
    """Return each person's clips in which they stand on the floor, in a fixed order.

    Raises:
        InPoseError: the folder has no such people.
    """
    persons = load_clips_by_person(
        [data / f"{name}.npz" for name in _FILES[people]], lambda data_set, subject: _side(data_set, subject) == people
    )
    standing = [[clip for clip in clips if _stands(clip)] for _, clips in sorted(persons.items())]
    found = [clips for clips in standing if sum(len(clip) / clip.fps for clip in clips) >= _FEWEST_S]
    if not found:
        raise InPoseError(
            f'No people of the kind "{people}" are in {data}.', "Give the folder of packed motion with --data."
        )
    return found


def _side(data_set: str, subject: str) -> str:
    return "test" if data_set.lower() in VALIDATION_ONLY else role_of(data_set, subject)


def _stands(clip: Motion) -> bool:
    heights = clip.joint_positions_m[:, JOINT_INDEX["head"], 1] / clip.skeleton.standing_head_height_m
    return bool(np.percentile(heights, 10) > _STANDING_RATIO and np.percentile(heights, 95) < _CLIMBING_RATIO)
