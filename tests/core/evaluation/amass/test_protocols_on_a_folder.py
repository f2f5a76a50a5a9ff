# SPDX-License-Identifier: Apache-2.0
"""The paper's protocols in one command, on a folder that is laid out as AMASS is."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inpose_core.body.amass_convention import SMPL_REST_PELVIS_M
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.cli import main
from inpose_core.errors import InPoseError
from inpose_core.evaluation.amass import measuring
from inpose_core.evaluation.amass.default_body import ProtocolBody
from inpose_core.evaluation.amass.measuring import TestSet, measure_files
from inpose_core.evaluation.amass.report import PUBLISHED, ProtocolResult, page
from inpose_core.evaluation.amass.training import ProtocolTraining, train_protocol
from inpose_core.evaluation.bodies import BODIES
from inpose_core.evaluation.row_store import RowStore
from inpose_core.motion_files.amass import load_amass
from inpose_core.prior.checkpoint import Prior, load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE
from inpose_core.prior.network import NetworkConfig
from inpose_core.training.packed_files import read_packed
from inpose_core.training.trainer import TrainingSettings
from tests.core.amass_files import write_amass, write_body_model
from tests.core.synthetic import smooth_motion


def smpl_like_body() -> Skeleton:
    """Return a body whose rest pose, as SMPL's, is no T-pose of ours: arms hang a little, legs are apart."""
    offsets_m = np.array(Skeleton.template().offsets_m)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        offsets_m[JOINT_INDEX[f"{side}_elbow"]] = (0.26 * sign, -0.03, -0.02)
        offsets_m[JOINT_INDEX[f"{side}_wrist"]] = (0.25 * sign, 0.01, -0.01)
        offsets_m[JOINT_INDEX[f"{side}_knee"]] = (0.04 * sign, -0.39, 0.0)
    return Skeleton(offsets_m)


def amass_folder(root: Path) -> Path:
    """Write a small AMASS: the repository's own export, other rates, SMPL-X, and files that cannot be read."""
    (root / "HumanEva" / "S1").mkdir(parents=True)
    smooth_motion(70, seed=1).save_npz(root / "HumanEva" / "S1" / "walk_poses.npz")
    write_amass(root / "HumanEva" / "S2" / "jog_poses.npz", smooth_motion(150, seed=2), 120.0, gender=b"male")
    write_amass(
        root / "Transitions_mocap" / "m" / "run_stageii.npz",
        smooth_motion(90, 3),
        100.0,
        "mocap_frame_rate",
        columns=165,
    )
    (root / "HumanEva" / "S2" / "broken_poses.npz").write_bytes(b"PK\x03\x04 cut off")
    write_amass(root / "Transitions_mocap" / "m" / "short_poses.npz", smooth_motion(3), 60.0)
    (root / "HumanEva" / "S1" / "shape.npz").touch()
    return root


def body_models(folder: Path) -> Path:
    for place in ("smplh/SMPLH_MALE", "smplh/SMPLH_FEMALE", "smplh/SMPLH_NEUTRAL", "smplx/SMPLX_FEMALE"):
        write_body_model(folder / f"{place}.npz", smpl_like_body(), SMPL_REST_PELVIS_M, growth=0.05)
    return folder


