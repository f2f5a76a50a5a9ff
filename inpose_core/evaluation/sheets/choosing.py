# SPDX-License-Identifier: Apache-2.0
"""Choose the stretch of each situation that a sheet shows.

Only the truth chooses: it is the stretch whose feet move at the median speed. So it is no chosen success, and sheets of
two solvers show the same stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d

from ...arrays import BoolArray
from ...body.motion import Motion
from ...body.quaternions import rotate_vector
from ...body.skeleton import JOINT_INDEX, TOE_JOINTS
from ...training.packed_files import read_packed
from ...training.situations import Situation
from ..clips import motions_of
from ..metrics import LOWER_JOINTS, align_heads, position_error_cm
from ..plausibility import situations_of
from ..plausibility.stances import planted_feet

Pair = tuple[Motion, Motion]
"""Truth and solution."""

LENGTH_S: Final[float] = 2.4
_STEP_S: Final[float] = 0.4
_LEAST_SHARES: Final[tuple[float, ...]] = (0.6, 0.3, 0.15)
"""Share of a stretch that must show the situation; the next one if no stretch has the first."""
_KICK_HEIGHT: Final[float] = 0.5
"""Height of the kicking toes over the others, in leg lengths."""
_KICK_REACH: Final[float] = 0.3
"""How far they are in front of the hips, in leg lengths."""
_KICK_SPEED: Final[float] = 4.0
"""Highest speed of the toes around this moment, in leg lengths a second: a leg that is raised slowly does not kick."""
_KICK_S: Final[float] = 0.6
KICK: Final[str] = "kick"
DANCERS: Final[str] = "people who train the prior"
_DANCE_FILES: Final[tuple[str, ...]] = ("cmu_asf", "accad")
_MOST_DANCES: Final[int] = 24


@dataclass(frozen=True)
class ShownStretch:
    """Hold a stretch of a clip, and how its error compares with that of the others."""

    name: str
    """The situation."""
    people: str
    """The data set of the person."""
    truth: Motion
    solution: Motion
    legs_cm: float
    usual_legs_cm: float
    """Median over all stretches of this situation."""
    candidates: int
    """Number of these stretches."""


def held_out_stretches(pairs: Mapping[str, Sequence[Pair]]) -> list[ShownStretch]:
    """Return one stretch for each situation and for kicks, from the first data set that shows it.

    Args:
        pairs: truth and solution of each clip, by data set.
    """
    rules: dict[str, Callable[[Motion], BoolArray]] = {
        situation.name.lower().replace("_", " "): _shows(situation) for situation in Situation
    }
    rules[KICK] = kicks
    found = []
    for name, rule in rules.items():
        # The last set are HDM05's actors, who kick; the others only raise a leg.
        for people in reversed(tuple(pairs)) if name == KICK else pairs:
            stretch = typical_stretch(name, people, pairs[people], rule)
            if stretch is not None:
                found.append(stretch)
                break
    return found


def dance_clips(data: Path) -> list[Motion]:
    """Return some clips of dances. No held-out person dances, so these people train the prior.

    Raises:
        InPoseError: a file is damaged.
    """
    clips: list[Motion] = []
    for name in _DANCE_FILES:
        path = data / f"{name}.npz"
        if path.exists():
            packed = read_packed(path)
            clips += motions_of(packed.select(np.char.find(packed.activity.astype(str), "dance") >= 0))
    return clips[:: max(1, len(clips) // _MOST_DANCES)]


def typical_stretch(
    name: str, people: str, pairs: Sequence[Pair], rule: Callable[[Motion], BoolArray]
) -> ShownStretch | None:
    """Return the stretch with the median speed of the feet among those that show a situation, or None.

    Args:
        name: the situation.
        people: the data set.
        pairs: truth and solution of each clip.
        rule: tells in which frames a motion shows the situation.
    """
    cuts = _cuts(pairs, rule)
    enough = next((share for share in _LEAST_SHARES if any(cut.share >= share for cut in cuts)), None)
    if enough is None:
        return None
    found = sorted((cut for cut in cuts if cut.share >= enough), key=lambda cut: _foot_speed_m_s(cut.truth))
    legs_cm = [_legs_cm(cut.truth, cut.solution) for cut in found]
    middle = len(found) // 2
    shown = found[middle]
    return ShownStretch(
        name, people, shown.truth, shown.solution, legs_cm[middle], float(np.median(legs_cm)), len(found)
    )


class _CutPair(NamedTuple):
    """Hold a part of a clip, and the share of its frames that shows the situation."""

    truth: Motion
    solution: Motion
    share: float


def _cuts(pairs: Sequence[Pair], rule: Callable[[Motion], BoolArray]) -> list[_CutPair]:
    cuts = []
    for truth, solution in pairs:
        shown = rule(truth)
        length = min(len(truth), round(LENGTH_S * truth.fps))
        for first in range(0, len(truth) - length + 1, round(_STEP_S * truth.fps)):
            part = slice(first, first + length)
            cuts.append(_CutPair(_cut(truth, part), _cut(solution, part), float(shown[part].mean())))
    return cuts


def kicks(motion: Motion) -> BoolArray:
    """Return the frames within a stretch's length of a kick: toes that are high, fast and in front, while the
    other foot stands, (F,)."""
    p, leg_m, fps = motion.joint_positions_m, motion.skeleton.leg_length_m, motion.fps
    toes_m = p[:, list(TOE_JOINTS)]
    forward = rotate_vector(motion.rotations_wxyz[:, JOINT_INDEX["pelvis"]], np.array([0.0, 0.0, 1.0]))
    reach = ((toes_m - p[:, :1]) * (forward * (1.0, 0.0, 1.0))[:, None]).sum(axis=-1) / leg_m
    over_other = (toes_m[..., 1] - toes_m[:, ::-1, 1]) / leg_m
    speed = np.linalg.norm(np.gradient(toes_m, axis=0), axis=-1) * fps / leg_m
    fast = maximum_filter1d(speed, 2 * round(0.25 * fps) + 1, axis=0) > _KICK_SPEED
    other_stands = planted_feet(toes_m, fps)[:, ::-1]
    kicking = ((over_other > _KICK_HEIGHT) & (reach > _KICK_REACH) & fast & other_stands).any(axis=1)
    return np.asarray(maximum_filter1d(kicking, 2 * round(_KICK_S * fps) + 1))


def everywhere(motion: Motion) -> BoolArray:
    """Return every frame, (F,)."""
    return np.ones(len(motion), dtype=bool)


def _shows(situation: Situation) -> Callable[[Motion], BoolArray]:
    return lambda motion: np.asarray(situations_of(motion) == situation)


def _cut(motion: Motion, part: slice) -> Motion:
    return Motion(motion.rotations_wxyz[part], motion.root_translation_m[part], motion.skeleton, motion.fps)


def _foot_speed_m_s(motion: Motion) -> float:
    toes_m = motion.joint_positions_m[:, list(TOE_JOINTS)]
    return float(np.linalg.norm(np.diff(toes_m, axis=0), axis=-1).mean() * motion.fps)


def _legs_cm(truth: Motion, solution: Motion) -> float:
    p, p_hat = truth.joint_positions_m, solution.joint_positions_m
    return position_error_cm(p, align_heads(p, p_hat), LOWER_JOINTS)
