# SPDX-License-Identifier: Apache-2.0
"""The command line of calibration: `inpose calibrate`, the options of `inpose solve`, `inpose info --plot`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import load_calibration
from inpose_core.cli import main
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.calibration.test_calibration_pose import held
from tests.core.recording.recording_files import moving_person

QUICK = ("--quiet", "--steps", "1", "--device", "cpu")


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "take.csv"
    write_csv(held(seconds=1.5, start_s=1.5), path)
    return path


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    path = tmp_path / "rig.json"
    path.write_text(Skeleton.template(3.5).to_json(), encoding="utf-8")
    return path


def test_a_performer_is_measured_and_saved(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "performer.json"
    assert main(["calibrate", str(take), "--out", str(output), "--hand-poses", "grip"]) == 0
    said = capsys.readouterr().out
    assert "1.75 m tall" in said
    assert "calibrated by a T-pose" in said
    assert list(tmp_path.iterdir()) == [output]
    performer = load_calibration(output)
    assert performer.source == "t_pose"
    np.testing.assert_allclose(performer.wrists[0].position_m, (-0.037, 0.065, 0.002), atol=0.02)


def test_a_saved_calibration_and_a_scale_reach_the_solver(take: Path, rig: Path, tmp_path: Path) -> None:
    performer = tmp_path / "performer.json"
    assert main(["calibrate", str(take), "--out", str(performer), "--hand-poses", "grip"]) == 0
    heads_m = {}
    for scale in ("height", "keep", "0.5", "arm-span"):
        output = tmp_path / f"{scale}.npz"
        arguments = ["solve", str(take), "-o", str(output), "--skeleton", str(rig), "--calibration", str(performer)]
        assert main([*arguments, "--scale", scale, *QUICK]) == 0
        heads_m[scale] = Motion.load_npz(output).joint_positions_m[0, 15, 1]
    assert heads_m["keep"] == pytest.approx(0.93 * 1.75 - 0.06, abs=0.03)
    assert heads_m["0.5"] == pytest.approx(0.5 * heads_m["keep"])
    assert heads_m["height"] == pytest.approx(3.5 * 0.88, abs=0.05)
    assert heads_m["arm-span"] == pytest.approx(heads_m["height"], rel=0.05)


def test_info_tells_and_draws_the_calibration_pose(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "take.png"
    assert main(["info", str(take), "--plot", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "T-pose from" in said
    assert str(picture) in said
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["info", str(take), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["calibration_pose"]["kind"] == "t_pose"
    assert document["calibration_pose"]["start_s"] == pytest.approx(1.65, abs=0.3)
    assert document["cleaning"]["devices"]["left"]["lost_s"] == 0.0


def test_info_says_that_there_is_no_pose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "take.csv"
    write_csv(moving_person(), path)
    assert main(["info", str(path)]) == 0
    assert "no T-pose or A-pose found" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scale", "twice"], 'Scale cannot be "twice"'),
        (["--scale", "-1"], "Scale cannot be -1"),
        (["--calibration", "nothing.json"], "cannot be read"),
        (["--calibration-time", "999"], "no calibration pose at"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    output = tmp_path / "out.npz"
    assert main(["solve", str(take), "-o", str(output), *QUICK, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not output.exists()


def test_a_calibration_needs_a_folder_and_devices(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", str(take), "--out", str(tmp_path / "no" / "performer.json")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["calibrate", str(take), "--out", str(tmp_path / "performer.json"), "--hand-poses", "joint"]) == 2
    assert "needs no calibration" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
