# SPDX-License-Identifier: Apache-2.0
"""Measure legs by situation: ``python benchmarks/situations.py --data DATA [--weights PRIOR] [--out FIGURES.json]``.

The people and clips were not used for any choice: CMU subjects 2, 35, 69 and 127, one person of UI-PRMD, two
children of biomechZoo, and HDM05's 24 clips of the comparison; perfect sensors, default settings, the average body.
Prints Markdown, each solved figure followed by the true one in brackets.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from inpose_core import Motion, Skeleton, load_prior, solve
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import choose_clips, load_hdm05_clips, load_people, load_test_clips
from inpose_core.evaluation.plausibility import LegFigures, leg_figures, situations_of
from inpose_core.evaluation.simulation import PERFECT_SENSORS, on_body, simulate
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import Prior
from inpose_core.training.split import OTHER_SUBJECTS

MOST_FRAMES = 1200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--weights", type=Path, help="prior to measure, instead of the shipped one")
    parser.add_argument("--out", type=Path, help="figures as JSON")
    options = parser.parse_args()
    prior = load_prior(options.weights) if options.weights else load_prior()
    figures = {}
    for name, clips in sets(options.data).items():
        figures[name] = leg_figures_of(clips, prior)
        print(f"\n{name}\n\n{table(figures[name])}", flush=True)
    if options.out:
        rows = {name: {key: row.to_dict() for key, row in rows.items()} for name, rows in figures.items()}
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def sets(data: Path) -> dict[str, list[Motion]]:
    """Return the clips of people who were not used for any choice, by set."""
    tested = [person for person, role in OTHER_SUBJECTS.items() if role == "test"]
    others = {name: frozenset(subject for other, subject in tested if other == name) for name, _ in tested}
    people = {name: load_people(data / f"{name}.npz", subjects) for name, subjects in sorted(others.items())}
    cmu = load_test_clips(data)
    return {
        "CMU test people": choose_clips(cmu, len(cmu), MOST_FRAMES),
        **{name: choose_clips(clips, len(clips), MOST_FRAMES) for name, clips in people.items()},
        "HDM05": choose_clips(load_hdm05_clips(data), 24, MOST_FRAMES),
    }


def leg_figures_of(clips: list[Motion], prior: Prior) -> dict[str, LegFigures]:
    """Return the figures of clips on the average body, by situation."""
    body = Skeleton.template()
    pairs = []
    for seed, clip in enumerate(clips):
        trial = simulate(on_body(clip, DEFAULT_BODY, body), PERFECT_SENSORS, seed)
        pairs.append((trial.truth, solve(trial.sensors, trial.skeleton, SolveSettings(device="cpu"), prior)))
    return leg_figures(pairs, [situations_of(truth) for truth, _ in pairs])


def table(rows: dict[str, LegFigures]) -> str:
    """Return the figures as a Markdown table, each solved figure followed by the true one."""
    lines = [
        "| | seconds | legs cm, mean / 95 % | slide cm/s | stance % | steps a second | knee ° "
        "| toe speed 99 %, cm/s | lift 95 %, cm |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, f in rows.items():
        lines.append(
            f"| {name} | {f.frames / 60:.0f} | {f.legs_cm:.1f} / {f.legs_95_cm:.0f} "
            f"| {f.slide_cm_s:.0f} ({f.slide_of_truth_cm_s:.0f}) "
            f"| {100 * f.stance_share:.0f} ({100 * f.stance_share_of_truth:.0f}) "
            f"| {f.steps_per_s:.1f} ({f.steps_per_s_of_truth:.1f}) | {f.knee_deg:.0f} ({f.knee_deg_of_truth:.0f}) "
            f"| {f.toe_speed_99_cm_s:.0f} ({f.toe_speed_99_of_truth_cm_s:.0f}) "
            f"| {f.toe_lift_cm:.0f} ({f.toe_lift_of_truth_cm:.0f}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
