# SPDX-License-Identifier: Apache-2.0
"""Measure the method and its rivals on the same captured motion."""

from .bench import Bench, BenchSettings
from .bodies import BODIES, Body
from .metrics import Figures, figures_of
from .report import read_rows, write_report
from .simulation import SensorNoise, Trial, on_body, simulate

__all__ = [
    "BODIES",
    "Bench",
    "BenchSettings",
    "Body",
    "Figures",
    "SensorNoise",
    "Trial",
    "figures_of",
    "on_body",
    "read_rows",
    "simulate",
    "write_report",
]
