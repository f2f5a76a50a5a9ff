# SPDX-License-Identifier: Apache-2.0
"""Feet are planted where they are slow and low, and landings are matched one by one."""

import numpy as np

from inpose_core.evaluation.plausibility.stances import found_landings, landings, planted_feet

FPS = 60.0


def walker(height_m: float = 0.02, frames: int = 240) -> np.ndarray:
    """Return toes that step in turn: 0.4 s still, 0.4 s forward and up, the right one half a cycle later."""
    toes_m = np.zeros((frames, 2, 3))
    for foot in range(2):
        phase = (np.arange(frames) / FPS / 0.8 + 0.5 * foot) % 1.0
        moving = phase >= 0.5
        step = np.where(moving, (phase - 0.5) * 2, 0.0)
        toes_m[:, foot, 1] = height_m + 0.08 * np.sin(np.pi * step)
        toes_m[:, foot, 2] = np.cumsum(np.where(moving, 2.0 / FPS, 0.0))
    return toes_m


def test_a_walker_stands_half_of_the_time_on_each_foot_at_any_height() -> None:
    for height_m in (0.02, 0.3):
        planted = planted_feet(walker(height_m), FPS)
        assert np.abs(planted.mean(axis=0) - 0.5).max() < 0.06
        assert abs(landings(planted).sum() / 4.0 - 2.5) < 0.6


def test_a_foot_that_is_held_up_is_not_planted() -> None:
    toes_m = np.zeros((120, 2, 3))
    toes_m[:, 1, 1] = 0.3
    np.testing.assert_array_equal(planted_feet(toes_m, FPS), [[True, False]] * 120)


def test_a_stance_goes_on_while_the_foot_leaves_slowly_but_a_slow_glide_is_none() -> None:
    toes_m = np.zeros((120, 2, 3))
    speed_m_s = np.concatenate((np.full(30, 2.0), np.full(30, 0.45), np.full(30, 0.0), np.full(30, 2.0)))
    toes_m[:, 0, 2] = np.cumsum(speed_m_s) / FPS
    planted = planted_feet(toes_m, FPS)[:, 0]
    assert planted[40:85].all()
    assert not planted[:25].any()
    assert not planted[95:].any()
    toes_m[:, 0, 2] = np.cumsum(np.full(120, 0.45)) / FPS
    assert not planted_feet(toes_m, FPS)[:, 0].any()


def test_a_touch_shorter_than_a_stance_does_not_count() -> None:
    toes_m = np.zeros((60, 2, 3))
    toes_m[:, 0, 2] = np.cumsum(np.where(np.isin(np.arange(60), (30, 31)), 0.0, 1.0 / FPS))
    assert not planted_feet(toes_m, FPS)[:, 0].any()


def test_one_solved_landing_finds_one_true_landing_of_the_same_foot() -> None:
    true, solved = np.zeros((100, 2), dtype=bool), np.zeros((100, 2), dtype=bool)
    true[[20, 26, 80], 0] = True
    true[50, 1] = True
    solved[[22, 95], 0] = True
    solved[50, 0] = True
    found = found_landings(true, solved, FPS)
    assert np.argwhere(found).tolist() == [[20, 0]]
