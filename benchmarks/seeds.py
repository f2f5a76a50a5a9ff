# SPDX-License-Identifier: Apache-2.0
"""Measure how seeds change the comparison: ``python benchmarks/seeds.py --data DATA --runs FOLDER [--steps N]``.

Our prior and the nearest rival are trained three times each with different seeds (with the usual number of steps, the
first from `make evaluate`), and measured on the same clips and bodies. Prints Markdown: the mean error over the seeds,
with the range in brackets.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from inpose_core import Skeleton
from inpose_core.evaluation.baselines.networks import FULL_BUDGET, train_network
from inpose_core.evaluation.bodies import BODIES
from inpose_core.evaluation.clips import choose_clips, load_test_clips
from inpose_core.evaluation.metrics import figures_of, mean_figures
from inpose_core.evaluation.simulation import PERFECT_SENSORS, on_body, simulate
from inpose_core.evaluation.systems import OURS, SYSTEMS

COMPARED: Final[tuple[str, ...]] = (OURS, "regression transformer")
SEEDS: Final[tuple[int, ...]] = (0, 1, 2)


def main() -> None:
    """Train missing networks, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the comparison's trained networks")
    parser.add_argument("--steps", type=int, default=FULL_BUDGET.steps, help="steps of each training")
    options = parser.parse_args()
    budget = replace(FULL_BUDGET, steps=options.steps)
    clips, template = choose_clips(load_test_clips(options.data), 24, 128), Skeleton.template()
    errors_cm: dict[str, list[list[float]]] = {name: [] for name in COMPARED}
    for seed in SEEDS:
        folder = options.runs / (f"seed_{seed}" if seed else "")
        for name in COMPARED:
            network = SYSTEMS[name].network
            prior = train_network(network, options.data, folder, replace(budget, seed=seed), torch.device("cpu"))
            system = SYSTEMS[name].build({network: prior})
            row = []
            for body in BODIES:
                trials = [simulate(on_body(c, body, template), PERFECT_SENSORS, i) for i, c in enumerate(clips)]
                solved = system.solve_all(trials)
                row.append(
                    mean_figures([figures_of(t.truth, m, 1.0) for t, m in zip(trials, solved, strict=True)]).mpjpe_cm
                )
            errors_cm[name].append(row)
    print("| | " + " | ".join(COMPARED) + " | ours over the rival |")
    print("|---|---|---|---|")
    table = {name: np.array(rows) for name, rows in errors_cm.items()}
    for column, body in enumerate(BODIES):
        cells = [
            f"{rows[:, column].mean():.2f} ({rows[:, column].min():.2f}-{rows[:, column].max():.2f})"
            for rows in table.values()
        ]
        ratio = table[COMPARED[0]][:, column].mean() / table[COMPARED[1]][:, column].mean()
        print(f"| {body.name} | {cells[0]} | {cells[1]} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
