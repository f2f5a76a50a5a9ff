# SPDX-License-Identifier: Apache-2.0
"""The recordings that files, folders and patterns stand for, and where their motions go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from inpose_core.batch.choosing import jobs_for
from inpose_core.batch.jobs import Job, check_jobs
from inpose_core.cli import main
from inpose_core.errors import RecordingError
from inpose_core.recording.folders import LEDGER_NAME
from tests.core.recording.recording_files import moving_person
from tests.core.recording.sample_recordings import uxf_files

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"
DRAFT = ("--quality", "draft", "--device", "cpu", "--quiet", "--processes", "1")
OUT = Path("out")


def _placed(recordings: Sequence[Path]) -> dict[str, str]:
    """Return where the motions go, by their recordings."""
    jobs = jobs_for(recordings, OUT, Job(Path(), Path()))
    return {job.recording.as_posix(): job.output.as_posix() for job in jobs}


def _make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("nothing")


def test_a_recording_of_several_files_is_one_job(tmp_path: Path) -> None:
    uxf_files(moving_person(), tmp_path)
    every, template = sorted(tmp_path.iterdir()), Job(Path(), Path())
    for given in ([tmp_path], every, [tmp_path / "*.csv"]):
        assert [job.recording for job in jobs_for(given, tmp_path / "out", template)] == every[:1]
    assert every[0].name == "head_movement_T001.csv"


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording"):
        jobs_for([tmp_path], tmp_path, Job(Path(), Path()))


def test_a_pattern_may_leave_folders_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _make(tmp_path, "takes/anna/walk.csv", "takes/ben/walk.csv", "takes/ben/run.bsor", "takes/ben/day 2/walk.csv")
    assert _placed([Path("takes/*/*.csv")]) == {
        "takes/anna/walk.csv": "out/anna/walk.npz",
        "takes/ben/walk.csv": "out/ben/walk.npz",
    }
    assert _placed([Path("t*/ben/run.*")]) == {"takes/ben/run.bsor": "out/takes/ben/run.npz"}
    assert _placed([Path("*/ann[a]/*")]) == {"takes/anna/walk.csv": "out/takes/anna/walk.npz"}
    assert set(_placed([tmp_path / "takes" / "**" / "walk.csv"]).values()) == {
        "out/anna/walk.npz",
        "out/ben/walk.npz",
        "out/ben/day 2/walk.npz",
    }
    assert _placed([Path("takes/anna/*.csv")]) == {"takes/anna/walk.csv": "out/walk.npz"}
    with pytest.raises(RecordingError, match=r"no recording in takes/\*/\*.xror"):
        _placed([Path("takes/*/*.xror")])


def test_what_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecordingError, match=r"not a pattern|no recording"):  # the second since Python 3.13
        _placed([tmp_path / "a**" / "*.csv"])

    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(RecordingError, match=r"cannot be listed.*Permission denied"):
        _placed([tmp_path])


def test_signs_in_the_name_of_a_folder_are_no_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _make(tmp_path, "takes [2]/walk [1].csv", "takes [2]/walk 1.csv")
    assert list(_placed([Path("takes [2]/*.csv")])) == ["takes [2]/walk 1.csv", "takes [2]/walk [1].csv"]
    assert list(_placed([Path("takes [2]/walk [1].csv")])) == ["takes [2]/walk [1].csv"]


def test_what_a_batch_has_written_is_no_match_in_any_folder(tmp_path: Path) -> None:
    _make(tmp_path, "anna/walk.csv", "anna/walk.bvh", "ben/walk.bvh")
    (tmp_path / "anna" / LEDGER_NAME).write_text(json.dumps({"result": {"output": "walk.bvh"}}) + "\n")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in _placed([tmp_path / "*" / "*.*v*"])]
    assert found == ["anna/walk.csv", "ben/walk.bvh"]


def test_recordings_that_differ_only_in_their_endings_get_names_with_them(tmp_path: Path) -> None:
    _make(tmp_path, "walk.bsor", "Walk.csv", "run.csv")
    jobs = jobs_for([tmp_path], tmp_path / "out", Job(Path(), Path()))
    assert [job.output.name for job in jobs] == ["Walk.csv.npz", "run.npz", "walk.bsor.npz"]
    check_jobs(jobs)
    # Given by name from two folders, too.
    _make(tmp_path, "more/run.bsor")
    jobs = jobs_for([tmp_path / "run.csv", tmp_path / "more" / "run.bsor"], OUT, Job(Path(), Path()), ".bvh")
    assert [job.output.as_posix() for job in jobs] == ["out/run.csv.bvh", "out/run.bsor.bvh"]


def test_takes_of_one_name_are_solved_and_found_solved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = EXAMPLE.read_text().splitlines()
    for ending in ("csv", "txt.csv", "tsv"):
        (tmp_path / f"walk.{ending}").write_text("\n".join(rows[:180]) + "\n")
    assert main(["takes", str(tmp_path), "--solve", "--json", *DRAFT]) == 0
    assert [take["state"] for take in json.loads(capsys.readouterr().out)] == ["solved"] * 3
    written = sorted(path.name for path in (tmp_path / "solved").glob("*.npz"))
    assert written == ["walk.csv.npz", "walk.tsv.npz", "walk.txt.npz"]


def test_a_batch_whose_ledger_is_elsewhere_goes_on(tmp_path: Path) -> None:
    _make(tmp_path, "takes/walk.csv")
    rows = EXAMPLE.read_text().splitlines()
    (tmp_path / "takes" / "walk.csv").write_text("\n".join(rows[:180]) + "\n")
    (tmp_path / "jobs.toml").write_text('[[jobs]]\nrecordings = "takes"\noutput = "takes"\nformat = "bvh"\n')
    command = ["batch", str(tmp_path / "jobs.toml"), *DRAFT]
    assert main([*command, "--out", str(tmp_path / "report")]) == 0
    written = (tmp_path / "takes" / "walk.bvh").stat().st_mtime_ns
    assert main([*command, "--out", str(tmp_path / "report")]) == 0
    assert (tmp_path / "takes" / "walk.bvh").stat().st_mtime_ns == written
    (report,) = json.loads((tmp_path / "report" / "inpose-batch.json").read_text())["jobs"]
    assert (report["status"], Path(report["output"]).name) == ("unchanged", "walk.bvh")
