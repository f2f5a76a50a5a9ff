# SPDX-License-Identifier: Apache-2.0
"""Measure the method and the systems that it is compared with on the same captured motion."""

from .bench import Bench, BenchSettings
from .bodies import BODIES, Body
from .metrics import Figures, measure
from .report import write_report
from .simulation import SensorNoise, Trial, on_body, simulate

__all__ = [
    "BODIES",
    "Bench",
    "BenchSettings",
    "Body",
    "Figures",
    "SensorNoise",
    "Trial",
    "measure",
    "on_body",
    "simulate",
    "write_report",
]
