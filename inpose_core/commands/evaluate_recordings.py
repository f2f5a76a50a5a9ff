# SPDX-License-Identifier: Apache-2.0
"""Add ``inpose evaluate --recordings``: spoil simulated recordings, and solve them as the product does."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_recordings_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options of the recordings' bench to ``inpose evaluate``."""
    group = command.add_argument_group("defects of recordings")
    group.add_argument(
        "--recordings",
        action="store_true",
        help="measure recordings with simulated defects instead: how many are solved right, told, misled, silent",
    )
    group.add_argument(
        "--people",
        choices=("test", "train"),
        default="test",
        help="who moves: test people for figures to report, train people for development",
    )
    group.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="KIND",
        help="measure only this kind of defect; can be given several times",
    )
    group.add_argument("--scenes", type=int, help="cases of each kind")
    group.add_argument("--save-files", type=Path, metavar="DIR", help="keep the recordings in this folder")
    group.add_argument("--processes", type=int, default=0, help="number of processes; default: one per core")


def evaluate_recordings(options: argparse.Namespace) -> int:
    """Run the bench and write its table, figures and plot; a part of the kinds is only printed."""
    from ..evaluation.recordings.cases import SCENES  # noqa: PLC0415 (scipy is only needed here)
    from ..evaluation.recordings.report import (  # noqa: PLC0415
        document,
        table,
        write_recordings_report,
        wrong_cases,
    )
    from ..evaluation.recordings.running import RunSettings, run_cases  # noqa: PLC0415
    from ..evaluation.row_store import RowStore  # noqa: PLC0415
    from ..prior.checkpoint import DEFAULT_WEIGHTS  # noqa: PLC0415

    settings = RunSettings(
        options.data,
        options.people,
        tuple(options.only),
        options.scenes or SCENES,
        processes=options.processes,
        files=options.save_files,
        weights=options.weights or DEFAULT_WEIGHTS,
    )
    # A part is quick, and its files are wanted: it is always run anew.
    part = bool(options.only or options.save_files)
    store = RowStore(options.runs / "recordings" / f"{options.people}.jsonl")
    rows = run_cases(settings, None if part else store, options.remeasure)
    print(table(document(rows)))
    print(wrong_cases(rows))
    if not part and options.people == "test":
        for path in write_recordings_report(rows, options.out):
            print(path)
    return 0
