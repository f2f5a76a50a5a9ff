# SPDX-License-Identifier: Apache-2.0
"""Hold planted feet where they landed, over all estimates that follow, and let them go smoothly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from .inertia import FadingPlaces

_FARTHEST: Final[float] = 0.075
"""A foot that the estimates want farther away than this share of the standing head height steps there."""
_FADE_S: Final[float] = 0.08


@dataclass
class _Anchor:
    place_m: FloatArray


class FootAnchors:
    """Keep the two toes.

    Args:
        body_size_m: standing head height.
        floor_m: height of a planted toe joint.
    """

    def __init__(self, body_size_m: float, floor_m: float) -> None:
        self._farthest_m = _FARTHEST * body_size_m
        self._floor_m = floor_m
        self._anchors: list[_Anchor | None] = [None, None]
        self._fading = FadingPlaces(2, _FADE_S)

    def place(self, toes_m: FloatArray, stands: BoolArray, seconds: float) -> tuple[FloatArray, BoolArray]:
        """Return where the toes are shown, (2, 3), and which of them are held.

        Args:
            toes_m: where the newest estimate has them.
            stands: whether it plants them.
            seconds: since the last call.
        """
        self._fading.pass_time(seconds)
        shown_m = toes_m + self._fading.left_m
        for foot, anchor in enumerate(self._anchors):
            if anchor is not None:
                far = np.hypot(*(toes_m[foot] - anchor.place_m)[[0, 2]]) > self._farthest_m
                if stands[foot] and not far:
                    shown_m[foot] = anchor.place_m
                    continue
                self._fading.begin(foot, anchor.place_m, toes_m[foot])
                shown_m[foot] = anchor.place_m
                self._anchors[foot] = None
            elif stands[foot]:
                self._anchors[foot] = _Anchor(shown_m[foot].copy())
        shown_m[:, 1] = np.maximum(shown_m[:, 1], self._floor_m)
        return shown_m, np.array([anchor is not None for anchor in self._anchors])
