# SPDX-License-Identifier: Apache-2.0
"""Feed changed inputs to every reader, in children that may die, and keep what was not answered with a sentence.

    python -m tests.fuzz.fuzz --seconds 600

An input whose answer was not heard before becomes one that is changed further. What breaks a reader (another exception
than ours, more than ten seconds or a gigabyte, a crash) is written into ``--findings`` with what happened.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST_S = 10.0
MOST_MEGABYTES = 1000.0
_GIVE_UP_S = 60
_INPUTS_PER_CHILD = 3000
_ADDRESSES_BYTES = 4 * 2**30
_SPOKEN = re.compile(r"\d+|'[^']*'|\"[^\"]*\"")


@dataclass
class Report:
    """Hold what a run of fuzzing did."""

    inputs: int = 0
    read: int = 0
    refused: int = 0
    answers: int = 0
    """Different ones."""
    slowest_s: float = 0.0
    most_megabytes: float = 0.0
    findings: list[str] = field(default_factory=list)


class _Child:
    """Change and read inputs until the time is over; everything that must not happen is a finding."""

    def __init__(self, folder: Path, seed: int) -> None:
        from tests.fuzz.corpus import make_corpus  # noqa: PLC0415 (in the child alone)
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415

        self.folder = folder
        self.random = np.random.default_rng(seed)
        self.targets = TARGETS
        self.corpus = make_corpus()
        self.heard: set[tuple[str, str]] = set()
        self.report = Report()

    def run(self, deadline: float, most_inputs: int) -> None:
        """Read the corpus as it is, then changed inputs of one target after the other."""
        from tests.fuzz.mutations import mutate  # noqa: PLC0415

        for name, inputs in self.corpus.items():
            for data in list(inputs):
                self.read(name, data)
        names = [*self.targets, "recording", "recording"]
        while time.monotonic() < deadline and self.report.inputs < most_inputs:
            name = names[int(self.random.integers(len(names)))]
            inputs = self.corpus[name]
            data = mutate(inputs[int(self.random.integers(len(inputs)))], inputs, self.random)
            if self.read(name, data) and len(data) < 100_000:
                inputs.append(data)

    def read(self, name: str, data: bytes) -> bool:
        """Read one input; return whether its answer is new."""
        from inpose_core.errors import InPoseError  # noqa: PLC0415

        reader, file_name = self.targets[name]
        path = self.folder / file_name
        path.write_bytes(data)
        (self.folder / "target").write_text(name)  # for the parent, if this is the end
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
        began = sum(os.times()[:4])
        signal.alarm(_GIVE_UP_S)
        problem = ""
        try:
            reader(path)
            answer = "read"
            self.report.read += 1
        except InPoseError as error:
            answer = _SPOKEN.sub("#", error.message)
            self.report.refused += 1
        except Exception as error:  # what must not happen
            answer = f"{type(error).__name__}"
            problem = "".join(traceback.format_exception(error)[-4:])
        signal.alarm(0)
        seconds, megabytes = sum(os.times()[:4]) - began, _peak_megabytes()
        self.report.inputs += 1
        self.report.slowest_s = max(self.report.slowest_s, seconds)
        self.report.most_megabytes = max(self.report.most_megabytes, megabytes)
        if seconds > LONGEST_S or megabytes > MOST_MEGABYTES:
            problem = problem or f"{seconds:.1f} s and {megabytes:.0f} MB"
        if problem:
            self.report.findings.append(f"{name}: {problem}")
            keep_finding(self.folder.parent / "findings", name, data, problem)
        is_new = (name, answer) not in self.heard
        self.heard.add((name, answer))
        self.report.answers = len(self.heard)
        return is_new


def keep_finding(folder: Path, name: str, data: bytes, problem: str) -> None:
    """Write an input, and what it did, under a name that its content gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    (folder / f"{stem}.bin").write_bytes(data)
    (folder / f"{stem}.txt").write_text(problem)


def fuzz(seconds: float, seed: int, findings: Path, most_inputs: int = 10**9) -> Report:
    """Fuzz in one child after the other until the time is over, and add up what they did."""
    whole = Report()
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "inputs").mkdir()
        while time.monotonic() < deadline and whole.inputs < most_inputs:
            inputs = min(_INPUTS_PER_CHILD, most_inputs - whole.inputs)
            left_s = deadline - time.monotonic()
            child = ["--child", folder / "inputs", "--seed", seed, "--seconds", left_s, "--inputs", inputs]
            done = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.fuzz", *map(str, child)],
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            seed += 1
            if done.returncode == 0:
                _add(whole, Report(**json.loads(done.stdout.splitlines()[-1])))
            else:
                name = (folder / "inputs" / "target").read_text()
                whole.findings.append(f"{name}: the process ended: {done.returncode} {done.stderr[-1000:]}")
                inputs_left = [path for path in (folder / "inputs").iterdir() if path.name != "target"]
                last = max(inputs_left, key=lambda path: path.stat().st_mtime)
                keep_finding(folder / "findings", name, last.read_bytes(), whole.findings[-1])
                whole.inputs += 1
        if (folder / "findings").is_dir():
            findings.mkdir(parents=True, exist_ok=True)
            for path in (folder / "findings").iterdir():
                (findings / path.name).write_bytes(path.read_bytes())
    return whole


def _add(whole: Report, part: Report) -> None:
    for name in ("inputs", "read", "refused"):
        setattr(whole, name, getattr(whole, name) + getattr(part, name))
    for name in ("answers", "slowest_s", "most_megabytes"):
        setattr(whole, name, max(getattr(whole, name), getattr(part, name)))
    whole.findings += part.findings


def _peak_megabytes() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--inputs", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--findings", type=Path, default=Path("fuzz_findings"))
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        import resource  # noqa: PLC0415 (not on Windows)

        child = _Child(options.child, options.seed)
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES_BYTES, _ADDRESSES_BYTES))
        warnings.simplefilter("ignore")
        child.run(time.monotonic() + options.seconds, options.inputs)
        sys.stdout.write(json.dumps(asdict(child.report)) + "\n")
        return 0
    report = fuzz(options.seconds, options.seed, options.findings, options.inputs)
    sys.stdout.write(
        f"{report.inputs} inputs: {report.read} read, {report.refused} refused with {report.answers} answers; "
        f"at most {report.slowest_s:.1f} s and {report.most_megabytes:.0f} MB; {len(report.findings)} findings\n"
    )
    for finding in report.findings[:20]:
        sys.stdout.write(finding + "\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(_main())
