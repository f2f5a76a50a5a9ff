# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturb one command once, then run it undisturbed, and look at what is left after each."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.chaos.commands import REPOSITORY, Command, write_takes
from tests.chaos.events import Event
from tests.chaos.processes import MARK, all_gone, marked, send
from tests.small_disk import can_mount, small_disk

_LATEST_S: Final[dict[str, float]] = {"batch": 6.0, "headless": 8.0}
"""An undisturbed command takes about as long."""
_GONE_WITHIN_S: Final[float] = 5.0
_ENDS_WITHIN_S: Final[float] = 120.0
_DISK_BYTES: Final[tuple[int, int]] = (20_000, 1_500_000)


def run_trial(command: Command, event: Event, draws: random.Random) -> list[str]:
    """Return the faults of one trial; empty if everything was as it must be."""
    with TemporaryDirectory(prefix="inpose-chaos-") as name, _output_folder(Path(name), event, draws) as out:
        folder = Path(name)
        takes, temporary = folder / "takes", folder / "temporary"
        for each in (takes, temporary):
            each.mkdir()
        write_takes(takes)
        before = _contents(takes)
        older = {path: b"an older file" for output in command.outputs[:1] if (path := out / output)}
        if not event.small_disk:
            for path, content in older.items():
                path.write_bytes(content)
        faults = _disturb(command, event, draws, takes, out, temporary)
        faults += _left(command, event, out, temporary, older if not event.small_disk else {})
        if _contents(takes) != before:
            faults.append("a recording was changed")
        if event.small_disk:
            return faults
        return faults + _undisturbed(command, takes, out, temporary)


def _disturb(
    command: Command, event: Event, draws: random.Random, takes: Path, out: Path, temporary: Path
) -> list[str]:
    mark = secrets.token_hex(8)
    process = _start(command, takes, out, temporary, mark, event.memory_bytes)
    time.sleep(draws.uniform(0.0, _LATEST_S[command.name]))
    if process.poll() is None:
        event.happen(process.pid, mark, out, draws)
    faults = []
    try:
        _, said = process.communicate(timeout=_ENDS_WITHIN_S)
        if b"Traceback" in said:
            faults.append(f"a traceback: {said[-600:].decode(errors='replace')}")
    except subprocess.TimeoutExpired:
        faults.append("it did not end")
        process.kill()
        process.communicate()
    if not all_gone(mark, _GONE_WITHIN_S):
        faults.append("a process goes on")
        for each in marked(mark):
            send(each, 9)  # type: ignore[arg-type]  # SIGKILL
    return faults


def _left(command: Command, event: Event, out: Path, temporary: Path, older: dict[Path, bytes]) -> list[str]:
    """Return what is wrong with what a disturbed command has left."""
    faults = []
    expected = {*command.outputs, *command.others}
    for path in sorted(out.iterdir()):
        half = path.name.startswith(".") and "-inpose-" in path.name
        if path.name in command.others or (half and event.may_leave_half_files):
            continue
        if path.name not in expected:
            faults.append(f"{path.name} is left")
        elif path.read_bytes() != older.get(path) and (fault := command.fault_of(path)):
            faults.append(f"{path.name} is damaged: {fault}")
    if not event.may_leave_half_files:
        faults += [f"{path.name} is left in the temporary folder" for path in temporary.iterdir()]
    return faults


def _undisturbed(command: Command, takes: Path, out: Path, temporary: Path) -> list[str]:
    """Return what is wrong after the same command ran again: now everything must be there."""
    process = _start(command, takes, out, temporary, secrets.token_hex(8), None)
    _, said = process.communicate(timeout=_ENDS_WITHIN_S)
    if process.returncode:
        return [f"afterwards it fails ({process.returncode}): {said[-300:].decode(errors='replace')}"]
    halves = [f"afterwards {path.name} is left" for path in out.iterdir() if path.name.startswith(".")]
    return halves + [
        f"afterwards {output} is damaged: {fault}"
        for output in command.outputs
        if (fault := command.fault_of(out / output) if (out / output).exists() else "it is not there")
    ]


def _start(
    command: Command, takes: Path, out: Path, temporary: Path, mark: str, memory_bytes: int | None
) -> subprocess.Popen[bytes]:
    environment = {**os.environ, MARK: mark, "TMPDIR": str(temporary), "PYTHONPATH": str(REPOSITORY)}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        command.arguments(takes, out),
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=partial(_limit_memory, memory_bytes) if memory_bytes else None,  # noqa: PLW1509 (no threads here)
    )


def _limit_memory(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


@contextmanager
def _output_folder(folder: Path, event: Event, draws: random.Random) -> Iterator[Path]:
    if event.small_disk and can_mount():
        with small_disk(draws.randint(*_DISK_BYTES)) as out:
            yield out
        return
    out = folder / "out"
    out.mkdir()
    yield out


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
