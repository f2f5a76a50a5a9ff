# SPDX-License-Identifier: GPL-3.0-or-later
"""Say once what can be chosen about a solve: the panel and the command line offer the same. No bpy here.

The names and meanings are those of the solver's request ``solve``; None leaves a choice to the solver.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reading:
    """Say how a recording is read, against what would be guessed; the names are those of the core's `ReadOptions`."""

    unit: str | None = None
    """m, cm, ..., or metres per unit as a number."""
    axes: str | None = None
    """A name such as unity, or where x, y and z point, such as RUF."""
    quaternion_order: str | None = None
    time_unit: str | None = None
    swap_hands: bool | None = None
    origin: str | None = None

    def as_params(self) -> dict[str, Any]:
        """Return the parameter ``reading`` of a request: only what is not left to the guess."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class SolveSettings:
    """Hold what the user may choose for a solve."""

    stature_m: float | None = None
    pose: str | None = None
    scale: str | float = "height"
    """How the performer's size becomes the rig's: height, arm_span, keep, or the factor itself."""
    calibration_pose: str = "auto"
    calibration_time_s: float | None = None
    calibration_file: Path | None = None
    body: str = "auto"
    head_view: str = "auto"
    refine: bool = True
    device: str = "auto"
    guidance: str | None = None
    quality: str | None = None
    steps: int | None = None
    foot_planting: float | None = None
    temperature: float | None = None
    seed: int = 0
    reading: Reading = field(default_factory=Reading)

    def as_params(self) -> dict[str, Any]:
        """Return the parameters of the request ``solve`` that these settings are."""
        params = asdict(self)
        params["calibration_file"] = str(self.calibration_file) if self.calibration_file else None
        params["reading"] = self.reading.as_params()
        return params
