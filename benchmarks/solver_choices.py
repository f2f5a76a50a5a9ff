# SPDX-License-Identifier: Apache-2.0
"""Measure the figures that decided the solver's defaults: ``python benchmarks/solver_choices.py --data DATA``.

Steps, quality, the floor and foot planting, each on the validation people (CMU subjects 7 and 16) and on HDM05; the
sliding of toes while the solver plants them, and how far hands miss their targets meanwhile; and how well the
confidence ranks frames by their error, on these and on the test people. Prints Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import spearmanr

from inpose_core import Motion, Skeleton, load_prior, solve
from inpose_core.body.skeleton import TOE_JOINTS
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import choose_clips, load_choosing_clips, load_hdm05_clips, load_test_clips
from inpose_core.evaluation.metrics import figures_of, mean_figures
from inpose_core.evaluation.simulation import PERFECT_SENSORS, Trial, on_body, simulate
from inpose_core.options.solve import SolveSettings

DEFAULT: Final[SolveSettings] = SolveSettings(device="cpu")
UNPLANTED: Final[SolveSettings] = SolveSettings(device="cpu", foot_planting=0.0)
CHOICES: Final[Mapping[str, SolveSettings]] = {
    "draft, 1 step": SolveSettings(device="cpu", quality="draft"),
    "default, 2 steps": DEFAULT,
    "3 steps": SolveSettings(device="cpu", steps=3),
    "4 steps": SolveSettings(device="cpu", steps=4),
    "10 steps": SolveSettings(device="cpu", steps=10),
    "high, 7 steps and the mirror image": SolveSettings(device="cpu", quality="high"),
    "default, and the floor measured": SolveSettings(device="cpu", use_floor=True),
    "default without the hands' reach": SolveSettings(device="cpu", use_hand_reach=False),
    "default without foot planting": UNPLANTED,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    data = parser.parse_args().data
    prior = load_prior()
    sets = {
        "7 and 16": trials_of(load_choosing_clips(data)),
        "HDM05": trials_of(load_hdm05_clips(data)),
        "test people": trials_of(load_test_clips(data)),
    }
    print("| | " + " | ".join(f"{name}: MPJPE cm, legs cm, MPJRE °, skate cm/s" for name in list(sets)[:2]) + " |")
    print("|---|---|---|")
    for name, settings in CHOICES.items():
        cells = []
        for trials in list(sets.values())[:2]:
            solved = [solve(trial.sensors, trial.skeleton, settings, prior) for trial in trials]
            f = mean_figures([figures_of(t.truth, m, 1.0) for t, m in zip(trials, solved, strict=True)])
            cells.append(f"{f.mpjpe_cm:.2f}, {f.lower_cm:.1f}, {f.mpjre_deg:.2f}, {f.foot_skate_cm_s:.0f}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print(
        "\n| | foot sliding where the solver plants the toes, cm/s | largest error of a hand, mm "
        "| confidence against error, rank correlation |"
    )
    print("|---|---|---|---|")
    for name, trials in sets.items():
        solved = [solve(trial.sensors, trial.skeleton, DEFAULT, prior) for trial in trials]
        print(
            f"| {name} | {skate_in_stands_cm_s(solved):.2f} | {largest_hand_error_mm(solved):.1f} "
            f"| {confidence_correlation(trials, solved):.2f} |"
        )


def trials_of(clips: list[Motion]) -> list[Trial]:
    """Return 24 clips of at most 256 frames on the default body, with perfect sensors."""
    body = Skeleton.template()
    chosen = choose_clips(clips, 24, 256)
    return [simulate(on_body(clip, DEFAULT_BODY, body), PERFECT_SENSORS, seed) for seed, clip in enumerate(chosen)]


def skate_in_stands_cm_s(motions: list[Motion]) -> float:
    """Return the horizontal speed of the toes while the solver plants them."""
    speeds = []
    for solved in motions:
        assert solved.foot_stands is not None
        stands = solved.foot_stands
        step_m = np.linalg.norm(np.diff(solved.joint_positions_m[:, list(TOE_JOINTS)], axis=0)[..., [0, 2]], axis=-1)
        speeds.append(100 * solved.fps * step_m[stands[1:] & stands[:-1]])
    return float(np.concatenate(speeds).mean())


def largest_hand_error_mm(motions: list[Motion]) -> float:
    """Return the largest distance of a wrist from where it was measured."""
    errors_m = [motion.sensor_error_m for motion in motions]
    return 1000 * max(float(error_m[:, 1:3].max()) for error_m in errors_m if error_m is not None)


def confidence_correlation(trials: list[Trial], motions: list[Motion]) -> float:
    """Return Spearman's correlation of the confidence with the frames' accuracy."""
    confidence, error_m = [], []
    for trial, solved in zip(trials, motions, strict=True):
        assert solved.confidence is not None
        confidence.append(solved.confidence)
        error_m.append(np.linalg.norm(solved.joint_positions_m - trial.truth.joint_positions_m, axis=-1).mean(axis=1))
    return float(spearmanr(np.concatenate(confidence), -np.concatenate(error_m)).statistic)


if __name__ == "__main__":
    main()
