# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose batch``: solve many recordings with all cores, and go on after an interruption."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

from ..errors import InPoseError, OutputError
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, given_values, settings_from_arguments
from ..options.reading import ReadOptions
from ..options.solve import SolveSettings
from .progress import ProgressBar

SOME_FAILED: Final[int] = 1
_TABLES: Final = (ReadOptions, CalibrationSettings, SolveSettings)
_JOBS_SUFFIX: Final[str] = ".toml"


def add_batch_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("batch", help="solve many recordings with all cores, and continue after a stop")
    command.add_argument(
        "recordings",
        nargs="+",
        help="one jobs file (.toml), or recordings, folders, patterns and addresses. With a jobs file, options count "
        "for all jobs that do not say it themselves",
    )
    command.add_argument(
        "-o",
        "--out",
        metavar="FOLDER",
        help="folder for the motions and the report; if it is an address, the report stays in the current folder",
    )
    command.add_argument(
        "--format", choices=("npz", "bvh", "vrma"), default="npz", help="format of the motion files; default: npz"
    )
    command.add_argument("--skeleton", type=Path, metavar="FILE", help="JSON file of the body to solve for")
    command.add_argument("--processes", type=int, help="recordings to solve at once; default: one for each core")
    command.add_argument(
        "--ray", metavar="ADDRESS", help="solve on a Ray cluster; auto: the running one; local: only this computer"
    )
    command.add_argument("--again", action="store_true", help="solve all recordings again, also those that are done")
    command.add_argument("--quiet", action="store_true", help="print no progress")
    for table in _TABLES:
        add_options(command, table)
    command.set_defaults(run=run_batch_command, left_when_stopped="The same command continues.")


def run_batch_command(options: argparse.Namespace) -> int:
    """Solve the jobs, write the report, and return 1 if a job failed.

    Raises:
        InPoseError: a job is invalid.
        OutputError: the folder is named like a motion file, or the report cannot be written.
    """
    from ..batch.choosing import jobs_for  # noqa: PLC0415
    from ..batch.jobs import Job  # noqa: PLC0415 (they cost time: --help needs none)
    from ..batch.jobs_file import ForAllJobs, read_jobs  # noqa: PLC0415
    from ..batch.page import counts, write_report  # noqa: PLC0415
    from ..batch.places import is_remote, place_of  # noqa: PLC0415
    from ..batch.pool import solve_in_processes  # noqa: PLC0415
    from ..batch.ray_pool import solve_on_ray  # noqa: PLC0415
    from ..batch.running import BatchProgress, SolveAll, run_batch  # noqa: PLC0415
    from ..motion_files.saving import MOTION_SUFFIXES  # noqa: PLC0415
    from ..numerics.threads import usable_cores  # noqa: PLC0415
    from ..system.output import make_folder  # noqa: PLC0415

    out_path = Path(options.out or "")
    if out_path.suffix.lower() in MOTION_SUFFIXES and not out_path.is_dir():
        raise OutputError(
            f"{options.out} is the name of one file, but --out is a folder.",
            "Name a folder. To solve one recording into a file, use inpose solve.",
        )
    first = options.recordings[0]
    if len(options.recordings) == 1 and first.lower().endswith(_JOBS_SUFFIX):
        given = {name: value for table in _TABLES for name, value in given_values(table, options).items()}
        folder = Path(options.out) if options.out else Path(first).absolute().parent
        jobs = read_jobs(Path(first), ForAllJobs(given, options.skeleton, options.format), folder)
    else:
        if options.out is None:
            raise InPoseError("The folder for the motions is missing.", "Name one with --out.")
        template = Job(
            Path(),
            Path(),
            options.skeleton,
            settings_from_arguments(ReadOptions, options),
            settings_from_arguments(CalibrationSettings, options),
            settings_from_arguments(SolveSettings, options),
        )
        out = place_of(options.out)
        jobs = jobs_for([place_of(name) for name in options.recordings], out, template, f".{options.format}")
        folder = Path() if is_remote(out) else out
    make_folder(folder)
    solve_all: SolveAll = (
        partial(solve_on_ray, address=options.ray, processes=options.processes)
        if options.ray
        else partial(solve_in_processes, processes=max(1, options.processes or usable_cores()))
    )
    with ProgressBar("Solving", quiet=options.quiet) as bar:

        def tell(progress: BatchProgress) -> None:
            bar.update(progress.share)
            if progress.ended is not None and progress.ended.status == "failed" and not options.quiet:
                print(f"{progress.ended.recording}: {progress.ended.message}", file=sys.stderr)

        results = run_batch(jobs, folder, solve_all, tell, options.again)
    report, page = write_report(results, folder)
    number = counts(results)
    if not options.quiet:
        print(", ".join(f"{count} {status}" for status, count in number.items()) + f". Report: {page}, {report}")
    return SOME_FAILED if number["failed"] else 0
