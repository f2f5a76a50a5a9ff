# SPDX-License-Identifier: Apache-2.0
"""Know a training run again: what it is trained on, what it starts from, and how. Only the same run may continue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import WeightsError
from ..numerics import to_numpy
from ..prior.network import DiffusionTransformer

Origin = Mapping[str, Any]
"""Plain values for JSON, each by the name of what it is."""

_MAY_CHANGE: Final[frozenset[str]] = frozenset({"steps", "compiled", "validate_every", "checkpoint_every"})
"""A run may be made longer; the others do not change what is learned."""
_OTHERS: Final[Mapping[str, str]] = {
    "data": "other data",
    "start": "another network to start from",
    "network": "a network of another size",
    "loss": "other weights of the loss",
}


def origin_of(settings: Mapping[str, Any], data: str, start: DiffusionTransformer | None) -> Origin:
    """Return the origin of a run.

    Args:
        settings: how it is trained, each value by its name.
        data: a hash of the data; empty if it is not known.
        start: the trained network that it starts from.
    """
    how = {name: value for name, value in settings.items() if name not in _MAY_CHANGE}
    origin = {"data": data, "start": "" if start is None else _hash_of(start), **how}
    return dict(json.loads(json.dumps(origin)))


def require_same_origin(origin: Origin, earlier: Origin, folder: Path) -> None:
    """Refuse to continue the run of a folder as another one. What the earlier origin does not name may be anything.

    Raises:
        WeightsError: they differ; the message names the first difference.
    """
    for name, value in origin.items():
        before = earlier.get(name, value)
        if before == value or (name == "data" and "" in (before, value)):
            continue
        told = f"another {name.replace('_', ' ')} ({before}, not {value})"
        raise WeightsError(
            f"The run in {folder} was begun with {_OTHERS.get(name, told)}.",
            "Give the same options to continue it, or choose another folder with --out.",
        )


def _hash_of(network: DiffusionTransformer) -> str:
    found = hashlib.sha256()
    for name in sorted(network.weights):
        found.update(to_numpy(network.weights[name]).astype(np.float32).tobytes())
    return found.hexdigest()
