# SPDX-License-Identifier: Apache-2.0
"""Limit a library to one thread while at least one caller wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class ThreadLimit:
    """Limit a library to one thread while anybody wants it; its number of threads is the same for the whole process."""

    def __init__(self, get: Callable[[], int], set: Callable[[int], object]) -> None:  # noqa: A002 (as get)
        """Read and write the library's number of threads with these two."""
        self.get, self.set = get, set
        self._lock = Lock()
        self._holders = 0
        self._before = 1

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Limit the library to one thread within the block; when the last block ends, restore the number of threads."""
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
