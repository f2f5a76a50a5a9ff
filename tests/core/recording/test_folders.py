# SPDX-License-Identifier: Apache-2.0
"""A folder's recordings are listed without what InPose writes beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inpose_core.cli import main
from inpose_core.motion_files.bvh import save_bvh
from inpose_core.recording.folders import recordings_in
from tests.core.synthetic import smooth_motion

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


def test_what_inpose_writes_is_no_recording(tmp_path: Path) -> None:
    for name in ("take_001.csv", "b.bsor", "others.json", "broken.npz"):
        (tmp_path / name).write_text("{}")
    np.savez(tmp_path / "amass.npz", poses=np.zeros((2, 156)))
    smooth_motion(5).save_npz(tmp_path / "take_001.npz")
    for name in ("take_001.calibration.json", "take_001.csv.columns.json", "inpose-batch.jsonl", "inpose-batch.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / ".hidden.csv").write_text("")
    (tmp_path / "folder.csv").mkdir()
    found = [path.name for path in recordings_in(tmp_path)]
    assert found == ["amass.npz", "b.bsor", "broken.npz", "others.json", "take_001.csv"]


@pytest.mark.parametrize("jobs_file", [False, True])
def test_bvh_that_a_batch_has_written_beside_the_recordings_is_no_recording(tmp_path: Path, jobs_file: bool) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    lines = EXAMPLE.read_text().splitlines()
    (folder / "walk.csv").write_text("\n".join(lines[:180]) + "\n")
    save_bvh(smooth_motion(40), folder / "captured.bvh")
    options = ["--format", "bvh", "--quality", "draft", "--device", "cpu", "--quiet", "--processes", "1"]
    if jobs_file:
        (tmp_path / "jobs.toml").write_text('[[jobs]]\nrecordings = "takes/*.*v*"\noutput = "takes"\n')
        given = [str(tmp_path / "jobs.toml"), *options]
    else:
        given = [str(folder), "--out", str(folder), *options]
    # Nothing that somebody has captured is replaced.
    assert main(["batch", *given]) == 2
    (folder / "captured.bvh").unlink()
    assert main(["batch", *given]) == 0
    written = (folder / "walk.bvh").stat().st_mtime_ns
    assert main(["batch", *given]) == 0
    assert (folder / "walk.bvh").stat().st_mtime_ns == written
    assert sorted(path.name for path in folder.glob("*.*v*")) == ["walk.bvh", "walk.csv"]
    if not jobs_file:
        (folder / "inpose-batch.jsonl").open("a").write('[1]\n{"result": {"output": "wa')
        assert [path.name for path in recordings_in(folder)] == ["walk.csv"]


def test_a_batch_into_the_folder_of_its_recordings_runs_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = EXAMPLE.read_text().splitlines()
    (tmp_path / "walk.csv").write_text("\n".join(lines[:180]) + "\n")
    (tmp_path / "walk.calibration.json").write_text(json.dumps({"a": 1}))
    command = ["batch", str(tmp_path), "--out", str(tmp_path), "--quality", "draft", "--device", "cpu", "--quiet"]
    assert main([*command, "--processes", "1"]) == 0
    assert (tmp_path / "walk.npz").is_file()
    assert main([*command, "--processes", "1"]) == 0
    capsys.readouterr()
    assert main(["takes", str(tmp_path), "--quality", "draft", "--device", "cpu", "--quiet"]) == 0
