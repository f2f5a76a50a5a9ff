# SPDX-License-Identifier: Apache-2.0
"""Measure a prior on the test files of a protocol, file by file; a second run continues where the first one stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import InPoseError
from ...motion_files.amass import load_amass
from ...numerics import to_numpy
from ...options.solve import SolveSettings
from ...prior.checkpoint import Prior
from ...solver.solving import solve
from ...system.output import append_line
from ..bodies import BODIES
from ..metrics import figures_of
from ..simulation import PERFECT_SENSORS, on_body, simulate
from .default_body import ProtocolBody

Row = dict[str, Any]
"""One file's result: its identity, and either ``bodies`` (figures by body) or ``problem``."""

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
    test: TestSet, prior: Prior, store: Path, on_file: Callable[[int, Row], None] | None = None
) -> list[Row]:
    """Return a row for each test file; rows that ``store`` has already are not measured again.

    A file that cannot be read gets a row with its ``problem``.

    Args:
        test: what to measure on.
        prior: the prior that solves.
        store: file of JSON lines to which each row is added at once.
        on_file: gets the number of files that are done, and the row.

    Raises:
        InPoseError: the body models lack the average male body.
        OutputError: the store cannot be written.
    """
    body = ProtocolBody.template() if test.body_models is None else ProtocolBody.of_models(test.body_models)
    weights, earlier, rows = fingerprint(prior), read_rows(store), []
    for index, file in enumerate(test.files):
        key = _key(test, file, weights)
        row = next((row for row in earlier if all(row.get(name) == value for name, value in key.items())), None)
        if row is None:
            row = {**key, **_measured(file, test.body_models, body, prior)}
            append_line(store, json.dumps(row))
        rows.append(row)
        if on_file is not None:
            on_file(index + 1, row)
    return rows


def fingerprint(prior: Prior) -> str:
    """Return a name for the weights of a prior."""
    digest = hashlib.sha256()
    for weights in prior.network.weights.values():
        digest.update(to_numpy(weights).astype(np.float32).tobytes())
    return digest.hexdigest()[:12]


def read_rows(store: Path) -> list[Row]:
    """Return the rows of a store; a line that was cut off is skipped."""
    lines = store.read_text(encoding="utf-8").splitlines() if store.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def _key(test: TestSet, file: Path, weights: str) -> Row:
    return {
        "protocol": test.protocol,
        "file": file.relative_to(test.amass).as_posix(),
        "bytes": file.stat().st_size if file.exists() else 0,
        "own_bones": test.body_models is not None,
        "weights": weights,
    }


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
