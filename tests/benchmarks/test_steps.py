# SPDX-License-Identifier: Apache-2.0
"""Each change of the table of steps fits the function that it replaces: the solver's functions change, too."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np

from inpose_core import load_prior, solve
from tests.core.evaluation.plausibility.test_by_situation import carried, stander

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "steps.py"


def steps_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("steps", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_change_of_the_table_is_solved() -> None:
    script, prior = steps_script(), load_prior()
    trials = script.trials_of([stander(), carried(stander(), 1.2)])
    solved = {}
    for title, change in script.CHOICES.items():
        settings = replace(script.SETTINGS, foot_planting=0.0) if title == script.UNPLANTED else script.SETTINGS
        with change():
            solved[title] = [solve(trial.sensors, trial.skeleton, settings, prior) for trial in trials]
        row = script.figures(trials, solved[title])
        assert len(row.split(", ")) == len(script.COLUMNS.split(", "))
    for title in ("by the prior's probability alone", "transitions twice as long", script.UNPLANTED):
        assert not np.array_equal(solved[title][1].rotations_wxyz, solved["as shipped"][1].rotations_wxyz)
