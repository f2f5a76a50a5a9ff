# SPDX-License-Identifier: Apache-2.0
"""``inpose evaluate`` drops no option without a word."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from inpose_core.cli import main
from inpose_core.commands import evaluate
from inpose_core.commands.evaluate_modes import AMASS, POINTS, RECORDINGS, SHEETS, SYSTEMS, Mode
from tests.core.synthetic import smooth_motion
from tests.core.training.test_trainer import write_packed

MODES: dict[Mode, Sequence[str]] = {
    SYSTEMS: ["--data", "d"],
    AMASS: ["--amass", "a"],
    SHEETS: ["--data", "d", "--sheets", "s"],
    RECORDINGS: ["--data", "d", "--recordings"],
    POINTS: ["--data", "d", "--points"],
}
OPTIONS: dict[str, Sequence[str]] = {
    "out": ["--out", "o"],
    "runs": ["--runs", "r"],
    "test": ["--test", "t.npz"],
    "weights": ["--weights", "w.safetensors"],
    "remeasure": ["--remeasure"],
    "quick": ["--quick"],
    "device": ["--device", "cuda"],
    "people": ["--people", "train"],
    "only": ["--only", "spikes"],
    "scenes": ["--scenes", "1"],
    "save_files": ["--save-files", "f"],
    "processes": ["--processes", "1"],
    "body_models": ["--body-models", "b"],
    "protocol": ["--protocol", "1"],
    "lists": ["--lists", "l"],
    "train": ["--train"],
}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Mode, argparse.Namespace]]:
    """Return what would have been measured, with which options."""
    seen: list[tuple[Mode, argparse.Namespace]] = []
    spies = {mode: lambda options, mode=mode: seen.append((mode, options)) or 0 for mode in MODES}
    monkeypatch.setattr(evaluate, "_RUN", spies)
    return seen


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.label)
def test_an_option_is_used_or_refused(
    mode: Mode, ran: list[tuple[Mode, argparse.Namespace]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *MODES[mode]]) == 0
    for name, given in OPTIONS.items():
        ran.clear()
        code = main(["evaluate", *MODES[mode], *given])
        told = capsys.readouterr().err
        if name in mode.uses:
            assert (code, told) == (0, "")
            assert ran[0][0] is mode
        else:
            assert (code, ran) == (2, [])
            assert f"{given[0]}: not used when" in told


def test_what_a_measurement_needs_is_asked_for(
    ran: list[tuple[Mode, argparse.Namespace]], capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ([], ["--points"], ["--recordings"], ["--sheets", "s"]):
        assert main(["evaluate", *given]) == 2
        assert "--data" in capsys.readouterr().err
    assert main(["evaluate", "--points", "--test", "file.npz"]) == 0
    assert main(["evaluate", "--amass", "a", "--steps", "3"]) == 2
    assert "--train" in capsys.readouterr().err
    assert len(ran) == 1


def test_a_part_of_the_defects_is_only_printed(
    ran: list[tuple[Mode, argparse.Namespace]], capsys: pytest.CaptureFixture[str]
) -> None:
    for part in (["--only", "spikes"], ["--save-files", "f"], ["--people", "train"]):
        assert main(["evaluate", *MODES[RECORDINGS], *part, "--out", "o"]) == 2
        assert "--out: not used" in capsys.readouterr().err
    assert ran == []


def test_the_figures_of_chosen_points_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed, out = tmp_path / "test.npz", tmp_path / "new" / "ev"
    write_packed(packed, [("1", smooth_motion(150))])
    assert main(["evaluate", "--points", "head,hands", "--test", str(packed), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "points.json")
    (names,) = figures = json.loads((out / "points.json").read_text())
    assert (names, "perfect" in figures[names]) == ("head,hands", True)


def test_defects_of_recordings_are_measured_with_the_given_prior(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inpose_core.evaluation.recordings.running.hash_of_packed", lambda _: "")
    command = ["evaluate", "--recordings", "--data", str(tmp_path), "--only", "spikes", "--scenes", "1"]
    assert main([*command, "--weights", str(tmp_path / "none.safetensors")]) == 2
    assert "none.safetensors" in capsys.readouterr().err
