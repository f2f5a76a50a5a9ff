# SPDX-License-Identifier: Apache-2.0
"""Start and end our processes so that they leave nothing behind. Standard library only."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

STOPPED_CODE: Final[int] = 128 + signal.SIGTERM
"""The exit code of a process that was ended by a signal, as shells report it."""
INTERRUPTED_CODE: Final[int] = 128 + signal.SIGINT
"""The same after Ctrl-C."""

_SIGNALS: Final[tuple[str, ...]] = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""How render farms, closed terminals and Windows ask a process to end."""
_ALL_SIGNALS: Final[tuple[str, ...]] = (*_SIGNALS, "SIGINT")
"""The same, with Ctrl-C."""


class StoppedError(KeyboardInterrupt):
    """Say that somebody asked this process to end. The running work cleans up, as after Ctrl-C."""


@contextmanager
def stop_by_unwinding(*, then_ends: bool = False) -> Iterator[None]:
    """Within the block, a signal to end raises `StoppedError`, instead of ending the process in the middle of a write.

    Signals that are already ignored (nohup) or handled do not change. Outside the main thread, this does nothing.

    Args:
        then_ends: the process ends after the block; further signals, Ctrl-C among them, do not disturb its cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in _numbers(_SIGNALS) if signal.getsignal(number) is signal.SIG_DFL]

    def stop(*_: Any) -> None:
        for number in ours:
            signal.signal(number, signal.SIG_IGN)  # once is enough: cleaning up is not to be interrupted
        raise StoppedError

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in _numbers(_ALL_SIGNALS) if then_ends else ours:
            signal.signal(number, signal.SIG_IGN if then_ends else signal.SIG_DFL)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Within the block, hold back signals to end and Ctrl-C; they act after it.

    For code that an exception must not interrupt: packages while they load, and Blender, which runs Python of its own
    where it drops our exception and goes on, or crashes. Outside the main thread, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {number: signal.getsignal(number) for number in _numbers(_ALL_SIGNALS)}
    ours = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in ours:
        signal.signal(number, lambda given, _frame: held.append(given))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


def end_at_ctrl_c() -> None:
    """Let Ctrl-C end the process without a traceback: for while it loads and has begun nothing."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_at_ctrl_c() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` again after `end_at_ctrl_c`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def children_without_ctrl_c() -> Iterator[None]:
    """Within the block, start child processes that Ctrl-C does not reach: a terminal sends it to all processes.

    Windows cannot do this; there, the child itself must ignore it.
    """
    block = getattr(signal, "pthread_sigmask", None)
    if block is None:
        yield
        return
    from multiprocessing import resource_tracker  # noqa: PLC0415 (Blender's start should not wait for it)

    resource_tracker.ensure_running()  # it would start with the first child, and let Ctrl-C in again
    before = block(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        block(signal.SIG_SETMASK, before)


def keep_torch_from_making_folders() -> None:
    """Prevent torch from making the empty folder torchinductor_USER in the temporary folder when it loads."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())


def _numbers(names: Sequence[str]) -> list[signal.Signals]:
    """Return the signals of these names that the system has."""
    return [number for name in names if (number := getattr(signal, name, None)) is not None]
