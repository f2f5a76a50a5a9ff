# SPDX-License-Identifier: Apache-2.0
"""Share work over the processor's cores: numpy lets other threads run while it computes.

The parts do not depend on the number of threads. So the results do not either.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from pathlib import Path
from threading import Thread
from typing import Final, TypeVar

from .blas_threads import one_blas_thread

Part = TypeVar("Part")
Made = TypeVar("Made")

_MOST_THREADS: Final[int] = 8
"""More threads would wait for the memory, and each needs its own buffers."""
_CGROUP_LIMIT: Final[Path] = Path("/sys/fs/cgroup/cpu.max")
_SHARING: Final[ContextVar[bool]] = ContextVar("sharing", default=False)
"""Whether this thread already works on a part. It then computes further shared work alone."""


def map_parts(function: Callable[[Part], Made], parts: Sequence[Part], threads: int | None = None) -> list[Made]:
    """Return what the function makes of each part, in order; several threads take the parts from one queue.

    Meanwhile, numpy's BLAS uses one thread for each of ours. Threads that share one product wait for each other in a
    loop: beside two busy processes, they took 30 times as long. Threads that compute whole parts took twice as long,
    which is their fair share. After an exception or Ctrl-C no thread begins another part.

    Args:
        function: what to do; several threads call it at once.
        parts: some dozens of pieces of work, of milliseconds each at least.
        threads: number of threads; by default one more than `usable_cores`, at most 8.

    Raises:
        BaseException: the exception of the function; if several parts failed, that of the first.
    """
    # One more than there are cores costs nothing by itself, and gets a larger share beside other processes.
    count = min(len(parts), threads or min(usable_cores() + 1, _MOST_THREADS))
    if _SHARING.get():
        return [function(part) for part in parts]
    queue = deque(enumerate(parts))
    made: dict[int, Made] = {}
    failures: dict[int, BaseException] = {}

    def work() -> None:
        _SHARING.set(True)
        while True:
            try:
                index, part = queue.popleft()
            except IndexError:
                return
            try:
                made[index] = function(part)
            except BaseException as error:  # raised again by the thread that shares the work
                failures[index] = error
                queue.clear()

    with one_blas_thread():
        helpers = [Thread(target=copy_context().run, args=(work,)) for _ in range(count - 1)]
        try:
            _start(helpers)
            copy_context().run(work)
        finally:
            queue.clear()
            for helper in helpers:
                if helper.ident is not None:
                    helper.join()
    if failures:
        raise failures[min(failures)]
    return [made[index] for index in range(len(parts))]


@contextmanager
def alone() -> Iterator[None]:
    """Compute on one thread within the block: several processes share the cores better than their threads do."""
    token = _SHARING.set(True)
    try:
        with one_blas_thread():
            yield
    finally:
        _SHARING.reset(token)


def _start(threads: Sequence[Thread]) -> None:
    """Start the threads; fewer than asked for where the system has no more."""
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:
            return


def usable_cores() -> int:
    """Return how many cores this process may use: by its affinity, and by its container's limit on Linux."""
    if sys.version_info >= (3, 13):
        cores = os.process_cpu_count() or 1
    elif sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _container_cores(cores)))


def _container_cores(otherwise: int) -> int:
    """Return the cores that the container's limit is worth, rounded up."""
    try:
        microseconds, period = _CGROUP_LIMIT.read_text(encoding="ascii").split()
        return -(-int(microseconds) // int(period))
    except (OSError, ValueError):
        # No limit reads "max 100000"; most systems have no such file.
        return otherwise
