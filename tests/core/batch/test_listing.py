# SPDX-License-Identifier: Apache-2.0
"""List the takes of a folder, and solve them: ``inpose takes``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inpose_core.cli import main

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
DRAFT = ["--quality", "draft", "--device", "cpu", "--quiet"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    takes = tmp_path / "takes"
    takes.mkdir()
    lines = EXAMPLE.read_text().splitlines()
    for number in (1, 2):
        (takes / f"walk_{number:03}.csv").write_text("\n".join(lines[: 180 + number]) + "\n")
    (takes / "notes.csv").write_text("no recording\n")
    (takes / "notes.txt").write_text("no recording\n")
    return takes


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, dict[str, object]]]:
    code = main(["takes", *arguments, "--json", *DRAFT])
    return code, {Path(str(take["recording"])).name: take for take in json.loads(capsys.readouterr().out)}


def test_takes_are_listed_solved_and_listed_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, takes = listed(capsys, str(folder))
    assert code == 1  # one cannot be read
    assert list(takes) == ["notes.csv", "walk_001.csv", "walk_002.csv"]
    assert [take["state"] for take in takes.values()] == ["recorded"] * 3
    assert (takes["notes.csv"]["problem"], takes["notes.csv"]["length_s"]) == ("unreadable", None)
    assert takes["walk_001.csv"]["length_s"] == pytest.approx(2.49, abs=0.01)
    assert not (folder / "solved").exists()  # listing writes nothing
    (folder / "notes.csv").unlink()
    code, takes = listed(capsys, str(folder), "--solve", "--processes", "1")
    assert code == 0
    assert [take["state"] for take in takes.values()] == ["solved", "solved"]
    assert all(0.0 < float(str(take["confidence"])) <= 1.0 for take in takes.values())
    assert sorted(path.name for path in (folder / "solved").glob("*.npz")) == ["walk_001.npz", "walk_002.npz"]
    # Another option gives another motion than the one that is there.
    _, takes = listed(capsys, str(folder), "--performer-height", "1.6")
    assert [take["state"] for take in takes.values()] == ["outdated", "outdated"]


def test_the_table_is_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["takes", str(folder), *DRAFT]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["take", "recorded", "length", "source", "state", "sure", "problem"]
    assert lines[1].split()[0::3] == ["notes.csv", "recorded"]
    assert lines[2].split()[-1] == "frozen"  # the beginning of the example: nobody moves
    assert [line.partition(": ")[0] for line in lines[4:]] == ["notes.csv", "walk_001.csv", "walk_002.csv"]
    assert main(["takes", str(folder / "nowhere")]) == 2
    assert "is not a folder" in capsys.readouterr().err
