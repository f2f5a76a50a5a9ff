# SPDX-License-Identifier: Apache-2.0
"""No command replaces what it reads, whatever its output is called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.cli import main
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.system.same_files import is_same_file
from tests.core.recording.recording_files import moving_person
from tests.core.recording.sample_recordings import uxf_files
from tests.core.synthetic import smooth_motion

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
REPLACED = "it would be replaced"


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("captured") / "take.bvh"
    save_bvh(smooth_motion(30), path)
    return path


@pytest.fixture
def take(captured: Path, tmp_path: Path) -> Path:
    """Return a recording that has an ending which InPose writes, too."""
    return Path(shutil.copy(captured, tmp_path))


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return why a command line was refused; empty if it was not."""
    code = main([str(argument) for argument in arguments])
    return capsys.readouterr().err if code == 2 else ""


def test_a_recording_is_not_replaced_by_its_motion(
    take: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, folder = take.read_bytes(), take.parent
    monkeypatch.chdir(folder)
    (folder / "link.bvh").symlink_to(take)
    os.link(take, folder / "hard.bvh")
    for spelled in (take, "take.bvh", "./TAKE.BVH", folder / "no" / ".." / "take.bvh", "link.bvh", "hard.bvh"):
        (folder / "no").mkdir(exist_ok=True)
        assert f"{Path(spelled)} is a recording: {REPLACED}" in refused(capsys, "solve", take, "-o", spelled, "--quiet")
    assert f"take.bvh is a recording: {REPLACED}" in refused(capsys, "solve", "link.bvh", "-o", "take.bvh", "--quiet")
    (folder / "links").mkdir()
    (folder / "links" / "take.bvh").symlink_to(take)
    assert f"take.bvh is a recording: {REPLACED}" in refused(capsys, "batch", "links", "--format", "bvh", "-o", ".")
    assert take.read_bytes() == before
    assert not is_same_file(take, folder / "other.bvh")


@pytest.mark.parametrize("option", ["--skeleton", "--calibration", "--pins", "--edits"])
def test_a_file_of_an_option_is_not_replaced(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = tmp_path / "given.npz"
    given.write_text(_body() if option == "--skeleton" else "{}")
    before = given.read_bytes()
    assert REPLACED in refused(capsys, "solve", EXAMPLE, option, given, "-o", given)
    assert given.read_bytes() == before


def test_a_calibration_replaces_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = tmp_path / "take.json"
    shutil.copy(EXAMPLE, take)  # its content says what it is
    assert f"is a recording: {REPLACED}" in refused(capsys, "calibrate", take, "--out", take)
    other = Path(shutil.copy(EXAMPLE, tmp_path / "take.csv"))
    assert ".json" in refused(capsys, "calibrate", take, "--out", other)
    body = tmp_path / "body.json"
    body.write_text(_body())
    assert f"is the skeleton: {REPLACED}" in refused(capsys, "calibrate", take, "--skeleton", body, "--out", body)
    columns = tmp_path / "take.csv.columns.json"
    columns.write_text("{}")
    assert f"a file of the recording: {REPLACED}" in refused(capsys, "calibrate", other, "--out", columns)
    assert take.read_bytes() == other.read_bytes() == EXAMPLE.read_bytes()
    assert (body.read_text(), columns.read_text()) == (_body(), "{}")


def test_a_picture_replaces_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = tmp_path / "take.png"
    shutil.copy(EXAMPLE, take)
    assert f"is a recording: {REPLACED}" in refused(capsys, "info", take, "--plot", take)
    other = Path(shutil.copy(EXAMPLE, tmp_path / "take.csv"))
    assert ".png" in refused(capsys, "info", take, "--plot", other)
    assert "does not exist" in refused(capsys, "info", take, "--plot", tmp_path / "no" / "take.png")
    assert take.read_bytes() == other.read_bytes() == EXAMPLE.read_bytes()


def test_the_files_of_the_other_devices_are_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = uxf_files(moving_person(), tmp_path)
    for file in sorted(tmp_path.iterdir()):
        file.rename(file.with_suffix(".json"))
    head, left = tmp_path / "head_movement_T001.json", left.with_suffix(".json")
    assert f"a file of the recording: {REPLACED}" in refused(capsys, "calibrate", head, "--out", left)


def test_a_folder_without_a_name_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert refused(capsys, "solve", ".", "-o", tmp_path / "x.npz").startswith("inpose: . is a folder, not a recording")


def _body() -> str:
    return Skeleton.template().to_json()
