# SPDX-License-Identifier: Apache-2.0
"""Add ``inpose evaluate --points``: measure sets of measured points on held-out people."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Final

from ..system.output import make_folder, write_output

if TYPE_CHECKING:
    from ..evaluation.metrics import Figures

_CLIPS: Final[int] = 24
_MOST_FRAMES: Final[int] = 600
_FILE: Final[str] = "points.json"
_STANDARD: Final[str] = "standard"


def add_points_arguments(command: argparse.ArgumentParser) -> None:
    """Add the option of measured points to ``inpose evaluate``."""
    group = command.add_argument_group("more points than head and hands")
    group.add_argument(
        "--points",
        nargs="?",
        const=_STANDARD,
        action="append",
        metavar="POINTS",
        help="measure a set of points instead, such as head,hands,hips,feet; can be given several times. Without a "
        "value: the sets of the documentation",
    )


def evaluate_points(options: argparse.Namespace) -> int:
    """Measure the sets of points, print the table, and write the figures."""
    from ..body.points import joints_of_points  # noqa: PLC0415 (these need scipy)
    from ..evaluation.clips import choose_clips, load_packed_clips, load_test_clips  # noqa: PLC0415
    from ..evaluation.tracked_points import POINT_SETS, measure_points, points_table  # noqa: PLC0415
    from ..prior.checkpoint import DEFAULT_WEIGHTS, load_prior  # noqa: PLC0415

    given = [one for names in options.points for one in (POINT_SETS if names == _STANDARD else (names,))]
    sets = list(dict.fromkeys(given))
    for names in sets:
        joints_of_points(names)
    every = load_packed_clips(options.test) if options.test else load_test_clips(options.data)
    clips = choose_clips(every, _CLIPS, _MOST_FRAMES)

    def tell(names: str, condition: str, figures: Figures) -> None:
        print(f"{names}, {condition}: legs {figures.lower_cm:.2f} cm, all {figures.mpjpe_cm:.2f} cm", flush=True)

    rows = measure_points(clips, load_prior(options.weights or DEFAULT_WEIGHTS), sets, on_row=tell)
    print(points_table(rows))
    document = {
        names: {name: figures.to_dict() for name, figures in by_condition.items()}
        for names, by_condition in rows.items()
    }
    make_folder(options.out)
    write_output(options.out / _FILE, [json.dumps(document, indent=1).encode() + b"\n"])
    print(options.out / _FILE)
    return 0
