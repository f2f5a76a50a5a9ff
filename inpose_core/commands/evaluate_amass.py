# SPDX-License-Identifier: Apache-2.0
"""Add ``inpose evaluate --amass``: run the paper's protocols on a folder of AMASS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import InPoseError
from .progress import ProgressBar

if TYPE_CHECKING:
    from ..evaluation.amass.report import ProtocolResult
    from ..evaluation.amass.training import ProtocolTraining
    from ..prior.checkpoint import Prior


_TOLD_EVERY: Final[int] = 20
"""Files between two lines of a log."""


def add_amass_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options of the protocols to ``inpose evaluate``."""
    group = command.add_argument_group("the paper's protocols")
    group.add_argument(
        "--amass", type=Path, metavar="DIR", help="run the paper's protocols on this folder of AMASS data sets instead"
    )
    group.add_argument(
        "--body-models", type=Path, metavar="DIR", help="folder of SMPL models, for the literature's body; else ours"
    )
    group.add_argument(
        "--protocol",
        type=int,
        choices=(1, 2),
        action="append",
        help="run only this protocol; default: both, as far as their files are there",
    )
    group.add_argument("--lists", type=Path, metavar="DIR", help="folder of the split lists of protocol 2")
    group.add_argument(
        "--train", action="store_true", help="also train a prior on each protocol's training files, and measure it"
    )
    group.add_argument("--steps", type=int, help="number of training steps with --train")


def evaluate_amass(options: argparse.Namespace) -> int:
    """Run the protocols that the folder allows, and write the report."""
    from ..evaluation.amass.report import write_amass_report  # noqa: PLC0415 (they need scipy and torch)
    from ..prior.checkpoint import DEFAULT_WEIGHTS, load_prior  # noqa: PLC0415

    given = load_prior(options.weights or DEFAULT_WEIGHTS)
    results: list[ProtocolResult] = []
    skipped: list[str] = []
    for protocol in sorted(set(options.protocol or (1, 2))):
        try:
            results += _protocol(options, protocol, given)
        except InPoseError as error:
            if options.protocol:
                raise
            skipped.append(f"Protocol {protocol} was not run. {error}")
            print(f"note: {skipped[-1]}", file=sys.stderr)
    if not results:
        raise InPoseError(f"No protocol can be run on {options.amass}.", "The notes above say what is missing.")
    for path in write_amass_report(results, skipped, options.out):
        print(path)
    return 0


def _protocol(options: argparse.Namespace, protocol: int, given: Prior) -> list[ProtocolResult]:
    from ..evaluation.amass.measuring import TestSet, measure_files  # noqa: PLC0415
    from ..evaluation.amass.report import ProtocolResult  # noqa: PLC0415
    from ..evaluation.protocols import protocol_files  # noqa: PLC0415
    from ..evaluation.row_store import RowStore  # noqa: PLC0415

    files = protocol_files(options.amass, protocol, "test", options.lists)
    if not files:
        raise InPoseError(f"The test data sets of protocol {protocol} in {options.amass} have no files.")
    folder = options.runs / "amass" / f"protocol_{protocol}"
    name = "the shipped prior" if options.weights is None else options.weights.name
    priors: dict[str, tuple[Prior, ProtocolTraining | None]] = {name: (given, None)}
    if options.train:
        priors["a prior trained on the protocol"] = _trained(options, protocol, folder)
    test = TestSet(protocol, options.amass, files, options.body_models)
    results = []
    for name, (prior, training) in priors.items():
        with ProgressBar(f"Protocol {protocol}, {name}", quiet=False) as bar:

            def tell(done: int, row: dict[str, Any], bar: ProgressBar = bar, name: str = name) -> None:
                bar.update(done / len(files))
                # A log has no bar.
                if not sys.stderr.isatty() and (done % _TOLD_EVERY == 0 or done == len(files)):
                    print(f"protocol {protocol}, {name}: {done} of {len(files)} files", file=sys.stderr)
                if "problem" in row:
                    print(f"{row['file']}: {row['problem']}", file=sys.stderr)

            rows = measure_files(test, prior, RowStore(folder / "rows.jsonl"), tell, options.remeasure)
        results.append(ProtocolResult(protocol, name, training, options.body_models is not None, rows))
    return results


def _trained(options: argparse.Namespace, protocol: int, folder: Path) -> tuple[Prior, ProtocolTraining]:
    from dataclasses import replace  # noqa: PLC0415

    from ..evaluation.amass.training import train_protocol  # noqa: PLC0415
    from ..evaluation.protocols import protocol_files  # noqa: PLC0415
    from ..training.devices import torch_device  # noqa: PLC0415
    from ..training.trainer import TrainingSettings  # noqa: PLC0415

    files = protocol_files(options.amass, protocol, "train", options.lists)
    settings = TrainingSettings()
    if options.steps is not None:
        settings = replace(settings, steps=options.steps)
    with ProgressBar(f"Reading the training files of protocol {protocol}", quiet=False) as bar:

        def tell(index: int, problem: str) -> None:
            bar.update((index + 1) / len(files))
            if problem:
                print(f"{files[index]}: {problem}", file=sys.stderr)

        return train_protocol(files, folder, options.body_models, settings, torch_device(options.device), tell)
