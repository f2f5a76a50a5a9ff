# SPDX-License-Identifier: Apache-2.0
"""Say which options each kind of measurement of ``inpose evaluate`` uses, and refuse those that it would drop."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Final

from ..errors import InPoseError


@dataclass(frozen=True)
class Mode:
    """Describe one kind of measurement."""

    label: str
    """Its name, after "when"."""
    uses: frozenset[str]
    """The options, by their names in the namespace."""


SYSTEMS: Final[Mode] = Mode(
    "the systems are compared",
    frozenset({"data", "out", "runs", "test", "weights", "remeasure", "quick", "device"}),
)
AMASS: Final[Mode] = Mode(
    "the paper's protocols are run (--amass)",
    frozenset(
        {"amass", "out", "runs", "weights", "remeasure", "device", "body_models", "protocol", "lists", "train", "steps"}
    ),
)
SHEETS: Final[Mode] = Mode("sheets are drawn (--sheets)", frozenset({"sheets", "data", "weights"}))
RECORDINGS: Final[Mode] = Mode(
    "recordings with defects are measured (--recordings)",
    frozenset(
        {
            "recordings",
            "data",
            "out",
            "runs",
            "weights",
            "remeasure",
            "people",
            "only",
            "scenes",
            "save_files",
            "processes",
        }
    ),
)
POINTS: Final[Mode] = Mode(
    "sets of points are measured (--points)", frozenset({"points", "data", "test", "weights", "out"})
)


def mode_of(options: argparse.Namespace) -> Mode:
    """Return what the options ask for; by default, the comparison of the systems."""
    if options.amass is not None:
        return AMASS
    if options.sheets is not None:
        return SHEETS
    if options.recordings:
        return RECORDINGS
    return POINTS if options.points else SYSTEMS


def require_used(mode: Mode, options: argparse.Namespace, command: argparse.ArgumentParser) -> None:
    """Refuse options that were given and that a measurement does not use, and data that are missing.

    Raises:
        InPoseError: there is one, or there is nothing to measure on.
    """
    given = [name for name, value in vars(options).items() if value != command.get_default(name)]
    unused = [f"--{name.replace('_', '-')}" for name in given if name not in mode.uses]
    if unused:
        raise InPoseError(f"{' and '.join(unused)}: not used when {mode.label}.", "Leave this out.")
    part = options.only or options.save_files or options.people != command.get_default("people")
    if mode is RECORDINGS and part and "out" in given:
        raise InPoseError(
            "--out: not used with --only, --save-files or --people train, whose figures are only printed.",
            "Leave this out.",
        )
    if options.steps is not None and not options.train:
        raise InPoseError("--steps: not used without --train.", "Leave this out, or train with --train.")
    if "data" in mode.uses and options.data is None and not (mode is POINTS and options.test is not None):
        raise InPoseError("There is nothing to measure on.", "Give the folder of packed motion with --data.")
