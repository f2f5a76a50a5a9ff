# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import continuous_signs, geodesic_angle, rotate_vector, wxyz_from_xyzw
from inpose_core.body.skeleton import JOINT_COUNT, JOINT_NAMES, Skeleton
from inpose_core.errors import InPoseError, OutputError
from inpose_core.motion_files.bvh import BvhAnimation, load_bvh, save_bvh
from tests.shared_files import shared_or_skip

SMALL = """HIERARCHY
ROOT My Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Knee
  {
    OFFSET 0 -40 0
    CHANNELS 3 Xrotation Yrotation Zrotation
    End Site
    {
      OFFSET 0 -42 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0083333
10 20 30 90 0 0 30 0 0
10 20 31 0 0 90 0 20 40
"""


def random_motion(frames: int, seed: int = 0, fps: float = 60.0) -> Motion:
    rng = np.random.default_rng(seed)
    start = rng.normal(0, 1.5, (1, JOINT_COUNT, 3))
    vectors = start + np.cumsum(rng.normal(0, 0.03, (frames, JOINT_COUNT, 3)), axis=0)
    xyzw = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat()
    rotations = continuous_signs(wxyz_from_xyzw(xyzw).reshape(frames, JOINT_COUNT, 4))
    root_m = np.cumsum(rng.normal(0, 0.01, (frames, 3)), axis=0)
    return Motion(rotations, root_m, Skeleton.template(rng.uniform(1, 2)), fps)


def positions_m(animation: BvhAnimation) -> NDArray[np.float64]:
    rotations = animation.global_rotations_wxyz
    positions = np.repeat(animation.root_positions[:, None], len(animation.parents), axis=1)
    for joint, parent in enumerate(animation.parents):
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + rotate_vector(rotations[:, parent], animation.offsets[joint])
    return positions / 100


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), fps=st.sampled_from([24.0, 30.0, 59.94, 60.0, 120.0]))
def test_round_trip(seed: int, fps: float) -> None:
    motion = random_motion(20, seed, fps)
    with tempfile.TemporaryDirectory() as folder:
        save_bvh(motion, Path(folder) / "m.bvh")
        animation = load_bvh(Path(folder) / "m.bvh")
    order = [animation.joint_names.index(name) for name in JOINT_NAMES]
    assert geodesic_angle(animation.global_rotations_wxyz[:, order], motion.rotations_wxyz).max() < 1e-6
    np.testing.assert_allclose(positions_m(animation)[:, order], motion.joint_positions_m, atol=1e-6)
    assert animation.fps == pytest.approx(fps, rel=1e-6)
    assert set(animation.end_offsets) == {"head", "left_foot", "right_foot", "left_wrist", "right_wrist"}


def test_singular_poses_are_exact_and_curves_do_not_jump(tmp_path: Path) -> None:
    motion = random_motion(200)
    turn = np.zeros((200, 3))
    turn[:, 1] = np.linspace(0, 4 * np.pi, 200)  # the whole body turns twice about the vertical
    whole = wxyz_from_xyzw(Rotation.from_rotvec(turn).as_quat())
    rotations = continuous_signs(np.repeat(whole[:, None], JOINT_COUNT, axis=1))
    quarter = np.array((np.sqrt(0.5), np.sqrt(0.5), 0, 0))
    motion = Motion(rotations, motion.root_translation_m, motion.skeleton, 60.0)
    save_bvh(motion, tmp_path / "turn.bvh")
    values = np.array((tmp_path / "turn.bvh").read_text().split("Frame Time:")[1].split()[1:], float).reshape(200, -1)
    assert np.abs(np.diff(values[:, 3:], axis=0)).max() < 10
    singular = Motion(np.tile(quarter, (3, JOINT_COUNT, 1)), np.zeros((3, 3)), motion.skeleton, 60.0)
    save_bvh(singular, tmp_path / "singular.bvh")
    loaded = load_bvh(tmp_path / "singular.bvh").global_rotations_wxyz
    assert geodesic_angle(loaded, singular.rotations_wxyz).max() < 1e-6


