# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow solves by a process that works, dies, talks nonsense or does not listen."""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import pytest

from inpose_blender.core import CancelledError, InPoseError, RecordingError, Skeleton, WorkerError
from inpose_blender.runtime import watch, worker_job
from inpose_blender.runtime.interpreter import Interpreter, candidate_interpreters
from inpose_blender.runtime.solver_process import SolverProcess
from inpose_blender.runtime.worker_job import HelloJob, stop_warm_process
from inpose_blender.solve.job import SolveJob


@pytest.fixture
def job(fake_worker, take):
    def make(faults: str = "", interpreters=None) -> SolveJob:
        fake_worker(faults)
        return SolveJob(take, Skeleton.template(), interpreters or candidate_interpreters())

    return make


def finish(job: SolveJob) -> None:
    job.wait()
    job.outcome  # noqa: B018  (raises the job's error)


def test_a_solve_reports_progress_and_a_motion(job):
    running, seen = job(), []
    while not running.done:
        if running.step():
            seen.append((running.fraction, running.text))
        time.sleep(0.01)
    assert len(running.outcome.take.motion) == 61
    assert running.outcome.notes == ("Fake.",)
    assert running.outcome.mean_hand_error_m == pytest.approx(0.004)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_step_never_waits(job):
    running, waits_s = job("slow"), []
    running.step()  # starting a process takes a moment
    while running.fraction < 0.2:
        start = time.perf_counter()
        running.step()
        waits_s.append(time.perf_counter() - start)
        time.sleep(0.005)
    running.cancel()
    running.wait()
    # Another process may have the core for a moment; a step that waits for the solver waits again and again.
    assert len(waits_s) > 20
    assert np.percentile(waits_s, 90) < 0.05


def test_the_process_stays_warm(job):
    finish(job())
    first = worker_job._WARM.process
    finish(job())
    assert worker_job._WARM.process is first


def test_a_dead_process_is_reported_and_replaced(job):
    with pytest.raises(WorkerError, match="exit code 9") as caught:
        finish(job("die"))
    assert "out of memory" in caught.value.__notes__[0]
    finish(job())


def test_a_process_that_died_while_idle_is_replaced(job):
    finish(job())
    dead = worker_job._WARM.process
    dead._process.kill()
    dead._process.wait()
    finish(job())
    assert worker_job._WARM.process is not dead
    assert worker_job._WARM.process.alive


def test_garbage_is_not_taken_for_messages(job):
    running = job("garbage")
    finish(running)
    assert len(running.outcome.take.motion) == 61


def test_nonsense_is_an_error(job):
    with pytest.raises(WorkerError, match="invalid answer"):
        finish(job("nonsense"))


@pytest.mark.parametrize(("faults", "limit_s"), [("slow", 5.0), ("slow deaf", 10.0)])
def test_cancel(job, monkeypatch, faults, limit_s):
    monkeypatch.setattr(worker_job, "_CANCEL_LIMIT_S", 1.0)
    running = job(faults)
    while running.text != "Solving" or ("deaf" not in faults and running.fraction == 0):
        running.step()
        time.sleep(0.01)
    start = time.monotonic()
    running.cancel()
    with pytest.raises(CancelledError):
        finish(running)
    assert time.monotonic() - start < limit_s
    finish(job())


def test_cancel_before_the_process_is_ready(job):
    running = job()
    running.step()
    running.cancel()
    assert running.done
    finish(job())


def test_the_solvers_own_errors_keep_their_kind(job, take):
    take.write_bytes(b"")
    with pytest.raises(RecordingError, match="empty") as caught:
        finish(job())
    assert caught.value.hint == "Record again."


@pytest.mark.parametrize(("faults", "said"), [("no_numpy", "NumPy is missing"), ("crash", "No module named numpy")])
def test_a_python_without_torch_is_named(job, faults, said):
    with pytest.raises(WorkerError, match=said) as caught:
        finish(job(faults))
    assert "Blender's own Python" in caught.value.message
    assert "preferences" in caught.value.hint


def test_the_next_interpreter_is_tried(job):
    missing = Interpreter("/nonexistent/python", "nothing")
    finish(job(interpreters=[missing, *candidate_interpreters()]))
    assert worker_job._WARM.process.command[0] != missing.executable


@pytest.mark.parametrize("faults", ["future", "updated"])
def test_an_update_while_blender_is_open_asks_for_a_restart(job, faults):
    with pytest.raises(WorkerError, match="different versions") as caught:
        finish(job(faults))
    assert "Restart Blender" in caught.value.hint
    with pytest.raises(WorkerError, match="different versions"):
        finish(HelloJob(candidate_interpreters()))


def test_a_chosen_interpreter_must_exist(tmp_path):
    with pytest.raises(WorkerError, match="does not exist"):
        candidate_interpreters(str(tmp_path / "python"))


