# SPDX-License-Identifier: Apache-2.0
"""Measure what decides when and where feet stand: ``python benchmarks/steps.py --data DATA``.

Leaves one part of the foot planting out at a time, and gives the error next to plausibility: on validation people
(CMU 7 and 16), on test people, whose figures were in view when several thresholds were chosen (CMU 2, 35, 69 and 127,
UI-PRMD 910), and on HDM05. Whole clips of up to 10 s, perfect sensors, the average body. Error and sliding are means
over clips, as in the literature; the other figures count all frames together. Prints Markdown; takes ten minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np

from inpose_core import Motion, Skeleton, load_prior, solve
from inpose_core.arrays import FloatArray
from inpose_core.body.motion import SOLVER_FPS
from inpose_core.body.skeleton import LEG_CHAINS, TOE_JOINTS
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import (
    choose_clips,
    load_choosing_clips,
    load_hdm05_clips,
    load_people,
    load_test_clips,
)
from inpose_core.evaluation.metrics import figures_of, mean_figures
from inpose_core.evaluation.plausibility import situations_of
from inpose_core.evaluation.plausibility.stances import found_landings, landings, planted_feet
from inpose_core.evaluation.simulation import PERFECT_SENSORS, Trial, on_body, simulate
from inpose_core.options.solve import SolveSettings
from inpose_core.sampling import toe_paths
from inpose_core.sampling.foot_planting import PlantingSettings, plant_feet
from inpose_core.sampling.lifted_feet import LiftSettings, lift_feet
from inpose_core.sampling.stance_evidence import FootTracks
from inpose_core.sampling.stances import StanceSettings, decide_stances
from inpose_core.training.situations import Situation

MOST_FRAMES: Final[int] = 600
SETTINGS: Final[SolveSettings] = SolveSettings(device="cpu")
STANCES: Final[StanceSettings] = StanceSettings()
LIFTED_LEGS: Final[float] = 0.22
"""Height of one foot over the other, in leg lengths, from which on a foot is lifted (`training.situations`)."""
COLUMNS: Final[str] = (
    "MPJPE cm, legs cm, sliding cm/s, contacts' recall / precision %, running steps found %, lift kept %, "
    "knees' speed 99.9 % (truth) °/s"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    data, prior = parser.parse_args().data, load_prior()
    sets = {
        "CMU 7 and 16": trials_of(load_choosing_clips(data)),
        "CMU test people": trials_of(load_test_clips(data)),
        "UI-PRMD 910": trials_of(load_people(data / "uiprmd.npz", frozenset({"910"}))),
        "HDM05": trials_of(choose_clips(load_hdm05_clips(data), 24, MOST_FRAMES)),
    }
    for name, trials in sets.items():
        print(f"\n{name}: {COLUMNS}\n\n| | |\n|---|---|", flush=True)
        for title, change in CHOICES.items():
            settings = replace(SETTINGS, foot_planting=0.0) if title == UNPLANTED else SETTINGS
            with change():
                solved = [solve(trial.sensors, trial.skeleton, settings, prior) for trial in trials]
            print(f"| {title} | {figures(trials, solved)} |", flush=True)


def trials_of(clips: list[Motion]) -> list[Trial]:
    """Return the clips on the average body, with perfect sensors."""
    body, chosen = Skeleton.template(), choose_clips(clips, len(clips), MOST_FRAMES)
    return [simulate(on_body(clip, DEFAULT_BODY, body), PERFECT_SENSORS, seed) for seed, clip in enumerate(chosen)]


class PriorOnly:
    """Judge by the prior's own probability of contact."""

    def log_odds(self, tracks: FootTracks) -> FloatArray:
        """Return the log odds of the probability, (F, 2)."""
        p = np.clip(tracks.contact, 1e-3, 1 - 1e-3)
        return np.asarray(np.log(p / (1 - p)))


Change = Callable[[], AbstractContextManager[object]]


def patched(name: str, replacement: object) -> Change:
    """Return the change of one function that `foot_paths` calls."""
    return lambda: patch.object(toe_paths, name, replacement)


def stances_by(settings: StanceSettings) -> Change:
    """Return the change to other rules of stances."""
    return patched("decide_stances", lambda odds, toes, speed: decide_stances(odds, toes, speed, settings))


def both(one: Change, other: Change) -> Change:
    """Return two changes at once."""

    def entered() -> AbstractContextManager[object]:
        with ExitStack() as stack:
            stack.enter_context(one())
            stack.enter_context(other())
            return stack.pop_all()

    return entered