def test_rest_pose_is_in_centimetres_and_t_posed(tmp_path: Path) -> None:
    motion = Motion(np.tile((1.0, 0, 0, 0), (2, JOINT_COUNT, 1)), np.zeros((2, 3)), Skeleton.template(), 60.0)
    save_bvh(motion, tmp_path / "t.bvh")
    animation = load_bvh(tmp_path / "t.bvh")
    wrist = animation.joint_names.index("left_wrist")
    np.testing.assert_allclose(animation.offsets[wrist], motion.skeleton.offsets_m[20] * 100, atol=1e-5)
    assert (tmp_path / "t.bvh").read_text().count("End Site") == 5


def test_ten_minutes_are_written_in_seconds(tmp_path: Path) -> None:
    motion = random_motion(36000)
    began = time.perf_counter()
    save_bvh(motion, tmp_path / "long.bvh")
    assert time.perf_counter() - began < 12, "1.3 s on an idle machine"


def test_other_hierarchies_channel_orders_and_rates(tmp_path: Path) -> None:
    path = tmp_path / "small.bvh"
    path.write_text(SMALL)
    animation = load_bvh(path)
    assert animation.joint_names == ("My Hips", "Knee")
    assert animation.parents == (-1, 0)
    assert animation.fps == 120.0
    np.testing.assert_array_equal(animation.root_positions[1], (10, 20, 31))
    np.testing.assert_array_equal(animation.end_offsets["Knee"], (0, -42, 0))
    # Zrotation 90 turns X onto Y; the knee's rotation about X follows in the turned axes.
    np.testing.assert_allclose(rotate_vector(animation.global_rotations_wxyz[0, 0], (1, 0, 0)), (0, 1, 0), atol=1e-12)
    expected = wxyz_from_xyzw(Rotation.from_euler("XYZ", (0, 20, 40), degrees=True).as_quat())
    assert geodesic_angle(animation.local_rotations_wxyz[1, 1], expected) < 1e-9


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HIERARCHY", "HIERARCHIE"),
        ("MOTION", "MOVEMENT"),
        ("CHANNELS 3", "CHANNELS 999999999"),
        ("CHANNELS 3", "CHANNELS -3"),
        ("Xrotation Yrotation Zrotation\n", "Xrotation Yrotation Wrotation\n"),
        ("OFFSET 0 -40 0", "OFFSET 0 x 0"),
        ("OFFSET 0 -40 0", "OFFSET 0 nan 0"),
        ("0 20 40", "0 20"),
        ("0 20 40", "0 20 nan"),
        ("Frame Time: 0.0083333", "Frame Time: 0"),
        ("Frame Time: 0.0083333", ""),
        ("}\nMOTION", "MOTION"),
        ("}\nMOTION", "}\n}\nMOTION"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "bad.bvh"
    path.write_text(SMALL.replace(old, new))
    with pytest.raises(InPoseError) as caught:
        load_bvh(path)
    assert caught.value.hint


def test_every_truncation_is_refused_or_whole_frames(tmp_path: Path) -> None:
    path = tmp_path / "cut.bvh"
    for length in range(len(SMALL)):
        path.write_text(SMALL[:length])
        try:
            assert len(load_bvh(path)) in (1, 2)
        except InPoseError:
            continue


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InPoseError):
        load_bvh(tmp_path / "nothing.bvh")
    with pytest.raises(OutputError):
        save_bvh(random_motion(2), tmp_path / "nowhere" / "m.bvh")
    assert list(tmp_path.iterdir()) == []


def test_real_files() -> None:
    files = sorted(shared_or_skip("data/bvh_samples").rglob("*.bvh"))
    assert files
    for path in files:
        animation = load_bvh(path)
        assert animation.fps == 60.0
        assert len(animation.joint_names) > 20
        np.testing.assert_allclose(np.linalg.norm(animation.local_rotations_wxyz, axis=-1), 1, atol=1e-9)
