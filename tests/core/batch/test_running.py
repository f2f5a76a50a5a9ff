# SPDX-License-Identifier: Apache-2.0
"""Test batches end to end, in real processes."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from inpose_core import Motion
from inpose_core.batch import pool
from inpose_core.batch.choosing import jobs_for
from inpose_core.batch.jobs import Job, patience_s
from inpose_core.batch.page import page_of, write_report
from inpose_core.batch.pool import solve_in_processes
from inpose_core.batch.result import JobResult
from inpose_core.batch.running import run_batch
from inpose_core.cli import main
from inpose_core.options.solve import SolveSettings
from inpose_core.recording.folders import LEDGER_NAME

REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLE = REPOSITORY / "examples" / "walk_wave_crouch.csv"
ONE, TWO = (partial(solve_in_processes, processes=count) for count in (1, 2))
DRAFT = SolveSettings(quality="draft", device="cpu")


def _jobs(folder: Path, count: int = 3) -> tuple[Job, ...]:
    takes = folder / "takes"
    takes.mkdir(exist_ok=True)
    lines = EXAMPLE.read_text().splitlines()
    for number in range(count):
        (takes / f"take{number}.csv").write_text("\n".join(lines[: 200 + number]) + "\n")
    (folder / "solved").mkdir(exist_ok=True)
    return jobs_for([takes], folder / "solved", Job(Path(), Path(), solve=DRAFT))


def test_a_batch_solves_what_can_be_solved_and_goes_on_where_it_was(tmp_path: Path) -> None:
    jobs = _jobs(tmp_path)
    jobs[1].recording.write_text("no recording\n")
    results = run_batch(jobs, tmp_path, TWO)
    assert [result.status for result in results] == ["solved", "failed", "solved"]
    assert "CSV" in results[1].message
    assert len(Motion.load_npz(jobs[2].output)) == results[2].frames > 100
    # What has not changed is not done again; what has, is.
    before_s = jobs[0].output.stat().st_mtime_ns
    jobs[2].output.unlink()
    again = run_batch(jobs, tmp_path, ONE)
    assert [result.status for result in again] == ["unchanged", "failed", "solved"]
    assert jobs[0].output.stat().st_mtime_ns == before_s
    assert replace(again[0], status="solved") == results[0]
    finer = [replace(job, solve=replace(DRAFT, seed=5)) for job in jobs[::2]]
    assert [result.status for result in run_batch(finer, tmp_path, ONE)] == [
        "solved",
        "solved",
    ]


def test_a_ledger_with_a_half_line_is_read(tmp_path: Path) -> None:
    jobs = _jobs(tmp_path, 1)
    run_batch(jobs, tmp_path, ONE)
    ledger = tmp_path / LEDGER_NAME
    ledger.write_text(ledger.read_text() + '[1]\nnull\n{"fingerprint": "a"}\n{"fingerprint": "ab')
    assert [result.status for result in run_batch(jobs, tmp_path, ONE)] == ["unchanged"]


def test_a_process_that_is_killed_costs_no_job(tmp_path: Path) -> None:
    jobs = _jobs(tmp_path, 3)
    killed: list[int] = []

    def kill_once(_job: int, _share: float) -> None:
        if not killed:
            killed.extend(_children())
            for process in killed:
                os.kill(process, signal.SIGKILL)

    found = dict(solve_in_processes(jobs, kill_once, 2))
    assert killed
    assert sorted(found) == [0, 1, 2]
    assert {result.status for result in found.values()} == {"solved"}


def test_an_error_that_nobody_has_foreseen_is_told_of_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = multiprocessing.Pipe()
    first, second = _jobs(tmp_path, 2)

    def full_disk(job: Job, *_: object) -> JobResult:
        if job == first:
            raise OSError(28, "No space left on device")
        return pool.failed(job, "Second", "")

    monkeypatch.setattr(pool, "do_job", full_disk)
    monkeypatch.setattr(pool, "_end_with_parent", lambda: None)
    monkeypatch.setattr(pool.signal, "signal", lambda *_: None)  # which a thread may not set
    for job in (first, second):
        here.send(job)
    working = threading.Thread(target=pool._work, args=(there, None, None))
    working.start()
    answers = [message for message in (here.recv() for _ in range(4)) if isinstance(message, JobResult)]
    here.close()
    working.join(10.0)
    assert "No space left on device" in answers[0].message
    assert answers[1].message == "Second"
    assert not working.is_alive()


@pytest.mark.slow
def test_a_process_that_stops_answering_is_ended_and_the_job_given_up_after_two_tries(tmp_path: Path) -> None:
    stopped: list[int] = []

    def stop(_job: int, _share: float) -> None:
        stopped.extend(_children())
        for process in stopped[-1:]:
            os.kill(process, signal.SIGSTOP)

    slow = [replace(job, solve=SolveSettings(guidance="pigdm", device="cpu")) for job in _jobs(tmp_path, 1)]
    ((_, result),) = solve_in_processes(slow, stop, 1, silent_s=15.0)
    assert len(set(stopped)) == 2
    assert result.status == "failed"
    assert "stopped answering" in result.message


def test_patience_grows_with_the_recording(tmp_path: Path) -> None:
    (job,) = _jobs(tmp_path, 1)
    small_s = patience_s(job, 300.0)
    with job.recording.open("ab") as file:
        file.truncate(200_000_000)  # a hole: no bytes are written
    assert 300.0 < small_s < 301.0
    assert patience_s(job, 300.0) > 1200.0
    job.recording.unlink()
    assert patience_s(job, 300.0) == 300.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Return a batch under way that has solved something and has more to do."""
    _jobs(tmp_path, 20)
    command = [sys.executable, "-m", "inpose_core.cli", "batch", str(tmp_path / "takes"), "-o", str(tmp_path / "out")]
    process = subprocess.Popen([*command, "--processes", "1"], cwd=REPOSITORY, stderr=subprocess.PIPE)
    until_s = time.monotonic() + 60
    while not list((tmp_path / "out").glob("take*.npz")) and time.monotonic() < until_s:
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_batch_leaves_nothing_and_continues(
    running: subprocess.Popen[bytes], how: signal.Signals, tmp_path: Path
) -> None:
    solvers = _children(running.pid)
    assert solvers
    os.kill(running.pid, how)
    running.wait(30)
    until_s = time.monotonic() + 20
    while any(Path(f"/proc/{solver}").exists() for solver in solvers) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not [solver for solver in solvers if Path(f"/proc/{solver}").exists()]
    done = sorted((tmp_path / "out").glob("take*.npz"))
    assert 0 < len(done) < 20
    assert main(["batch", str(tmp_path / "takes"), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    report = json.loads((tmp_path / "out" / "inpose-batch.json").read_text())
    # At most what was under way is done again: its file may be there before its line in the ledger.
    assert report["counts"]["unchanged"] >= len(done) - 1
    assert report["counts"]["failed"] == 0


def test_the_page_shows_each_recording_and_escapes_what_files_say(tmp_path: Path) -> None:
    jobs = _jobs(tmp_path, 1)
    (solved,) = run_batch(jobs, tmp_path, ONE)
    bad = JobResult("<b>.csv", "x.npz", "failed", "It is <not> a recording.", "Try & see.")
    page = page_of([solved, bad], tmp_path)
    assert "&lt;b&gt;.csv" in page
    assert "It is &lt;not&gt; a recording. Try &amp; see." in page
    assert page.index("&lt;b&gt;.csv") < page.index("take0.csv")
    assert page.count("<svg") == len(solved.poses_m) + 1
    assert 'href="solved/take0.npz"' in page
    report, _ = write_report([solved, bad], tmp_path)
    assert json.loads(report.read_text())["counts"] == {"solved": 1, "unchanged": 0, "failed": 1}


def test_the_page_links_names_that_are_no_addresses(tmp_path: Path) -> None:
    names = ("100%.npz", "take #3?.npz", "a:b.npz", "f&g/x y.npz")
    outputs = [str(tmp_path / name) for name in names]
    page = page_of([JobResult("take.csv", output, "solved") for output in outputs], tmp_path)
    for address in ("100%25.npz", "take%20%233%3F.npz", "a%3Ab.npz", "f%26g/x%20y.npz"):
        assert f'href="{address}"' in page
    assert 'href="s3://a/b.npz"' in page_of([JobResult("take.csv", "s3://a/b.npz", "solved")], tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, all names are text")
def test_recordings_whose_names_are_no_text_are_solved_and_told(tmp_path: Path) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    name = os.fsdecode(b"\x83e\x83X\x83g.csv")  # Japanese, from a zip file that Windows made
    (takes / name).write_text("\n".join(EXAMPLE.read_text().splitlines()[:180]) + "\n")
    for _ in range(2):
        command = ["batch", str(takes), "-o", str(tmp_path / "out"), "--quality", "draft", "--device", "cpu", "--quiet"]
        assert main(command) == 0
        assert 'href="%83e%83X%83g.npz"' in (tmp_path / "out" / "inpose-batch.html").read_bytes().decode()
    assert (tmp_path / "out" / os.fsdecode(b"\x83e\x83X\x83g.npz")).is_file()


def test_the_command_says_with_its_exit_code_whether_all_worked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = _jobs(tmp_path, 1)
    assert main(["batch", str(jobs[0].recording), "-o", str(tmp_path / "out"), "--quality", "draft"]) == 0
    assert "1 solved" in capsys.readouterr().out
    (tmp_path / "jobs.toml").write_text('[[jobs]]\nrecordings = "takes"\noutput = "solved"\n')
    given = ["--quality", "draft", "--device", "cpu", "--format", "bvh", "--from", "1", "--to", "2"]
    assert main(["batch", str(tmp_path / "jobs.toml"), *given, "--performer-height", "1.55", "--quiet"]) == 0
    (told,) = json.loads((tmp_path / "inpose-batch.json").read_text())["jobs"]
    assert Path(told["output"]) == tmp_path / "solved" / "take0.bvh"
    assert told["stature_m"] == 1.55
    assert 55 <= told["frames"] <= 65
    jobs[0].recording.write_text("nothing")
    assert main(["batch", str(jobs[0].recording), "-o", str(tmp_path / "out")]) == 1
    assert main(["batch", str(jobs[0].recording)]) == 2
    assert "--out" in capsys.readouterr().err


def test_a_folder_that_is_named_like_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (job,) = _jobs(tmp_path, 1)
    for name in ("a.npz", "b.BVH"):
        assert main(["batch", str(job.recording), "--out", str(tmp_path / name)]) == 2
        assert "--out is a folder" in capsys.readouterr().err
        assert not (tmp_path / name).exists()


def _children(parent: int | None = None) -> list[int]:
    """Return the processes that solve for a batch."""
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent or os.getpid())]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    return [int(pid) for pid, arguments in lines if "spawn_main" in arguments]
