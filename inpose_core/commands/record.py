# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose record``: write a recording while an application sends its devices."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import OutputError
from ..options.command_line import add_options, settings_from_arguments
from ..options.reading import TRIM_OPTIONS, ReadOptions
from .reading import guess_lines

if TYPE_CHECKING:
    from ..recording.live.vmc import CaptureState

_MOST_SHOWN: Final[int] = 8
"""Names of devices that fit into the progress line."""


def add_record_command(commands: Any) -> None:
    """Add the command to the others."""
    record = commands.add_parser("record", help="record live from an application that sends VMC or OSC trackers")
    source = record.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--vmc",
        type=int,
        dest="port",
        metavar="PORT",
        help="UDP port to listen on for the VMC protocol; most applications send to 39539",
    )
    source.add_argument(
        "--osc",
        type=int,
        dest="port",
        metavar="PORT",
        help="the same for OSC trackers, as SlimeVR and others send them to VRChat, usually to 9000",
    )
    record.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="recording file to write (.csv)")
    record.add_argument("--seconds", type=float, metavar="S", help="stop after this time; default: at Ctrl-C")
    record.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address of this computer to listen on; with 0.0.0.0, other computers can send, too",
    )
    record.add_argument("--quiet", action="store_true", help="print no progress and no notes")
    add_options(record, ReadOptions, without=TRIM_OPTIONS)
    record.set_defaults(run=_record)


def _record(options: argparse.Namespace) -> int:
    from ..recording.live.vmc import CaptureSettings, capture_vmc  # noqa: PLC0415

    if options.out.suffix.lower() != ".csv":
        raise OutputError(f'"{options.out.name}" is not a .csv file.', "Choose a name that ends with .csv.")
    if not options.out.parent.is_dir():
        raise OutputError(f"The folder {options.out.parent} does not exist.", "Create it first.")
    reading = settings_from_arguments(ReadOptions, options)
    shows = not options.quiet and sys.stderr.isatty()
    if not options.quiet:
        print(f"Listening on port {options.port}. Ctrl-C ends the recording.", file=sys.stderr)
    recording = capture_vmc(
        options.out,
        CaptureSettings(port=options.port, address=options.listen, seconds=options.seconds),
        reading,
        _show if shows else None,
    )
    if shows:
        print(file=sys.stderr)
    for line in guess_lines(recording.guesses) if not options.quiet else ():
        print(line, file=sys.stderr)
    for note in recording.notes if not options.quiet else ():
        print(f"note: {note}", file=sys.stderr)
    print(f"{options.out}: {recording.duration_s:.1f} s, {len(recording)} frames")
    return 0


def _show(state: CaptureState) -> bool:
    names = list(state.devices)
    shown = [*names[:_MOST_SHOWN], "..."] if len(names) > _MOST_SHOWN else names
    devices = ", ".join(shown) or ("only bones of an avatar" if state.only_bones else "nothing yet")
    print(f"\r{state.seconds:6.1f} s  {state.rows} poses  {devices}\x1b[K", end="", file=sys.stderr, flush=True)
    return True
