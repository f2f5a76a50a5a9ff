# SPDX-License-Identifier: Apache-2.0
"""Hold the figures of some frames: the solution against the truth, and each of the two by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ...arrays import FloatArray


class Spread(NamedTuple):
    """Hold the distribution of a figure: median, 90th and 99th percentile."""

    p50: float
    p90: float
    p99: float

    @classmethod
    def of(cls, values: FloatArray) -> Spread:
        """Return the spread of values of any shape."""
        return cls(*(float(value) for value in np.percentile(values, (50, 90, 99))))


@dataclass(frozen=True)
class MotionFigures:
    """Hold how one motion moves: the solution or the truth."""

    sliding_cm_s: float
    """Mean horizontal speed of the toes while the true foot is planted."""
    stance_share: float
    """Share of the time in which a foot is planted, mean of both feet."""
    steps_per_s: float
    knee_deg: Spread
    """Flexion of both knees; 0 is straight."""
    knee_speed_deg_s: Spread
    toe_speed_cm_s: Spread
    toe_lift_cm: float
    """Height of the higher toe over the lower one, 95th percentile."""
    sole_depth_cm: float
    """Mean depth of the deepest point of both mesh soles below the floor."""
    sole_depth_99_cm: float
    sole_gap_cm: float
    """Mean height of the lowest point of a planted foot's sole above the floor."""
    elbows_beyond: float
    """Share of the elbows' frames that are bent further than people can."""
    wrists_beyond: float


@dataclass(frozen=True)
class SituationFigures:
    """Hold the figures of all frames of one situation. NaN: the situation has nothing to measure."""

    seconds: float
    mpjpe_cm: float
    legs_cm: float
    legs_95_cm: float
    steps_found: float
    """Share of the true landings that the solution has too."""
    contact_recall: float
    """Share of the frames of planted true feet in which the solver plants the foot."""
    contact_precision: float
    """Share of the frames in which the solver plants a foot whose true foot is planted."""
    confidence: float
    """Mean confidence of the solver."""
    near: float
    """Share of frames whose knees, ankles and toes are within 10 cm of the truth on average."""
    confidence_error: float
    """How far the confidence is from that share, mean over five ranges of confidence, weighted by their frames."""
    solved: MotionFigures
    true: MotionFigures

    def to_dict(self) -> dict[str, object]:
        """Return the figures by name as plain values for JSON; None where there is nothing to measure."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value
