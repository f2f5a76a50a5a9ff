# SPDX-License-Identifier: Apache-2.0
"""Time a batch of one-minute takes against the solver's own rate: ``python benchmarks/batch.py [--ray] [OPTION...]``.

Further options are those of ``inpose batch``, such as ``--hand-poses grip --performer-height 1.75``.

Rounds of the solver alone, of processes, and of Ray alternate, so that whatever else the machine does meets them alike.
Reports seconds by the clock and by the processors: on a machine that is shared, only the latter say something. Each
batch runs with all takes and with a fifth of them; the difference is its rate once it has started.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

ROOT: Final[Path] = Path(__file__).parent.parent
_MARK: Final[str] = "INPOSE_BENCHMARK"
_LOOK_S: Final[float] = 0.1
_FEW: Final[int] = 5
_TICKS: Final[int] = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Write the takes, run the rounds, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--ray", action="store_true", help="on a local Ray cluster, too")
    parser.add_argument("--solver", type=Path, help=argparse.SUPPRESS)
    options, of_batch = parser.parse_known_args()
    if options.solver:
        print(json.dumps(solver_alone(options.solver)))
        return 0
    ways = {"processes": of_batch, **({"ray": ["--ray", "local", *of_batch]} if options.ray else {})}
    figures: dict[str, list[dict[str, Any]]] = {"solver": [], **{name: [] for name in ways}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        takes = write_takes(folder / "takes", options.takes)
        few = write_takes(folder / "few", max(1, options.takes // _FEW))
        for count in range(options.rounds):
            figures["solver"].append(run_itself(takes / "take0.csv"))
            for way, arguments in ways.items():
                of_few, of_all = (
                    timed_batch(given, folder / f"{way}{count}{given.name}", options.processes, arguments)
                    for given in (few, takes)
                )
                started = {
                    name: of_all[name] - of_few[name]
                    for name in ("seconds", "cpu_s", "without_services_cpu_s", "frames")
                }
                figures[way].append({**rates(of_all), "once_started": rates(started)})
            print(json.dumps({name: rows[-1] for name, rows in figures.items()}), flush=True)
    best = {name: max(rows, key=lambda row: row["frames_per_cpu_s"]) for name, rows in figures.items()}
    solver = best["solver"]["frames_per_cpu_s"]
    for name in ways:
        whole, started = best[name]["frames_per_cpu_s"], best[name]["once_started"]["frames_per_cpu_s"]
        print(f"{name}: {whole / solver:.0%} of the solver's rate, {started / solver:.0%} once started")
    return 0


def write_takes(folder: Path, count: int) -> Path:
    """Write one-minute recordings that differ: the example, forwards and backwards, from one frame later each time."""
    import numpy as np  # noqa: PLC0415 (the parent of what is timed)
    from speed import EXAMPLE  # noqa: PLC0415

    folder.mkdir()
    header, *lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    rows = [line.partition(",")[2] for line in lines]
    times_s = np.array([float(line.partition(",")[0]) for line in lines])
    rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
    frames = round(60 * rate_hz)
    there_and_back = [*rows, *reversed(rows)]
    for number in range(count):
        body = (f"{k / rate_hz:.5f},{there_and_back[(k + number) % len(there_and_back)]}" for k in range(frames))
        (folder / f"take{number}.csv").write_text("\n".join((header, *body)) + "\n", encoding="utf-8")
    return folder


def solver_alone(take: Path) -> dict[str, float]:
    """Return the solver's rate for a minute, as a process of a batch computes: on one thread."""
    from inpose_core import Skeleton, calibrate, load_prior, load_recording, solve  # noqa: PLC0415
    from inpose_core.numerics.threads import alone  # noqa: PLC0415

    prior, body = load_prior(), Skeleton.template()
    sensors = calibrate(load_recording(take), body, prior=prior).sensors
    with alone():
        solve(sensors, body, prior=prior)
        rows = []
        for _ in range(5):
            began_s, began_cpu_s = time.monotonic(), time.process_time()
            motion = solve(sensors, body, prior=prior)
            spent_s, spent_cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
            rows.append(rates({"seconds": spent_s, "cpu_s": spent_cpu_s, "frames": len(motion)}))
    return max(rows, key=lambda row: row["frames_per_cpu_s"])


def run_itself(take: Path) -> dict[str, float]:
    """Time the solver in a process of its own."""
    command = [sys.executable, __file__, "--solver", str(take)]
    said = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    figures: dict[str, float] = json.loads(said.stdout)
    return figures


def timed_batch(takes: Path, out: Path, processes: int, arguments: list[str]) -> dict[str, float]:
    """Time a batch, and count its frames."""
    command = [sys.executable, "-m", "inpose_core.cli", "batch", str(takes), "--out", str(out), "--quiet"]
    spent = timed([*command, "--processes", str(processes), *arguments], takes.parent)
    jobs = json.loads((out / "inpose-batch.json").read_text())["jobs"]
    return {**spent, "frames": sum(job["frames"] for job in jobs)}


def timed(command: list[str], folder: Path) -> dict[str, float]:
    """Run a command, and return what it and all processes that it starts have spent (Linux)."""
    mark = secrets.token_hex(8)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), _MARK: mark, "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    began_s, spent = time.monotonic(), dict[tuple[str, str], float]()
    with subprocess.Popen(command, env=environment, cwd=folder) as process:
        while process.poll() is None:
            spent |= _spent_s(mark)
            time.sleep(_LOOK_S)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    # Ray's own services spend by the clock, however little is solved meanwhile.
    actors_s = sum(cpu_s for (_, name), cpu_s in spent.items() if name.startswith("ray::_Solver"))
    total_s = sum(spent.values())
    return {"seconds": time.monotonic() - began_s, "cpu_s": total_s, "without_services_cpu_s": actors_s or total_s}


def rates(spent: dict[str, float]) -> dict[str, Any]:
    """Return the figures with frames per second, by the clock and by the processors."""
    found: dict[str, Any] = {name: round(value, 3) for name, value in spent.items()}
    return {
        **found,
        "frames_per_s": round(spent["frames"] / spent["seconds"]),
        "frames_per_cpu_s": round(spent["frames"] / spent["cpu_s"]),
    }


def _spent_s(mark: str) -> dict[tuple[str, str], float]:
    """Return the processor seconds of each process with this mark, by its number and its name."""
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes():
                named, _, rest = (folder / "stat").read_text().rpartition(")")
                user, system = rest.split()[11:13]
                found[folder.name, named.partition("(")[2]] = (int(user) + int(system)) / _TICKS
    return found


if __name__ == "__main__":
    sys.exit(main())
