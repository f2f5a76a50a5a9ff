# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose calibrate``: measure a performer once, for all of their recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.reading import ReadOptions
from .outputs import check_ending, check_folder_of, keep_inputs

_SOLVES_ONLY: Final[tuple[str, ...]] = ("scale", "calibration_file")
"""Options that do not change the measurement of a performer."""
_TRIM: Final[tuple[str, ...]] = ("trim_start_s", "trim_end_s")
"""The whole recording measures the performer."""


def add_calibrate_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser(
        "calibrate", help="measure a performer, and save the calibration for other recordings"
    )
    command.add_argument("recording", type=Path, help="recording file; best one that begins with a T-pose")
    command.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help="calibration file to write (.json)"
    )
    command.add_argument(
        "--skeleton",
        type=Path,
        metavar="FILE",
        help="JSON file of a rig with the performer's proportions, if you have one",
    )
    add_options(command, ReadOptions, without=_TRIM)
    add_options(command, CalibrationSettings, without=_SOLVES_ONLY)
    command.set_defaults(run=run_calibrate)


def run_calibrate(options: argparse.Namespace) -> int:
    """Measure the performer of a recording, save it, and say what was found.

    Raises:
        InPoseError: the recording or the stature is unusable, or the file cannot be written.
    """
    from ..body.skeleton import Skeleton  # noqa: PLC0415
    from ..calibration import measure_performer, save_calibration  # noqa: PLC0415
    from ..recording import load_recording  # noqa: PLC0415

    check_folder_of(options.out)
    check_ending(options.out, ".json")
    reading = settings_from_arguments(ReadOptions, options)
    keep_inputs(options.out, options.recording, reading, (options.skeleton, "the skeleton"))
    skeleton = Skeleton.from_json_file(options.skeleton) if options.skeleton else None
    recording = load_recording(options.recording, reading)
    found = measure_performer(recording, skeleton, settings_from_arguments(CalibrationSettings, options))
    save_calibration(found.performer, options.out)
    for note in found.notes:
        print(f"note: {note}")
    performer = found.performer
    by = {"t_pose": "a T-pose", "a_pose": "an A-pose", "motion": "the motion", "presets": "presets"}[performer.source]
    print(
        f"{options.out}: {performer.stature_m:.2f} m tall, wrists {performer.wrist_span_m:.2f} m apart in a T-pose, "
        f"{performer.pose} poses, calibrated by {by}"
    )
    return 0
