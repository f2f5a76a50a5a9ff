# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer on the command line what the panels offer about a solve, under the names of ``inpose solve``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..choices import (
    AXES,
    BODIES,
    CALIBRATION_POSES,
    HEAD_VIEWS,
    ORIGINS,
    POSES,
    QUALITIES,
    QUATERNION_ORDERS,
    SCALES,
    TIME_UNITS,
    UNITS,
    names_of,
)
from ..preferences.preferences import solver_device
from .options import Reading, SolveSettings


def add_solve_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a solve in the panels' groups."""
    _add_reading_options(parser)
    _add_calibration_options(parser)
    group = parser.add_argument_group("solve", "How much to compute, where, and which of the motions that fit.")
    group.add_argument("--quality", choices=names_of(QUALITIES), default="default")
    group.add_argument("--foot-planting", type=_share, help="how firmly standing feet are held, 0 to 1; default: 1")
    group.add_argument("--steps", type=int, help="for experts: sampling steps; default or 0: by the quality")
    group.add_argument("--variation", type=_share, help="0: the likeliest motion (default); 1: one of many, by --seed")
    group.add_argument("--seed", type=int, default=0)
    group.add_argument("--guidance", help="for experts: name of the guidance")
    group.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"))


def solve_settings(options: argparse.Namespace) -> SolveSettings:
    """Return what the options say."""
    return SolveSettings(
        stature_m=options.stature,
        pose=options.pose,
        scale=options.scale,
        calibration_pose=options.calibration_pose,
        calibration_time_s=options.calibration_time,
        calibration_file=options.calibration.resolve() if options.calibration else None,
        body=options.body,
        head_view=options.head_view,
        refine=not options.no_refine,
        device=options.device or solver_device(),
        guidance=options.guidance,
        quality=options.quality,
        steps=options.steps or None,
        foot_planting=options.foot_planting,
        temperature=options.variation,
        seed=options.seed,
        reading=Reading(
            unit=options.unit,
            axes=options.axes,
            quaternion_order=options.quaternion_order,
            time_unit=options.time_unit,
            swap_hands=options.swap_hands,
            origin=options.origin,
        ),
    )


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("read as", "What the recording is, where the guess is wrong.")
    group.add_argument("--unit", help=f"of the positions: {', '.join(names_of(UNITS))}, or metres per unit")
    group.add_argument("--axes", help=f"{', '.join(names_of(AXES))}, or where x, y and z point, such as RUF")
    group.add_argument("--quaternion-order", choices=names_of(QUATERNION_ORDERS))
    group.add_argument("--time-unit", choices=names_of(TIME_UNITS), help="a tick is 100 ns")
    group.add_argument(
        "--swap-hands", action=argparse.BooleanOptionalAction, default=None, help="exchange left and right, or do not"
    )
    group.add_argument("--origin", choices=names_of(ORIGINS), help="where heights count from")


def _add_calibration_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "calibration", "Who performed, how the devices were worn, and which size it gets."
    )
    group.add_argument("--stature", type=float, help="height of the performer in metres; default: estimated")
    group.add_argument("--scale", type=_scale, default="height", help="height (default), arm-span, keep, or a factor")
    group.add_argument("--pose", choices=names_of(POSES), help="what the hand poses are; default: as the file says")
    group.add_argument(
        "--calibration-pose",
        type=_underscored,
        choices=("auto", *names_of(CALIBRATION_POSES)),
        default="auto",
        help="which pose to look for",
    )
    group.add_argument(
        "--calibration-time", type=float, metavar="SECONDS", help="when it is held; default: found by itself"
    )
    group.add_argument("--calibration", type=Path, metavar="FILE", help="made by inpose calibrate")
    group.add_argument(
        "--body", choices=("auto", *names_of(BODIES)), default="auto", help="whose proportions the performer has"
    )
    group.add_argument(
        "--head-view",
        type=_underscored,
        choices=("auto", *names_of(HEAD_VIEWS)),
        default="auto",
        help="what the head's poses look from",
    )
    group.add_argument("--no-refine", action="store_true", help="leave uncertain offsets where the presets have them")


def _underscored(text: str) -> str:
    return text.replace("-", "_")


def _scale(text: str) -> str | float:
    if _underscored(text) in names_of(SCALES):
        return _underscored(text)
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1e-3 <= factor <= 1e3:
        raise argparse.ArgumentTypeError(f"{text} is neither height, arm-span, keep nor a factor from 0.001 to 1000")
    return factor


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return share
