# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from inpose_core.calibration.rigid import RigidOffset
from inpose_core.calibration.upright_stance import upright_head_joint_m
from inpose_core.recording.types import Recording

HEAD = RigidOffset(np.array((0.0, -0.1, 0.0)), np.array((0.0, 0.0, 1.0, 0.0)))


def _take(heights_m: np.ndarray, aside_m: np.ndarray | float = 0.0) -> Recording:
    frames = len(heights_m)
    positions_m = np.zeros((frames, 3, 3))
    positions_m[:, 0, 0], positions_m[:, 0, 1] = aside_m, heights_m
    rotations_wxyz = np.tile((0.0, 0.0, 1.0, 0.0), (frames, 3, 1))
    return Recording(np.arange(frames) / 60, positions_m, rotations_wxyz, np.ones((frames, 3), np.bool_), "test")


def _standing(height_m: float, random: np.random.Generator, frames: int = 600) -> np.ndarray:
    return height_m + 0.004 * np.sin(np.arange(frames) / 70) + random.normal(0, 0.0002, frames)


def test_the_median_of_upright_moments_counts_not_the_highest_ones() -> None:
    random = np.random.default_rng(0)
    tiptoe = _standing(1.67, random, 60)
    heights_m = np.concatenate((_standing(1.6, random), tiptoe, np.full(400, 1.1), _standing(1.6, random)))
    assert upright_head_joint_m(_take(heights_m), HEAD, 1.52) == pytest.approx(1.5, abs=0.004)


def test_walking_does_not_count() -> None:
    random = np.random.default_rng(1)
    walk = 1.57 + 0.02 * np.sin(np.arange(900) / 5)
    take = _take(
        np.concatenate((walk, _standing(1.6, random, 200))), np.concatenate((np.arange(900) / 50, np.full(200, 18.0)))
    )
    assert upright_head_joint_m(take, HEAD, 1.5) == pytest.approx(1.5, abs=0.004)


@pytest.mark.parametrize("height_m", [1.2, 1.9])
def test_who_sits_or_stands_on_something_is_not_believed(height_m: float) -> None:
    assert upright_head_joint_m(_take(np.full(600, height_m)), HEAD, 1.5) == 1.5


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_a_recording_without_such_moments_changes_nothing(frames: int) -> None:
    assert upright_head_joint_m(_take(np.full(frames, 1.6)), HEAD, 1.52) == 1.52


def test_who_has_struck_a_pose_stands_no_higher_than_in_it() -> None:
    take = _take(_standing(1.64, np.random.default_rng(2)))
    assert upright_head_joint_m(take, HEAD, 1.5) == pytest.approx(1.54, abs=0.004)
    assert upright_head_joint_m(take, HEAD, 1.5, posed=True) == 1.5
    relaxed = _take(_standing(1.585, np.random.default_rng(3)))
    assert upright_head_joint_m(relaxed, HEAD, 1.5, posed=True) == pytest.approx(1.485, abs=0.004)
