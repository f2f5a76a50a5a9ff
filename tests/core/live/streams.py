# SPDX-License-Identifier: Apache-2.0
"""Make streams of recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inpose_core import Sensors
from inpose_core.live import LivePoints

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "walk_wave_crouch.csv"


def moments_of(sensors: Sensors) -> Iterator[tuple[float, LivePoints]]:
    """Yield the moments of a recording at their times."""
    for frame in range(len(sensors)):
        points = LivePoints(sensors.positions_m[frame], sensors.rotations_wxyz[frame], sensors.measured[frame])
        yield frame / sensors.fps, points
