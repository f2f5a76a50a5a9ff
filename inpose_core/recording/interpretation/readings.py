# SPDX-License-Identifier: Apache-2.0
"""Rank the readings of a recording's numbers: axes, quaternion order and sides, each with its probability.

A reading's evidence is the sum of the values of its signs times weights (a conditional logit model). The weights were
fitted on simulated tables of captured motion by ``python benchmarks/axes.py --data DIR``, which also prints how often
they are right for people whose motion was not used to fit them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ...arrays import FloatArray
from ..conventions import Axes, QuaternionOrder
from .evidence import SIGN_FIELDS, BodySigns, Samples, body_signs
from .excerpts import in_order


class AxesPrior(NamedTuple):
    """Hold axes that files are written in."""

    code: str
    label: str
    log_prior: float
    """Logarithm of how usual they are, compared with the most usual."""


CANDIDATES: Final[tuple[AxesPrior, ...]] = (
    AxesPrior("RUB", "OpenXR, OpenVR or WebXR", 0.0),
    AxesPrior("RUF", "Unity", 0.0),
    AxesPrior("FRU", "Unreal", -1.0),
    AxesPrior("FLU", "ROS", -1.0),
    AxesPrior("RFU", "Blender", -1.0),
    AxesPrior("RFU/RFU/RUB", "Blender, devices like its cameras", -2.0),
    AxesPrior("LUF", "Y up, facing +Z", -2.5),
    AxesPrior("RUB/RUF", "OpenXR's positions with Unity's rotations", -4.0),
    AxesPrior("RUF/RUB", "Unity's positions with OpenXR's rotations", -4.0),
)

_SWAPPED_LOG_PRIOR: Final[float] = -3.5
"""Swapped hands are rarer than unusual axes."""

WEIGHTS: Final[Mapping[str, float]] = {
    "upright": 3.72,
    "above": 1.00,
    "height": 1.80,
    "side": 3.63,
    "steadiness": -4.53,
    "lever": 8.24,
    "reaching": 2.50,
    "hanging": -3.77,
    "middle": 1.28,
    "raised": 0.00,
    "wide": -3.13,
    "looking_down": 1.82,
    "walking": 1.99,
    "neck": 1.75,
    "handle": 2.56,
    "elbow": 3.33,
    "shoulder": 2.37,
    "hanging_arm": 4.24,
    "bending": 2.39,
    "lifting": 3.12,
}
"""Log-odds per unit of each value of `BodySigns`."""


@dataclass(frozen=True)
class Reading:
    """Hold one reading of the numbers, and how probable it is among all that were compared."""

    axes: Axes
    order: QuaternionOrder
    label: str
    swapped: bool
    """Left and right swapped."""
    log_odds: float
    """Evidence and prior; only differences between readings mean something."""
    probability: float
    signs: BodySigns


def rank_readings(samples: Mapping[QuaternionOrder, Samples], may_swap: bool = True) -> list[Reading]:
    """Return the readings of an excerpt, the most probable first; empty without head or hands.

    A mirrored person with swapped hands looks like a person again. Among such twins (RUF and LUF, FRU and FLU), the
    more usual one is preferred.

    Args:
        samples: as `read_in_orders` returns them.
        may_swap: also compare readings with left and right swapped.
    """
    found: list[Reading] = []
    for order, read in samples.items():
        for code, label, log_prior in CANDIDATES:
            axes = Axes.parse(code)
            seen = body_signs(read, axes)
            found.append(Reading(axes, order, label, False, evidence_of(seen) + log_prior, 0.0, seen))
            if may_swap:
                seen = replace(seen, side=-seen.side)
                log_odds = evidence_of(seen) + log_prior + _SWAPPED_LOG_PRIOR
                found.append(Reading(axes, order, label, True, log_odds, 0.0, seen))
    if not found:
        return []
    likelihood = np.exp(np.array([reading.log_odds for reading in found]) - max(r.log_odds for r in found))
    shares = likelihood / likelihood.sum()
    ranked = [replace(reading, probability=float(share)) for reading, share in zip(found, shares, strict=True)]
    return sorted(ranked, key=lambda reading: -reading.log_odds)


def read_in_orders(
    positions: FloatArray, quaternions: FloatArray, orders: tuple[QuaternionOrder, ...]
) -> dict[QuaternionOrder, Samples]:
    """Return an excerpt with its quaternions read in some orders; empty without head or hands.

    Args:
        positions: (F, 3, 3) in any unit.
        quaternions: (F, 3, 4) in the file's order.
        orders: the orders to compare.
    """
    read = {order: Samples.of(positions, in_order(quaternions, order)) for order in orders}
    return {order: samples for order, samples in read.items() if samples is not None}


def evidence_of(seen: BodySigns) -> float:
    """Return the weighted sum of the values of the signs."""
    return float(seen.values @ _WEIGHT_VECTOR)


_WEIGHT_VECTOR: Final[FloatArray] = np.array([WEIGHTS.get(name, 0.0) for name in SIGN_FIELDS])
