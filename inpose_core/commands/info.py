# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose info``: what a recording contains, and what a solve will make of it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ColumnsError
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.reading import ReadOptions
from ..recording.formats.suffixes import recording_suffixes
from .outputs import check_ending, check_folder_of, keep_inputs
from .reading import guess_lines, outlook_lines, print_table, trim_lines

if TYPE_CHECKING:
    from ..inspection.describe import RecordingInfo


def add_info_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("info", help="show what a recording contains")
    command.add_argument("recording", type=Path, help=f"recording file ({', '.join(recording_suffixes())})")
    command.add_argument("--json", action="store_true", help="print JSON, for scripts")
    add_options(command, ReadOptions)
    add_options(command, CalibrationSettings)
    command.add_argument(
        "--table", action="store_true", help="show the columns of a table by number, with their first rows"
    )
    command.add_argument(
        "--plot", type=Path, metavar="OUT.png", help="draw the tracks, the tracking losses and the calibration pose"
    )
    command.set_defaults(run=run_info)


def run_info(options: argparse.Namespace) -> int:
    """Say what a recording contains, as text or JSON, and draw it if asked to.

    Raises:
        InPoseError: the recording is unusable, or the picture cannot be written.
    """
    from ..inspection.describe import describe_recording  # noqa: PLC0415
    from ..recording import load_recording  # noqa: PLC0415

    reading = settings_from_arguments(ReadOptions, options)
    if options.plot is not None:
        check_folder_of(options.plot)
        check_ending(options.plot, ".png")
        keep_inputs(options.plot, options.recording, reading)
    if options.table:
        print_table(options.recording, reading)
        return 0
    try:
        recording = load_recording(options.recording, reading)
    except ColumnsError:
        print_table(options.recording, reading)
        raise
    info = describe_recording(recording, settings_from_arguments(CalibrationSettings, options))
    if options.plot is not None:
        from ..inspection.picture import save_recording_picture  # noqa: PLC0415 (matplotlib is optional)

        save_recording_picture(recording, options.plot, options.recording.name)
    if options.json:
        print(json.dumps(info.to_dict(), indent=1))
        return 0
    print(f"{options.recording.name}: {info.format}{f', {info.headset}' if info.headset else ''}")
    for name, value in _facts(info):
        print(f"  {name:<16} {value}")
    for line in guess_lines(info.guesses):
        print(line)
    for line in trim_lines(info):
        print(line)
    for note in info.notes:
        print(f"  {'note':<16} {note}")
    for line in outlook_lines(info.outlook):
        print(line)
    if options.plot is not None:
        print(options.plot)
    return 0


def _facts(info: RecordingInfo) -> Iterator[tuple[str, str]]:
    yield "length", f"{info.duration_s:.1f} s, {info.frames} frames, {info.mean_rate_hz:.1f} Hz on average"
    yield "unit", info.unit
    yield "hand poses", info.pose or "unknown: set their kind with --hand-poses"
    for name, gaps in (*info.gaps.items(), *info.trackers.items(), *info.fingers.items()):
        share = f"measured {100 * gaps.measured_fraction:.1f} % of the time"
        yield name, f"{share}, {gaps.words}"
    if info.buttons:
        yield "buttons", ", ".join(info.buttons)
