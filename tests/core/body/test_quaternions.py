# SPDX-License-Identifier: Apache-2.0
"""Quaternions are converted, interpolated and averaged as SciPy does it, where that is hard too."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from inpose_core.body import quaternions
from inpose_core.body.quaternions import wxyz_from_xyzw, xyzw_from_wxyz

numbers = st.floats(-10.0, 10.0)
vectors = st.tuples(numbers, numbers, numbers)
seeds = st.integers(0, 2**32 - 1)


def assert_same_rotations(a_wxyz: NDArray[np.float64], b_wxyz: NDArray[np.float64]) -> None:
    sides = np.sign((a_wxyz * b_wxyz).sum(-1, keepdims=True))
    np.testing.assert_allclose(a_wxyz, sides * b_wxyz, rtol=0, atol=1e-12)


def test_the_scalar_goes_from_one_end_to_the_other() -> None:
    np.testing.assert_array_equal(wxyz_from_xyzw([[1, 2, 3, 4]]), [[4, 1, 2, 3]])
    np.testing.assert_array_equal(xyzw_from_wxyz([4, 1, 2, 3]), [1, 2, 3, 4])
    assert wxyz_from_xyzw(np.zeros((0, 4))).shape == (0, 4)


@given(vectors)
def test_rotation_vectors_agree_with_scipy(rotvec: tuple[float, float, float]) -> None:
    truth = Rotation.from_rotvec(rotvec)
    wxyz = quaternions.rotvec_to_quaternion(rotvec)
    assert_same_rotations(wxyz, wxyz_from_xyzw(truth.as_quat()))
    back = quaternions.quaternion_to_rotvec(wxyz)
    assert np.linalg.norm(back) <= np.pi + 1e-12
    assert_same_rotations(quaternions.rotvec_to_quaternion(back), wxyz)


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-12, 1e-5, np.pi - 1e-9, np.pi])
def test_smallest_and_largest_turns_come_back(angle: float) -> None:
    rotvec = angle * np.array((0.6, 0.0, -0.8))
    back = quaternions.quaternion_to_rotvec(quaternions.rotvec_to_quaternion(rotvec))
    np.testing.assert_allclose(back, rotvec, rtol=1e-12, atol=0)


@given(seeds, st.integers(2, 40), st.floats(-12.0, 1.0))
def test_slerp_agrees_with_scipy(seed: int, frames: int, power: float) -> None:
    """Neighbours that differ by anything from a rounding error to half a turn."""
    random = np.random.default_rng(seed)
    steps = Rotation.from_rotvec(10.0**power * random.normal(size=(frames, 3)) / 10)
    turns = [Rotation.random(random_state=int(random.integers(1000)))]
    for step in steps[1:]:
        turns.append(turns[-1] * step)
    track = Rotation.concatenate(turns)
    times_s = np.cumsum(random.uniform(0.001, 0.1, frames))
    at_s = random.uniform(times_s[0] - 0.1, times_s[-1] + 0.1, 50)
    signs = random.choice((-1.0, 1.0), (frames, 1))
    found = quaternions.slerp_at(times_s, signs * wxyz_from_xyzw(track.as_quat()), at_s)
    expected = Slerp(times_s, track)(np.clip(at_s, times_s[0], times_s[-1]))
    assert_same_rotations(found, wxyz_from_xyzw(expected.as_quat()))


def test_at_its_own_times_a_track_is_what_it_was() -> None:
    track = wxyz_from_xyzw(Rotation.random(30, random_state=0).as_quat())
    times_s = np.arange(30) / 90
    assert_same_rotations(quaternions.slerp_at(times_s, track, times_s), track)


def test_one_frame_is_held() -> None:
    wxyz = np.array([[0.6, 0.8, 0.0, 0.0]])
    np.testing.assert_allclose(quaternions.slerp_at(np.array([3.0]), wxyz, np.arange(5.0)), np.repeat(wxyz, 5, 0))
    assert quaternions.slerp_at(np.array([3.0]), wxyz, np.zeros(0)).shape == (0, 4)


def test_several_tracks_go_together() -> None:
    tracks = wxyz_from_xyzw(Rotation.random(30, random_state=0).as_quat()).reshape(10, 3, 4)
    times_s, at_s = np.arange(10.0), np.linspace(0, 9, 25)
    together = quaternions.slerp_at(times_s, tracks, at_s)
    for track in range(3):
        np.testing.assert_array_equal(together[:, track], quaternions.slerp_at(times_s, tracks[:, track], at_s))


@given(seeds, st.integers(1, 50), st.floats(0.0, 1.0))
def test_mean_agrees_with_scipy(seed: int, count: int, spread: float) -> None:
    random = np.random.default_rng(seed)
    turns = Rotation.random(random_state=seed % 1000) * Rotation.from_rotvec(spread * random.normal(size=(count, 3)))
    wxyz = random.choice((-1.0, 1.0), (count, 1)) * wxyz_from_xyzw(turns.as_quat())
    mean = quaternions.mean_rotation(wxyz)
    assert mean[0] >= 0
    np.testing.assert_allclose(abs(mean @ wxyz_from_xyzw(turns.mean().as_quat())), 1.0, rtol=0, atol=1e-12)


def test_nobody_else_moves_the_scalar_by_hand() -> None:
    """An index such as ``[3, 0, 1, 2]`` says neither what it takes nor what it gives."""
    by_hand = re.compile(r"\[\s*(?:3,\s*0,\s*1,\s*2|1,\s*2,\s*3,\s*0|6,\s*3,\s*4,\s*5)\s*\]")
    root = Path(__file__).parents[3]
    sources = [path for folder in ("inpose_core", "inpose_blender") for path in (root / folder).rglob("*.py")]
    assert len(sources) > 100
    assert [path for path in sources if by_hand.search(path.read_text(encoding="utf-8"))] == []
    assert by_hand.search("xyzw[..., [3, 0, 1, 2]]")
