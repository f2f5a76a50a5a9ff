# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose live``: solve while somebody moves, and send the whole body on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InPoseError
from ..options.calibration import CalibrationSettings
from ..options.command_line import add_options, settings_from_arguments
from ..options.ports import VMC_PORT
from ..options.reading import TRIM_OPTIONS, ReadOptions

if TYPE_CHECKING:
    from ..live.solving import LivePose


def add_live_command(commands: Any) -> None:
    """Add the command to the others."""
    live = commands.add_parser("live", help="solve while somebody moves, and send the body to other programs (VMC)")
    live.add_argument(
        "--vmc",
        type=int,
        required=True,
        metavar="PORT",
        help=f"UDP port at which the devices arrive, such as {VMC_PORT}",
    )
    live.add_argument(
        "--out-vmc",
        required=True,
        metavar="[HOST:]PORT",
        help="where the bones of the whole body go, such as 39540 or 192.168.0.7:39540",
    )
    live.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="address of this computer to listen on")
    live.add_argument(
        "--skeleton", type=Path, metavar="FILE", help="body to solve for (JSON); default: the performer's"
    )
    live.add_argument(
        "--calibrate-for", type=float, default=5.0, metavar="S", help="first seconds, in which you hold a T-pose"
    )
    live.add_argument(
        "--lookahead",
        type=float,
        default=0.1,
        metavar="S",
        help="delay of the poses, 0 to 0.2 seconds; a longer one is more accurate",
    )
    live.add_argument("--seconds", type=float, metavar="S", help="stop after this time; default: at Ctrl-C")
    live.add_argument("--quiet", action="store_true", help="print no progress and no notes")
    add_options(live, ReadOptions, without=TRIM_OPTIONS)
    add_options(live, CalibrationSettings)
    live.set_defaults(run=_live)


def _live(options: argparse.Namespace) -> int:
    from ..body.skeleton import Skeleton  # noqa: PLC0415
    from ..live.running import LiveSession, run_live  # noqa: PLC0415
    from ..live.solving import LiveSettings  # noqa: PLC0415
    from ..recording.live.vmc import CaptureSettings  # noqa: PLC0415

    host, _, port = options.out_vmc.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InPoseError(f'"{options.out_vmc}" is not a port.', "Give a number such as 39540, or HOST:39540.")
    calibration = settings_from_arguments(CalibrationSettings, options)
    body = Skeleton.from_json_file(options.skeleton) if options.skeleton else Skeleton.template()
    if calibration.stature_m and not options.skeleton:
        body = Skeleton.template(calibration.stature_m)
    session = LiveSession(
        listen=CaptureSettings(options.vmc, options.listen),
        send_to=(host or "127.0.0.1", int(port)),
        skeleton=body,
        calibrate_s=options.calibrate_for,
        calibration=calibration,
        reading=settings_from_arguments(ReadOptions, options),
        live=LiveSettings(lookahead_s=options.lookahead),
    )
    teller = _Teller(options.seconds, quiet=options.quiet)
    teller.say(f"Listening on port {options.vmc}. Hold a T-pose for {options.calibrate_for:g} seconds.")
    report = run_live(session, teller.wait, teller.go_on)
    for note in report.notes:
        teller.say(f"note: {note}")
    print(f"{report.poses} poses in {report.seconds:.1f} s; 99 % of them took less than {report.slowest_ms:.0f} ms")
    return 0


class _Teller:
    """Say how the session goes, and when its time is over."""

    def __init__(self, seconds: float | None, *, quiet: bool) -> None:
        self._seconds, self._quiet = seconds, quiet
        self._first_s: float | None = None
        self._told = False

    def say(self, text: str) -> None:
        """Print a line."""
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    def wait(self, seconds: float) -> None:
        """Count down, where somebody sees it."""
        if not self._quiet and sys.stderr.isatty():
            print(f"\r{max(0.0, seconds):4.1f} s\x1b[K", end="", file=sys.stderr, flush=True)

    def go_on(self, pose: LivePose) -> bool:
        """Return whether the time is not over yet."""
        if not self._told:
            self._told = True
            self.say("Calibrated. Sending. Ctrl-C ends the session.")
        self._first_s = pose.time_s if self._first_s is None else self._first_s
        return self._seconds is None or pose.time_s - self._first_s < self._seconds
