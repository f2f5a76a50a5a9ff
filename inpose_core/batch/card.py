# SPDX-License-Identifier: Apache-2.0
"""Keep a process that denoises on a graphics card for the other processes of a batch.

The others are connected to it by pipes. It ends when the batch does, for any reason. If it dies, or takes too long,
the others denoise themselves.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from ..errors import InPoseError
from ..numerics import Backend
from ..prior.checkpoint import Prior, load_prior
from ..prior.network import Denoised
from ..system.process import children_without_ctrl_c
from .jobs import Job
from .joint_network import CardLostError, WindowsToDenoise, denoise_together, may_ask_card

_ANSWERS_WITHIN_S: Final[float] = 120.0
"""A card may need a minute before its first answer."""
_SPAWN: Final = multiprocessing.get_context("spawn")


class CardProcess:
    """Hold the process, and connect others to it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._control, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=serve, args=(theirs, backend), daemon=True)
        with children_without_ctrl_c():
            self.process.start()
        theirs.close()

    def connection(self) -> Connection:
        """Return the end of a new pipe, for a process that will ask; closed by the caller."""
        ours, theirs = _SPAWN.Pipe()
        with suppress(OSError):  # the card's process has died; who asks will find out
            reduction.send_handle(self._control, theirs.fileno(), self.process.pid)
        theirs.close()
        return ours

    def end(self) -> None:
        """End the process."""
        self._control.close()
        self.process.kill()
        self.process.join()


def card_for(jobs: Sequence[Job]) -> Backend | None:
    """Return the graphics card that jobs of a batch may use together; None where there is none or nobody wants it."""
    from ..solver.backends import choose_backend  # noqa: PLC0415 (may load torch)

    for settings in dict.fromkeys(job.solve for job in jobs):
        with suppress(InPoseError):  # the job itself will tell
            backend = choose_backend(settings)
            if backend.device != "cpu" and may_ask_card(settings, backend):
                return backend
    return None


def ask_over(pipe: Connection, windows: WindowsToDenoise) -> Denoised:
    """Send windows over a pipe, and return the answer.

    Raises:
        CardLostError: there is none.
    """
    try:
        pipe.send(windows)
        if not pipe.poll(_ANSWERS_WITHIN_S):
            pipe.close()  # a late answer would be taken for that of another question
            raise CardLostError("The graphics card does not answer.")
        answer: Denoised | str = pipe.recv()
    except (EOFError, OSError) as error:
        raise CardLostError("The process of the graphics card has ended.") from error
    if isinstance(answer, str):
        raise CardLostError(answer)
    return answer


def serve(control: Connection, backend: Backend) -> None:
    """Answer until the control pipe closes; the main function of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch ends its processes itself
    prior = load_prior(backend=backend)
    pipes: list[Connection] = []
    while True:
        ready = wait([control, *pipes])
        if control in ready:
            try:
                pipes.append(_received(control))
            except (EOFError, OSError):
                return
        asked: list[tuple[Connection, WindowsToDenoise]] = []
        for pipe in [one for one in pipes if one in ready]:
            try:
                asked.append((pipe, pipe.recv()))
            except (EOFError, OSError):
                pipes.remove(pipe)
        _answer(prior, backend, asked)


def _received(control: Connection) -> Connection:
    connection: Any = type(control)
    made: Connection = connection(reduction.recv_handle(control))
    return made


def _answer(prior: Prior, backend: Backend, asked: Sequence[tuple[Connection, WindowsToDenoise]]) -> None:
    try:
        for at, denoised in denoise_together(prior.network, backend, [windows for _, windows in asked]):
            _send(asked[at][0], denoised)
    except (MemoryError, RuntimeError) as error:  # torch's are RuntimeErrors
        if len(asked) == 1:
            _send(asked[0][0], f"The graphics card cannot denoise this recording: {error}")
            return
        for one in asked:
            _answer(prior, backend, [one])


def _send(pipe: Connection, answer: Denoised | str) -> None:
    with suppress(OSError):  # who asked has died
        pipe.send(answer)
