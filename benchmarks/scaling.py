# SPDX-License-Identifier: Apache-2.0
"""Estimate the time and cost of a million recordings: ``python benchmarks/scaling.py RECORDING... [--machines 20]``.

First measures, on one core, the processor time of each stage for the given recordings. Then simulates a cluster with
these rates: machines fetch recordings over a shared link, solve them on all cores, and store the motions; machines get
lost and are replaced, and what they had under way is done again. Prints Markdown.
"""

from __future__ import annotations

import argparse
import heapq
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core import Skeleton, load_prior, solve
from inpose_core.calibration import calibrate
from inpose_core.numerics.threads import alone
from inpose_core.recording import load_recording

STAGES: Final[tuple[str, ...]] = ("read", "calibrate", "solve", "write")
SECONDS_MEDIAN, SECONDS_SPREAD = 165.0, 0.45
"""Lengths of recordings: log-normal, about a Beat Saber map."""


@dataclass(frozen=True)
class Cluster:
    """Set what the simulation assumes."""

    machines: int
    cores: int = 16
    core_hour_price: float = 0.015
    """Dollars; a preemptible core of a large cloud costs 0.01 to 0.02."""
    lost_per_hour: float = 0.05
    """Share of machines that are taken away."""
    replaced_s: float = 180.0
    link_mb_s: float = 1000.0
    """The storage's rate for all machines together."""
    start_s: float = 20.0


@dataclass
class Rates:
    """Hold what was measured: processor seconds per second of recording, and megabytes."""

    per_second: dict[str, float] = field(default_factory=dict)
    read_mb_per_second: float = 0.0
    written_mb_per_second: float = 0.0


def main() -> None:
    """Measure, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=1_000_000)
    options = parser.parse_args()
    rates = measure(options.recordings)
    print("| stage | processor time for a minute of recording |\n|---|---|")
    for stage, share in rates.per_second.items():
        print(f"| {stage} | {60 * share:.3f} s |")
    print(
        f"\nA minute of recording is {60 * rates.read_mb_per_second:.2f} MB to fetch and "
        f"{60 * rates.written_mb_per_second:.2f} MB to store.\n"
    )
    print("| machines of 16 cores | hours | cores busy | done twice | dollars | dollars for storage of a month |")
    print("|---|---|---|---|---|---|")
    for machines in (1, 10, 50, 200, 1000):
        print(row(Cluster(machines), rates, options.count), flush=True)


def measure(recordings: list[Path]) -> Rates:
    """Return the rates of some recordings on one core; each is solved twice, and the second time counts."""
    prior, body = load_prior(), Skeleton.template()
    spent_s, seconds, read_mb, written_mb = dict.fromkeys(STAGES, 0.0), 0.0, 0.0, 0.0
    with alone(), tempfile.TemporaryDirectory() as folder:
        for path in recordings:
            for warm in (False, True):
                clock = _Clock()
                with clock.stage("read"):
                    recording = load_recording(path)
                with clock.stage("calibrate"):
                    calibrated = calibrate(recording, body, prior=prior)
                with clock.stage("solve"):
                    motion = solve(calibrated.sensors, body, prior=prior)
                output = Path(folder, "motion.npz")
                with clock.stage("write"):
                    motion.save_npz(output)
                if warm:
                    seconds += recording.duration_s
                    read_mb, written_mb = read_mb + _megabytes(path), written_mb + _megabytes(output)
                    for stage in STAGES:
                        spent_s[stage] += clock.spent_s[stage]
    return Rates({stage: spent_s[stage] / seconds for stage in STAGES}, read_mb / seconds, written_mb / seconds)


def row(cluster: Cluster, rates: Rates, count: int) -> str:
    """Return a row of the table for one size of cluster."""
    random = np.random.default_rng(0)
    lengths_s = SECONDS_MEDIAN * np.exp(SECONDS_SPREAD * random.standard_normal(count))
    hours, busy, again = simulate(cluster, rates, lengths_s, random)
    core_hours = hours * cluster.machines * cluster.cores
    stored_tb = lengths_s.sum() * rates.written_mb_per_second / 1e6
    return (
        f"| {cluster.machines} | {hours:.1f} | {busy:.0%} | {again:.2%} | {core_hours * cluster.core_hour_price:,.0f} "
        f"| {stored_tb * 23:,.0f} |"
    )


def simulate(
    cluster: Cluster, rates: Rates, lengths_s: np.ndarray, random: np.random.Generator
) -> tuple[float, float, float]:
    """Return the hours, the share of the cores' time that is busy, and the share of the work that is done twice."""
    core_s = sum(rates.per_second.values())
    link_s = (rates.read_mb_per_second + rates.written_mb_per_second) / cluster.link_mb_s
    # Each core takes the next recording when it is free; the shared link serves one transfer at a time.
    free = [(cluster.start_s, core) for core in range(cluster.machines * cluster.cores)]
    heapq.heapify(free)
    link_free_s, busy_s, again_s = 0.0, 0.0, 0.0
    for length_s in lengths_s:
        now_s, core = heapq.heappop(free)
        link_free_s = max(link_free_s, now_s) + link_s * length_s
        work_s = core_s * length_s
        begin_s = max(now_s, link_free_s)
        # Losses come at a constant rate; the lost part of a recording is done again after the replacement.
        losses = int(random.random() < cluster.lost_per_hour * work_s / 3600)
        lost_s = losses * work_s * random.random()
        busy_s, again_s = busy_s + work_s + lost_s, again_s + lost_s
        heapq.heappush(free, (begin_s + work_s + lost_s + losses * cluster.replaced_s, core))
    end_s = max(when_s for when_s, _ in free)
    return end_s / 3600, busy_s / (end_s * len(free)), again_s / busy_s


class _Clock:
    """Sum up the processor time of stages."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's processor time to a stage."""
        before_s = time.process_time()
        yield
        self.spent_s[name] = time.process_time() - before_s


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


if __name__ == "__main__":
    main()
