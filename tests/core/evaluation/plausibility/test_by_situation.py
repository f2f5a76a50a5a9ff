# SPDX-License-Identifier: Apache-2.0
"""Stances, steps, sliding, knees and confidence of made-up walks are what they were made of."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import LEG_CHAINS, Skeleton
from inpose_core.evaluation.plausibility import figures_by_situation, situations_of
from inpose_core.evaluation.plausibility.table import FIGURES, definitions, table
from inpose_core.training.situations import Situation
from tests.core.training.test_upright import standing_person

FPS = 60.0


def stander(knee_deg: float = 10.0) -> Motion:
    clips = standing_person(knee_deg)
    body = Skeleton(clips.offsets_m[0].astype(float))
    return Motion(clips.wxyz.astype(float), clips.root_m.astype(float), body, FPS)


def carried(motion: Motion, speed_m_s: float) -> Motion:
    """Return the same pose sliding forward over the ground."""
    path_m = np.arange(len(motion))[:, None] / FPS * speed_m_s * np.array((0.0, 0.0, 1.0))
    return replace(motion, root_translation_m=motion.root_translation_m + path_m)


def hopping(motion: Motion, every_s: float) -> Motion:
    """Return somebody who leaves the ground for a fifth of a second, again and again."""
    root_m = motion.root_translation_m.copy()
    phase_s = (np.arange(len(motion)) / FPS) % every_s
    root_m[:, 1] += np.where(phase_s < 0.2, 0.3 * np.sin(np.pi * phase_s / 0.2), 0.0)
    return replace(motion, root_translation_m=root_m)


def figures_of_all(truth: Motion, solved: Motion):
    return figures_by_situation([(truth, solved)], [situations_of(truth)])["all"]


def test_the_truth_has_no_error_and_its_own_figures() -> None:
    motion = stander()
    row = figures_of_all(motion, motion)
    assert row.legs_cm == pytest.approx(0, abs=1e-9)
    assert row.solved == row.true
    assert row.true.stance_share == 1
    assert row.true.steps_per_s == 0
    assert np.isnan(row.steps_found)
    assert row.true.knee_deg.p50 == pytest.approx(10, abs=0.1)
    assert row.true.knee_speed_deg_s.p99 == pytest.approx(0, abs=1e-3)
    assert row.true.toe_lift_cm == pytest.approx(0, abs=1e-6)


def test_a_solution_that_slides_is_seen_to_slide() -> None:
    truth = stander()
    row = figures_of_all(truth, carried(truth, 0.2))
    assert row.solved.sliding_cm_s == pytest.approx(20, abs=0.1)
    assert row.true.sliding_cm_s == pytest.approx(0, abs=0.1)
    # Faster than a planted foot may be, it is not planted at all.
    gliding = figures_of_all(truth, carried(truth, 1.0))
    assert gliding.solved.stance_share == 0
    assert gliding.solved.toe_speed_cm_s.p50 == pytest.approx(100, abs=1)


def test_steps_are_counted_by_their_landings() -> None:
    truth, solved = hopping(stander(), every_s=1.0), hopping(stander(), every_s=2.0)
    row = figures_of_all(truth, solved)
    assert row.true.steps_per_s == pytest.approx(2, abs=0.6)  # two feet land once a second
    assert row.solved.steps_per_s == pytest.approx(1, abs=0.6)
    assert row.steps_found == pytest.approx(0.5, abs=0.2)
    assert row.solved.stance_share > row.true.stance_share


def test_contacts_are_those_that_the_solver_decides() -> None:
    truth = stander()
    stands = np.ones((len(truth), 2), dtype=bool)
    stands[: len(truth) // 4] = False
    row = figures_of_all(truth, replace(truth, foot_stands=stands))
    assert row.contact_recall == pytest.approx(0.75, abs=0.02)
    assert row.contact_precision == 1


def test_a_confidence_that_promises_too_much_has_an_error() -> None:
    truth = stander()
    lifted = replace(truth, root_translation_m=truth.root_translation_m + np.array((0.0, 0.5, 0.0)))
    row = figures_of_all(truth, replace(lifted, confidence=np.full(len(truth), 0.9)))
    assert (row.confidence, row.near) == (pytest.approx(0.9), 0)
    assert row.confidence_error == pytest.approx(0.9)
    right = figures_of_all(truth, replace(truth, confidence=np.ones(len(truth))))
    assert right.confidence_error == 0


def test_figures_are_told_apart_by_situation() -> None:
    standing, walking = stander(), carried(stander(), 1.2)
    pairs = [(standing, standing), (walking, stander(40.0))]
    rows = figures_by_situation(pairs, [situations_of(truth) for truth, _ in pairs])
    assert set(rows) == {"all", "gesture", "walk"}
    assert rows["gesture"].legs_cm < 1e-9 < rows["walk"].legs_cm
    assert rows["walk"].solved.knee_deg.p50 == pytest.approx(40, abs=0.5)
    assert rows["all"].seconds == pytest.approx(rows["gesture"].seconds + rows["walk"].seconds)
    assert set(situations_of(walking).tolist()) == {Situation.WALK}


def test_frames_near_a_glitch_of_the_capture_do_not_count() -> None:
    truth = stander()
    wxyz = truth.rotations_wxyz.copy()
    # One frame with the leg upside down: two jumps, and some frames on both sides.
    wxyz[30, list(LEG_CHAINS[0])] = (0.0, 1.0, 0.0, 0.0)
    spoilt = replace(truth, rotations_wxyz=wxyz)
    row = figures_by_situation([(spoilt, truth)], [situations_of(truth)])["all"]
    assert row.mpjpe_cm == pytest.approx(0, abs=1e-6)
    assert row.true.knee_speed_deg_s.p99 < 1
    assert row.seconds == pytest.approx((len(truth) - 9) / FPS)


def test_the_table_has_a_row_for_each_figure_and_shows_the_truth_in_brackets() -> None:
    truth = stander()
    rows = {"all": figures_of_all(truth, carried(truth, 0.2)).to_dict()}
    shown = table(rows)
    assert "| foot sliding, cm/s | 20 (0) |" in shown
    assert "| steps found, % |  |" in shown  # nobody lands
    assert shown.count("\n") == 1 + sum(len(figure.rows) for figure in FIGURES)
    assert all(f"- **{figure.name}**: " in definitions() for figure in FIGURES)
