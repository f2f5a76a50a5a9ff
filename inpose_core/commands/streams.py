# SPDX-License-Identifier: Apache-2.0
"""Print names that the output cannot encode, end quietly when the reader of a pipe has closed it (``| head``), and say
when the disk is full."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable

CLOSED_PIPE: int = 141
"""The exit code of a program that SIGPIPE ends."""
_NO_ROOM: frozenset[int] = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG))


def run_with_output(run: Callable[[], int]) -> int:
    """Run a command, and return its exit code after all of its output is written.

    Letters that the output cannot encode are written by their numbers: a log on Windows has few letters, and a name on
    Linux may be no text at all.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return CLOSED_PIPE
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _drop_output()
        print(f"inpose: The output cannot be written ({error.strerror}). Free some space.", file=sys.stderr)
        return 2
    return code


def _drop_output() -> None:
    """Discard the rest of the output, so that it does not fail once more when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
