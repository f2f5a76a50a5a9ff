# SPDX-License-Identifier: Apache-2.0
"""Give jobs to processes, one at a time each, and outlive processes that crash or stop answering.

If a process crashes (out of memory, a broken library), its job fails, but not the batch. A process reports its
progress. If it reports nothing for too long, it is ended and its job is tried once more. The processes end when the
batch ends, for any reason. If there is a graphics card, one more process denoises on it for all of them (`card`).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from ..numerics import Backend
from ..system.process import children_without_ctrl_c
from .card import CardProcess, ask_over, card_for
from .jobs import Job, patience_s
from .joint_network import may_ask_card
from .result import JobResult
from .work import do_job, failed

_SILENT_S: Final[float] = 300.0
"""Longest time before the first progress report of a process, and between two reports; more for large recordings."""
_TICK_S: Final[float] = 1.0
_TRIES: Final[int] = 2
_ENDING_S: Final[float] = 1.0
_HEARTBEAT_S: Final[float] = 0.5

_SPAWN: Final = multiprocessing.get_context("spawn")
"""A fork would copy the locks of the threads of the program that runs the batch."""


@dataclass
class _Worker:
    """Hold a process, its pipe, and the job that it has; `job` is None while it waits for one."""

    process: Any
    pipe: Connection
    job: int | None = None
    heard_s: float = field(default_factory=time.monotonic)
    is_gone: bool = False
    """The pipe was closed at its end."""


def solve_in_processes(
    jobs: Sequence[Job],
    on_progress: Callable[[int, float], None],
    processes: int,
    silent_s: float = _SILENT_S,
    card: Backend | None = None,
) -> Iterator[tuple[int, JobResult]]:
    """Yield each job's index and outcome, in the order in which they end.

    Args:
        jobs: what to do.
        on_progress: called with a job's index and the share that is done.
        processes: how many to do at once.
        silent_s: longest time without a message of a process; more for large recordings.
        card: denoises for all processes together; by default the graphics card of this computer.
    """
    card = card or card_for(jobs)
    pool = _Pool(jobs, deque(range(len(jobs))), [0] * len(jobs), CardProcess(card) if card else None)
    try:
        while pool.is_busy:
            pool.give(processes)
            yield from pool.hear(on_progress)
            yield from pool.bury(silent_s)
    finally:
        for worker in pool.workers:
            _end(worker)
        if pool.card is not None:
            pool.card.end()


@dataclass
class _Pool:
    """Hold who works on what."""

    jobs: Sequence[Job]
    waiting: deque[int]
    tries: list[int]
    card: CardProcess | None
    workers: list[_Worker] = field(default_factory=list)

    @property
    def is_busy(self) -> bool:
        return bool(self.waiting) or any(worker.job is not None for worker in self.workers)

    def give(self, processes: int) -> None:
        """Give waiting jobs to processes that have none, starting more of them while there are too few."""
        for worker in self.workers:
            if worker.job is None and self.waiting:
                _give(worker, self.waiting.popleft(), self.jobs)
        while self.waiting and len(self.workers) < processes:
            self.workers.append(_start(self.card))
            _give(self.workers[-1], self.waiting.popleft(), self.jobs)

    def hear(self, on_progress: Callable[[int, float], None]) -> Iterator[tuple[int, JobResult]]:
        """Take one message of each process that has sent any; yield the outcomes."""
        ready = wait([worker.pipe for worker in self.workers if worker.job is not None], timeout=_TICK_S)
        for worker in self.workers:
            if worker.pipe not in ready or worker.job is None:
                continue
            message = _receive(worker)
            worker.is_gone = message is None
            if isinstance(message, float):
                on_progress(worker.job, message)
            elif isinstance(message, JobResult):
                index, worker.job = worker.job, None
                yield index, message

    def bury(self, silent_s: float) -> Iterator[tuple[int, JobResult]]:
        """End processes that have died or say nothing; yield the outcomes of jobs that are given up."""
        for worker in [one for one in self.workers if _is_lost(one, self.jobs, silent_s)]:
            self.workers.remove(worker)
            code = _end(worker)
            if worker.job is None:
                continue
            self.tries[worker.job] += 1
            if self.tries[worker.job] < _TRIES:
                self.waiting.append(worker.job)
            else:
                yield worker.job, _crashed(self.jobs[worker.job], code)


def _start(card: CardProcess | None) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    to_card = card.connection() if card else None
    process = _SPAWN.Process(target=_work, args=(theirs, card and card.backend, to_card), daemon=True)
    with children_without_ctrl_c():
        process.start()
    theirs.close()
    if to_card is not None:
        to_card.close()
    return _Worker(process, ours)


def _give(worker: _Worker, index: int, jobs: Sequence[Job]) -> None:
    worker.job, worker.heard_s = index, time.monotonic()
    with suppress(OSError):  # it has died meanwhile, which `_is_lost` finds
        worker.pipe.send(jobs[index])


def _receive(worker: _Worker) -> object:
    """Return the next message; None if the process has ended."""
    try:
        message: object = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    worker.heard_s = time.monotonic()
    return message


def _is_lost(worker: _Worker, jobs: Sequence[Job], silent_s: float) -> bool:
    if worker.job is None:
        return not worker.process.is_alive()
    return worker.is_gone or time.monotonic() - worker.heard_s > patience_s(jobs[worker.job], silent_s)


def _end(worker: _Worker) -> int | None:
    """End a process, and return the code with which it had ended by itself; None if it had not."""
    if worker.is_gone:  # its end of the pipe closes a moment before it has ended
        worker.process.join(_ENDING_S)
    code: int | None = worker.process.exitcode
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()
    return code


def _crashed(job: Job, code: int | None) -> JobResult:
    if code is None:
        return failed(
            job,
            "The solver stopped answering, twice.",
            "Solve this recording alone. If that fails, too, report the problem and send the file.",
        )
    return failed(
        job,
        f"The solver crashed, twice (exit code {code}).",
        "There may be too little memory. Run fewer processes (--processes 1).",
    )


def _work(pipe: Connection, card: Backend | None, to_card: Connection | None) -> None:
    """Serve jobs until the pipe closes; the main function of a process."""
    ask = partial(ask_over, to_card) if to_card is not None else None
    from ..numerics.threads import alone  # noqa: PLC0415 (the batch itself computes nothing)
    from ..prior.checkpoint import load_prior  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch ends its processes itself
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prior = load_prior()
    last_s = 0.0

    def tell(share: float) -> None:
        nonlocal last_s
        if time.monotonic() - last_s > _HEARTBEAT_S:
            last_s = time.monotonic()
            pipe.send(float(share))

    with suppress(KeyboardInterrupt), alone():
        while True:
            try:
                job: Job = pipe.recv()
                pipe.send(0.0)
            except (EOFError, OSError):
                return  # the batch has ended
            asked = ask if card and may_ask_card(job.solve, card) else None
            result = _done(job, partial(do_job, job, prior, tell, asked))
            try:
                pipe.send(result)
            except OSError:
                return


def _done(job: Job, do: Callable[[], JobResult]) -> JobResult:
    """Do a job; what nobody has foreseen is told of this job, and the process goes on with the next one."""
    try:
        return do()
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        return failed(
            job,
            f"The job failed: {type(error).__name__}{f': {reason}' if reason else ''}.",
            "If the message names a disk or a folder, mend that. If not, report the problem and send the file.",
        )


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