@pytest.fixture
def impatient(monkeypatch, tmp_path):
    """Wait a second where the product waits half a minute and more."""
    monkeypatch.setattr(watch, "_LONGEST_SILENCE_S", 1.0)
    monkeypatch.setattr(watch, "_PING_EVERY_S", 0.2)
    monkeypatch.setattr(watch, "_LEAST_PATIENCE_S", 2.0)
    monkeypatch.setenv("FAKE_MARK", str(tmp_path / "stopped once"))


@pytest.mark.skipif(os.name != "posix", reason="Windows stops no processes")
def test_a_stopped_process_is_started_anew_once(job, impatient):
    running = job("stops_once")
    until = time.monotonic() + 60
    running.wait()
    assert time.monotonic() < until
    assert len(running.outcome.take.motion) == 61
    assert worker_job._WARM.process is not None


@pytest.mark.skipif(os.name != "posix", reason="Windows stops no processes")
def test_a_process_that_stops_again_is_an_error(job, impatient):
    running = job("stops")
    with pytest.raises(WorkerError, match=r"did not respond, and .* after a restart") as caught:
        finish(running)
    assert caught.value.hint
    assert not running.folder.exists()
    assert worker_job._WARM.process is None
    finish(job(""))


def test_a_process_that_hangs_is_an_error(job, impatient):
    with pytest.raises(WorkerError, match="made no progress"):
        finish(job("deaf"))


@pytest.mark.skipif(os.name != "posix", reason="Windows stops no processes")
def test_all_who_wait_for_a_stopped_process_ask_anew(job, impatient):
    jobs = [job("stops_once"), job("stops_once")]
    until = time.monotonic() + 60
    while not all(running.done for running in jobs) and time.monotonic() < until:
        for running in jobs:
            running.step()
        time.sleep(0.01)
    for running in jobs:
        assert len(running.outcome.take.motion) == 61


def test_a_long_silent_solve_is_left_alone(job, monkeypatch):
    """The limit grows with the recording, and answers to pings are enough until then."""
    monkeypatch.setattr(watch, "_LONGEST_SILENCE_S", 0.5)
    monkeypatch.setattr(watch, "_PING_EVERY_S", 0.1)
    running = job("slower")
    began = time.monotonic()
    while time.monotonic() - began < 3:
        running.step()
        time.sleep(0.01)
    assert not running.done
    running.cancel()
    running.wait()


def test_patience_grows_with_the_recording(tmp_path):
    recording = tmp_path / "take.csv"
    recording.write_bytes(bytes(10_000_000))
    assert watch.patience_s(recording) == pytest.approx(180 + 600)
    assert watch.patience_s(tmp_path / "none") == 180


def test_time_during_which_nobody_looked_does_not_count(job, monkeypatch):
    running = job("slow")
    while running._watch is None:
        running.step()
    monkeypatch.setattr(watch.time, "monotonic", lambda: 1e9)  # the machine slept
    assert running._watch.look() == ""
    monkeypatch.undo()
    running.cancel()
    running.wait()


@pytest.mark.parametrize("faults", ["nested", "endless"])
def test_lines_that_no_reader_should_choke_on(job, faults):
    running = job(faults)
    finish(running)
    assert len(running.outcome.take.motion) == 61
    log = worker_job._WARM.process._log
    assert log
    assert max(map(len, log)) <= 2000


def test_stopping_ends_the_process(job):
    finish(job())
    process = worker_job._WARM.process
    stop_warm_process()
    assert not process.alive
    assert worker_job._WARM.process is None
    assert issubclass(WorkerError, InPoseError)


def test_stopping_does_not_wait_for_what_the_process_has_started():
    """A Python that is a script of the shell is such a process; its child keeps the outputs open."""
    child = "import time; time.sleep(12)"
    script = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\nprint('x', flush=True)\ninput()"
    )
    process = SolverProcess([sys.executable, "-c", script], dict(os.environ))
    end_s = time.monotonic() + 10
    while not process.log_tail:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    began_s = time.monotonic()
    process.stop(0.1)
    assert time.monotonic() - began_s < 6
    assert not process.alive


def test_a_pose_that_nobody_has_taken_outlives_the_states_after_it():
    """A window that is drawn slowly asks seldom; the solver says its state ten times a second."""
    lines = (
        {"event": "live", "id": 1, "phase": "ready", "pose": "first", "behind_s": 0.1, "heard_s": 5.0},
        {"event": "live", "id": 1, "phase": "ready", "pose": "second", "behind_s": 0.2, "heard_s": 6.0},
        {"event": "live", "id": 1, "phase": "waiting", "pose": None, "behind_s": 0.3, "heard_s": 7.0},
    )
    script = f"import json\nfor line in {lines!r}: print(json.dumps(line), flush=True)\ninput()"
    process = SolverProcess([sys.executable, "-c", script], dict(os.environ))
    try:
        end_s = time.monotonic() + 20
        while process._newest.get(1, {}).get("phase") != "waiting":
            assert time.monotonic() < end_s
            time.sleep(0.01)
        told = process.newest(1)
        assert told == {
            "event": "live", "id": 1, "phase": "waiting", "pose": "second", "behind_s": 0.2, "heard_s": 6.0
        }  # fmt: skip
        assert process.newest(1) is None
    finally:
        process.stop()
