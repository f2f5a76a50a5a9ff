# SPDX-License-Identifier: Apache-2.0
"""Measure a prior on the test files of a protocol, file by file; a second run continues where the first one stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import InPoseError
from ...motion_files.amass import load_amass
from ...options.solve import SolveSettings
from ...prior.checkpoint import Prior
from ...solver.solving import solve
from ...system.safe_files import open_file, sha256_of
from ..bodies import BODIES
from ..metrics import figures_of
from ..row_store import Row, RowStore, find_row, prior_fingerprint
from ..simulation import PERFECT_SENSORS, on_body, simulate
from .default_body import ProtocolBody

_FEWEST_FRAMES: Final[int] = 4
"""Jitter needs four."""


@dataclass(frozen=True)
class TestSet:
    """Name the test files of a protocol, and how they are read."""

    __test__ = False  # it is no test of pytest

    protocol: int
    amass: Path
    files: Sequence[Path]
    body_models: Path | None = None


def measure_files(
    test: TestSet,
    prior: Prior,
    store: RowStore,
    on_file: Callable[[int, Row], None] | None = None,
    again: bool = False,
) -> list[Row]:
    """Return a row for each test file; rows that ``store`` has already are not measured again.

    A row has its key, and either ``bodies`` (figures by body) or ``problem``, for a file that cannot be read.

    Args:
        test: what to measure on.
        prior: the prior that solves.
        store: each row is added to it at once.
        on_file: gets the number of files that are done, and the row.
        again: measure all files again, for a solver that has changed.

    Raises:
        InPoseError: the body models lack the average male body.
        OutputError: the store cannot be written.
    """
    body = ProtocolBody.template() if test.body_models is None else ProtocolBody.of_models(test.body_models)
    measured_with = {"weights": prior_fingerprint(prior), "body": body.name}
    earlier, rows = [] if again else store.rows(), list[Row]()
    for index, file in enumerate(test.files):
        key = {**_key(test, file), **measured_with}
        row = find_row(earlier, key)
        if row is None:
            row = {**key, **_measured(file, test.body_models, body, prior)}
            store.add(row)
        rows.append(row)
        if on_file is not None:
            on_file(index + 1, row)
    return rows


def _key(test: TestSet, file: Path) -> Row:
    return {
        "protocol": test.protocol,
        "file": file.relative_to(test.amass).as_posix(),
        "sha256": _hash_of(file),
        "own_bones": test.body_models is not None,
    }


def _hash_of(file: Path) -> str:
    try:
        with open_file(file) as opened:
            return sha256_of(opened)
    except (OSError, ValueError):  # its row says what is wrong
        return ""


def _measured(file: Path, body_models: Path | None, body: ProtocolBody, prior: Prior) -> Row:
    if not file.exists():
        return {"problem": "The file is missing."}
    try:
        captured = body.from_smpl(load_amass(file, body_models))
        if len(captured) < _FEWEST_FRAMES:
            return {"problem": f"It has only {len(captured)} frames at 60 Hz."}
        bodies: Mapping[str, Row] = {}
        for changed in BODIES:
            trial = simulate(on_body(captured, changed, body.skeleton), PERFECT_SENSORS, seed=0)
            solved = solve(trial.sensors, trial.skeleton, SolveSettings(device="cpu"), prior)
            size = trial.truth.skeleton.standing_head_height_m / body.skeleton.standing_head_height_m
            figures = figures_of(body.to_smpl(trial.truth), body.to_smpl(solved), size)
            bodies = {**bodies, changed.name: _plain(figures.to_dict())}
    except InPoseError as error:
        return {"problem": str(error)}
    return {"seconds": round(len(captured) / captured.fps, 2), "bodies": bodies}


def _plain(figures: Mapping[str, float]) -> Row:
    return {name: round(value, 4) if np.isfinite(value) else None for name, value in figures.items()}