UNPLANTED: Final[str] = "no foot planting"
_WHOLE: Final[StanceSettings] = replace(STANCES, place_weight=0.0, farthest=np.inf)
_PRIOR_ONLY: Final[Change] = patched("load_stance_evidence", PriorOnly)
CHOICES: Final[Mapping[str, Change]] = {
    "as shipped": nullcontext,
    UNPLANTED: nullcontext,
    "by the prior's probability alone": _PRIOR_ONLY,
    "the same, no lower thresholds for a fast body, stances not divided": both(
        _PRIOR_ONLY, stances_by(replace(_WHOLE, per_speed=0.0))
    ),
    "no lower thresholds for a fast body": stances_by(replace(STANCES, per_speed=0.0)),
    "stances not divided": stances_by(_WHOLE),
    "lower thresholds by 1": stances_by(replace(STANCES, lands_at=STANCES.lands_at - 1, lifts_at=STANCES.lifts_at - 1)),
    "higher thresholds by 1": stances_by(
        replace(STANCES, lands_at=STANCES.lands_at + 1, lifts_at=STANCES.lifts_at + 1)
    ),
    "toes as solved, not as the prior tells them": patched("_TOLD_SHARE", 0.0),
    "half of the floating removed, not three tenths": patched(
        "plant_feet",
        lambda toes, stands, size, floor, _, legs, weight: plant_feet(
            toes, stands, size, floor, PlantingSettings(floor_pull=0.5), legs, weight
        ),
    ),
    "transitions twice as long": patched(
        "plant_feet",
        lambda toes, stands, size, floor, _, legs, weight: plant_feet(
            toes, stands, size, floor, PlantingSettings(fade_frames=20), legs, weight
        ),
    ),
    "feet not brought under the body": patched("_balanced", lambda toes, *_: toes),
    "lifted feet not lifted more": patched(
        "lift_feet", lambda toes, odds, speed, leg: lift_feet(toes, odds, speed, leg, LiftSettings(more=0.0))
    ),
}
"""The parts of foot planting, each changed by itself."""


def figures(trials: list[Trial], solved: list[Motion]) -> str:
    """Return one row's figures; those of contacts, steps, lifts and knees count all frames together."""
    f = mean_figures([figures_of(trial.truth, motion) for trial, motion in zip(trials, solved, strict=True)])
    true = [planted_feet(toes_of(trial.truth), trial.truth.fps) for trial in trials]
    ours = [planted_feet(toes_of(motion), motion.fps) for motion in solved]
    lands = [landings(planted) for planted in true]
    found = [found_landings(a, landings(b), SOLVER_FPS) for a, b in zip(lands, ours, strict=True)]
    stands = np.concatenate([motion.foot_stands for motion in solved if motion.foot_stands is not None])
    planted, runs = np.concatenate(true), running(trials)
    kept = share(np.concatenate(found)[runs].sum(), np.concatenate(lands)[runs].sum())
    both_stand = (planted & stands).sum()
    truths = [trial.truth for trial in trials]
    return (
        f"{f.mpjpe_cm:.2f}, {f.lower_cm:.2f}, {f.foot_skate_cm_s:.1f}, "
        f"{share(both_stand, planted.sum())} / {share(both_stand, stands.sum())}, {kept}, {lift_kept(truths, solved)}, "
        f"{knee_speed_deg_s(solved):.0f} ({knee_speed_deg_s(truths):.0f})"
    )


def share(part: float, whole: float) -> str:
    """Return a share in per cent, or a dash if there is nothing to find."""
    return f"{100 * part / whole:.0f}" if whole > 0 else "-"


def toes_of(motion: Motion) -> FloatArray:
    """Return the toe joints, (F, 2, 3)."""
    return motion.joint_positions_m[:, list(TOE_JOINTS)]


def running(trials: list[Trial]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return the frames of all clips in which the performer runs, (F,)."""
    return np.asarray(np.concatenate([situations_of(trial.truth) for trial in trials]) == Situation.RUN)


def lift_kept(truths: list[Motion], solved: list[Motion]) -> str:
    """Return the share of its height by which the truly lifted foot is lifted, if the solver does not plant it."""
    true_m, ours_m = [], []
    for truth, motion in zip(truths, solved, strict=True):
        assert motion.foot_stands is not None
        a, b = toes_of(truth)[..., 1], toes_of(motion)[..., 1]
        higher, lift_m = (a[:, 0] < a[:, 1]).astype(int), np.abs(a[:, 0] - a[:, 1])
        frames = np.arange(len(a))
        known = (lift_m > LIFTED_LEGS * truth.skeleton.leg_length_m) & ~motion.foot_stands[frames, higher]
        true_m.append(lift_m[known])
        ours_m.append((b[frames, higher] - b[frames, 1 - higher])[known])
    return share(np.concatenate(ours_m).sum(), np.concatenate(true_m).sum())


def knee_speed_deg_s(motions: list[Motion]) -> float:
    """Return the 99.9th percentile of the speed of the knees' angles."""
    speeds = []
    for motion in motions:
        p = motion.joint_positions_m
        for hip, knee, ankle in LEG_CHAINS:
            thigh, shin = p[:, knee] - p[:, hip], p[:, ankle] - p[:, knee]
            cosine = (thigh * shin).sum(-1) / (np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1))
            speeds.append(np.abs(np.diff(np.degrees(np.arccos(np.clip(cosine, -1, 1))))) * motion.fps)
    return float(np.percentile(np.concatenate(speeds), 99.9))


if __name__ == "__main__":
    main()
