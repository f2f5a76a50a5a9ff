# SPDX-License-Identifier: Apache-2.0
"""Stances, steps, sliding and knees of made-up walks are what they were made of."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import Skeleton
from inpose_core.evaluation.plausibility import leg_figures, situations_of
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


def test_the_truth_has_no_error_and_its_own_figures() -> None:
    motion = stander()
    row = leg_figures([(motion, motion)], [situations_of(motion)])["all"]
    assert row.legs_cm == pytest.approx(0, abs=1e-9)
    assert row.stance_share == row.stance_share_of_truth == 1
    assert row.steps_per_s == 0
    assert row.knee_deg == pytest.approx(10, abs=0.1)
    assert row.toe_lift_cm == pytest.approx(0, abs=1e-6)


def test_a_solution_that_slides_is_seen_to_slide() -> None:
    truth = stander()
    row = leg_figures([(truth, carried(truth, 0.2))], [situations_of(truth)])["all"]
    assert row.slide_cm_s == pytest.approx(20, abs=0.1)
    assert row.slide_of_truth_cm_s == pytest.approx(0, abs=0.1)
    # Faster than a planted foot may be, it is not planted at all.
    gliding = leg_figures([(truth, carried(truth, 1.0))], [situations_of(truth)])["all"]
    assert gliding.stance_share == 0
    assert gliding.toe_speed_99_cm_s == pytest.approx(100, abs=1)


def test_steps_are_counted_by_their_landings() -> None:
    truth = hopping(stander(), every_s=1.0)
    solved = hopping(stander(), every_s=2.0)
    row = leg_figures([(truth, solved)], [situations_of(truth)])["all"]
    assert row.steps_per_s_of_truth == pytest.approx(2, abs=0.6)  # two feet land once a second
    assert row.steps_per_s == pytest.approx(1, abs=0.6)
    assert row.stance_share > row.stance_share_of_truth


def test_figures_are_told_apart_by_situation() -> None:
    standing, walking = stander(), carried(stander(), 1.2)
    pairs = [(standing, standing), (walking, stander(40.0))]
    rows = leg_figures(pairs, [situations_of(truth) for truth, _ in pairs])
    assert set(rows) == {"all", "gesture", "walk"}
    assert rows["gesture"].legs_cm < 1e-9 < rows["walk"].legs_cm
    assert rows["walk"].knee_deg == pytest.approx(40, abs=0.5)
    assert rows["all"].frames == rows["gesture"].frames + rows["walk"].frames
    assert set(situations_of(walking).tolist()) == {Situation.WALK}
