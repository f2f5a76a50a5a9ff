# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose evaluate``: measure the method and the other systems on captured motion."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from .evaluate_amass import add_amass_arguments, evaluate_amass
from .evaluate_modes import AMASS, POINTS, RECORDINGS, SHEETS, SYSTEMS, Mode, mode_of, require_used
from .evaluate_points import add_points_arguments, evaluate_points
from .evaluate_recordings import add_recordings_arguments, evaluate_recordings
from .evaluate_sheets import add_sheets_arguments, evaluate_sheets


def add_evaluate_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("evaluate", help="measure the method and the other systems on captured motion")
    command.add_argument(
        "--data", type=Path, help="folder of packed motion (.npz); needed except with --amass, or --points and --test"
    )
    command.add_argument(
        "--out", type=Path, default=Path("evaluation"), help="folder for the figures, tables and plots"
    )
    command.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/evaluation"),
        help="folder of the trained rivals; rivals that are there are not trained again",
    )
    command.add_argument("--test", type=Path, help="packed file to measure on; default: the held-out people")
    command.add_argument("--weights", type=Path, help="prior to measure as ours; default: the shipped one")
    command.add_argument(
        "--remeasure",
        action="store_true",
        help="measure again what is stored, for a solver that has changed; of the systems only ours, the rivals keep "
        "their rows in the folder --out",
    )
    command.add_argument(
        "--quick",
        action="store_true",
        help="take only three minutes, with hardly trained rivals: only to check the command",
    )
    command.add_argument(
        "--device", default="cpu", help="compute device that trains the rivals: cpu or cuda; default: cpu"
    )
    add_recordings_arguments(command)
    add_amass_arguments(command)
    add_points_arguments(command)
    add_sheets_arguments(command)
    command.set_defaults(run=partial(run_evaluate, command))


def run_evaluate(command: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Measure what the options name: by default, our system and its rivals on the held-out people.

    Args:
        command: the parser that read the options.
        options: what was given.

    Raises:
        InPoseError: there is nothing to measure on, an option would not be used, or the report cannot be written.
    """
    mode = mode_of(options)
    require_used(mode, options, command)
    return _RUN[mode](options)


def _evaluate_systems(options: argparse.Namespace) -> int:
    from ..evaluation import Bench, BenchSettings, read_rows, write_report  # noqa: PLC0415
    from ..prior.checkpoint import DEFAULT_WEIGHTS  # noqa: PLC0415
    from ..training.devices import torch_device  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = BenchSettings.quick() if options.quick else BenchSettings()
    folder = options.runs / ("quick" if options.quick else "full")
    weights = options.weights or DEFAULT_WEIGHTS
    bench = Bench(options.data, folder, settings, torch_device(options.device), options.test, weights)
    rows = bench.remeasure(read_rows(options.out)) if options.remeasure else bench.run()
    for path in write_report(rows, options.out):
        print(path)
    return 0


_RUN: Final[Mapping[Mode, Callable[[argparse.Namespace], int]]] = {
    SYSTEMS: _evaluate_systems,
    AMASS: evaluate_amass,
    SHEETS: evaluate_sheets,
    RECORDINGS: evaluate_recordings,
    POINTS: evaluate_points,
}
