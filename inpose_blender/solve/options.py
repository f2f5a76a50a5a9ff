# SPDX-License-Identifier: GPL-3.0-or-later
"""Say once what can be chosen about a solve: the panel and the command line offer the same. No bpy here.

The names and meanings are those of the solver's request ``solve``; None leaves a choice to the solver.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..recording.reading import Reading


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
        params["calibration_file"] = str(self.calibration_file.absolute()) if self.calibration_file else None
        params["reading"] = self.reading.as_params()
        return params
