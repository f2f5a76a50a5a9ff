# SPDX-License-Identifier: Apache-2.0
"""Choose DPS' step on people of the training data: ``python benchmarks/dps_step.py --data FOLDER --runs FOLDER``.

The rival has one free parameter. It gets the best of five values, chosen on data that did not choose our settings.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from inpose_core.body.skeleton import Skeleton
from inpose_core.evaluation.baselines.conditional import ConditionalSettings, ConditionalSystem
from inpose_core.evaluation.baselines.networks import FULL_BUDGET, NETWORKS, train_network
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import choose_clips, load_training_clips
from inpose_core.evaluation.metrics import figures_of, mean_figures
from inpose_core.evaluation.simulation import PERFECT_SENSORS, on_body, simulate

STEPS = (0.03, 0.1, 0.3, 1.0, 3.0)


def main() -> int:
    """Print the error of each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs/evaluation/full"), help="folder of trained rivals")
    options = parser.parse_args()
    prior = train_network("rotations", options.data, options.runs, FULL_BUDGET, torch.device("cpu"))
    clips = choose_clips(load_training_clips(options.data), 12, 128)
    trials = [simulate(on_body(clip, DEFAULT_BODY, Skeleton.template()), PERFECT_SENSORS, 0) for clip in clips]
    for zeta in STEPS:
        system = ConditionalSystem(prior, NETWORKS["rotations"].condition, ConditionalSettings("dps", dps_zeta=zeta))
        solved = system.solve_all(trials)
        figures = mean_figures([figures_of(trial.truth, motion) for trial, motion in zip(trials, solved, strict=True)])
        print(json.dumps({"zeta": zeta, "mpjpe_cm": round(figures.mpjpe_cm, 2), "hand_cm": round(figures.hand_cm, 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
