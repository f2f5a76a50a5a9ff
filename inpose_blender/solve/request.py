# SPDX-License-Identifier: GPL-3.0-or-later
"""Put together what the solver is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core import CalibrationError, RecordingError, Skeleton
from ..rig.prepare import PreparedRig
from .options import SolveSettings


@dataclass(frozen=True)
class SolveRequest:
    """Hold what the solver is asked for; the meaning of each field is the core's."""

    recording: Path
    skeleton: Skeleton
    settings: SolveSettings = field(default_factory=SolveSettings)

    def as_params(self) -> dict[str, Any]:
        """Return the parameters of the message ``solve``, without the outputs."""
        return {
            "recording": str(self.recording.absolute()),  # the process works in another folder
            "offsets_m": self.skeleton.offsets_m.tolist(),
            **self.settings.as_params(),
        }


def solve_request(rig: PreparedRig, recording: Path, settings: SolveSettings) -> SolveRequest:
    """Put together what the solver is asked for.

    Raises:
        RecordingError: there is no such recording.
        CalibrationError: there is no such calibration.
    """
    if not recording.is_file():
        raise RecordingError(f"There is no recording {recording}.", "Choose a recording file.")
    calibration = settings.calibration_file
    if calibration is not None and not calibration.is_file():
        raise CalibrationError(f"There is no calibration {calibration}.", "Choose another file, or none.")
    return SolveRequest(recording, rig.measure.skeleton, settings)
