# SPDX-License-Identifier: Apache-2.0
"""Each change of the table of steps fits the function that it replaces: the solver's functions change, too."""

from dataclasses import replace

import numpy as np

from benchmarks.steps import CHOICES, COLUMNS, SETTINGS, UNPLANTED, figures, trials_of
from inpose_core import load_prior, solve
from tests.core.evaluation.plausibility.test_by_situation import carried, stander


def test_each_change_of_the_table_is_solved() -> None:
    prior, trials = load_prior(), trials_of([stander(), carried(stander(), 1.2)])
    solved = {}
    for title, change in CHOICES.items():
        settings = replace(SETTINGS, foot_planting=0.0) if title == UNPLANTED else SETTINGS
        with change():
            solved[title] = [solve(trial.sensors, trial.skeleton, settings, prior) for trial in trials]
        assert len(figures(trials, solved[title]).split(", ")) == len(COLUMNS.split(", "))
    for title in ("by the prior's probability alone", "transitions twice as long", UNPLANTED):
        assert not np.array_equal(solved[title][1].rotations_wxyz, solved["as shipped"][1].rotations_wxyz)
