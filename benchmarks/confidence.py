# SPDX-License-Identifier: Apache-2.0
"""Calibrate the confidence: ``python benchmarks/confidence.py --data DATA [--out FIGURES.json]``.

Fits the weights of `sampling/confidence.py` (logistic regression: are the legs within 10 cm of the truth?) and the
typical errors of `body/expected_error.py` (isotonic regression) on validation people: CMU subjects 7, 16 and 86, one
person of UI-PRMD, two children of biomechZoo, and HDM05, each of these two sets with half of the weight. Prints both,
and how reliable the shipped confidence is on people who chose nothing (CMU 2, 35, 69 and 127, one person of UI-PRMD,
two children): all frames, perfect sensors, the average body, default settings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.stats import spearmanr

from inpose_core import Motion, Skeleton, load_prior, solve
from inpose_core.arrays import FloatArray
from inpose_core.body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, TOE_JOINTS
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import (
    choose_clips,
    load_choosing_clips,
    load_hdm05_clips,
    load_people,
    load_test_clips,
)
from inpose_core.evaluation.reliability import NEAR_M, reliability, table
from inpose_core.evaluation.simulation import PERFECT_SENSORS, on_body, simulate
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import Prior
from inpose_core.sampling.confidence import score_of

MOST_FRAMES: Final[int] = 1200
KNOTS: Final[tuple[float, ...]] = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_JUDGED: Final[tuple[int, ...]] = (*KNEE_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS)


def main() -> None:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--out", type=Path, help="reliability as JSON")
    options = parser.parse_args()
    prior = load_prior()
    fitted_on = [frames_of(clips, prior) for clips in validation_sets(options.data)]
    tested = frames_of(test_clips(options.data), prior)
    weights = np.concatenate([np.full(len(part), 1.0 / len(part)) for part in fitted_on])
    scale, offset = logistic(np.concatenate(fitted_on), weights / weights.sum())
    print(f"score * {scale:.3f} + {offset:.3f} would be calibrated; with the shipped weights 1 and 0 are expected")
    print("typical legs error, m:", typical(np.concatenate(fitted_on), weights))
    rows = reliability(tested[:, 1], tested[:, 2])
    print(f"rank correlation on the test people: {spearmanr(tested[:, 1], -tested[:, 2]).statistic:.2f}\n")
    print(table(rows))
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def validation_sets(data: Path) -> list[list[Motion]]:
    """Return the clips of validation people, and of HDM05."""
    people = load_people(data / "cmu_long.npz", frozenset({"86"})) + load_people(
        data / "uiprmd.npz", frozenset({"908"})
    )
    people += load_people(data / "biomechzoo.npz", frozenset({"925", "929"}))
    return [load_choosing_clips(data) + people, load_hdm05_clips(data)]


def test_clips(data: Path) -> list[Motion]:
    """Return the clips of people who chose nothing."""
    others = load_people(data / "uiprmd.npz", frozenset({"910"}))
    return load_test_clips(data) + others + load_people(data / "biomechzoo.npz", frozenset({"930", "931"}))


def frames_of(clips: Sequence[Motion], prior: Prior) -> FloatArray:
    """Return score, confidence and mean error of knees, ankles and toes in metres of every frame, (F, 3)."""
    body, rows = Skeleton.template(), []
    for seed, clip in enumerate(choose_clips(list(clips), len(clips), MOST_FRAMES)):
        trial = simulate(on_body(clip, DEFAULT_BODY, body), PERFECT_SENSORS, seed)
        solved = solve(trial.sensors, trial.skeleton, SolveSettings(device="cpu"), prior)
        assert solved.confidence is not None
        error_m = np.linalg.norm(solved.joint_positions_m - trial.truth.joint_positions_m, axis=-1)
        legs_m = error_m[:, list(_JUDGED)].mean(axis=1)
        rows.append(np.stack((score_of(solved.confidence), solved.confidence, legs_m), axis=1))
    return np.concatenate(rows)


def logistic(frames: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return scale and offset of the score whose logistic function is the share of frames with legs that are near."""
    near = frames[:, 2] <= NEAR_M

    def cost(x: FloatArray) -> float:
        z = x[0] * frames[:, 0] + x[1]
        return float((weights * (np.logaddexp(0.0, z) - near * z)).sum())

    found = minimize(cost, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(found[0]), float(found[1])


def typical(frames: FloatArray, weights: FloatArray) -> list[float]:
    """Return the median error around each of `KNOTS`, falling with the confidence."""
    medians = []
    for knot in KNOTS:
        near = np.abs(frames[:, 1] - knot) < 0.05
        order = np.argsort(frames[near, 2])
        share = np.cumsum(weights[near][order])
        medians.append(float(frames[near, 2][order][np.searchsorted(share, 0.5 * share[-1])]))
    return [round(float(value), 3) for value in falling(np.array(medians))]


def falling(values: FloatArray) -> FloatArray:
    """Return the nearest sequence that never rises: pools of adjacent violators."""
    pools = [[float(value)] for value in values]
    place = 0
    while place + 1 < len(pools):
        if np.mean(pools[place]) < np.mean(pools[place + 1]):
            pools[place : place + 2] = [pools[place] + pools[place + 1]]
            place = max(0, place - 1)
        else:
            place += 1
    return np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools])


if __name__ == "__main__":
    main()
