# SPDX-License-Identifier: Apache-2.0
"""Compare the confidence with what it promises: the share of frames whose legs are near the truth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.expected_error import legs_off_m

NEAR_M: Final[float] = 0.10
EDGES: Final[tuple[float, ...]] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
TABLE: Final[str] = "reliability"
"""The table's name between its markers in docs/method.md."""


def reliability(confidence: FloatArray, legs_off: FloatArray) -> list[dict[str, float]]:
    """Return for each range of confidence how many frames it has, and how far their legs are off.

    Args:
        confidence: (F,)
        legs_off: mean error of knees, ankles and toes in metres, (F,).
    """
    rows = []
    for low, high in pairwise(EDGES):
        inside = (confidence >= low) & ((confidence < high) | (high == EDGES[-1]))
        if not inside.any():
            continue
        error_m = legs_off[inside]
        rows.append(
            {
                "from": low,
                "to": high,
                "frames_percent": round(100 * float(inside.mean()), 1),
                "within_10_cm_percent": round(100 * float((error_m <= NEAR_M).mean()), 0),
                "off_by_over_15_cm_percent": round(100 * float((error_m > 0.15).mean()), 0),
                "median_cm": round(100 * float(np.median(error_m)), 1),
                "said_cm": round(100 * float(legs_off_m(confidence[inside]).mean()), 1),
            }
        )
    return rows


def table(rows: Sequence[dict[str, float]]) -> str:
    """Return the reliability as a Markdown table."""
    lines = [
        "| confidence | share of frames | legs within 10 cm | off by over 15 cm | median error, cm | said, cm |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['from']:g} to {row['to']:g} | {row['frames_percent']:g} % | {row['within_10_cm_percent']:g} % "
            f"| {row['off_by_over_15_cm_percent']:g} % | {row['median_cm']:g} | {row['said_cm']:g} |"
        )
    return "\n".join(lines)
