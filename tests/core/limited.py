# SPDX-License-Identifier: Apache-2.0
"""Run a command of InPose in a child whose memory and time are limited, and say what it took.

Run as ``python -m tests.core.limited ARGUMENTS...``: the command's own output, then a line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST_S = 10.0
MOST_MEGABYTES = 1000.0
_LIBRARIES = ("calibration", "motion_files.amass", "motion_files.bvh_motion", "inspection.describe")
_ADDRESSES_BYTES = 4 * 2**30
"""Most of which libraries only reserve; what is used is measured."""


@dataclass(frozen=True)
class Ran:
    """Hold what a command said, and what it took."""

    code: int
    said: str
    seconds: float
    """Of processor time, loading the libraries not counted: other load on the machine is not the command's fault."""
    megabytes: float


def run_limited(*arguments: str | Path) -> Ran:
    """Run a command; a traceback, a signal or running out of time is a failure of the test."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.limited", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert "Traceback" not in done.stderr
    return Ran(report["code"], done.stdout + done.stderr, report["seconds"], report["megabytes"])


def run_bounded(*arguments: str | Path) -> Ran:
    """Run a command that must stay within ten seconds and a gigabyte."""
    ran = run_limited(*arguments)
    assert ran.megabytes < MOST_MEGABYTES, ran
    assert ran.seconds < LONGEST_S, ran
    assert "not enough memory" not in ran.said
    return ran


def _main(arguments: list[str]) -> None:
    import resource  # noqa: PLC0415 (not on Windows)

    for name in _LIBRARIES:  # loading scipy is not reading a file
        importlib.import_module(f"inpose_core.{name}")
    from inpose_core.cli import main  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES_BYTES, _ADDRESSES_BYTES))
    began = sum(os.times()[:4])
    try:
        code = main(arguments)
    except SystemExit as error:
        code = int(error.code or 0)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    report = {
        "code": code,
        "seconds": sum(os.times()[:4]) - began,
        "megabytes": max(peak_kib, of_children) / 1024,
    }
    sys.stdout.write("\n" + json.dumps(report) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
