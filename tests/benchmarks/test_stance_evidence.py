# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from benchmarks.stance_evidence import fit, true_stances
from benchmarks.steps import CHOICES
from inpose_core.sampling import toe_paths
from inpose_core.sampling.stance_evidence import FEATURES, SEEN_FRAMES, FootTracks, foot_features
from tests.core.synthetic import smooth_motion


def test_the_fit_finds_the_feature_that_tells_the_stances() -> None:
    random = np.random.default_rng(0)
    seen = random.normal(size=(8000, 2, len(SEEN_FRAMES), FEATURES))
    stances = seen[:, :, SEEN_FRAMES.index(0), 0] > 0
    evidence = fit(seen, stances, np.zeros(len(seen)))
    # Feet whose probability is high in the judged frame alone, and nothing else is known.
    contact = np.full((99, 2), 0.5)
    contact[49, 0] = 0.999
    tracks = FootTracks(contact, np.zeros((99, 2, 3)), np.zeros((99, 3)), 0.83, 1.5, 0.0, 60.0)
    log_odds = evidence.log_odds(tracks)
    assert foot_features(tracks).shape == (99, 2, FEATURES)
    assert log_odds[49, 0] > log_odds[49, 1] + 1
    assert log_odds[49, 0] == pytest.approx(log_odds[:, 0].max())


def test_a_true_stance_is_slow_and_low() -> None:
    motion = smooth_motion(120)
    still = motion.part(np.zeros(120, dtype=np.int64))
    assert true_stances(still).any()
    assert true_stances(motion).mean() < true_stances(still).mean()


@pytest.mark.parametrize("title", CHOICES)
def test_every_choice_changes_what_the_solver_calls_and_gives_it_back(title: str) -> None:
    before = dict(vars(toe_paths))
    with CHOICES[title]():
        changed = {name for name, value in vars(toe_paths).items() if before[name] is not value}
    assert bool(changed) == (title not in ("as shipped", "no foot planting"))
    assert dict(vars(toe_paths)) == before
