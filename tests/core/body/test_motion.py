# SPDX-License-Identifier: Apache-2.0
import io
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inpose_core.body.amass_convention import SMPL_REST_PELVIS_M
from inpose_core.body.motion import MOTION_FORMAT_VERSION, Motion
from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions
from inpose_core.body.skeleton import JOINT_NAMES, PARENTS, Skeleton
from inpose_core.errors import InPoseError, OutputError
from tests.core.synthetic import smooth_motion


@pytest.fixture
def motion() -> Motion:
    error_m = np.full((30, 3), 0.01)
    error_m[:, 2] = np.nan
    return replace(smooth_motion(30), sensor_error_m=error_m)


def test_a_motion_survives_the_file(motion: Motion, tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    motion.save_npz(path)
    read = Motion.load_npz(path)
    assert len(read) == 30
    assert read.fps == 60.0
    assert np.rad2deg(geodesic_angle(read.rotations_wxyz, motion.rotations_wxyz)).max() < 1e-4
    np.testing.assert_allclose(read.root_translation_m, motion.root_translation_m, atol=1e-6)
    np.testing.assert_allclose(read.skeleton.offsets_m, motion.skeleton.offsets_m, atol=1e-6)
    assert motion.sensor_error_m is not None
    assert read.sensor_error_m is not None
    np.testing.assert_allclose(read.sensor_error_m, motion.sensor_error_m, atol=1e-6)


def test_a_motion_without_sensor_errors_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    smooth_motion(3).save_npz(path)
    assert Motion.load_npz(path).sensor_error_m is None


def test_when_feet_stand_survives_the_file(motion: Motion, tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    stands = np.arange(60).reshape(30, 2) % 7 < 4
    replace(motion, foot_stands=stands).save_npz(path)
    read = Motion.load_npz(path)
    assert read.foot_stands is not None
    np.testing.assert_array_equal(read.foot_stands, stands)
    motion.save_npz(path)
    assert Motion.load_npz(path).foot_stands is None
    replace(motion, foot_stands=stands[:20]).save_npz(path)
    with pytest.raises(InPoseError, match="not a motion file"):
        Motion.load_npz(path)


def test_the_file_has_the_documented_arrays_and_those_of_amass(motion: Motion, tmp_path: Path) -> None:
    path = tmp_path / "take.npz"
    motion.save_npz(path)
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["joint_names"].tolist() == list(JOINT_NAMES)
        shapes = {name: arrays[name].shape for name in arrays.files}
        assert shapes["rotations_wxyz"] == (30, 22, 4)
        assert shapes["root_translation_m"] == shapes["trans"] == (30, 3)
        assert shapes["offsets_m"] == (22, 3)
        assert shapes["poses"] == (30, 156)
        assert shapes["betas"] == (16,)
        assert shapes["dmpls"] == (30, 8)
        assert float(arrays["fps"]) == float(arrays["mocap_framerate"]) == 60.0
        assert str(arrays["gender"]) == "neutral"
        assert not arrays["betas"].any()
        assert not arrays["poses"][:, 66:].any()


def test_smpl_tools_see_the_motion_z_up_where_it_was(motion: Motion, tmp_path: Path) -> None:
    """Place the joints as SMPL does: turn the body about its rest pelvis, then add ``trans``."""
    path = tmp_path / "take.npz"
    motion.save_npz(path)
    with np.load(path, allow_pickle=False) as arrays:
        poses, trans_m = arrays["poses"][:, :66].reshape(30, 22, 3), arrays["trans"]
    rest_m = motion.skeleton.rest_positions_m + SMPL_REST_PELVIS_M
    R_local = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(30, 22, 3, 3)
    R_world = R_local.copy()
    joints_m = np.tile(rest_m[0], (30, 22, 1))
    for joint in range(1, 22):
        parent = PARENTS[joint]
        R_world[:, joint] = R_world[:, parent] @ R_local[:, joint]
        joints_m[:, joint] = joints_m[:, parent] + R_world[:, parent] @ (rest_m[joint] - rest_m[parent])
    joints_m += trans_m[:, None]
    x, y, z = np.moveaxis(motion.joint_positions_m, -1, 0)
    np.testing.assert_allclose(joints_m, np.stack((x, -z, y), axis=-1), atol=1e-5)


def test_who_stands_stands_upright_in_smpl_tools(tmp_path: Path) -> None:
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (1, 22, 1))
    path = tmp_path / "take.npz"
    Motion(wxyz, np.array([[0.5, 0.9, 2.0]]), Skeleton.template(), 60.0).save_npz(path)
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["poses"][0, :3], (np.pi / 2, 0, 0), atol=1e-6)
        np.testing.assert_allclose(arrays["trans"][0] + SMPL_REST_PELVIS_M, (0.5, -2.0, 0.9), atol=1e-6)


def test_local_rotations_compose_back(motion: Motion) -> None:
    local = motion.local_rotations_wxyz
    composed = local.copy()
    for joint in range(1, 22):
        composed[:, joint] = multiply_quaternions(composed[:, PARENTS[joint]], local[:, joint])
    assert geodesic_angle(composed, motion.rotations_wxyz).max() < 1e-7
    np.testing.assert_array_equal(local[:, 0], motion.rotations_wxyz[:, 0])


