# SPDX-License-Identifier: Apache-2.0
"""Measure the shipped solver on a small fixed sample of captured motion, and compare it with the figures of record.

After a change that is meant to change the figures (a new prior, a better solver), write them anew and look at the
difference before it is committed:

    .venv/bin/python -m tests.core.solver.accuracy_sample
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from inpose_core.body.skeleton import Skeleton
from inpose_core.evaluation.bodies import DEFAULT_BODY
from inpose_core.evaluation.clips import choose_clips, load_hdm05_clips, load_test_clips
from inpose_core.evaluation.metrics import figures_of, mean_figures
from inpose_core.evaluation.simulation import PERFECT_SENSORS, Trial, on_body, simulate
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import Prior, load_prior
from inpose_core.solver.solving import solve
from tests.shared_files import SHARED

DATA: Final[Path] = SHARED / "data"
RECORD: Final[Path] = Path(__file__).with_suffix(".json")
SHIPPED: Final[SolveSettings] = SolveSettings(device="cpu", precision="float32")
"""The defaults, computed alike on every processor."""

TOLERANCE: Final[float] = 1.05
SLACK: Final[Mapping[str, float]] = {
    "mpjpe_cm": 0.0,
    "lower_cm": 0.0,
    "hand_cm": 0.1,
    "jitter": 0.0,
    "foot_skate_cm_s": 0.0,
}
"""What may be worse by the tolerance, and by so much more: the hands' error is next to nothing."""
LEAST_LEG_MOTION: Final[float] = 0.95
"""Legs that hardly move have little jitter and slide little; they may lose 5 % of their motion."""

Figures = dict[str, float]


def load_trials() -> dict[str, list[Trial]]:
    """Return 48 clips of people whom nothing was trained or chosen on, as the evaluation draws and senses clips."""
    template = Skeleton.template()
    clips = {
        "test people": choose_clips(load_test_clips(DATA), 24, 256),
        "HDM05": choose_clips(load_hdm05_clips(DATA), 24, 256),
    }
    return {
        name: [simulate(on_body(clip, DEFAULT_BODY, template), PERFECT_SENSORS, seed=0) for clip in of_one_set]
        for name, of_one_set in clips.items()
    }


def measure_trials(trials: list[Trial], prior: Prior, settings: SolveSettings = SHIPPED) -> Figures:
    """Return the mean figures over the clips."""
    with _one_thread():
        solved = [solve(trial.sensors, trial.skeleton, settings, prior) for trial in trials]
    figures = mean_figures([figures_of(t.truth, s) for t, s in zip(trials, solved, strict=True)]).to_dict()
    return {name: round(figures[name], 3) for name in (*SLACK, "leg_motion")}


def worse_figures(figures: Figures, record: Figures) -> list[str]:
    """Return the names of the figures that are worse than the record by more than is allowed."""
    worse = [name for name, slack in SLACK.items() if figures[name] > TOLERANCE * record[name] + slack]
    if figures["leg_motion"] < LEAST_LEG_MOTION * record["leg_motion"]:
        worse.append("leg_motion")
    return worse


def read_record() -> dict[str, Figures]:
    """Return the figures of record of each set."""
    record: dict[str, Figures] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let short clips be solved by one thread: on a busy machine torch's threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def main() -> None:
    """Write today's figures as the record."""
    prior = load_prior()
    record = {name: measure_trials(trials, prior) for name, trials in load_trials().items()}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
