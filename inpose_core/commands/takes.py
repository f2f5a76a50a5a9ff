# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose takes``: list the recordings of a folder, and solve them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from ..errors import RecordingError
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.reading import ReadOptions
from ..options.solve import SolveSettings
from .batch import run_batch_command

SOME_UNREADABLE: Final[int] = 1
_OUT: Final[str] = "solved"


def add_takes_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("takes", help="list the takes of a folder, and solve them")
    command.add_argument("folder", type=Path, help="folder with recordings")
    command.add_argument("--solve", action="store_true", help="solve all takes that are not solved yet")
    command.add_argument(
        "-o", "--out", metavar="FOLDER", help=f"folder for the motions; default: {_OUT} in the folder of the takes"
    )
    command.add_argument("--format", choices=("npz", "bvh", "vrma"), default="npz", help="format of the motion files")
    command.add_argument("--skeleton", type=Path, metavar="FILE", help="JSON file of the body to solve for")
    command.add_argument("--processes", type=int, help="takes to solve at once; default: one for each core")
    command.add_argument("--json", action="store_true", help="print JSON, for scripts")
    command.add_argument("--quiet", action="store_true", help="print no progress")
    for table in (ReadOptions, CalibrationSettings, SolveSettings):
        add_options(command, table)
    command.set_defaults(run=run_takes_command, left_when_stopped="The same command continues.")


def run_takes_command(options: argparse.Namespace) -> int:
    """List the takes, after they were solved if that is wanted; return 1 if one cannot be read or solved.

    Raises:
        InPoseError: there is no recording in the folder.
        OutputError: a motion or the report cannot be written.
    """
    from ..batch.choosing import jobs_for  # noqa: PLC0415
    from ..batch.jobs import Job  # noqa: PLC0415 (they cost time: --help needs none)
    from ..batch.listing import UNREADABLE, list_takes, take_lines  # noqa: PLC0415

    if not options.folder.is_dir():
        raise RecordingError(f"{options.folder} is not a folder.", "Name the folder that has the takes.")
    out = Path(options.out) if options.out else options.folder / _OUT
    template = Job(
        Path(),
        Path(),
        options.skeleton,
        settings_from_arguments(ReadOptions, options),
        settings_from_arguments(CalibrationSettings, options),
        settings_from_arguments(SolveSettings, options),
    )
    jobs = jobs_for([options.folder], out, template, f".{options.format}")
    code = 0
    if options.solve:
        given = {**vars(options), "recordings": [str(options.folder)], "out": str(out), "ray": None, "again": False}
        # Standard output belongs to the list: what the batch says of itself would not be JSON.
        code = run_batch_command(argparse.Namespace(**{**given, "quiet": options.quiet or options.json}))
    takes = list(list_takes(jobs, out))
    if options.json:
        json.dump([take.to_dict() for take in takes], sys.stdout, indent=1)
        print()
    else:
        for line in take_lines(takes):
            print(line)
    return max(code, SOME_UNREADABLE if any(take.problem == UNREADABLE for take in takes) else 0)
