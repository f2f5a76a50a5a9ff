# SPDX-License-Identifier: Apache-2.0
"""Motion from AMASS and BVH files, packed for training."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from inpose_core.body.amass_convention import SMPL_REST_PELVIS_M
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle, normalize_quaternion, xyzw_from_wxyz
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.cli import main
from inpose_core.errors import InPoseError
from inpose_core.evaluation.protocols import protocol_files
from inpose_core.motion_files.amass import load_amass
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.motion_files.bvh_motion import load_bvh_motion
from inpose_core.motion_files.resampling import to_solver_rate
from inpose_core.recording.folders import LEDGER_NAME
from inpose_core.training.dataset import make_motion_data
from inpose_core.training.packed_files import read_packed
from inpose_core.training.packing import find_motion_files, pack_files
from inpose_core.training.split import load_training_motion
from tests.core.amass_files import write_amass, write_body_model
from tests.core.synthetic import smooth_motion
from tests.shared_files import shared_or_skip

AMASS_KEYS = ("poses", "trans", "betas", "gender", "mocap_framerate")


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.rad2deg(geodesic_angle(a, b)).max())


@pytest.mark.parametrize("rate_key", ["mocap_framerate", "mocap_frame_rate"])
def test_amass_is_read_as_it_was_written(tmp_path: Path, rate_key: str) -> None:
    motion = smooth_motion(50)
    write_amass(tmp_path / "walk.npz", motion, 60.0, rate_key)
    read = load_amass(tmp_path / "walk.npz")
    assert angle_deg(read.rotations_wxyz, motion.rotations_wxyz) < 1e-3
    shift_m = read.root_translation_m - motion.root_translation_m
    np.testing.assert_allclose(shift_m, np.broadcast_to(shift_m[0], shift_m.shape), atol=1e-9)
    np.testing.assert_allclose(shift_m[0, [0, 2]], 0, atol=1e-9)
    lowest_m = read.joint_positions_m[:, [7, 8, 10, 11], 1].min(axis=1)
    assert np.percentile(lowest_m, 3) == pytest.approx(read.skeleton.sole_height_m)


def test_any_rate_becomes_60_hz_at_the_true_times() -> None:
    fine = smooth_motion(601)
    for fps in (100.0, 30.0, 240.0):
        count = int((len(fine) - 1) / 60 * fps) + 1
        times_s = np.arange(count) / fps
        place = times_s * 60
        low = np.minimum(place.astype(int), len(fine) - 2)
        share = (place - low)[:, None]
        root_m = fine.root_translation_m[low] * (1 - share) + fine.root_translation_m[low + 1] * share
        wxyz = fine.rotations_wxyz[low] * (1 - share[..., None]) + fine.rotations_wxyz[low + 1] * share[..., None]
        source = Motion(normalize_quaternion(wxyz), root_m, fine.skeleton, fps)
        resampled = to_solver_rate(source)
        assert resampled.fps == 60
        assert abs(len(resampled) - len(fine)) <= 1
        n = min(len(resampled), len(fine))
        np.testing.assert_allclose(resampled.root_translation_m[:n], fine.root_translation_m[:n], atol=2e-3)
        assert angle_deg(resampled.rotations_wxyz[:n], fine.rotations_wxyz[:n]) < 1.0


@pytest.mark.parametrize(
    ("model", "columns", "gender"),
    [
        ("smplh/SMPLH_FEMALE.npz", 156, "female"),
        ("smplh/female/model.npz", 156, b"female"),
        ("SMPLH_FEMALE.npz", 156, "FEMALE"),
        ("smplx/SMPLX_FEMALE.npz", 165, "female"),
    ],
)
def test_with_body_models_each_subject_has_its_own_bones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, columns: int, gender: object
) -> None:
    monkeypatch.setitem(sys.modules, "smplx", None)  # a model's .npz needs no package
    template, pelvis_m = Skeleton.template(), (0.0, -0.2, 0.1)
    write_body_model(tmp_path / model, template, pelvis_m)
    write_amass(tmp_path / "walk.npz", smooth_motion(20), 60.0, gender=gender, columns=columns)
    read = load_amass(tmp_path / "walk.npz", tmp_path)
    np.testing.assert_allclose(read.skeleton.offsets_m, template.offsets_m * 0.9, atol=1e-6)  # betas[0] = -1
    # SMPL adds its pelvis to the translation as it stands, Z up: what was y there is -z here.
    x_m, y_m, _ = 0.9 * np.array(pelvis_m) - SMPL_REST_PELVIS_M
    np.testing.assert_allclose(
        read.root_translation_m[:, [0, 2]] - smooth_motion(20).root_translation_m[:, [0, 2]],
        np.broadcast_to((x_m, -y_m), (20, 2)),
        atol=1e-6,
    )


def test_the_shape_of_smpl_x_is_not_given_to_another_model(tmp_path: Path) -> None:
    write_body_model(tmp_path / "smplh" / "SMPLH_FEMALE.npz", Skeleton.template(), (0.0, 0.0, 0.0))
    write_amass(tmp_path / "walk.npz", smooth_motion(20), 60.0, columns=165)
    with pytest.raises(InPoseError, match="no SMPL-X body model for female") as told:
        load_amass(tmp_path / "walk.npz", tmp_path)
    assert "smplx/SMPLX_FEMALE.npz" in told.value.hint


@pytest.mark.parametrize("own_bones", [False, True])
def test_a_solved_take_comes_back_through_its_amass_keys(tmp_path: Path, own_bones: bool) -> None:
    motion = smooth_motion(80)
    motion.save_npz(tmp_path / "solved.npz")
    with np.load(tmp_path / "solved.npz") as arrays:
        np.savez(tmp_path / "amass.npz", **{name: arrays[name] for name in AMASS_KEYS})
    if own_bones:
        write_body_model(tmp_path / "smplh" / "SMPLH_NEUTRAL.npz", motion.skeleton, SMPL_REST_PELVIS_M)
    read = load_amass(tmp_path / "amass.npz", tmp_path if own_bones else None)
    assert angle_deg(read.rotations_wxyz, motion.rotations_wxyz) < 1e-3
    assert read.fps == 60
    floor_m = read.root_translation_m[0] - motion.root_translation_m[0]
    np.testing.assert_allclose(floor_m[[0, 2]], 0, atol=1e-5)  # reading puts the lowest foot on y = 0
    np.testing.assert_allclose(read.joint_positions_m, motion.joint_positions_m + floor_m, atol=1e-5)


def test_the_amass_keys_of_early_solved_takes_are_read_as_they_were_written(tmp_path: Path) -> None:
    """InPose wrote them Y up at first, without the rest pelvis and without hands."""
    motion = smooth_motion(30)
    motion.save_npz(tmp_path / "now.npz")
    local = xyzw_from_wxyz(motion.local_rotations_wxyz)
    with np.load(tmp_path / "now.npz") as arrays:
        early = dict(arrays)
    early["poses"] = Rotation.from_quat(local.reshape(-1, 4)).as_rotvec().reshape(30, 66)
    early["trans"] = motion.root_translation_m
    early["betas"] = np.zeros(10)
    del early["dmpls"]
    np.savez(tmp_path / "early.npz", **early)
    for read in (load_amass(tmp_path / "early.npz"), Motion.load_npz(tmp_path / "early.npz")):
        assert angle_deg(read.rotations_wxyz, motion.rotations_wxyz) < 1e-3
        np.testing.assert_allclose(read.root_translation_m[:, [0, 2]], motion.root_translation_m[:, [0, 2]], atol=1e-5)


def test_a_pickled_body_model_needs_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smplx", None)
    (tmp_path / "smplh").mkdir()
    (tmp_path / "smplh" / "SMPLH_FEMALE.pkl").touch()
    write_amass(tmp_path / "walk.npz", smooth_motion(20), 60.0)
    with pytest.raises(InPoseError, match="needs the package smplx") as told:
        load_amass(tmp_path / "walk.npz", tmp_path)
    assert "pip install" in told.value.hint


def test_a_pickled_body_model_is_read_by_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = Skeleton.template()
    joints = torch.tensor(body.rest_positions_m + SMPL_REST_PELVIS_M)
    model = SimpleNamespace(v_template=joints, shapedirs=torch.zeros(22, 3, 16), J_regressor=torch.eye(22).double())
    monkeypatch.setitem(sys.modules, "smplx", SimpleNamespace(create=lambda *_, **__: model))
    (tmp_path / "smplh").mkdir()
    (tmp_path / "smplh" / "SMPLH_FEMALE.pkl").touch()
    write_amass(tmp_path / "walk.npz", smooth_motion(20), 60.0)
    np.testing.assert_allclose(
        load_amass(tmp_path / "walk.npz", tmp_path).skeleton.offsets_m, body.offsets_m, atol=1e-6
    )


def test_body_models_that_are_missing_or_broken_are_told(tmp_path: Path) -> None:
    write_amass(tmp_path / "walk.npz", smooth_motion(20), 60.0)
    with pytest.raises(InPoseError, match="no SMPL-H or SMPL body model for female"):
        load_amass(tmp_path / "walk.npz", tmp_path / "nothing")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "SMPLH_FEMALE.npz").write_bytes(b"no model")
    with pytest.raises(InPoseError, match="cannot be read"):
        load_amass(tmp_path / "walk.npz", tmp_path / "broken")
    np.savez(
        tmp_path / "broken" / "SMPL_FEMALE.npz",
        v_template=np.zeros((4, 3)),
        shapedirs=np.zeros((4, 3, 2)),
        J_regressor=np.eye(4),
    )
    (tmp_path / "broken" / "SMPLH_FEMALE.npz").unlink()
    with pytest.raises(InPoseError, match="shapes"):
        load_amass(tmp_path / "walk.npz", tmp_path / "broken")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"not a zip"])
def test_what_is_no_amass_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(InPoseError, match="is not AMASS motion"):
        load_amass(tmp_path / "broken.npz")


def test_our_own_bvh_comes_back(tmp_path: Path) -> None:
    motion = smooth_motion(60)
    save_bvh(motion, tmp_path / "take.bvh")
    read = load_bvh_motion(tmp_path / "take.bvh")
    body = [joint for joint in range(22) if joint not in (7, 8, 10, 11)]  # feet are levelled anew
    # The template's bones are not all exactly along their axes, to which reading lays them.
    assert angle_deg(read.rotations_wxyz[:, body], motion.rotations_wxyz[:, body]) < 6
    assert read.skeleton.leg_length_m == pytest.approx(motion.skeleton.leg_length_m, rel=1e-3)


@pytest.mark.parametrize(
    ("file", "clip", "data_set"),
    [
        ("AtelierCircle+CMU-MoCap-01-09/07_03.bvh", "07_03", "cmu_daz"),
        ("CreativeInquiry+BVH-Examples/05_20.bvh", "05_20", "cmu_asf"),
    ],
)
def test_real_bvh_agrees_with_the_same_take_packed_by_other_hands(file: str, clip: str, data_set: str) -> None:
    path = shared_or_skip(f"data/bvh_samples/{file}")
    packed_file = shared_or_skip(f"data/{data_set}.npz")
    motion = load_bvh_motion(path)
    with np.load(packed_file, allow_pickle=False) as packed:
        index = packed["clip"].tolist().index(clip)
        part = slice(int(packed["start"][index]), int(packed["start"][index] + packed["length"][index]))
        wxyz = normalize_quaternion(packed["quat"][part] / 32767.0)
    first = len(motion) - len(wxyz)  # the packed take leaves out how the file begins
    legs_and_trunk = [0, 1, 2, 3, 4, 5, 6, 9]
    error_deg = np.rad2deg(geodesic_angle(motion.rotations_wxyz[first:, legs_and_trunk], wxyz[:, legs_and_trunk]))
    assert error_deg.mean() < 5
    assert motion.skeleton.leg_length_m == pytest.approx(0.82, abs=0.05)


def test_a_bvh_without_a_human_s_joints_is_told(tmp_path: Path) -> None:
    (tmp_path / "crane.bvh").write_text(
        "HIERARCHY\nROOT base\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        "End Site\n{\nOFFSET 0 1 0\n}\n}\nMOTION\nFrames: 1\nFrame Time: 0.01\n0 0 0\n"
    )
    with pytest.raises(InPoseError, match="a name like pelvis"):
        load_bvh_motion(tmp_path / "crane.bvh")


def test_captured_files_are_packed_in_any_letter_case_and_solved_ones_never(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    walk, output = smooth_motion(60), tmp_path / "packed.npz"
    save_bvh(walk, tmp_path / "WALK.BVH")
    save_bvh(walk, tmp_path / "solved.bvh")
    write_amass(tmp_path / "run.npz", walk, 60.0)
    (tmp_path / "run.npz").rename(tmp_path / "run.NPZ")
    walk.save_npz(tmp_path / "solved.npz")
    line = json.dumps({"fingerprint": "", "result": {"output": str(tmp_path / "solved.bvh")}})
    (tmp_path / LEDGER_NAME).write_text(line + "\n")
    for _ in range(2):  # the packed file of the first time is no captured motion
        assert main(["pack", str(tmp_path), "-o", str(output)]) == 0
        printed = capsys.readouterr()
        assert "2 of 2 files" in printed.out
        assert sorted(read_packed(output).activity) == ["run", "walk"]
        assert all(
            f"{tmp_path / name}: is a motion that InPose solved" in printed.err for name in ("solved.bvh", "solved.npz")
        )


def test_a_packed_file_replaces_no_motion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    captured = tmp_path / "walk.npz"
    write_amass(captured, smooth_motion(60), 60.0)
    before = captured.read_bytes()
    assert main(["pack", str(tmp_path), "-o", str(captured)]) == 2
    assert "is one of the files to pack" in capsys.readouterr().err
    assert captured.read_bytes() == before
    (tmp_path / "packed").mkdir()
    packed = tmp_path / "packed" / "cmu.npz"
    assert main(["pack", str(tmp_path), "-o", str(packed)]) == 0
    before = packed.read_bytes()
    assert main(["pack", "--join", str(packed.parent), "-o", str(packed)]) == 2
    assert packed.read_bytes() == before


def test_a_folder_is_packed_and_read_by_the_trainer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk, run = smooth_motion(80, seed=1), smooth_motion(90, seed=2)
    write_amass(tmp_path / "amass" / "S1" / "walk_01.npz", walk, 60.0)
    write_amass(tmp_path / "amass" / "S2" / "run_02.npz", run, 120.0)
    (tmp_path / "amass" / "S1" / "shape.npz").write_bytes(b"no motion")
    (tmp_path / "amass" / "S1" / "damaged.npz").write_bytes(b"no motion")
    (tmp_path / "bvh" / "S3").mkdir(parents=True)
    assert len(find_motion_files(tmp_path / "amass").captured) == 3
    output = tmp_path / "packed.npz"
    assert main(["pack", str(tmp_path / "amass"), "-o", str(output)]) == 0
    printed = capsys.readouterr()
    assert "2 of 3 files" in printed.out
    assert "damaged.npz" in printed.err
    data = make_motion_data(read_packed(output))
    assert data.length.tolist() == [80, 45]
    with np.load(output) as packed:
        assert packed["subject"].tolist() == ["S1", "S2"]
        assert packed["activity"].tolist() == ["walk", "run"]
        assert packed["generic_skeleton"].all()


def test_amass_on_body_models_counts_from_the_same_t_pose_as_bvh(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offsets_m = np.array(Skeleton.template().offsets_m)
    offsets_m[JOINT_INDEX["left_elbow"]] = (0.26, -0.03, -0.02)
    offsets_m[JOINT_INDEX["left_knee"]] = (0.04, -0.39, 0.0)
    write_body_model(tmp_path / "models" / "smplh" / "SMPLH_FEMALE.npz", Skeleton(offsets_m), SMPL_REST_PELVIS_M)
    for subject in ("S1", "S2"):
        write_amass(tmp_path / "amass" / subject / "walk.npz", smooth_motion(40), 60.0)
    output = tmp_path / "packed.npz"
    assert main(["pack", str(tmp_path / "amass"), "-o", str(output)]) == 0
    assert "--body-models" in capsys.readouterr().err
    assert main(["pack", str(tmp_path / "amass"), "-o", str(output), "--body-models", str(tmp_path / "models")]) == 0
    assert capsys.readouterr().err == ""
    packed = read_packed(output)
    for joint, axis in (("left_elbow", (1, 0, 0)), ("left_knee", (0, -1, 0)), ("right_wrist", (-1, 0, 0))):
        bone_m = packed.offsets_m[0, JOINT_INDEX[joint]]
        np.testing.assert_allclose(bone_m / np.linalg.norm(bone_m), axis, atol=1e-5)
    captured = load_amass(tmp_path / "amass" / "S1" / "walk.npz", tmp_path / "models")
    bones = Skeleton(packed.offsets_m[0].astype(float))
    motion = Motion(packed.wxyz[:40].astype(float), packed.root_m[:40].astype(float), bones, 60.0)
    np.testing.assert_allclose(motion.joint_positions_m, captured.joint_positions_m, atol=1e-3)


def test_files_of_one_folder_are_told_to_be_one_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for take in ("walk", "run"):
        write_amass(tmp_path / "flat" / f"{take}.npz", smooth_motion(300), 60.0)
    assert main(["pack", str(tmp_path / "flat"), "-o", str(tmp_path / "packed.npz")]) == 0
    assert "one person (flat)" in capsys.readouterr().err
    with pytest.raises(InPoseError, match=r"one person \(flat\)") as refused:
        load_training_motion(tmp_path / "packed.npz")
    assert "a folder of their own" in refused.value.hint


def test_glitches_are_marked(tmp_path: Path) -> None:
    motion = smooth_motion(60)
    wxyz = motion.rotations_wxyz.copy()
    wxyz[30, 18] = (0, 0, 1, 0)
    write_amass(tmp_path / "S1" / "a.npz", Motion(wxyz, motion.root_translation_m, motion.skeleton, 60.0), 60.0)
    pack_files([tmp_path / "S1" / "a.npz"], tmp_path / "packed.npz")
    with np.load(tmp_path / "packed.npz") as packed:
        bad = np.flatnonzero(~packed["valid"])
    assert {29, 30, 31} < set(bad.tolist())
    assert len(bad) < 15


def test_a_missing_folder_is_told_before_anything_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_amass(tmp_path / "S1" / "a.npz", smooth_motion(30), 60.0)
    assert main(["pack", str(tmp_path), "-o", str(tmp_path / "nowhere" / "out.npz")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_nothing_to_pack_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", str(tmp_path), "-o", str(tmp_path / "out.npz")]) == 2
    assert "None of these files" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def amass_folder(root: Path) -> None:
    names = ("ACCAD", "BMLmovi", "BMLrub", "CMU", "EKUT", "Eyes_Japan_Dataset", "MPI_HDM05", "HumanEva", "KIT")
    for name in (*names, "MPI_Limits", "MPI_mosh", "SFU", "TotalCapture", "Transitions_mocap"):
        (root / name / "S1").mkdir(parents=True)
        for file in ("a.npz", "b.npz", "shape.npz", "neutral_stagei.npz"):
            (root / name / "S1" / file).touch()


def test_protocol_1_tests_on_humaneva_and_transitions_and_trains_on_the_rest(tmp_path: Path) -> None:
    amass_folder(tmp_path)
    train, test = (protocol_files(tmp_path, 1, split) for split in ("train", "test"))  # type: ignore[arg-type]
    assert {file.parts[-3] for file in test} == {"HumanEva", "Transitions_mocap"}
    assert len({file.parts[-3] for file in train}) == 12
    assert not set(train) & set(test)
    assert all(file.name in {"a.npz", "b.npz"} for file in (*train, *test))


def test_protocol_2_takes_the_lists(tmp_path: Path) -> None:
    amass_folder(tmp_path)
    for name in ("CMU", "BioMotionLab_NTroje", "MPI_HDM05"):
        (tmp_path / "lists" / name).mkdir(parents=True)
        (tmp_path / "lists" / name / "train_split.txt").write_text(f"{name}/S1/a.npz\n{name}/S1/shape.npz\n")
        (tmp_path / "lists" / name / "test_split.txt").write_text("S1\\b.npz\n\n")
    train = protocol_files(tmp_path, 2, "train", tmp_path / "lists")
    test = protocol_files(tmp_path, 2, "test", tmp_path / "lists")
    assert [file.relative_to(tmp_path).as_posix() for file in train] == [
        "BMLrub/S1/a.npz",
        "CMU/S1/a.npz",
        "MPI_HDM05/S1/a.npz",
    ]
    assert all(file.exists() for file in (*train, *test))
    assert {file.name for file in test} == {"b.npz"}


def test_folders_may_be_written_in_other_cases_and_takes_as_smpl_x(tmp_path: Path) -> None:
    for name in ("cmu", "BMLRUB", "hdm05"):
        (tmp_path / name / "S1").mkdir(parents=True)
        (tmp_path / name / "S1" / "b_stageii.npz").touch()
    for name in ("CMU", "BMLrub", "HDM05"):
        (tmp_path / "lists" / name).mkdir(parents=True)
        (tmp_path / "lists" / name / "test_split.txt").write_text("S1/b_poses.npz\n")
    test = protocol_files(tmp_path, 2, "test", tmp_path / "lists")
    assert [file.relative_to(tmp_path).as_posix() for file in test] == [
        "BMLRUB/S1/b_stageii.npz",
        "cmu/S1/b_stageii.npz",
        "hdm05/S1/b_stageii.npz",
    ]


def test_what_a_protocol_lacks_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(InPoseError, match="does not exist"):
        protocol_files(tmp_path / "nowhere", 1, "train")
    with pytest.raises(InPoseError, match="ACCAD"):
        protocol_files(tmp_path, 1, "train")
    with pytest.raises(InPoseError, match="split lists"):
        protocol_files(tmp_path, 2, "train")
    amass_folder(tmp_path)
    with pytest.raises(InPoseError, match=r"BMLrub's test_split\.txt"):
        protocol_files(tmp_path, 2, "test", tmp_path)
    with pytest.raises(InPoseError, match="no protocol 3"):
        protocol_files(tmp_path, 3, "test")
