# SPDX-License-Identifier: Apache-2.0
"""The compact form holds what the plain one does, to 0.05 degrees, whatever the motion."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.errors import InPoseError
from inpose_core.training.compact import write_compact
from inpose_core.training.packed import PackedClips, joined
from inpose_core.training.packed_files import read_packed, read_packed_folder
from tests.core.synthetic import smooth_motion
from tests.core.training.test_trainer import write_packed

FEET = [10, 11]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> PackedClips:
    folder = tmp_path_factory.mktemp("plain")
    write_packed(folder / "cmu_one.npz", [("1", smooth_motion(90, seed=1)), ("2", smooth_motion(50, seed=2))])
    write_packed(folder / "two.npz", [("x", smooth_motion(40, seed=3))])
    return read_packed_folder(folder)


def test_the_compact_form_returns_what_it_was_given(clips: PackedClips, tmp_path: Path) -> None:
    path = tmp_path / "all.npz"
    write_compact(clips, path)
    back = read_packed(path)
    assert float(np.rad2deg(geodesic_angle(clips.wxyz, back.wxyz)).max()) < 0.05
    np.testing.assert_allclose(back.root_m, clips.root_m, atol=1.1e-4)
    for name in ("valid", "length", "offsets_m", "floor_m", "generic_skeleton", "subject", "activity", "family"):
        np.testing.assert_array_equal(getattr(back, name), getattr(clips, name))
    assert back.data_set.tolist() == ["cmu_one", "cmu_one", "two"]
    assert back.people() == [("cmu_one", "1"), ("cmu_one", "2"), ("two", "x")]


def test_feet_that_copy_their_ankles_are_stored_once(clips: PackedClips, tmp_path: Path) -> None:
    wxyz = clips.wxyz.copy()
    wxyz[:, FEET] = wxyz[:, [7, 8]]
    copies = PackedClips(**{**vars(clips), "wxyz": wxyz})
    write_compact(copies, tmp_path / "copies.npz")
    with np.load(tmp_path / "copies.npz") as stored:
        assert not set(FEET) & set(stored["turning_joints"].tolist())
    back = read_packed(tmp_path / "copies.npz")
    np.testing.assert_array_equal(back.wxyz[:, FEET], back.wxyz[:, [7, 8]])
    write_compact(clips, tmp_path / "own.npz")
    assert float(np.rad2deg(geodesic_angle(read_packed(tmp_path / "own.npz").wxyz, clips.wxyz)).max()) < 0.05


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), far_m=st.floats(0.0, 500.0))
def test_motion_that_jumps_survives(clips: PackedClips, tmp_path: Path, seed: int, far_m: float) -> None:
    random = np.random.default_rng(seed)
    wxyz = random.normal(size=clips.wxyz.shape).astype(np.float32)
    wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
    root_m = (far_m * random.normal(size=clips.root_m.shape)).astype(np.float32)
    wild = PackedClips(**{**vars(clips), "wxyz": wxyz, "root_m": root_m})
    write_compact(wild, tmp_path / "wild.npz")
    back = read_packed(tmp_path / "wild.npz")
    assert float(np.rad2deg(geodesic_angle(wild.wxyz, back.wxyz)).max()) < 0.05
    np.testing.assert_allclose(back.root_m, wild.root_m, atol=2e-4, rtol=1e-6)


def test_selecting_clips_takes_their_frames_along(clips: PackedClips) -> None:
    second = clips.filtered(lambda _, subject: subject == "2")
    np.testing.assert_array_equal(second.wxyz, clips.wxyz[clips.frames(1)])
    assert second.length.tolist() == [50]
    both = joined([second, clips.filtered(lambda data_set, _: data_set == "two")])
    assert both.start.tolist() == [0, 50]
    np.testing.assert_array_equal(both.root_m[both.frames(1)], clips.root_m[clips.frames(2)])


def test_a_damaged_compact_file_is_refused(clips: PackedClips, tmp_path: Path) -> None:
    path = tmp_path / "all.npz"
    write_compact(clips, path)
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **{**arrays, "length": arrays["length"] + 1})
    with pytest.raises(InPoseError, match="not a file of packed motion"):
        read_packed(path)
    del arrays["root_byte1"]
    np.savez(path, **arrays)
    with pytest.raises(InPoseError, match="not a file of packed motion"):
        read_packed(path)
