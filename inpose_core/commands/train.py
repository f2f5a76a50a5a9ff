# SPDX-License-Identifier: Apache-2.0
"""Run ``inpose train``: train the prior, or the network that finds the hands."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def add_train_command(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser("train", help="train the prior, or the network that finds the hands")
    command.add_argument(
        "--hands", action="store_true", help="train the network that finds the hands in unknown controllers"
    )
    command.add_argument("--data", type=Path, required=True, help="folder of packed motion (.npz)")
    command.add_argument(
        "--out",
        type=Path,
        help="folder of the run; default: runs/prior, or runs/hand_finder. A run of the prior that is there continues; "
        "its data and options must be the same, except --steps",
    )
    command.add_argument("--steps", type=int, help="number of training steps")
    command.add_argument("--batch", type=int, help="number of windows per step")
    command.add_argument("--start", type=Path, help="trained network to start from; default: train from scratch")
    command.add_argument("--learning-rate", type=float, help="highest learning rate")
    command.add_argument("--seed", type=int, default=0, help="seed of the random numbers; default: 0")
    command.add_argument("--device", default="auto", help="compute device: auto, cpu, cuda or mps; default: auto")
    command.set_defaults(run=run_train)


def run_train(options: argparse.Namespace) -> int:
    """Train the prior or the hand finder; a run of the prior that is there continues.

    Raises:
        InPoseError: there is no packed motion, or the folder has a run of other data, another start or other options.
    """
    from dataclasses import replace  # noqa: PLC0415

    from ..prior.checkpoint import load_prior  # noqa: PLC0415
    from ..training.devices import torch_device  # noqa: PLC0415
    from ..training.run import train_from_folder  # noqa: PLC0415
    from ..training.trainer import TrainingSettings  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    given = {name: getattr(options, name) for name in ("steps", "batch", "learning_rate", "seed")}
    chosen = {name: value for name, value in given.items() if value is not None}
    if options.hands:
        return _train_hand_finder(options, chosen)
    settings = replace(TrainingSettings(), **chosen)
    start = None
    if options.start is not None:
        start = load_prior(options.start).network
        settings = replace(settings, network=start.config)
    folder = options.out or Path("runs", "prior")
    prior = train_from_folder(options.data, folder, settings, torch_device(options.device), start)
    print(f"{folder / 'prior.safetensors'}: trained for {prior.training['steps']} steps")
    return 0


def _train_hand_finder(options: argparse.Namespace, chosen: Mapping[str, Any]) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from ..calibration.hand_weights import load_hand_finder  # noqa: PLC0415
    from ..training.devices import torch_device  # noqa: PLC0415
    from ..training.hand_finder import HandFinderSettings, train_hand_finder  # noqa: PLC0415

    settings = replace(HandFinderSettings(), **chosen)
    start = None
    if options.start is not None:
        start = load_hand_finder(options.start)
        settings = replace(settings, network=start.config)
    folder = options.out or Path("runs", "hand_finder")
    train_hand_finder(options.data, folder, settings, torch_device(options.device), start)
    print(f"{folder / 'hand_finder.safetensors'}: trained for {settings.steps} steps")
    return 0
