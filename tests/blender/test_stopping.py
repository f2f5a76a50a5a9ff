# SPDX-License-Identifier: GPL-3.0-or-later
"""A render farm stops a batch: the solver ends too, and neither temporary folders nor half files stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rigs import needs_bpy_wheel

HERE = Path(__file__).resolve().parent
pytestmark = [needs_bpy_wheel, pytest.mark.skipif(os.name != "posix", reason="Windows asks no process to end")]


_HEEDING_SIGNALS = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""What runs in the background of a shell or under nohup ignores signals, and so would all that it starts."""


@pytest.fixture
def batch(take: Path, tmp_path: Path):
    """Return a batch under way: the process, once its solver solves, and the solver's process id."""
    python = tmp_path / "python"
    noted = tmp_path / "pid"
    python.write_text(f'#!/bin/sh\necho $$ > "{noted}"\nexec "{sys.executable}" "{HERE / "fake_worker.py"}"\n')
    python.chmod(0o755)
    for folder in ("temporary", "out"):
        (tmp_path / folder).mkdir()
    script = str(HERE.parents[1] / "inpose_blender" / "headless.py")
    command = [sys.executable, "-c", _HEEDING_SIGNALS, sys.executable, script, "--interpreter", str(python)]
    running = []

    def start(faults: str) -> tuple[subprocess.Popen, int]:
        running.append(
            subprocess.Popen(
                [*command, "--recording", str(take), "--output", str(tmp_path / "out" / "take.blend")],
                env={**os.environ, "FAKE_WORKER": faults, "TMPDIR": str(tmp_path / "temporary")},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        until = time.monotonic() + 60
        while not list((tmp_path / "temporary").glob("inpose-*")) and time.monotonic() < until:
            time.sleep(0.01)
        return running[-1], int(noted.read_text())

    yield start
    for process in running:
        process.kill()
        process.communicate()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_batch_that_is_stopped_leaves_nothing(batch, tmp_path, number) -> None:
    (tmp_path / "out" / "take.blend").write_bytes(b"the good file")
    process, solver = batch("slower")
    time.sleep(0.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    if number != signal.SIGINT:
        assert process.returncode == 128 + signal.SIGTERM, said
        assert said.strip().endswith("inpose: Stopped. The current recording was not written.")
    assert not is_running(solver)
    assert not list((tmp_path / "temporary").iterdir())
    assert (tmp_path / "out" / "take.blend").read_bytes() == b"the good file"
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_blender_loads_waits_until_it_has_loaded(take, tmp_path, number, code) -> None:
    """An exception in Blender's own scripts is printed and dropped, or crashes it, and its temporary folder stays."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    script = str(HERE.parents[1] / "inpose_blender" / "headless.py")
    command = [sys.executable, "-c", _HEEDING_SIGNALS, sys.executable, script, "--recording", str(take)]
    process = subprocess.Popen(
        [*command, "--output", str(tmp_path / "take.blend")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not list(temporary.glob("blender_*")) and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in said
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("delay_s", [0.05, 0.12, 0.2, 0.3])
def test_at_whatever_moment_a_batch_is_stopped_the_output_is_whole_or_absent(batch, tmp_path, delay_s) -> None:
    process, solver = batch("")
    time.sleep(delay_s)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode in (0, 128 + signal.SIGTERM, -signal.SIGTERM)
    assert not is_running(solver)
    assert not list((tmp_path / "temporary").iterdir())
    assert [path.name for path in (tmp_path / "out").iterdir()] in ([], ["take.blend"])


def test_the_solver_of_a_killed_batch_ends(batch, tmp_path) -> None:
    """A killed Blender can do nothing itself; that the real worker tidies up, too, is tested beside it."""
    process, solver = batch("slower")
    assert process.poll() is None
    process.kill()
    process.wait(10)
    until = time.monotonic() + 5
    while is_running(solver) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(solver)
    assert not list((tmp_path / "out").iterdir())
