# SPDX-License-Identifier: Apache-2.0
"""Time whole processes: the command from start to end, and a solve beside two busy processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from speed import EXAMPLE, measure_solve

ROOT: Final[Path] = Path(__file__).parent.parent
_TIMEOUT_S: Final[float] = 600.0


def measure_start(runs: str = "5") -> dict[str, Any]:
    """Time ``inpose solve`` of one second of motion, from the start of the process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        take = Path(folder, "take.csv")
        lines = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
        take.write_text("".join(lines[:91]), encoding="utf-8")
        seconds = [_command_s(take, Path(folder, "out.npz"), "auto") for _ in range(int(runs))]
    return {"seconds_of_each": [round(value, 2) for value in seconds], "seconds": round(min(seconds), 2)}


def measure_command(library: str) -> dict[str, Any]:
    """Time ``inpose solve`` of ten minutes minus that of one minute: with reading and writing, without the start."""
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for minutes in (1, 10):
            take = _repeated_example(Path(folder, f"{minutes}.csv"), minutes)
            seconds[minutes] = min(_command_s(take, Path(folder, "out.npz"), library) for _ in range(3))
    frames = 9 * 60 * 60
    return {
        "library": library,
        "seconds": {f"{minutes} min": round(value, 2) for minutes, value in seconds.items()},
        "frames_per_s": round(frames / (seconds[10] - seconds[1])),
    }


def measure_busy(library: str) -> dict[str, Any]:
    """Compare the solve of ten minutes with and without two busy processes beside it."""
    quiet = measure_solve("600", "tangent", "cpu", library=library)
    with _busy_processes(2):
        busy = measure_solve("600", "tangent", "cpu", library=library)
    return {
        "library": library,
        "quiet_frames_per_s": quiet["frames_per_s"],
        "busy_frames_per_s": busy["frames_per_s"],
        "share": round(busy["frames_per_s"] / quiet["frames_per_s"], 2),
    }


@contextmanager
def _busy_processes(count: int) -> Iterator[None]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        time.sleep(1.0)
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _command_s(take: Path, output: Path, library: str) -> float:
    command = [sys.executable, "-m", "inpose_core.cli", "solve", str(take), "-o", str(output), "--quiet"]
    command += ["--hand-poses", "grip", "--performer-height", "1.75", "--library", library]
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=_TIMEOUT_S, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return time.perf_counter() - began


def _repeated_example(path: Path, minutes: int) -> Path:
    """Write the example, repeated forwards and backwards, as a recording of the given minutes at its own rate."""
    header, *rows = EXAMPLE.read_text(encoding="utf-8").splitlines()
    table = np.array([[float(value or "nan") for value in row.split(",")] for row in rows])
    names = header.split(",")
    rate_hz = (len(table) - 1) / (table[-1, 0] - table[0, 0])
    count = round(minutes * 60 * rate_hz)
    index = np.resize(np.concatenate((np.arange(len(table)), np.arange(len(table))[::-1])), count)
    repeated = table[index]
    repeated[:, 0] = np.arange(count) / rate_hz
    np.savetxt(path, repeated, fmt="%.6g", delimiter=",", header=",".join(names), comments="")
    return path
