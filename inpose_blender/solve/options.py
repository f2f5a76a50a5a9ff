# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the options of a solve: one settings class of the core for each stage. Does not import bpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import CalibrationError, EditError, PinError, RecordingError
from ..options import CalibrationSettings, ReadOptions, SolveSettings


@dataclass(frozen=True)
class SolveOptions:
    """Hold the options of the three stages from a recording to a motion."""

    reading: ReadOptions = ReadOptions()
    calibration: CalibrationSettings = CalibrationSettings()
    solve: SolveSettings = SolveSettings()


def require_files(recording: Path, options: SolveOptions) -> None:
    """Check that the files exist, before the solver starts.

    Raises:
        RecordingError: there is no such recording.
        CalibrationError: there is no such calibration.
        PinError: there is no such file of pins.
        EditError: there is no such file of edits.
    """
    if not recording.is_file():
        raise RecordingError(f"The recording {recording} does not exist.", "Choose a recording file.")
    calibration = options.calibration.calibration_file
    if calibration is not None and not calibration.is_file():
        raise CalibrationError(f"The calibration file {calibration} does not exist.", "Choose another file, or none.")
    pins = options.solve.pins_file
    if pins is not None and not pins.is_file():
        raise PinError(f"The pins file {pins} does not exist.", "Choose another file, or none.")
    edits = options.solve.edits_file
    if edits is not None and not edits.is_file():
        raise EditError(f"The edits file {edits} does not exist.", "Choose another file, or none.")
