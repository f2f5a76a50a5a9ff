# SPDX-License-Identifier: Apache-2.0
"""Offer on the command line what a recording leaves open, and show what it was taken for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from ..recording.conventions import AXES_NAMES, ORIGINS, QUATERNION_ORDERS, TIME_UNITS_S, UNITS_M, ReadOptions
from ..recording.types import Guess


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that overrule what is guessed about a file."""
    group = parser.add_argument_group(
        "how the recording is read", "All are recognised or guessed; `inpose info` shows what they were taken for."
    )
    group.add_argument("--unit", metavar="UNIT", help=f"of the positions: {', '.join(UNITS_M)}, or metres per unit")
    group.add_argument(
        "--axes",
        metavar="AXES",
        help=f"{', '.join(AXES_NAMES)}, or where x, y and z point, such as RUB (right, up, back)",
    )
    group.add_argument("--quaternion-order", choices=QUATERNION_ORDERS, help="of four numbers whose names do not tell")
    group.add_argument("--time-unit", choices=tuple(TIME_UNITS_S), help="of the times; a tick is 100 ns")
    group.add_argument("--fps", type=float, metavar="RATE", help="frames per second, where the file has no times")
    group.add_argument(
        "--swap-hands", action=argparse.BooleanOptionalAction, default=None, help="exchange left and right, or do not"
    )
    group.add_argument("--origin", choices=ORIGINS, help="where heights count from")
    group.add_argument(
        "--columns",
        metavar="MAPPING",
        help='which columns of a table are which: a preset, a .json file, or "time=t, head_p=Head{XYZ}, head_q=..."',
    )


def reading_options(options: argparse.Namespace) -> ReadOptions:
    """Return what the user said about the recording.

    Raises:
        RecordingError: an option has a value that does not exist.
    """
    return ReadOptions(
        unit=options.unit,
        axes=options.axes,
        quaternion_order=options.quaternion_order,
        time_unit=options.time_unit,
        fps=options.fps,
        swap_hands=options.swap_hands,
        origin=options.origin,
        columns=options.columns,
    )


def guess_lines(guesses: Sequence[Guess]) -> Iterator[str]:
    """Yield a line for each decision: what, its value, who says so and why."""
    if guesses:
        yield "  read as"
    for guess in guesses:
        yield f"    {guess.name:<16} {guess}"
