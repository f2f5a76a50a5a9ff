# SPDX-License-Identifier: Apache-2.0
"""Say for each device where it is measured, bridged or lost: the timeline's stripes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..recording.types import DEVICE_NAMES, LONGEST_BRIDGE_S, Recording

StretchState = Literal["bridged", "lost"]

_GAP_FRAMES: Final[float] = 2.5
"""Measured frames further apart than this many usual intervals have a gap between them."""


@dataclass(frozen=True)
class Stretch:
    """Hold a stretch in which a device is not measured."""

    start_s: float
    stop_s: float
    state: StretchState
    """Bridged: short enough to interpolate. Lost: the solver computes the device."""


def unmeasured_stretches(recording: Recording) -> dict[str, tuple[Stretch, ...]]:
    """Return the stretches in which head, left and right hand are not measured; in between they are."""
    return {
        name: tuple(_stretches(recording.times_s, recording.measured[:, device]))
        for device, name in enumerate(DEVICE_NAMES)
    }


def _stretches(times_s: FloatArray, measured: BoolArray) -> list[Stretch]:
    if len(times_s) < 2:
        return []
    first_s, last_s = float(times_s[0]), float(times_s[-1])
    seen_s = times_s[measured]
    if not len(seen_s):
        return [Stretch(first_s, last_s, "lost")]
    usual_s = float(np.median(np.diff(times_s)))
    found = [Stretch(first_s, float(seen_s[0]), "lost")] if seen_s[0] > first_s else []
    for index in np.flatnonzero(np.diff(seen_s) > _GAP_FRAMES * usual_s):
        start_s, stop_s = float(seen_s[index]), float(seen_s[index + 1])
        short = stop_s - start_s <= LONGEST_BRIDGE_S + 1e-9
        found.append(Stretch(start_s, stop_s, "bridged" if short else "lost"))
    if seen_s[-1] < last_s:
        found.append(Stretch(float(seen_s[-1]), last_s, "lost"))
    return found
