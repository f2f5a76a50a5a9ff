# SPDX-License-Identifier: Apache-2.0
"""Hold the shipped solver to its accuracy: no figure may be 5 % worse than the record (`accuracy_sample.json`)."""

from dataclasses import replace

import pytest

from inpose_core.evaluation.simulation import Trial
from inpose_core.prior.checkpoint import Prior, load_prior
from tests.core.solver.accuracy_sample import SHIPPED, load_trials, measure_trials, read_record, worse_figures
from tests.shared_files import shared_or_skip


@pytest.fixture(scope="module")
def prior() -> Prior:
    return load_prior()


@pytest.fixture(scope="module")
def trials() -> dict[str, list[Trial]]:
    shared_or_skip("data/cmu_asf.npz")
    shared_or_skip("data/hdm05.npz")
    return load_trials()


@pytest.mark.parametrize("name", ["test people", "HDM05"])
def test_no_figure_is_worse_than_the_record(name: str, trials: dict[str, list[Trial]], prior: Prior) -> None:
    figures, record = measure_trials(trials[name], prior), read_record()[name]
    assert worse_figures(figures, record) == [], f"{figures}, where the record is {record}"


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"guidance": "none", "steps": 1}, {"mpjpe_cm", "lower_cm", "hand_cm", "jitter", "foot_skate_cm_s"}),
        ({"use_hand_reach": False}, {"mpjpe_cm", "lower_cm"}),
        ({"foot_planting": 0.0}, {"foot_skate_cm_s"}),
        ({"smoothing_frames": 0.0}, {"jitter"}),
        ({"smoothing_frames": 20.0}, {"leg_motion"}),
    ],
)
def test_a_solver_that_lost_a_part_is_seen(
    change: dict[str, object], seen: set[str], trials: dict[str, list[Trial]], prior: Prior
) -> None:
    broken = replace(SHIPPED, **change)  # type: ignore[arg-type]
    figures = measure_trials(trials["test people"], prior, broken)
    assert seen <= set(worse_figures(figures, read_record()["test people"])), figures
