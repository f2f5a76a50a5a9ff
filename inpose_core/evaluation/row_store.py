# SPDX-License-Identifier: Apache-2.0
"""Keep measured rows in a file of JSON lines, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import to_numpy
from ..prior.checkpoint import Prior
from ..system.output import append_line

Row = dict[str, Any]
"""What was measured, by name, with its key: what it was measured on."""


@dataclass(frozen=True)
class RowStore:
    """Name a file of rows; it need not exist."""

    path: Path

    def rows(self) -> list[Row]:
        """Return all rows, oldest first; a line that was cut off by a kill is passed over."""
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []
        return [row for line in lines if (row := _row(line)) is not None]

    def add(self, row: Row) -> None:
        """Add a row completely or not at all; a missing folder is made.

        Raises:
            OutputError: the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        append_line(self.path, json.dumps(row))


def find_row(rows: Sequence[Row], key: Mapping[str, Any]) -> Row | None:
    """Return the newest row that has a key; None if there is none."""
    return next((row for row in reversed(rows) if all(row.get(name) == value for name, value in key.items())), None)


def prior_fingerprint(prior: Prior) -> str:
    """Return a name for the weights of a prior."""
    return fingerprint(to_numpy(weights).astype(np.float32) for weights in prior.network.weights.values())


def fingerprint(arrays: Iterable[NDArray[Any]]) -> str:
    """Return a name for the content of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()[:12]


def _row(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
