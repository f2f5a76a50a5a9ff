# SPDX-License-Identifier: Apache-2.0
"""Hold planted feet where they landed, over all estimates that follow, and let them go smoothly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray
from .inertia import FadingPlaces

_FARTHEST: Final[float] = 0.045
"""A foot that the estimates want farther away than this share of the standing head height steps there."""
_FADE_S: Final[float] = 0.08
_LANDED: Final[float] = 0.01
"""A foot that steps is planted again when it is nearer to its estimate than this share."""
_CREEP_PER_S: Final[float] = 0.08
"""Planted feet follow their estimate no faster than this share in a second: what comes after a landing tells better
where it was. Planted feet of real people move as fast."""


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
        self._size_m = body_size_m
        self._floor_m = floor_m
        self._anchors: list[_Anchor | None] = [None, None]
        self._fading = FadingPlaces(2, _FADE_S)
        self._toes_m: FloatArray | None = None

    def place(self, toes_m: FloatArray, stands: BoolArray, seconds: float) -> tuple[FloatArray, BoolArray]:
        """Return where the toes are shown, (2, 3), and which of them are held.

        Args:
            toes_m: where the newest estimate has them.
            stands: whether it plants them.
            seconds: since the last call.
        """
        self._fading.pass_time(seconds)
        toes_m_s = np.zeros((2, 3)) if self._toes_m is None else (toes_m - self._toes_m) / seconds
        self._toes_m = toes_m.copy()
        shown_m = toes_m + self._fading.left
        for foot, anchor in enumerate(self._anchors):
            if anchor is not None:
                away_m = toes_m[foot] - anchor.place_m
                if stands[foot] and np.hypot(*away_m[[0, 2]]) <= _FARTHEST * self._size_m:
                    most_m, far_m = _CREEP_PER_S * self._size_m * seconds, float(np.linalg.norm(away_m))
                    anchor.place_m = anchor.place_m + (away_m if far_m <= most_m else away_m * (most_m / far_m))
                    shown_m[foot] = anchor.place_m
                    continue
                self._fading.begin(foot, anchor.place_m - toes_m[foot], -toes_m_s[foot])
                shown_m[foot] = anchor.place_m
                self._anchors[foot] = None
            elif stands[foot] and np.linalg.norm(self._fading.left[foot]) < _LANDED * self._size_m:
                self._anchors[foot] = _Anchor(shown_m[foot].copy())
        shown_m[:, 1] = np.maximum(shown_m[:, 1], self._floor_m)
        return shown_m, np.array([anchor is not None for anchor in self._anchors])
