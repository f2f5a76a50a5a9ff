# SPDX-License-Identifier: Apache-2.0
"""Lift a foot as high as people lift it, where it is sure that it is lifted and only its height is unknown.

Head and hands show a lifted foot by the balance of the body, but not how high it is. The prior answers with the mean of
all heights, the low ones of shifted weight among them, so its feet hardly leave the floor. On validation people
(UI-PRMD 908), lifts of 10 to 30 cm are half as high again in truth. The highest ones are as high as the prior says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..numerics.filters import gaussian_filter


@dataclass(frozen=True)
class LiftSettings:
    """Choose which feet are lifted higher, and by how much; lengths are shares of the leg."""

    more: float = 0.8
    """Share of its height that a foot is lifted in addition, if it is low and certainly lifted."""
    high: float = 0.5
    """A foot that is lifted by as much gets little more, because the prior knows such lifts."""
    lifted_below: float = -3.0
    """Log odds of standing below which a foot is certainly lifted."""
    other_stands_above: float = 1.0
    """Log odds of standing above which the other foot carries the body."""
    slow: float = 0.4
    """Speed of the head, in leg lengths per second, up to which a lift is no step."""
    smoothing_frames: float = 4.0


def lift_feet(
    toes_m: FloatArray,
    log_odds: FloatArray,
    speed: FloatArray,
    leg_length_m: float,
    settings: LiftSettings = LiftSettings(),
) -> FloatArray:
    """Return the paths of the toes, (F, 2, 3), on which feet that are certainly lifted are higher.

    Args:
        toes_m: paths of the left and the right toe joint, Y up, (F, 2, 3).
        log_odds: evidence that each foot stands, (F, 2).
        speed: horizontal speed of the head in leg lengths per second, (F,).
        leg_length_m: thigh plus shin.
        settings: which feet are lifted, and by how much.
    """
    smooth = gaussian_filter(log_odds, settings.smoothing_frames, "nearest")
    lifted = _sigmoid(settings.lifted_below - smooth)
    carries = _sigmoid(smooth[:, ::-1] - settings.other_stands_above)
    slow = np.exp(-0.5 * (speed / settings.slow) ** 2)[:, None]
    height_m = np.maximum(toes_m[..., 1] - toes_m[:, ::-1, 1], 0.0)
    low = np.exp(-((height_m / (settings.high * leg_length_m)) ** 2))
    more_m = settings.more * height_m * low * lifted * carries * slow
    raised_m = toes_m.copy()
    raised_m[..., 1] += gaussian_filter(more_m, settings.smoothing_frames, "nearest")
    return raised_m


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))
