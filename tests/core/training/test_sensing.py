# SPDX-License-Identifier: Apache-2.0
"""Draw which trackers people wear in training."""

from __future__ import annotations

import pytest
import torch

from inpose_core.training.random_draws import RandomDraws
from inpose_core.training.sensing import worn_trackers

WINDOWS = 20_000


@pytest.fixture
def random() -> RandomDraws:
    device = torch.device("cpu")
    return RandomDraws(torch.Generator(device).manual_seed(3), device)


def test_the_sets_that_people_have_are_usual(random: RandomDraws) -> None:
    worn = worn_trackers(WINDOWS, 1.0, random)[:, 0]
    # In the order of TRACKER_JOINTS: hips, chest, two elbows, two knees, two feet.
    hips, hips_and_feet = torch.zeros(8, dtype=torch.bool), torch.zeros(8, dtype=torch.bool)
    hips[0] = True
    hips_and_feet[[0, 6, 7]] = True
    by_chance = 0.4 / 2**5  # each of five groups is worn or not
    for wanted, share in ((hips, 0.2), (hips_and_feet, 0.4)):
        assert float((worn == wanted).all(dim=1).float().mean()) == pytest.approx(share + by_chance, abs=0.015)
    assert float(worn[:, 1].float().mean()) == pytest.approx(0.2, abs=0.015)  # the chest is in no usual set
    assert bool((worn[:, 2] == worn[:, 3]).all())  # both elbows, or none


def test_who_wears_none_wears_no_usual_set(random: RandomDraws) -> None:
    assert float(worn_trackers(WINDOWS, 0.3, random).any(dim=2).float().mean()) == pytest.approx(
        0.3 * (1 - 0.4 / 2**5), abs=0.015
    )
    assert not bool(worn_trackers(100, 0.0, random).any())
