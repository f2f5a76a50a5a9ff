# SPDX-License-Identifier: Apache-2.0
"""Add ``inpose calibrate``, and the calibration's options to the commands that calibrate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OutputError
from ..recording.types import POSE_TYPES

if TYPE_CHECKING:
    from ..calibration import CalibrationSettings

_POSES = {"auto": "auto", "t-pose": "t_pose", "a-pose": "a_pose", "none": "none"}
_BODIES = ("auto", "rig", "average")
_VIEWS = {"auto": "auto", "middle": "middle", "left-eye": "left_eye"}


def add_calibrate_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("calibrate", help="measure a performer and save it for other recordings")
    command.add_argument("recording", type=Path, help="best one that begins with a T-pose")
    command.add_argument("-o", "--out", type=Path, required=True, help="OUT.json")
    command.add_argument("--skeleton", type=Path, help="the rig as JSON, if the performer has its proportions")
    add_calibration_options(command, with_file=False)
    command.set_defaults(run=run_calibrate)


def add_calibration_options(parser: argparse.ArgumentParser, *, with_file: bool = True) -> None:
    """Add what says who performs, with which devices, and how large the rig is."""
    parser.add_argument(
        "--stature",
        type=float,
        metavar="METRES",
        help="the performer's; default: from the headset (without meaning for joint poses on a --skeleton)",
    )
    parser.add_argument(
        "--pose", choices=POSE_TYPES, help="what the hand poses are; default: as the file says, else grip"
    )
    parser.add_argument(
        "--calibration-pose", choices=tuple(_POSES), default="auto", help="which pose to look for; default: both"
    )
    parser.add_argument(
        "--calibration-time", type=float, metavar="SECONDS", help="when it is held; default: found by itself"
    )
    parser.add_argument(
        "--body",
        choices=_BODIES,
        default="auto",
        help="whose proportions the performer has; default: the rig's with unknown controllers, if it is human",
    )
    parser.add_argument(
        "--head-view", choices=tuple(_VIEWS), default="auto", help="what the head's poses look from; default: auto"
    )
    parser.add_argument(
        "--no-refine", action="store_true", help="leave sabers and unknown hand poses where the presets have them"
    )
    if with_file:
        parser.add_argument("--scale", default="height", help="height (default), arm-span, keep, or a factor")
        parser.add_argument("--calibration", type=Path, metavar="FILE", help="made by inpose calibrate")


def calibration_settings(options: argparse.Namespace) -> CalibrationSettings:
    """Return the settings that the options say.

    Raises:
        CalibrationError: the scale is neither a mode nor a number.
    """
    from ..calibration import CalibrationSettings, parse_scale  # noqa: PLC0415 (--help needs no scipy)

    return CalibrationSettings(
        stature_m=options.stature,
        pose=options.pose,
        scale=parse_scale(getattr(options, "scale", "height")),
        calibration_pose=_POSES[options.calibration_pose],  # type: ignore[arg-type]  # checked by argparse
        calibration_time_s=options.calibration_time,
        body=options.body,
        head_view=_VIEWS[options.head_view],  # type: ignore[arg-type]  # checked by argparse
        refine=not options.no_refine,
        file=getattr(options, "calibration", None),
    )


def run_calibrate(options: argparse.Namespace) -> int:
    """Measure the performer of a recording, save it, and say what was found.

    Raises:
        InPoseError: the recording or the stature is unusable, or the file cannot be written.
    """
    from ..body.skeleton import Skeleton  # noqa: PLC0415
    from ..calibration import measure, save_calibration  # noqa: PLC0415
    from ..recording import load_recording  # noqa: PLC0415

    if not options.out.parent.is_dir():
        raise OutputError(f"The folder {options.out.parent} does not exist.", "Create it first.")
    skeleton = Skeleton.from_json_file(options.skeleton) if options.skeleton else None
    measured = measure(load_recording(options.recording), skeleton, calibration_settings(options))
    save_calibration(measured.performer, options.out)
    for note in measured.notes:
        print(f"note: {note}")
    performer = measured.performer
    by = {"t_pose": "a T-pose", "a_pose": "an A-pose", "motion": "the motion", "presets": "presets"}[performer.source]
    print(
        f"{options.out}: {performer.stature_m:.2f} m tall, wrists {performer.wrist_span_m:.2f} m apart in a T-pose, "
        f"{performer.pose} poses, calibrated by {by}"
    )
    return 0
