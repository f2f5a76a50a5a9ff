# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a running command."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.processes import marked, send

_STOPPED_S: Final[float] = 1.0


@dataclass(frozen=True)
class Event:
    """Hold one kind of disturbance."""

    name: str
    happen: Callable[[int, str, Path, random.Random], None]
    """Gets the command's process, its mark, the folder of outputs and the draws."""
    memory_bytes: int | None = None
    """How much address space the command and each of its processes have."""
    small_disk: bool = False
    """Whether the outputs go to a disk that is nearly full."""
    may_leave_half_files: bool = False
    """Nobody can tidy up after a process that was killed while it wrote, until this output is written again."""


def _nothing(_process: int, _mark: str, _out: Path, _draws: random.Random) -> None:
    return


def _signal(number: signal.Signals) -> Callable[[int, str, Path, random.Random], None]:
    def happen(process: int, _mark: str, _out: Path, _draws: random.Random) -> None:
        send(process, number)

    return happen


def _kill_one(process: int, mark: str, _out: Path, draws: random.Random) -> None:
    others = [each for each in marked(mark) if each != process]
    if others:
        send(draws.choice(others), signal.SIGKILL)


def _pause_one(_process: int, mark: str, _out: Path, draws: random.Random) -> None:
    running = marked(mark)
    if running:
        paused = draws.choice(running)
        send(paused, signal.SIGSTOP)
        time.sleep(_STOPPED_S)
        send(paused, signal.SIGCONT)


def _remove_an_output(_process: int, _mark: str, out: Path, draws: random.Random) -> None:
    there = sorted(path for path in out.iterdir() if path.suffix in {".npz", ".blend"} and path.name[0] != ".")
    if there:
        draws.choice(there).unlink(missing_ok=True)


EVENTS: Final[tuple[Event, ...]] = (
    Event("killed", _signal(signal.SIGKILL), may_leave_half_files=True),
    Event("asked to end", _signal(signal.SIGTERM)),
    Event("interrupted", _signal(signal.SIGINT)),
    Event("the terminal closes", _signal(signal.SIGHUP)),
    Event("one of its processes is killed", _kill_one, may_leave_half_files=True),
    Event("one of its processes pauses", _pause_one),
    Event("an output disappears", _remove_an_output),
    Event("the disk is full", _nothing, small_disk=True),
    Event("memory is short", _nothing, memory_bytes=900 * 2**20),
)