@pytest.mark.parametrize("with_models", [False, True])
def test_one_command_runs_what_the_folder_allows_and_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], with_models: bool
) -> None:
    amass = amass_folder(tmp_path / "AMASS")
    command = ["evaluate", "--amass", str(amass), "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    if with_models:
        command += ["--body-models", str(body_models(tmp_path / "models"))]
    assert main(command) == 0
    told = capsys.readouterr()
    assert "Protocol 2 was not run" in told.err
    assert "broken_poses.npz" in told.err
    assert "protocol 1, the shipped prior: 5 of 5 files" in told.err
    document = json.loads((tmp_path / "out" / "amass.json").read_text(encoding="utf-8"))
    assert [(result["protocol"], result["files"]) for result in document] == [(1, 5)]
    assert set(document[0]["problems"]) == {
        "HumanEva/S2/broken_poses.npz",
        "Transitions_mocap/m/short_poses.npz",
    }
    assert set(document[0]["figures"]) == {body.name for body in BODIES}
    for figures in document[0]["figures"].values():
        assert figures["hand_cm"] < 1.0
        assert 1.0 < figures["mpjpe_cm"] < 60.0
    text = (tmp_path / "out" / "amass.md").read_text(encoding="utf-8")
    assert "3 of 5 files" in text
    assert ("Without body models" in text) != with_models
    assert "as published" not in text

    store = tmp_path / "runs" / "amass" / "protocol_1" / "rows.jsonl"
    before = store.read_text(encoding="utf-8")
    assert main(command) == 0
    assert store.read_text(encoding="utf-8") == before


def test_a_file_that_was_mended_is_measured_again_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "BODIES", BODIES[:1])
    amass = amass_folder(tmp_path / "AMASS")
    broken = amass / "HumanEva" / "S2" / "broken_poses.npz"
    test = TestSet(1, amass, [broken, amass / "HumanEva" / "S1" / "walk_poses.npz"])
    prior, store = load_prior(), RowStore(tmp_path / "rows.jsonl")
    first = measure_files(test, prior, store)
    assert "problem" in first[0]
    with store.path.open("a", encoding="utf-8") as file:
        file.write('{"protocol": 1, "bodies": {"default": {}')  # a process that was killed
    write_amass(broken, smooth_motion(40), 60.0)
    seen: list[int] = []
    second = measure_files(test, prior, store, lambda done, _: seen.append(done))
    assert "bodies" in second[0]
    assert second[1] == first[1]
    assert seen == [1, 2]
    # Nothing tells that the solver has changed, but somebody who asks for it gets all measured again.
    count = len(store.rows())
    third = measure_files(test, prior, store, again=True)
    assert third == second
    assert len(store.rows()) == count + 2
    # A file of the same size with other motion is another file.
    size = broken.stat().st_size
    write_amass(broken, smooth_motion(40, seed=9), 60.0)
    assert broken.stat().st_size == size
    changed = measure_files(test, prior, store)
    assert changed[0]["sha256"] != third[0]["sha256"]
    assert changed[1] == third[1]


def test_rotations_count_from_our_t_pose_for_the_prior_and_from_smpl_s_for_the_figures(tmp_path: Path) -> None:
    models = body_models(tmp_path)
    body = ProtocolBody.of_models(models)
    elbow = body.skeleton.offsets_m[JOINT_INDEX["left_elbow"]]
    np.testing.assert_allclose(elbow / np.linalg.norm(elbow), (1, 0, 0), atol=1e-9)
    write_amass(tmp_path / "walk.npz", smooth_motion(30), 60.0)
    captured = load_amass(tmp_path / "walk.npz", models)
    converted = body.from_smpl(captured)
    np.testing.assert_allclose(converted.joint_positions_m, captured.joint_positions_m, atol=1e-9)
    assert np.abs(converted.rotations_wxyz - captured.rotations_wxyz).max() > 0.01
    back = body.to_smpl(converted)
    np.testing.assert_allclose(back.skeleton.offsets_m, captured.skeleton.offsets_m, atol=1e-9)
    aligned = np.abs((back.rotations_wxyz * captured.rotations_wxyz).sum(axis=-1))
    np.testing.assert_allclose(aligned, 1.0, atol=1e-9)


