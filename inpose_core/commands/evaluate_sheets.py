# SPDX-License-Identifier: Apache-2.0
"""Add ``inpose evaluate --sheets``: draw the solution beside the truth, for each situation."""

from __future__ import annotations

import argparse
from pathlib import Path

from .progress import ProgressBar


def add_sheets_arguments(command: argparse.ArgumentParser) -> None:
    """Add the option of the sheets to ``inpose evaluate``."""
    command.add_argument_group("sheets").add_argument(
        "--sheets", type=Path, metavar="DIR", help="draw truth and solution side by side into this folder instead"
    )


def evaluate_sheets(options: argparse.Namespace) -> int:
    """Solve the held-out people, and draw a typical stretch of each situation."""
    from ..evaluation.sheets.choosing import (  # noqa: PLC0415 (they need scipy)
        DANCERS,
        dance_clips,
        everywhere,
        held_out_stretches,
        typical_stretch,
    )
    from ..evaluation.sheets.drawing import save_sheet  # noqa: PLC0415
    from ..evaluation.situation_people import held_out_people, solved_pairs  # noqa: PLC0415
    from ..options.solve import SolveSettings  # noqa: PLC0415
    from ..prior.checkpoint import DEFAULT_WEIGHTS, load_prior  # noqa: PLC0415

    prior, settings = load_prior(options.weights or DEFAULT_WEIGHTS), SolveSettings(device="cpu")
    clips = {**held_out_people(options.data), DANCERS: dance_clips(options.data)}
    count, done = sum(len(part) for part in clips.values()), 0
    with ProgressBar("Solving", quiet=False) as bar:

        def tell() -> None:
            nonlocal done
            done += 1
            bar.update(done / count)

        pairs = {name: solved_pairs(part, prior, settings, tell) for name, part in clips.items()}
    dances = pairs.pop(DANCERS)
    stretches = held_out_stretches(pairs)
    dance = typical_stretch("dance", DANCERS, dances, everywhere)
    options.sheets.mkdir(parents=True, exist_ok=True)
    for stretch in (*stretches, *([dance] if dance else [])):
        path = options.sheets / f"{stretch.name.replace(' ', '_')}.png"
        save_sheet(stretch, path)
        print(path)
    return 0
