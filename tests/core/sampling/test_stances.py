# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpose_core.arrays import runs
from inpose_core.errors import WeightsError
from inpose_core.prior.weights_file import weights_file
from inpose_core.sampling.stance_evidence import EVIDENCE_WEIGHTS, FootTracks, foot_features, load_stance_evidence
from inpose_core.sampling.stances import StanceSettings, decide_stances

SURE = 4.0


def still(frames: int) -> np.ndarray:
    return np.zeros(frames)


def on_the_spot(frames: int) -> np.ndarray:
    return np.zeros((frames, 2, 3))


def walk(frames: int = 300, fps: float = 60.0) -> FootTracks:
    """Return feet that step in turn, half a second each, under a head that goes ahead steadily."""
    time = np.arange(frames) / fps
    toes_m = np.zeros((frames, 2, 3))
    contact = np.zeros((frames, 2))
    for foot, phase in enumerate((0.0, 0.5)):
        cycle = (time + phase) % 1.0
        swings = cycle >= 0.5
        share = np.where(swings, (cycle - 0.5) / 0.5, 0.0)
        toes_m[:, foot, 0] = (0.1, -0.1)[foot]
        toes_m[:, foot, 1] = 0.02 + 0.08 * np.sin(np.pi * share)
        toes_m[:, foot, 2] = 1.2 * (np.floor(time + phase) - phase + share * share * (3 - 2 * share))
        contact[:, foot] = np.where(swings, 0.05, 0.9)
    head_m = np.stack((0 * time, 1.5 + 0 * time, 1.2 * time), axis=-1)
    return FootTracks(contact, toes_m, head_m, 0.83, 1.5, 0.02, fps)


def test_the_two_thresholds_keep_a_wavering_foot_on_the_ground() -> None:
    chosen = StanceSettings()
    between = 0.5 * (chosen.lands_at + chosen.lifts_at) + 0.3 * np.sin(0.7 * np.arange(200))
    never = np.stack((between, between), axis=1)
    assert not decide_stances(never, on_the_spot(200), still(200)).any()
    never[:20] = SURE
    assert decide_stances(never, on_the_spot(200), still(200)).all()
    short = np.full((60, 2), -SURE)
    short[30:32] = SURE
    assert not decide_stances(short, on_the_spot(60), still(60), replace(chosen, smoothing_frames=0.0)).any()


def test_a_fast_body_lands_on_less_evidence() -> None:
    unsure = np.full((60, 2), -0.5)
    assert not decide_stances(unsure, on_the_spot(60), still(60)).any()
    assert decide_stances(unsure, on_the_spot(60), np.full(60, 2.5)).all()


def test_a_path_that_glides_under_the_body_stays_one_stance() -> None:
    toes = on_the_spot(60)
    toes[:, 0, 2] = np.linspace(-0.25, 0.25, 60)
    assert decide_stances(np.full((60, 2), SURE), toes, still(60)).all()


def test_a_foot_that_was_at_two_places_took_a_step_where_the_evidence_is_least() -> None:
    toes = on_the_spot(120)
    toes[:, 0, 2] = 0.7 * np.clip((np.arange(120) - 50) / 20, 0, 1)
    log_odds = np.full((120, 2), 1.0)
    log_odds[50:70, 0] = 0.2
    stands = decide_stances(log_odds, toes, still(120))
    (first, second) = runs(stands[:, 0])
    assert first[0] == 0
    assert 45 <= first[1] <= 56
    assert 64 <= second[0] <= 75
    assert second[1] == 120
    assert stands[:, 1].all()


def test_a_foot_in_the_air_does_not_stand_yet_however_sure() -> None:
    toes = on_the_spot(120)
    height = np.maximum(0.0, 0.4 - 0.02 * np.arange(120))
    toes[:, 0, 1] = height
    stands = decide_stances(np.full((120, 2), SURE), toes, still(120))
    assert stands[:, 1].all()
    assert not stands[height > 0.08, 0].any()
    assert stands[height < 0.06, 0].all()


