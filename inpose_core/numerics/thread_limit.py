# SPDX-License-Identifier: Apache-2.0
"""Keep a library to one thread for a while, however many ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class ThreadLimit:
    """Keep a library, whose number of threads is one for the whole process, to one thread while anybody wants it."""

    def __init__(self, get: Callable[[], int], set: Callable[[int], object]) -> None:  # noqa: A002 (as get)
        """Read and write the library's number of threads with these two."""
        self.get, self.set = get, set
        self._lock = Lock()
        self._holders = 0
        self._before = 1

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Keep to one thread within the block; the last to leave its block gives back the number there was."""
        with self._lock:
            if self._holders == 0:
                self._before = self.get()
                self.set(1)
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if self._holders == 0:
                    self.set(self._before)
