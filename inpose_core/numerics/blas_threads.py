# SPDX-License-Identifier: Apache-2.0
"""Limit numpy's BLAS to one thread while our own threads share the work.

OpenBLAS, BLIS and MKL have a function for this. Apple's Accelerate does not need it: it takes its threads from the
system's queues, which never run more threads than there are cores.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from .thread_limit import ThreadLimit

_NAMES: Final[tuple[tuple[str, str], ...]] = (
    # numpy's wheels since 2.0, and 1.26; then what distributions and conda build.
    ("scipy_openblas_set_num_threads64_", "scipy_openblas_get_num_threads64_"),
    ("openblas_set_num_threads64_", "openblas_get_num_threads64_"),
    ("scipy_openblas_set_num_threads", "scipy_openblas_get_num_threads"),
    ("openblas_set_num_threads", "openblas_get_num_threads"),
    ("MKL_Set_Num_Threads", "MKL_Get_Max_Threads"),
    ("bli_thread_set_num_threads", "bli_thread_get_num_threads"),
)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit numpy's BLAS to one thread within the block; do nothing if numpy has no BLAS, or one without a limit."""
    limit = blas_limit()
    with nullcontext() if limit is None else limit.one_thread():
        yield


@cache
def blas_limit() -> ThreadLimit | None:
    """Return the thread limit of numpy's BLAS; None if it has none."""
    for path in _libraries():
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for set_name, get_name in _NAMES:
            try:
                set_threads, get_threads = library[set_name], library[get_name]
            except AttributeError:
                continue
            set_threads.argtypes, set_threads.restype = (ctypes.c_int,), None
            get_threads.argtypes, get_threads.restype = (), ctypes.c_int
            return ThreadLimit(get_threads, set_threads)
    return None


def _libraries() -> list[Path]:
    """Return the libraries that may be numpy's BLAS. They are loaded already; this loads none."""
    folder = Path(np.__file__).parent
    if sys.platform == "win32":
        # Names are looked up in one library alone; the wheels have theirs beside numpy.
        return sorted((folder.parent / "numpy.libs").glob("*openblas*.dll"))
    # Names are looked up in what a library needs, too, wherever that comes from.
    return [path for core in ("_core", "core") for path in folder.glob(f"{core}/_multiarray_umath*.so")]