def test_no_stance_is_far_from_its_place_however_sure() -> None:
    toes = on_the_spot(2000)
    toes[:, 1, 0] = np.linspace(0, 12, 2000)
    stands = decide_stances(np.full((2000, 2), 20.0), toes, still(2000))
    for first, end in runs(stands[:, 1]):
        part = toes[first:end, 1]
        assert np.linalg.norm(part - part.mean(axis=0), axis=-1).max() <= StanceSettings().farthest
    assert stands[:, 1].mean() > 0.7


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(0, 2**31))
def test_stances_are_decided_for_any_numbers(frames: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    log_odds = np.cumsum(random.normal(0, 1, (frames, 2)), axis=0)
    toes = np.cumsum(random.normal(0, 0.03, (frames, 2, 3)), axis=0)
    stands = decide_stances(log_odds, toes, random.uniform(0, 4, frames))
    assert stands.shape == (frames, 2)


@pytest.mark.parametrize("seed", range(8))
def test_neither_foot_comes_first(seed: int) -> None:
    """Stances are divided by the other foot's, so both feet must see the same ones."""
    random = np.random.default_rng(seed)
    toes = np.repeat(random.normal(scale=0.4, size=(8, 2, 3)), 40, axis=0) * (1.0, 0.0, 1.0)
    log_odds = np.repeat(random.normal(1.0, 1.0, (16, 2)), 20, axis=0)
    mirrored = decide_stances(log_odds[:, ::-1], toes[:, ::-1], still(320))
    np.testing.assert_array_equal(mirrored[:, ::-1], decide_stances(log_odds, toes, still(320)))


def test_the_evidence_tells_a_walk_s_stances_better_than_the_prior_s_probability_alone() -> None:
    tracks = walk()
    stands = tracks.contact > 0.5
    unsure = replace(tracks, contact=np.full_like(tracks.contact, 0.5))
    told = load_stance_evidence().log_odds(unsure) > 0
    middle = slice(30, -30)
    assert (told == stands)[middle].mean() > 0.9


def test_the_evidence_has_no_scale_no_place_and_no_side() -> None:
    tracks, evidence = walk(), load_stance_evidence()
    log_odds = evidence.log_odds(tracks)
    large = replace(
        tracks, toes_m=3 * tracks.toes_m, head_m=3 * tracks.head_m, leg_length_m=2.49, body_size_m=4.5, floor_m=0.06
    )
    np.testing.assert_allclose(evidence.log_odds(large), log_odds, atol=1e-9)
    turn = np.array([[0.6, 0, 0.8], [0, 1, 0], [-0.8, 0, 0.6]])
    there = np.array([5.0, 0.0, -3.0])
    elsewhere = replace(tracks, toes_m=tracks.toes_m @ turn + there, head_m=tracks.head_m @ turn + there)
    np.testing.assert_allclose(evidence.log_odds(elsewhere), log_odds, atol=1e-9)
    swapped = replace(tracks, contact=tracks.contact[:, ::-1], toes_m=tracks.toes_m[:, ::-1])
    np.testing.assert_allclose(evidence.log_odds(swapped), log_odds[:, ::-1], atol=1e-9)


def test_without_a_floor_the_lowest_toes_stand_for_it() -> None:
    tracks = walk()
    up_m = np.array([0.0, 7.0, 0.0])
    raised = replace(tracks, toes_m=tracks.toes_m + up_m, head_m=tracks.head_m + up_m, floor_m=None)
    np.testing.assert_allclose(foot_features(raised), foot_features(tracks), atol=0.02)


def test_one_frame_has_evidence_too() -> None:
    tracks = walk(1)
    assert np.isfinite(load_stance_evidence().log_odds(tracks)).all()


def test_missing_and_damaged_weights_are_told(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WeightsError, match="missing"):
        load_stance_evidence(tmp_path / "none.safetensors")
    other = tmp_path / "other.safetensors"
    other.write_bytes(weights_file({"hidden_bias": np.zeros(3, np.float32)}, {}))
    with pytest.raises(WeightsError, match="another network"):
        load_stance_evidence(other)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(EVIDENCE_WEIGHTS.read_bytes()[:-8])
    with pytest.raises(WeightsError, match="damaged"):
        load_stance_evidence(cut)
