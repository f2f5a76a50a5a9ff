# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose solve``: a recording in, a motion file out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..motion_files.saving import check_motion_suffix, save_motion
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.reading import ReadOptions
from ..options.solve import SolveSettings
from ..recording.formats.suffixes import recording_suffixes
from .outputs import check_folder_of, keep_inputs
from .progress import ProgressBar


def add_solve_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    solve = commands.add_parser("solve", help="solve a recording and write the motion as .npz, .bvh or .vrma")
    solve.add_argument("recording", type=Path, help=f"recording file ({', '.join(recording_suffixes())})")
    solve.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="motion file to write (.npz, .bvh or .vrma)"
    )
    solve.add_argument(
        "--skeleton",
        type=Path,
        metavar="FILE",
        help="body to solve for, a JSON file of rest offsets; default: an average adult of the performer's height",
    )
    for table in (ReadOptions, CalibrationSettings, SolveSettings):
        add_options(solve, table)
    solve.add_argument("--quiet", action="store_true", help="print no progress, notes or result")
    solve.set_defaults(run=run_solve)


def run_solve(options: argparse.Namespace) -> int:
    """Solve a recording, write the motion, and say what was noted.

    Raises:
        InPoseError: the recording or an option is unusable, or the output cannot be written.
    """
    # Problems with the output are reported before the solve, which takes seconds.
    check_folder_of(options.output)
    check_motion_suffix(options.output)
    from ..body.skeleton import Skeleton  # noqa: PLC0415
    from ..recording_to_motion import SolvePlan, solve_recording  # noqa: PLC0415 (they cost time: --help needs none)

    plan = SolvePlan(
        recording=options.recording,
        skeleton=Skeleton.from_json_file(options.skeleton) if options.skeleton else None,
        calibration=settings_from_arguments(CalibrationSettings, options),
        solve=settings_from_arguments(SolveSettings, options),
        reading=settings_from_arguments(ReadOptions, options),
    )
    keep_inputs(
        options.output,
        plan.recording,
        plan.reading,
        (options.skeleton, "the skeleton"),
        (plan.calibration.calibration_file, "the calibration"),
        (plan.solve.pins_file, "the pins file"),
        (plan.solve.edits_file, "the edits file"),
    )
    with ProgressBar("Solving", quiet=options.quiet) as bar:
        solved = solve_recording(plan, on_progress=bar.update)
    save_motion(solved.motion, options.output)
    if not options.quiet:
        for note in (*solved.notes, *solved.doubts):
            print(f"note: {note}", file=sys.stderr)
        error_m = solved.mean_hand_error_m
        hands = "" if error_m is None else f", hands {100 * error_m:.1f} cm from their targets on average"
        print(f"{options.output}: {len(solved.motion)} frames at {solved.motion.fps:g} Hz{hands}")
    return 0
