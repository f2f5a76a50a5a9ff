# SPDX-License-Identifier: Apache-2.0
"""Read the captured motion that systems are measured on: held-out people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import normalize_quaternion
from ..body.skeleton import Skeleton
from ..errors import InPoseError
from ..training.packed import ClipFilter, PackedClips
from ..training.packed_files import read_packed
from ..training.split import role_of

FEWEST_FRAMES: Final[int] = 100
_CMU_FILES: Final[tuple[str, ...]] = ("cmu_asf", "cmu_fbx")
"""Files that have the held-out people's own skeletons."""


def load_test_clips(data: Path) -> list[Motion]:
    """Return the clips of the CMU test subjects (neither training nor validation), with the floor at y = 0.

    Raises:
        InPoseError: the folder lacks them.
    """
    return _load([data / f"{name}.npz" for name in _CMU_FILES], lambda subject: role_of("cmu", subject) == "test")


def load_choosing_clips(data: Path) -> list[Motion]:
    """Return the clips of the CMU validation subjects, which are used to choose settings.

    Raises:
        InPoseError: the folder lacks them.
    """
    return _load([data / f"{name}.npz" for name in _CMU_FILES], lambda subject: role_of("cmu", subject) == "validate")


def load_held_out_clips(data: Path) -> list[Motion]:
    """Return the clips of the held-out CMU subjects; some of them are used to choose checkpoints.

    Raises:
        InPoseError: the folder lacks them.
    """
    return _load([data / f"{name}.npz" for name in _CMU_FILES], lambda subject: role_of("cmu", subject) != "train")


def load_training_clips(data: Path) -> list[Motion]:
    """Return the clips of the CMU training subjects, for choices that must be made before any measurement.

    Raises:
        InPoseError: the folder lacks them.
    """
    return _load([data / f"{name}.npz" for name in _CMU_FILES], lambda subject: role_of("cmu", subject) == "train")


def load_hdm05_clips(data: Path) -> list[Motion]:
    """Return the clips of HDM05: other actors and activities, many near the floor.

    Raises:
        InPoseError: the folder lacks them.
    """
    return _load([data / "hdm05.npz"], lambda _: True)


def load_people(path: Path, subjects: frozenset[str]) -> list[Motion]:
    """Return the clips of some people from a packed file.

    Raises:
        InPoseError: the file is missing, or has no clip of these people that is long enough.
    """
    return _load([path], lambda subject: subject in subjects)


def load_packed_clips(path: Path) -> list[Motion]:
    """Return every clip of a packed file (`inpose pack`).

    Raises:
        InPoseError: the file is missing or holds no clip that is long enough.
    """
    return _load([path], lambda _: True)


def load_clips_by_person(paths: list[Path], keep: ClipFilter) -> dict[tuple[str, str], list[Motion]]:
    """Return the clips of each person, by data set and subject, that ``keep(data set, subject)`` accepts.

    Raises:
        InPoseError: a file is damaged. Missing files are skipped.
    """
    persons: dict[tuple[str, str], list[Motion]] = {}
    for path in paths:
        if path.exists():
            clips = read_packed(path).filtered(keep)
            long_enough = clips.select(clips.length >= FEWEST_FRAMES)
            for person, motion in zip(long_enough.people(), motions_of(long_enough), strict=True):
                persons.setdefault(person, []).append(motion)
    return persons


def choose_clips(clips: list[Motion], count: int, most_frames: int, seed: int = 0) -> list[Motion]:
    """Return ``count`` random clips, always the same ones, each cut to its middle ``most_frames``."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(clips))[:count])
    return [_cut(clips[index], most_frames) for index in chosen]


def _cut(motion: Motion, frames: int) -> Motion:
    first = max(0, len(motion) - frames) // 2
    part = slice(first, first + frames)
    return replace(
        motion, rotations_wxyz=motion.rotations_wxyz[part], root_translation_m=motion.root_translation_m[part]
    )


def _load(paths: list[Path], keep: Callable[[str], bool]) -> list[Motion]:
    motions: list[Motion] = []
    for path in paths:
        if path.exists():
            motions += motions_of(read_packed(path).filtered(lambda _, subject: keep(subject)))
    if not motions:
        names = ", ".join(path.name for path in paths)
        raise InPoseError(
            f"No clip to measure on was found in {names}.", "Give the folder of packed motion with --data."
        )
    return motions


def motions_of(clips: PackedClips) -> list[Motion]:
    """Return each clip that is long enough, with the floor at y = 0."""
    motions = []
    for clip in np.flatnonzero(clips.length >= FEWEST_FRAMES):
        part = clips.frames(int(clip))
        body = Skeleton(clips.offsets_m[clip])
        root_m = clips.root_m[part].astype(np.float64)
        root_m[:, 1] += body.sole_height_m - float(clips.floor_m[clip])
        motions.append(Motion(normalize_quaternion(clips.wxyz[part]), root_m, body, float(SOLVER_FPS)))
    return motions
