# SPDX-License-Identifier: Apache-2.0
"""Gather the held-out people whose motion is measured by situation, and solve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ..body.motion import Motion
from ..body.skeleton import Skeleton
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..solver.solving import solve
from ..training.split import OTHER_SUBJECTS
from .bodies import DEFAULT_BODY
from .clips import load_hdm05_clips, load_people, load_test_clips
from .simulation import PERFECT_SENSORS, on_body, simulate

HDM05: Final[str] = "HDM05"
_TITLES: Final[Mapping[str, str]] = MappingProxyType({"uiprmd": "UI-PRMD", "biomechzoo": "children"})


def clips_of_test_people(data: Path) -> dict[str, list[Motion]]:
    """Return every clip of the test people, who chose no weights, by data set: CMU, UI-PRMD, children of biomechZoo.

    Raises:
        InPoseError: the folder lacks them.
    """
    tested = [person for person, role in OTHER_SUBJECTS.items() if role == "test"]
    names = {name: frozenset(subject for other, subject in tested if other == name) for name, _ in tested}
    others = {_TITLES.get(name, name): load_people(data / f"{name}.npz", who) for name, who in names.items()}
    return {"CMU": load_test_clips(data), **others}


def held_out_people(data: Path) -> dict[str, list[Motion]]:
    """Return the test people, and HDM05: other actors, who chose the solver's steps.

    Raises:
        InPoseError: the folder lacks them.
    """
    return {**clips_of_test_people(data), HDM05: load_hdm05_clips(data)}


def solved_pairs(
    clips: Sequence[Motion],
    prior: Prior,
    settings: SolveSettings,
    on_clip: Callable[[], None] | None = None,
) -> list[tuple[Motion, Motion]]:
    """Return truth and solution of each clip: perfect sensors, on the average body."""
    body, pairs = Skeleton.template(), []
    for seed, clip in enumerate(clips):
        trial = simulate(on_body(clip, DEFAULT_BODY, body), PERFECT_SENSORS, seed)
        pairs.append((trial.truth, solve(trial.sensors, trial.skeleton, settings, prior)))
        if on_clip is not None:
            on_clip()
    return pairs
