# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose record``: write recordings while an application or a headset sends them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import OutputError
from ..options.command_line import add_options, settings_from_arguments
from ..options.ports import RECORDER_PAGE_PORT, VMC_PORT
from ..options.reading import TRIM_OPTIONS, ReadOptions
from ..system.output import make_folder
from .page_address import page_lines
from .reading import guess_lines

if TYPE_CHECKING:
    from ..recording.live.headset import HeadsetProgress
    from ..recording.live.vmc_decoder import CaptureState

_MOST_SHOWN: Final[int] = 8
"""Names of devices that fit into the progress line."""


def add_record_command(commands: Any) -> None:
    """Add the command to the others."""
    record = commands.add_parser(
        "record", help="record live from an application (VMC, OSC trackers) or from a headset's browser"
    )
    source = record.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--vmc", type=int, metavar="PORT", help=f"UDP port to listen on; most applications send to {VMC_PORT}"
    )
    source.add_argument(
        "--osc",
        type=int,
        metavar="PORT",
        help="the same for OSC trackers, as SlimeVR and others send them to VRChat, usually to 9000",
    )
    source.add_argument(
        "--webxr",
        type=int,
        nargs="?",
        const=RECORDER_PAGE_PORT,
        metavar="PORT",
        help=f"serve the recorder page for the browser of a headset at this port; default: {RECORDER_PAGE_PORT}",
    )
    record.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="recording file to write: .csv with --vmc and --osc; .jsonl, or a folder for several takes, with --webxr "
        "(a folder that is missing is made)",
    )
    record.add_argument("--seconds", type=float, metavar="S", help="stop after this time; default: at Ctrl-C")
    record.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address of this computer to listen on; with 0.0.0.0, other computers and headsets can send, too",
    )
    record.add_argument(
        "--certificate", type=Path, metavar="FILE", help="certificate for HTTPS (PEM); default: one is made"
    )
    record.add_argument("--key", type=Path, metavar="FILE", help="key of the certificate (PEM)")
    record.add_argument("--quiet", action="store_true", help="print no progress and no notes")
    add_options(record, ReadOptions, without=TRIM_OPTIONS)
    record.set_defaults(run=_record)


def _record(options: argparse.Namespace) -> int:
    return _record_vmc(options) if options.webxr is None else _record_headset(options)


def _record_headset(options: argparse.Namespace) -> int:
    from ..recording.live.headset import PageSettings, record_headset  # noqa: PLC0415

    if not options.out.suffix:
        make_folder(options.out)
    elif not options.out.is_dir() and options.out.suffix.lower() != ".jsonl":
        raise OutputError(
            f'"{options.out}" is neither a folder nor a .jsonl file.',
            "Choose a folder, or a name that ends with .jsonl.",
        )
    settings = PageSettings(options.webxr, options.listen, options.seconds, options.certificate, options.key)
    told = _HeadsetTeller(live=not options.quiet and sys.stderr.isatty())
    takes = record_headset(options.out, settings, told.tell)
    if told.live:
        print(file=sys.stderr)
    for take in takes:
        print(f"{take.path}: {take.frames} frames{'' if take.ended else ', not ended'}")
    if not takes:
        print("No take was recorded.", file=sys.stderr)
    return 0


class _HeadsetTeller:
    """Say where the page is, and then how the recording goes."""

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self._told = False

    def tell(self, progress: HeadsetProgress) -> bool:
        """Print; the recording goes on."""
        if not self._told:
            self._told = True
            for line in page_lines(progress.url, sys.stderr, progress.other_urls):
                print(line, file=sys.stderr)
            print("Ctrl-C ends the recording.", file=sys.stderr, flush=True)
        if self.live:
            state = "headset connected" if progress.connected else "no headset yet"
            take = f"take {progress.takes}: {progress.frames} frames" if progress.takes else ""
            print(f"\r{progress.seconds:6.1f} s  {state}  {take}\x1b[K", end="", file=sys.stderr, flush=True)
        return True


def _record_vmc(options: argparse.Namespace) -> int:
    from ..recording.live.vmc import CaptureSettings, capture_vmc  # noqa: PLC0415

    if options.out.suffix.lower() != ".csv":
        raise OutputError(f'"{options.out.name}" is not a .csv file.', "Choose a name that ends with .csv.")
    if not options.out.parent.is_dir():
        raise OutputError(f"The folder {options.out.parent} does not exist.", "Create it first.")
    reading = settings_from_arguments(ReadOptions, options)
    shows = not options.quiet and sys.stderr.isatty()
    if not options.quiet:
        print(
            f"Listening on port {(options.osc if options.vmc is None else options.vmc)}. Ctrl-C ends the recording.",
            file=sys.stderr,
        )
    recording = capture_vmc(
        options.out,
        CaptureSettings(
            port=(options.osc if options.vmc is None else options.vmc), address=options.listen, seconds=options.seconds
        ),
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
