# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow solves by a process that works, dies, talks nonsense or does not listen."""

from __future__ import annotations

import time

import pytest

from inpose_blender.core import CancelledError, InPoseError, RecordingError, Skeleton, WorkerError
from inpose_blender.runtime.interpreter import Interpreter, candidate_interpreters
from inpose_blender.solve import job as solve_job
from inpose_blender.solve.job import SolveJob, stop_warm_process


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
    running, longest = job("slow"), 0.0
    running.step()  # starting a process takes a moment
    while running.fraction < 0.2:
        start = time.perf_counter()
        running.step()
        longest = max(longest, time.perf_counter() - start)
        time.sleep(0.005)
    running.cancel()
    running.wait()
    assert longest < 0.05


def test_the_process_stays_warm(job):
    finish(job())
    (first,) = solve_job._warm
    finish(job())
    assert solve_job._warm == [first]


def test_a_dead_process_is_reported_and_replaced(job):
    with pytest.raises(WorkerError, match="exit code 9") as caught:
        finish(job("die"))
    assert "out of memory" in caught.value.__notes__[0]
    finish(job())


def test_a_process_that_died_while_idle_is_replaced(job):
    finish(job())
    solve_job._warm[0]._process.kill()
    solve_job._warm[0]._process.wait()
    finish(job())


def test_garbage_is_not_taken_for_messages(job):
    finish(job("garbage"))


def test_nonsense_is_an_error(job):
    with pytest.raises(WorkerError, match="makes no sense"):
        finish(job("nonsense"))


@pytest.mark.parametrize(("faults", "limit_s"), [("slow", 1.0), ("slow deaf", 3.0)])
def test_cancel(job, monkeypatch, faults, limit_s):
    monkeypatch.setattr(solve_job, "_CANCEL_LIMIT_S", 1.0)
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


@pytest.mark.parametrize(("faults", "said"), [("no_torch", "PyTorch is missing"), ("crash", "No module named torch")])
def test_a_python_without_torch_is_named(job, faults, said):
    with pytest.raises(WorkerError, match=said) as caught:
        finish(job(faults))
    assert "Blender's own Python" in caught.value.message
    assert "preferences" in caught.value.hint


def test_the_next_interpreter_is_tried(job):
    missing = Interpreter("/nonexistent/python", "nothing")
    finish(job(interpreters=[missing, *candidate_interpreters()]))


def test_another_protocol_is_refused(job):
    with pytest.raises(WorkerError, match="another version"):
        finish(job("future"))


def test_a_chosen_interpreter_must_exist(tmp_path):
    with pytest.raises(WorkerError, match="does not exist"):
        candidate_interpreters(str(tmp_path / "python"))


def test_stopping_ends_the_process(job):
    finish(job())
    process = solve_job._warm[0]
    stop_warm_process()
    assert not process.alive
    assert not solve_job._warm
    assert issubclass(WorkerError, InPoseError)
