# SPDX-License-Identifier: Apache-2.0
"""Start and end our processes so that they leave nothing behind. Standard library only."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

STOPPED_CODE: Final[int] = 128 + signal.SIGTERM
"""The exit code of a process that was ended by a signal, as shells report it."""

_SIGNALS: Final[tuple[str, ...]] = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""How render farms, closed terminals and Windows ask a process to end."""


class StoppedError(KeyboardInterrupt):
    """Say that somebody asked this process to end. The running work cleans up, as after Ctrl-C."""


@contextmanager
def stop_by_unwinding(*, then_ends: bool = False) -> Iterator[None]:
    """Within the block, a signal to end raises `StoppedError`, instead of ending the process in the middle of a write.

    Signals that are already ignored (nohup) or handled do not change. Outside the main thread, this does nothing.

    Args:
        then_ends: the process ends after the block; further signals do not disturb its cleaning up.
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
    """Prevent torch from making the empty folder torchinductor_USER in the temporary folder when it loads."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
