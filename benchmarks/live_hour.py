# SPDX-License-Identifier: GPL-3.0-or-later
"""Record live for an hour, then kill Blender and the solver: ``python benchmarks/live_hour.py [--minutes 60]``.

A process with the bpy module and its solver follow a simulated VMC sender at 72 Hz, and record one take. The result
says how much memory both had at the beginning, in the middle and at the end, and whether the file of the take has all
that was sent. ``--rate-hz 180 --minutes 24`` sends as much in less time. Linux only: the memory is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from live_in_blender import begun, memory_mb, tick
from speed import EXAMPLE
from vmc_sender import CountingSender, datagrams

from inpose_core.recording import load_recording
from inpose_core.recording.live.vmc_decoder import VmcDecoder
from inpose_core.recording.registry import load_session

_PORT: Final[int] = 39789
_RATE_HZ: Final[float] = 72.0
_SETTLED_S: Final[float] = 60.0
"""After so long, everything that is loaded once is loaded."""
_HEAD: Final[str] = ",hmd,"
_LONGEST_LOSS: Final[int] = 5000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate-hz", type=float, default=_RATE_HZ, help="packets a second")
    parser.add_argument("--port", type=int, default=_PORT)
    parser.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.follow:
        _follow(options.follow, options.port, 60 * options.minutes)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(_measured(Path(folder), options.port, options.minutes, options.rate_hz))


def _measured(folder: Path, port: int, minutes: float, rate_hz: float) -> str:
    """Send, let another process follow, kill it, and say what is in the file."""
    packets = datagrams(load_recording(EXAMPLE))
    sender = CountingSender(port, packets, rate_hz)
    following = subprocess.Popen(
        [sys.executable, __file__, "--follow", str(folder), "--port", str(port), "--minutes", str(minutes)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    sender.start()
    samples: list[dict[str, float]] = []
    take, solver = None, 0
    try:
        for line in following.stdout:
            said = json.loads(line)
            if "take" in said:
                take, solver = Path(said["take"]), int(said["solver"])
            elif "minute" in said:
                samples.append(said)
                print(line.strip(), flush=True)
            elif "over" in said:
                break
        with suppress(ProcessLookupError):  # it ended before its time, and the result says so
            os.kill(solver, signal.SIGKILL)
        following.kill()
        sent = sender.sent
    finally:
        sender.stop()
        following.kill()
    if take is None or len(samples) < 3:
        return "The session did not begin."
    following.wait()
    return "\n".join((_growth(samples), _kept(take, packets, sent, rate_hz)))


def _growth(samples: list[dict[str, float]]) -> str:
    begin, middle, end = samples[0], samples[len(samples) // 2], samples[-1]
    texts = [
        f"{name}: {begin[name]:.0f} MB after {begin['minute']:.0f} min, {middle[name]:.0f} MB after "
        f"{middle['minute']:.0f} min, {end[name]:.0f} MB after {end['minute']:.0f} min"
        for name in ("Blender", "worker")
    ]
    poses = (end["poses"] - begin["poses"]) / (60 * (end["minute"] - begin["minute"]))
    return "\n".join((*texts, f"{poses:.1f} poses a second on the rig."))


def _kept(take: Path, packets: list[bytes], sent: int, rate_hz: float) -> str:
    """Compare the rows of the head with what was sent, one by one."""
    rows = [line.split(_HEAD)[1] for line in take.read_text(encoding="utf-8").splitlines() if _HEAD in line]
    cycle = [_head_row(packet) for packet in (*packets, *packets[-2:0:-1])]
    began = next(number for number in range(len(cycle)) if _goes_on(cycle, number, rows[:100]))
    number, lost = began, 0
    for row in rows:
        skipped = next(ahead for ahead in range(_LONGEST_LOSS) if cycle[(number + ahead) % len(cycle)] == row)
        lost, number = lost + skipped, number + skipped + 1
    late = (sent - number) % len(cycle)  # between the arrival at this machine and the writing
    recordings = load_session(take)
    frames = int(np.isfinite(recordings.positions_m).all(axis=(1, 2)).sum())
    return (
        f"Killed after {sent} packets of the sender. The file of the take has {len(rows)}; of those in between, {lost} "
        f"are missing; the last {late} ({1000 * late / rate_hz:.0f} ms) had not been read yet. The file opens with "
        f"{frames} frames, {recordings.duration_s / 60:.1f} min."
    )


def _head_row(packet: bytes) -> str:
    return next(row.split(_HEAD)[1] for row in VmcDecoder().rows(packet, 0.0) if _HEAD in row)


def _goes_on(cycle: list[str], number: int, rows: list[str]) -> bool:
    return all(cycle[(number + place) % len(cycle)] == row for place, row in enumerate(rows))


def _follow(folder: Path, port: int, seconds: float) -> None:
    """Follow and record until somebody kills this process; say once a minute how much memory there is."""
    stage = begun(folder, port)
    job = stage.performers[0].job
    assert job is not None
    tick(stage, 600.0, lambda: stage.performers[0].shown > 60)
    stage.record()
    tick(stage, 60.0, lambda: stage.records and stage.takes)
    solver = job.process_id
    assert solver is not None
    _say(take=str(stage.takes[0].take.file), solver=solver)
    began_s = time.monotonic()
    tick(stage, min(_SETTLED_S, seconds / 4))
    while True:
        passed_s = time.monotonic() - began_s
        _say(
            minute=round(passed_s / 60, 2),
            Blender=round(memory_mb("self"), 1),
            worker=round(memory_mb(str(solver)), 1),
            poses=stage.performers[0].shown,
            frames=stage.takes[0].take.frames,
        )
        if passed_s >= seconds:
            break
        tick(stage, min(60.0, seconds / 8, seconds - passed_s))
    _say(over=True)
    tick(stage, 600.0)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
