# SPDX-License-Identifier: GPL-3.0-or-later
"""Find all processes that a command has started, by a mark in their environment (Linux)."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK: Final[str] = "INPOSE_CHAOS"


def marked(mark: str) -> list[int]:
    """Return the running processes with this mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0") and not _is_dead(folder):
                    found.append(int(folder.name))
    return sorted(found)


def all_gone(mark: str, within_s: float) -> bool:
    """Wait until no process with this mark runs; return False if some still do after the time."""
    until_s = time.monotonic() + within_s
    while marked(mark):
        if time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True


def send(process: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _is_dead(folder: Path) -> bool:
    return (folder / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
