# SPDX-License-Identifier: Apache-2.0
"""The command line: what it writes, what it says, and how it ends."""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core import __version__, cli
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_NAMES, SENSOR_JOINTS, Skeleton
from inpose_core.cli import main
from inpose_core.errors import CancelledError
from inpose_core.prior.checkpoint import load_prior
from inpose_core.recording.tables.csv_format import write_csv
from tests.core.recording.recording_files import BsorFile, moving_person, real_recording
from tests.core.synthetic import joint_recording, perfect_sensors, smooth_motion

REPOSITORY = Path(__file__).parents[2]
FRAMES = 90


def own_body() -> Skeleton:
    """Return a body that no template is: one arm longer than the other."""
    offsets_m = Skeleton.template(1.62).offsets_m.copy()
    offsets_m[18] *= 1.2
    return Skeleton(offsets_m.round(6))


@pytest.fixture(scope="module")
def performer() -> Motion:
    return smooth_motion(FRAMES, body=own_body())


@pytest.fixture(scope="module")
def take(performer: Motion, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "take.csv"
    write_csv(joint_recording(performer), path)
    return path


@pytest.fixture(scope="module")
def skeleton_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("skeleton") / "own.json"
    path.write_text(own_body().to_json(), encoding="utf-8")
    return path


# Solving.


def test_joint_poses_with_a_skeleton_are_taken_as_they_are(
    take: Path, skeleton_file: Path, performer: Motion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.npz"
    code = main(["solve", str(take), "-o", str(output), "--skeleton", str(skeleton_file), "--hand-poses", "joint"])
    assert code == 0
    said = capsys.readouterr().out
    assert f"{output}: {FRAMES} frames at 60 Hz" in said
    assert "cm from their targets" in said
    assert list(tmp_path.iterdir()) == [output]
    with np.load(output, allow_pickle=False) as arrays:
        assert arrays["joint_names"].tolist() == list(JOINT_NAMES)
        assert arrays["rotations_wxyz"].shape == (FRAMES, 22, 4)
        assert arrays["root_translation_m"].shape == arrays["trans"].shape == (FRAMES, 3)
        assert arrays["poses"].shape == (FRAMES, 156)
        assert float(arrays["fps"]) == float(arrays["mocap_framerate"]) == 60.0
        np.testing.assert_allclose(arrays["offsets_m"], own_body().offsets_m, atol=1e-6)
    motion = Motion.load_npz(output)
    solved_m = motion.joint_positions_m[:, list(SENSOR_JOINTS)]
    wanted_m = perfect_sensors(performer).positions_m
    # The recording's own clock has no last partial frame here, so frames correspond one to one.
    np.testing.assert_allclose(solved_m[:, 0], wanted_m[:, 0], atol=1e-5)
    assert np.linalg.norm(solved_m[:, 1:] - wanted_m[:, 1:], axis=-1).mean() < 0.01


def test_a_bvh_has_every_frame_and_the_bodys_hierarchy(take: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.bvh"
    assert main(["solve", str(take), "-o", str(output), "--hand-poses", "joint", "--quiet"]) == 0
    lines = output.read_text(encoding="ascii").splitlines()
    assert lines[0] == "HIERARCHY"
    assert sum(line.split()[0] in ("ROOT", "JOINT") for line in lines if line.strip()) == 22
    assert f"Frames: {FRAMES}" in [" ".join(line.split()) for line in lines]
    assert len(lines) - lines.index("MOTION") - 3 == FRAMES


@pytest.mark.parametrize("name", ["OUT.NPZ", "Out.Bvh"])
def test_endings_may_be_in_upper_case(take: Path, tmp_path: Path, name: str) -> None:
    assert (
        main(["solve", str(take), "-o", str(tmp_path / name), "--hand-poses", "joint", "--quiet", "--steps", "1"]) == 0
    )
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_without_a_skeleton_the_body_has_the_given_stature(take: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.npz"
    assert (
        main(["solve", str(take), "-o", str(output), "--hand-poses", "joint", "--performer-height", "1.9", "--quiet"])
        == 0
    )
    body = Motion.load_npz(output).skeleton
    np.testing.assert_allclose(body.offsets_m, Skeleton.template(1.9).offsets_m, atol=1e-6)


def test_without_a_stature_the_body_has_the_performers(tmp_path: Path) -> None:
    recording, output = tmp_path / "take.bsor", tmp_path / "out.npz"
    recording.write_bytes(BsorFile(moving_person(eye_m=1.5)).to_bytes())
    assert main(["solve", str(recording), "-o", str(output), "--hand-poses", "saber", "--quiet"]) == 0
    assert Motion.load_npz(output).skeleton.stature_m == pytest.approx(1.5 / 0.93, abs=0.06)


def test_options_reach_the_solver(take: Path, tmp_path: Path) -> None:
    variants = {
        "default": [],
        "again": [
            "--seed",
            "0",
            "--guidance",
            "tangent",
            "--quality",
            "default",
            "--steps",
            "2",
            "--variation",
            "0",
            "--foot-planting",
            "1",
            "--device",
            "cpu",
        ],
        "variation": ["--variation", "1"],
        "seed": ["--variation", "1", "--seed", "3"],
        "steps": ["--steps", "3"],
        "guidance": ["--guidance", "none"],
        "quality": ["--quality", "high"],
        "foot planting": ["--foot-planting", "0"],
    }
    rotations = {}
    for name, options in variants.items():
        output = tmp_path / f"{name}.npz"
        assert main(["solve", str(take), "-o", str(output), "--hand-poses", "joint", "--quiet", *options]) == 0
        rotations[name] = Motion.load_npz(output).rotations_wxyz
    np.testing.assert_array_equal(rotations["default"], rotations["again"])
    for name in ("variation", "seed", "steps", "guidance", "quality", "foot planting"):
        assert not np.allclose(rotations[name], rotations["default"], atol=1e-3), name
    assert not np.allclose(rotations["seed"], rotations["variation"], atol=1e-3)


def test_quiet_is_silent_and_an_existing_output_is_replaced(
    take: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.npz"
    output.write_bytes(b"the old take")
    assert main(["solve", str(take), "-o", str(output), "--hand-poses", "joint", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert len(Motion.load_npz(output)) == FRAMES


def test_the_progress_bar_is_for_terminals_only(
    take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint"]
    assert main(arguments) == 0
    assert "Solving" not in capsys.readouterr().err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    with contextlib.redirect_stderr(terminal):
        assert main(arguments) == 0
    assert "Solving" in terminal.getvalue()
    assert "100 %" in terminal.getvalue()
    with contextlib.redirect_stderr(quiet := Terminal()):
        assert main([*arguments, "--quiet"]) == 0
    assert quiet.getvalue() == ""


def test_a_real_recording_is_solved_to_a_person_whose_hands_follow(tmp_path: Path) -> None:
    recording, output = real_recording("bs_vivepro2_normal.bsor"), tmp_path / "out.npz"
    assert main(["solve", str(recording), "-o", str(output), "--hand-poses", "saber", "--quiet", "--steps", "2"]) == 0
    motion = Motion.load_npz(output)
    assert motion.sensor_error_m is not None
    assert np.nanmean(motion.sensor_error_m[:, 1:]) < 0.02
    assert np.nanmax(motion.sensor_error_m[:, 0]) < 1e-3


# Information.


def test_info_describes_the_recording_in_words(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(take)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("take.csv: CSV\n")
    for words in ("1.5 s, 90 frames, 60.0 Hz", "unit             m", "performer", "head", "left", "right", "100.0 %"):
        assert words in said
    assert "hand poses       joint" in said
    assert "read as" in said
    assert "axes             RUB (file: InPose's own CSV)" in said


def test_info_says_what_a_file_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    example = str(REPOSITORY / "examples" / "walk_wave_crouch.csv")
    assert main(["info", example]) == 0
    assert "set their kind with --hand-poses" in capsys.readouterr().out
    assert main(["info", example, "--axes", "unity", "--swap-hands", "--unit", "mm", "--origin", "floor"]) == 0
    said = capsys.readouterr().out
    for words in ("axes             RUF (given)", "left and right   swapped (given)", "unit             mm (given)"):
        assert words in said


def test_info_is_one_json_document_for_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = moving_person(200, rate_hz=90.0)
    measured = recording.measured.copy()
    measured[50:95, 1] = False
    write_csv(replace(recording, measured=measured), tmp_path / "take.csv")
    assert main(["info", str(tmp_path / "take.csv"), "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert {"format", "headset", "duration_s", "frames", "mean_rate_hz", "gaps", "unit", "stature_estimate_m"} <= set(
        info
    )
    assert info["frames"] == 200
    assert info["mean_rate_hz"] == pytest.approx(90.0, abs=0.1)
    assert info["duration_s"] == pytest.approx(199 / 90, abs=0.01)
    assert info["unit"] == "m"
    assert info["gaps"]["left"]["count"] == 1
    assert info["gaps"]["left"]["longest_s"] == pytest.approx(0.5, abs=0.03)
    assert info["gaps"]["right"]["count"] == 0


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"inpose {__version__}\n"


# What is wrong is told in one sentence, the exit code is 2, and nothing is left behind.


def expect_refusal(
    capsys: pytest.CaptureFixture[str], folder: Path, words: str, arguments: list[str], left: tuple[str, ...] = ()
) -> None:
    before = sorted(path.name for path in folder.iterdir())
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("inpose: ")
    assert err.count("\n") == 1
    assert words in err, err
    assert "Traceback" not in err
    assert sorted(path.name for path in folder.iterdir()) == before


BAD_RECORDINGS = {
    "missing": (None, "does not exist"),
    "empty": (b"", "is empty"),
    "text": (b"Dear diary,\ntoday I wore a headset.\n", "not a header"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "take"),
    "header_only": (b"time," + b",".join(b"head_p" + c for c in (b"x", b"y", b"z")) + b"\n", "lacks the column"),
}


@pytest.mark.parametrize("command", ["solve", "info"])
@pytest.mark.parametrize("kind", BAD_RECORDINGS)
def test_a_recording_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, kind: str
) -> None:
    data, words = BAD_RECORDINGS[kind]
    recording = tmp_path / "take.bin"
    if data is not None:
        recording.write_bytes(data)
    output = ["-o", str(tmp_path / "out.npz")] if command == "solve" else []
    expect_refusal(capsys, tmp_path, words, [command, str(recording), *output])


def test_a_truncated_replay_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = tmp_path / "take.bsor"
    whole = BsorFile(moving_person()).to_bytes()
    for share in (0.01, 0.03, 0.5):
        recording.write_bytes(whole[: int(share * len(whole))])
        expect_refusal(
            capsys,
            tmp_path,
            "take.bsor",
            ["solve", str(recording), "-o", str(tmp_path / "out.bvh"), "--hand-poses", "saber"],
        )


def test_a_recording_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = real_recording("tiltbrush_negative.xror")
    expect_refusal(
        capsys, tmp_path, "tiltbrush_negative.xror", ["solve", str(recording), "-o", str(tmp_path / "out.npz")]
    )
    expect_refusal(capsys, tmp_path, "tiltbrush_negative.xror", ["info", str(recording)])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/out.npz", "does not exist"),
        ("out.fbx", "neither in .npz, .bvh nor .vrma"),
        ("out", "neither in .npz, .bvh nor .vrma"),
        (".npz", "neither in .npz, .bvh nor .vrma"),
        ("take.csv/out.npz", "does not exist"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    (tmp_path / "take.csv").write_text("not a recording")
    expect_refusal(capsys, tmp_path, words, ["solve", str(tmp_path / "take.csv"), "-o", str(tmp_path / name)])


def test_an_output_that_is_a_folder_is_refused(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.npz").mkdir()
    arguments = ["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint", "--steps", "1"]
    expect_refusal(capsys, tmp_path, "cannot be written", arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--guidance", "telepathy"], "telepathy"),
        (["--steps", "0"], "Steps cannot be 0"),
        (["--steps", "2.5"], 'Steps cannot be "2.5"'),
        (["--seed", "-1"], "Seed cannot be -1"),
        (["--variation", "2"], "Variation cannot be 2"),
        (["--hand-poses", "sword"], "sword"),
        (["--performer-height", "tall"], "tall"),
        (["--device", "abacus"], "abacus"),
        (["--performer-height", "17.5"], "17.5 m"),
        (["--performer-height", "nan"], "nan m"),
        (["--skeleton", "nowhere.json"], "nowhere.json"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    arguments = ["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint", *options]
    expect_refusal(capsys, tmp_path, words, arguments)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("{}", 'has no "joints"'),
        ('{"joints": {"left_hip": [0, 0, 0]}}', "lacks right_hip"),
        (Skeleton.template().to_json().replace("0.0", '"x"', 1), "not three numbers"),
        (Skeleton.template().to_json().replace("-0.", "-NaN, 0."), "skeleton.json"),
        (json.dumps({"joints": {name: [0, 0, 0] for name in JOINT_NAMES}}), "head of this skeleton"),
    ],
)
def test_a_bad_skeleton_is_refused(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    skeleton = tmp_path / "skeleton.json"
    skeleton.write_text(content)
    arguments = [
        "solve",
        str(take),
        "-o",
        str(tmp_path / "out.npz"),
        "--hand-poses",
        "joint",
        "--skeleton",
        str(skeleton),
    ]
    expect_refusal(capsys, tmp_path, words, arguments)


def test_missing_and_damaged_weights_are_refused(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "inpose_prior.safetensors"
    monkeypatch.setattr(load_prior, "__defaults__", (weights, None))
    arguments = ["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint"]
    expect_refusal(capsys, tmp_path, "weights are missing", arguments)
    weights.write_bytes(b"\x10\x00")
    expect_refusal(capsys, tmp_path, "damaged", arguments)


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_training_without_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
    (tmp_path / "empty").mkdir()
    arguments = ["train", "--data", str(tmp_path / folder), "--out", str(tmp_path / "run"), "--steps", "1"]
    expect_refusal(capsys, tmp_path, "no packed motion", arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["teleport"],
        ["solve"],
        ["solve", "take.csv"],
        ["solve", "take.csv", "-o", "out.npz", "--fps", "30"],
    ],
)
def test_arguments_that_cannot_be_read_end_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: inpose" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError(), 2, "memory"),
        (CancelledError(), 2, "Cancelled"),
        (ModuleNotFoundError("no", name="torch"), 2, "package torch cannot be loaded"),
        (ModuleNotFoundError("no", name="scipy.ndimage"), 2, 'pip install "inpose[train]"'),
        (ImportError("libcudart.so.12: cannot open"), 2, "libcudart.so.12"),
    ],
)
def test_an_end_in_the_middle_is_told_and_leaves_nothing(
    take: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    words: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("inpose_core.solver.solving._denoiser", fail)
    assert main(["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint"]) == code
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_of_the_program_is_not_hidden(take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ModuleNotFoundError("no", name="inpose_core.nothing")

    monkeypatch.setattr("inpose_core.solver.solving._denoiser", fail)
    with pytest.raises(ModuleNotFoundError):
        main(["solve", str(take), "-o", str(tmp_path / "out.npz"), "--hand-poses", "joint"])


def test_every_argument_of_every_command_has_a_help_text() -> None:
    parser = cli._parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    silent = [
        f"{name} {action.dest}" for name, command in commands.choices.items() for action in command._actions
        if not action.help
    ]  # fmt: skip
    assert silent == []


# The process.


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inpose_core.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_the_process_solves_and_ends_with_its_code(take: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.bvh"
    finished = run("solve", str(take), "-o", str(output), "--hand-poses", "joint")
    assert finished.returncode == 0, finished.stderr
    assert f"{FRAMES} frames" in finished.stdout
    assert finished.stderr == ""
    assert output.read_text(encoding="ascii").startswith("HIERARCHY")
    refused = run("info", str(tmp_path / "none.csv"))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
