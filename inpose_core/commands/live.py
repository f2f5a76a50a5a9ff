# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose live``: solve while somebody moves, and send the whole body on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import InPoseError
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.live import LiveOptions
from ..options.ports import RECORDER_PAGE_PORT, VMC_PORT
from ..options.reading import TRIM_OPTIONS, ReadOptions
from ..system.output import make_folder
from .page_address import page_lines

if TYPE_CHECKING:
    from ..live.performance import LiveState
    from ..live.pose import LivePose
    from ..live.streams.stream import LiveStream

_SILENCE_S: Final[float] = 10.0
"""A session of a sender that is silent for so long ends."""


def add_live_command(commands: Any) -> None:
    """Add the command to the others."""
    live = commands.add_parser("live", help="solve while somebody moves, and send the body to other programs (VMC)")
    source = live.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--vmc",
        type=int,
        metavar="PORT",
        help=f"UDP port at which the devices arrive, such as {VMC_PORT}; OSC trackers are heard there, too",
    )
    source.add_argument(
        "--webxr",
        type=int,
        nargs="?",
        const=RECORDER_PAGE_PORT,
        metavar="PORT",
        help=f"serve the recorder page for the browser of a headset at this port; default: {RECORDER_PAGE_PORT}",
    )
    live.add_argument(
        "--out-vmc",
        required=True,
        metavar="[HOST:]PORT",
        help="where the bones of the whole body go, such as 39540 or 192.168.0.7:39540",
    )
    live.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="address of this computer to listen on")
    live.add_argument(
        "--certificate", type=Path, metavar="FILE", help="certificate for HTTPS (PEM); default: one is made"
    )
    live.add_argument("--key", type=Path, metavar="FILE", help="key of the certificate (PEM)")
    live.add_argument(
        "--takes", type=Path, default=Path(), metavar="FOLDER", help="folder for takes that the headset records"
    )
    live.add_argument(
        "--skeleton",
        type=Path,
        metavar="FILE",
        help="JSON file of the body to solve for; default: average proportions, as tall as --performer-height says",
    )
    live.add_argument(
        "--seconds", type=float, metavar="S", help="stop this long after the first pose; default: at Ctrl-C"
    )
    live.add_argument("--quiet", action="store_true", help="print no progress and no notes")
    add_options(live, LiveOptions)
    add_options(live, ReadOptions, without=TRIM_OPTIONS)
    add_options(live, CalibrationSettings)
    live.set_defaults(run=_live)


def _live(options: argparse.Namespace) -> int:
    from ..body.skeleton import Skeleton  # noqa: PLC0415
    from ..live.performance import LivePlan  # noqa: PLC0415
    from ..live.running import LiveSession, run_live  # noqa: PLC0415

    host, _, port = options.out_vmc.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InPoseError(f'"{options.out_vmc}" is not a port.', "Give a number such as 39540, or HOST:39540.")
    calibration = settings_from_arguments(CalibrationSettings, options)
    body = Skeleton.from_json_file(options.skeleton) if options.skeleton else Skeleton.template()
    if calibration.stature_m and not options.skeleton:
        body = Skeleton.template(calibration.stature_m)
    settings = LivePlan(
        skeleton=body,
        calibration=calibration,
        reading=settings_from_arguments(ReadOptions, options),
        options=settings_from_arguments(LiveOptions, options),
    )
    session = LiveSession(
        stream=_stream(options),
        send_to=(host or "127.0.0.1", int(port)),
        settings=settings,
        silence_s=None if options.vmc is None else _SILENCE_S,
    )
    teller = _Teller(options.seconds, quiet=options.quiet)
    if options.vmc is not None:
        teller.say(f"Listening on port {options.vmc}.")
    report = run_live(session, teller.tell, teller.go_on)
    for note in report.notes:
        teller.say(f"note: {note}")
    if report.poses:
        print(f"{report.poses} poses in {report.seconds:.1f} s; 99 % of them took less than {report.slowest_ms:.0f} ms")
    else:
        print(f"No pose in {report.seconds:.1f} s.")
    return 0


def _stream(options: argparse.Namespace) -> LiveStream:
    if options.vmc is not None:
        from ..live.streams.vmc import VmcStream  # noqa: PLC0415
        from ..recording.live.vmc import CaptureSettings  # noqa: PLC0415

        return VmcStream(CaptureSettings(options.vmc, options.listen))
    from ..live.streams.page import PageStream  # noqa: PLC0415
    from ..recording.live.headset import PageSettings  # noqa: PLC0415

    page = PageSettings(options.webxr, options.listen, certificate=options.certificate, key=options.key)
    make_folder(options.takes)
    return PageStream(page, options.takes)


class _Teller:
    """Say how the session goes, and when its time is over."""

    def __init__(self, seconds: float | None, *, quiet: bool) -> None:
        self._seconds, self._quiet = seconds, quiet
        self._first_s: float | None = None
        self._told = ""

    def say(self, text: str) -> None:
        """Print a line, once."""
        if text != self._told and not self._quiet:
            self._told = text
            print(text, file=sys.stderr, flush=True)

    def tell(self, state: LiveState) -> None:
        """Say what the performer has to do, and what is wrong."""
        if state.url and not state.connected and not state.is_measured:
            self.say("\n".join(page_lines(state.url, sys.stderr, state.other_urls)))
        if state.phase == "counting":
            self.say(f"Take a T-pose: InPose measures in {state.seconds_left:.0f} s.")
        elif state.phase == "holding":
            self.say("Hold the T-pose.")
        elif state.trouble:
            self.say(state.trouble)
        elif state.is_measured:
            self.say("Calibrated. Sending. Ctrl-C ends the session.")

    def go_on(self, pose: LivePose) -> bool:
        """Return whether the time is not over yet."""
        self._first_s = pose.time_s if self._first_s is None else self._first_s
        return self._seconds is None or pose.time_s - self._first_s < self._seconds
