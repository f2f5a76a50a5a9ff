# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's files are gone with it, whenever somebody asks the process to end."""

import gc
import shutil
import threading
from typing import Any

import pytest

from inpose_blender.core import CancelledError, StoppedError
from inpose_blender.runtime import worker_job
from inpose_blender.runtime.worker_job import WorkerJob


def test_a_signal_while_a_job_tidies_up_leaves_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    job = WorkerJob("info", {}, [])
    folder = job.folder
    folder.mkdir()

    def interrupted(*_: object, **__: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(worker_job.shutil, "rmtree", interrupted)
        with pytest.raises(StoppedError):
            job.cancel()
    assert folder.exists()
    del job
    gc.collect()
    assert not folder.exists()


def test_a_finished_job_removes_its_folder_at_once_and_only_once() -> None:
    job = WorkerJob("info", {}, [])
    job.folder.mkdir()
    job.cancel()
    assert not job.folder.exists()
    # Whoever makes a folder of that name later keeps it.
    job.folder.mkdir()
    folder = job.folder
    del job
    gc.collect()
    assert folder.exists()
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_removed_yet_is_removed_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows removes no file that somebody has open."""
    job = WorkerJob("info", {}, [])
    folder = job.folder
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(worker_job.shutil, "rmtree", lambda *_, **__: None)
        job.cancel()
    assert folder.exists()
    del job
    gc.collect()
    assert not folder.exists()


class _Deaf:
    """Stand for a process that has answered already."""

    def cancel(self, _identity: int) -> None:
        """Do nothing."""

    def forget(self, _identity: int) -> None:
        """Do nothing."""


class _SlowReader(WorkerJob):
    """Read the answer of a worker until somebody lets it end."""

    def __init__(self) -> None:
        super().__init__("info", {}, [])
        self.may_end = threading.Event()

    def read_result(self, result: dict[str, Any]) -> Any:
        self.may_end.wait(10.0)
        return result


def test_a_job_that_is_cancelled_while_its_answer_is_read_has_no_answer() -> None:
    job = _SlowReader()
    job._process, job._id = _Deaf(), 1  # type: ignore[assignment]
    job._on_reply({"id": 1, "event": "result", "result": {"frames": 3}})
    job.cancel()
    job.may_end.set()
    job.wait()
    with pytest.raises(CancelledError):
        _ = job.outcome