def test_joint_positions_keep_every_bones_length_and_follow_the_root(motion: Motion) -> None:
    positions_m = motion.joint_positions_m
    np.testing.assert_array_equal(positions_m[:, 0], motion.root_translation_m)
    lengths_m = np.linalg.norm(positions_m[:, 1:] - positions_m[:, list(PARENTS[1:])], axis=-1)
    np.testing.assert_allclose(
        lengths_m, np.broadcast_to(np.linalg.norm(motion.skeleton.offsets_m[1:], axis=1), lengths_m.shape), atol=1e-12
    )


def test_a_quarter_turn_of_the_upper_arm_puts_the_hand_where_it_belongs() -> None:
    body = Skeleton.template()
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (1, 22, 1))
    # Left shoulder, elbow and wrist turn by -90 degrees about Z: the arm hangs.
    wxyz[:, [16, 18, 20]] = (np.sqrt(0.5), 0.0, 0.0, -np.sqrt(0.5))
    motion = Motion(wxyz, np.zeros((1, 3)), body, 60.0)
    wrist_from_shoulder = motion.joint_positions_m[0, 20] - motion.joint_positions_m[0, 16]
    np.testing.assert_allclose(wrist_from_shoulder, (0.0, -body.arm_length_m, 0.0), atol=1e-9)


def test_half_turns_have_a_finite_axis_angle(tmp_path: Path) -> None:
    wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (3, 22, 1))
    wxyz[1, 0], wxyz[2, 0] = (0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 1e-13, 0.0)
    path = tmp_path / "take.npz"
    Motion(wxyz, np.zeros((3, 3)), Skeleton.template(), 60.0).save_npz(path)
    with np.load(path) as arrays:
        # The hip undoes the pelvis' turn; the pelvis itself is turned to Z up besides.
        np.testing.assert_allclose(np.linalg.norm(arrays["poses"][:, 3:6], axis=1), (0.0, np.pi, 0.0), atol=1e-6)


# Files that are not motions.


def saved(motion: Motion, folder: Path) -> dict[str, np.ndarray]:
    motion.save_npz(folder / "original.npz")
    with np.load(folder / "original.npz") as arrays:
        return dict(arrays)


def test_a_file_of_a_newer_inpose_is_refused(motion: Motion, tmp_path: Path) -> None:
    arrays = saved(motion, tmp_path)
    arrays["format_version"] = np.int32(MOTION_FORMAT_VERSION + 1)
    np.savez(tmp_path / "new.npz", **arrays)
    with pytest.raises(InPoseError, match="newer"):
        Motion.load_npz(tmp_path / "new.npz")


@pytest.mark.parametrize("missing", ["rotations_wxyz", "offsets_m", "format_version", "fps", "sensor_error_m"])
def test_a_file_without_an_array_is_refused(motion: Motion, tmp_path: Path, missing: str) -> None:
    arrays = saved(motion, tmp_path)
    del arrays[missing]
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(InPoseError, match="not a motion file"):
        Motion.load_npz(tmp_path / "other.npz")


def test_arrays_of_other_shapes_are_refused(motion: Motion, tmp_path: Path) -> None:
    for name, value in (("rotations_wxyz", np.ones((30, 21, 4))), ("root_translation_m", np.ones((29, 3)))):
        np.savez(tmp_path / "other.npz", **{**saved(motion, tmp_path), name: value})
        with pytest.raises(InPoseError, match="not a motion file"):
            Motion.load_npz(tmp_path / "other.npz")


def test_damaged_and_foreign_files_are_refused(motion: Motion, tmp_path: Path) -> None:
    motion.save_npz(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    path = tmp_path / "damaged.npz"
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    scrambled = whole[:2000] + bytes(2000) + whole[4000:]
    for data in (b"", b"hello", whole[: len(whole) // 2], whole[:-30], scrambled, array.getvalue()):
        path.write_bytes(data)
        with pytest.raises(InPoseError, match="not a motion file"):
            Motion.load_npz(path)
    with pytest.raises(InPoseError, match="does not exist"):
        Motion.load_npz(tmp_path / "missing.npz")


# Writing.


def test_places_that_cannot_be_written_are_told(motion: Motion, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "nowhere" / "take.npz", tmp_path / "folder.npz", tmp_path / "file" / "take.npz"):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            motion.save_npz(path)
        assert str(path) in caught.value.message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.npz"]
    assert list((tmp_path / "folder.npz").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_an_output_has_the_permissions_of_any_new_file(motion: Motion, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        motion.save_npz(tmp_path / "take.npz")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "take.npz").stat().st_mode) == 0o640


def test_names_with_spaces_dots_and_other_scripts_are_kept(motion: Motion, tmp_path: Path) -> None:
    path = tmp_path / "Тест take 1.2.npz"
    motion.save_npz(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert len(Motion.load_npz(path)) == 30