def test_a_prior_is_trained_on_the_training_files_once(tmp_path: Path) -> None:
    files = []
    for subject in range(3):
        for take in range(2):
            files.append(tmp_path / "CMU" / f"S{subject}" / f"{take}_poses.npz")
            write_amass(files[-1], smooth_motion(300, seed=10 * subject + take), 60.0)
    files.append(tmp_path / "CMU" / "S0" / "broken_poses.npz")
    files[-1].write_bytes(b"nothing")
    network = NetworkConfig(CONDITION_SIZE, window=64, frames_per_token=8, width=32, depth=1, heads=2, feet=True)
    settings = replace(TrainingSettings(), steps=2, batch=2, validate_every=2, checkpoint_every=2, network=network)
    problems: list[str] = []
    models = body_models(tmp_path / "models")

    def train(
        steps: int = 2, listed: Sequence[Path] = files, models: Path | None = models
    ) -> tuple[Prior, ProtocolTraining]:
        return train_protocol(
            listed,
            tmp_path / "run",
            models,
            replace(settings, steps=steps),
            torch.device("cpu"),
            lambda _, problem: problems.append(problem),
        )

    prior, training = train()
    assert (training.steps, training.files, training.read) == (2, 7, 6)
    test = TestSet(1, tmp_path, [*files[:1], tmp_path / "gone.npz"])
    row = measure_files(test, prior, RowStore(tmp_path / "rows.jsonl"))
    assert "bodies" in row[0]  # what was trained solves
    assert row[1]["problem"] == "The file is missing."
    assert sum(problem != "" for problem in problems) == 1
    packed = read_packed(tmp_path / "run" / "train.npz")
    assert len(packed) == 6
    elbow = packed.offsets_m[0, JOINT_INDEX["left_elbow"]]
    np.testing.assert_allclose(elbow / np.linalg.norm(elbow), (1, 0, 0), atol=1e-5)
    trained = tmp_path / "run" / "prior" / "prior.safetensors"
    before = trained.read_bytes()
    train()
    assert trained.read_bytes() == before
    # It is not passed off as another one, and a longer training goes on where it was.
    for change, words in (
        ({"listed": files[1:]}, "on other files"),
        ({"models": None}, "with other body models"),
        ({"steps": 1}, "for 2 steps, not 1"),
    ):
        with pytest.raises(InPoseError, match=words) as refused:
            train(**change)
        assert "--runs" in refused.value.hint
    assert trained.read_bytes() == before
    assert train(3)[1].steps == 3
    assert trained.read_bytes() != before
    assert len(problems) == 7  # nothing was read again
    (tmp_path / "run" / "train.json").unlink()
    with pytest.raises(InPoseError, match="files that are not known"):
        train(3)


def test_the_paper_s_figures_stand_only_beside_the_same_protocol() -> None:
    figures = {"mpjpe_cm": 7.0, "mpjre_deg": 6.0, "scaled_mpjpe_cm": 7.0}
    columns = ("upper_cm", "lower_cm", "hand_cm", "mpjve_cm_s", "jitter", "jitter_of_truth")
    row = {
        "file": "a",
        "seconds": 60.0,
        "bodies": {body.name: {**figures, **dict.fromkeys(columns, 1.0)} for body in BODIES},
    }
    whole = ProtocolTraining(TrainingSettings().steps, 100, 99)
    same = ProtocolResult(1, "a prior", whole, True, [row])
    assert f"| {next(iter(PUBLISHED))}, as published | 4.92 (4.25) |" in page([same])
    assert "| a prior | 7.00 (6.00) |" in page([same])
    broken = {"file": "b", "problem": "It is broken."}
    for other in (
        replace(same, training=None),
        replace(same, training=replace(whole, steps=100)),
        replace(same, training=replace(whole, read=98)),
        replace(same, own_bones=False),
        replace(same, rows=[row, broken]),
        replace(same, protocol=2),
    ):
        assert "as published" not in page([other])


def test_what_cannot_be_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "AMASS").mkdir()
    out = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    assert main(["evaluate", "--amass", str(tmp_path / "AMASS"), *out]) == 2
    told = capsys.readouterr().err
    assert "HumanEva" in told
    assert "No protocol can be run" in told
    assert main(["evaluate", "--amass", str(tmp_path / "AMASS"), "--protocol", "2", *out]) == 2
    assert "--lists" in capsys.readouterr().err
    assert main(["evaluate", *out]) == 2
    assert "--data" in capsys.readouterr().err
    assert RowStore(tmp_path / "none.jsonl").rows() == []
