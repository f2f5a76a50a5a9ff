# SPDX-License-Identifier: Apache-2.0
"""Begin and end a process of ours so that nothing of it stays behind. Standard library only."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

STOPPED_CODE: Final[int] = 128 + signal.SIGTERM
"""The exit code of a process that was asked to end, as shells have it."""

_SIGNALS: Final[tuple[str, ...]] = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""How render farms, closed terminals and Windows ask a process to end."""


class StoppedError(KeyboardInterrupt):
    """Somebody asked this process to end; what is under way cleans up on the way out, as after Ctrl-C."""


@contextmanager
def stop_by_unwinding(*, then_ends: bool = False) -> Iterator[None]:
    """Within the block, let a signal to end raise `StoppedError` instead of ending the process in the midst of a write.

    A signal that somebody ignores (nohup) or handles already is left alone, and so is all outside the main thread.

    Args:
        then_ends: the process ends after the block, and is not to be disturbed in tidying up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for name in _SIGNALS if (number := getattr(signal, name, None)) is not None]
    ours = [number for number in ours if signal.getsignal(number) is signal.SIG_DFL]

    def stop(*_: Any) -> None:
        for number in ours:
            signal.signal(number, signal.SIG_IGN)  # once is enough: cleaning up is not to be interrupted
        raise StoppedError

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_IGN if then_ends else signal.SIG_DFL)


def keep_torch_from_making_folders() -> None:
    """Spare the temporary folder the empty torchinductor_USER that torch makes when it loads; nothing is compiled."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
