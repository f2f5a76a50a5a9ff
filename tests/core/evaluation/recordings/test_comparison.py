# SPDX-License-Identifier: Apache-2.0
"""A solution is compared where it lies: turned, moved, cut; but never lifted, mirrored or resized."""

from dataclasses import replace

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.evaluation.recordings.comparison import Errors, errors_of
from inpose_core.evaluation.recordings.performance import moved, turned
from tests.core.synthetic import smooth_motion

TRUTH = smooth_motion(600)


def compared(solved: Motion, truth_from_s: float = 0.0, file_s: float = 10.0, floor_is_free: bool = False) -> Errors:
    return errors_of(solved, TRUTH, file_s, truth_from_s, np.ones((600, 4), dtype=bool), floor_is_free)


def part(motion: Motion, start: int, stop: int) -> Motion:
    frames = slice(start, stop)
    return replace(
        motion, rotations_wxyz=motion.rotations_wxyz[frames], root_translation_m=motion.root_translation_m[frames]
    )


def test_a_turned_and_moved_room_is_no_error() -> None:
    errors = compared(moved(turned(TRUTH, 2.0), np.array((3.0, 0.0, -1.0))))
    assert errors.solved.all()
    assert errors.place_m.max() < 1e-9
    assert errors.turn_deg.max() < 1e-4


def test_a_lifted_room_is_an_error_unless_the_floor_is_free() -> None:
    lifted = moved(TRUTH, np.array((0.0, 0.4, 0.0)))
    assert compared(lifted).place_m.min() == pytest.approx(0.4)
    assert compared(lifted, floor_is_free=True).place_m.max() < 1e-9


def test_a_mirrored_motion_is_an_error() -> None:
    mirrored = replace(
        TRUTH,
        root_translation_m=TRUTH.root_translation_m * (-1, 1, 1),
        rotations_wxyz=TRUTH.rotations_wxyz * (1, 1, -1, -1),
    )
    assert compared(mirrored).place_m.mean() > 0.1


def test_a_cut_solution_is_found_in_time() -> None:
    errors = compared(part(TRUTH, 220, 600))
    assert errors.solved.sum() == 380
    assert errors.place_m.max() < 1e-9
    assert errors.cut_s == pytest.approx(220 / 60)


def test_a_solution_that_begins_before_the_truth_is_compared_from_there() -> None:
    before = replace(
        TRUTH,
        rotations_wxyz=np.concatenate((TRUTH.rotations_wxyz[:1].repeat(120, 0), TRUTH.rotations_wxyz)),
        root_translation_m=np.concatenate((TRUTH.root_translation_m[:1].repeat(120, 0), TRUTH.root_translation_m)),
    )
    errors = compared(before, truth_from_s=2.0, file_s=12.0)
    assert errors.solved.all()
    assert errors.place_m.max() < 1e-9
