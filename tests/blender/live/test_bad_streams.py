# SPDX-License-Identifier: GPL-3.0-or-later
"""Send to the real worker what goes wrong with senders: each is one sentence, and the take keeps all that is good."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from inpose_blender.core import RecordingError, Skeleton
from inpose_blender.live.job import LiveJob
from inpose_blender.options import LiveRequest
from inpose_blender.preferences.machine_settings import solver_interpreters
from inpose_core.live.vmc_output import message
from tests.core.recording.live.test_vmc import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("registered")]

_LIMIT_S = 60.0


class Program:
    """Stand in for a program that sends a moving head, from a socket of its own."""

    def __init__(self, port: int) -> None:
        self._port, self._out = port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sent = 0

    def send(self, *, head: Sequence[float] | None = None, clock_s: float | None = None) -> None:
        """Send one pose of the head; None: it moves."""
        if clock_s is not None:
            self._out.sendto(message("/VMC/Ext/T", clock_s), ("127.0.0.1", self._port))
        place = (0.01 * (self.sent % 50), 1.6, 0.0) if head is None else head
        self._out.sendto(message("/VMC/Ext/Hmd/Pos", "hmd", *place, 0.0, 0.0, 0.0, 1.0), ("127.0.0.1", self._port))
        self.sent += 1

    def close(self) -> None:
        """Send nothing more."""
        self._out.close()


def job_of(folder: Path, port: int, address: str = "127.0.0.1") -> LiveJob:
    offsets_m = Skeleton.template().offsets_m.tolist()
    return LiveJob(LiveRequest(folder, port=port, address=address, offsets_m=offsets_m), solver_interpreters())


def step(job: LiveJob, until: Callable[[], object], send: Callable[[], object] = lambda: None) -> None:
    end_s = time.monotonic() + _LIMIT_S
    while not until():
        assert time.monotonic() < end_s, job.follow
        send()
        job.step()
        time.sleep(1 / 60)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def job(tmp_path: Path, port: int) -> Iterator[LiveJob]:
    made = job_of(tmp_path, port)
    step(made, lambda: made.follow.phase != "starting")
    yield made
    made.stop_now()


def test_each_trouble_is_a_sentence_and_the_take_keeps_what_is_good(job: LiveJob, port: int, tmp_path: Path) -> None:
    def told(words: str) -> Callable[[], bool]:
        return lambda: words in job.follow.trouble

    step(job, told("Nothing arrives"))
    job.tell("record", path=str(tmp_path / "take.csv"))
    step(job, lambda: job.follow.recording)
    with closing(Program(port)) as first, closing(Program(port)) as second:

        def send_two() -> None:
            first.send()
            second.send(head=(5.0, 1.0, 5.0))

        step(job, told("Two programs"), send_two)
        step(job, told("not numbers"), lambda: (first.send(), first.send(head=(float("nan"), 1.6, 0.0))))
        times_s = iter(np.tile((100.0, 100.1, 5000.0, 5000.1), 10_000).tolist())
        step(job, told("clock"), lambda: first.send(clock_s=next(times_s)))
        step(job, told("does not move"), lambda: first.send(head=(0.0, 1.6, 0.0)))
        step(job, told("Nothing has arrived"))
        step(job, lambda: not told("Nothing has arrived")(), first.send)
    job.tell("end_take")
    step(job, lambda: not job.follow.recording)
    rows = (tmp_path / "take.csv").read_text(encoding="utf-8").splitlines()[1:]
    places = np.array([[float(cell) for cell in row.split(",")[2:5]] for row in rows])
    assert np.isfinite(places).all()
    assert np.abs(places[:, 0]).max() < 1.0, "the second program is not in the take"
    assert len(rows) > 200


def test_a_port_in_use_and_an_address_that_this_computer_lacks_are_said(tmp_path: Path, port: int) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", port))
        for address in ("127.0.0.1", "192.0.2.1"):  # the second one belongs to nobody: as without a network
            refused = job_of(tmp_path, port, address)
            step(refused, lambda refused=refused: refused.done)  # type: ignore[misc]
            with pytest.raises(RecordingError, match=r"cannot listen .* Close the other receiver"):
                _ = refused.outcome
            refused.stop_now()
