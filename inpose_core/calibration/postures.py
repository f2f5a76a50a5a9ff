# SPDX-License-Identifier: Apache-2.0
"""Find the stretches in which the performer sits: the eyes stay as high as a seated person's, and in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, runs
from ..body.quaternions import rotate_vector
from ..numerics.filters import box_filter
from ..options.calibration import PostureChoice
from ..recording.findings import Finding
from ..recording.types import Recording
from .population import SEATED_EYES_RATIO
from .room import Posture

_SEATED_BAND: Final[tuple[float, float]] = (0.56, 0.79)
"""Height of the eyes over stature on a usual seat, from slumped to upright."""
_UPRIGHT_RATIO: Final[float] = 0.85
"""With eyes higher than this, the performer has stood up."""
_SETTLED_M_S: Final[float] = 0.25
_SETTLED_OVER_S: Final[float] = 0.5
_SHORTEST_S: Final[float] = 4.0
"""Shorter stays at this height are often squats, kneeling or bows."""
_SHORTEST_OF_SEATED_S: Final[float] = 0.5
_BRIDGE_S: Final[float] = 1.0
_LARGEST_ROAM_M: Final[float] = 0.3
_LARGEST_BOB_RATIO: Final[float] = 0.09
_BENT_OVER: Final[float] = float(np.cos(np.radians(50.0)))
"""Of the head's own up axis against the vertical."""
_LYING_STILL_M: Final[float] = 0.0005
"""A head mostly moves more than this in half a second; a headset on a desk does not."""


@dataclass(frozen=True)
class SeatedStretch:
    """Hold one stay on a seat."""

    first_frame: int
    last_frame: int
    fps: float
    seat_height_m: float
    """Above the floor."""

    @property
    def frames(self) -> slice:
        """Return the frames of the stay."""
        return slice(self.first_frame, self.last_frame + 1)

    @property
    def start_s(self) -> float:
        """Return when the performer has sat down."""
        return self.first_frame / self.fps

    @property
    def stop_s(self) -> float:
        """Return when the performer stands up."""
        return self.last_frame / self.fps


def seated_stretches(
    recording: Recording, stature_m: float, posture: Posture, choice: PostureChoice, fps: float
) -> tuple[SeatedStretch, ...]:
    """Return when the performer sits.

    Args:
        recording: at the solver's rate, its floor at y = 0.
        stature_m: the performer's.
        posture: what the performer does most of the time, as estimated from the whole take.
        choice: the user's choice; with "seated", the performer sits whenever the eyes are not high.
        fps: the solver's rate.
    """
    if choice == "standing" or len(recording) < 2:
        return ()
    head_m = recording.positions_m[:, 0]
    ratio = head_m[:, 1] / stature_m
    measured = recording.measured[:, 0]
    if posture == "seated":
        flags = _bridged(box_filter(ratio, max(3, round(_SETTLED_OVER_S * fps)), "nearest") < _UPRIGHT_RATIO, fps)
        found = [run for run in runs(flags) if run[1] - run[0] >= _SHORTEST_OF_SEATED_S * fps]
    else:
        in_band = (ratio > _SEATED_BAND[0]) & (ratio < _SEATED_BAND[1])
        flags = _bridged(in_band & measured & (_ground_speed_m_s(head_m, fps) < _SETTLED_M_S), fps)
        found = [
            (first, stop)
            for first, stop in runs(flags)
            if stop - first >= _SHORTEST_S * fps
            and _is_stay(head_m[first:stop], stature_m, fps)
            and _looks_ahead(recording.rotations_wxyz[first:stop, 0])
        ]
    return tuple(
        SeatedStretch(first, stop - 1, fps, _seat_height_m(head_m[first:stop, 1], stature_m)) for first, stop in found
    )


def seat_finding(stretch: SeatedStretch) -> Finding:
    """Return the finding about a stay on a seat, in a take of a performer who mostly stands."""
    return Finding(
        "seated",
        f"The performer sits from {stretch.start_s:.1f} to {stretch.stop_s:.1f} s, on a seat "
        f"{100 * stretch.seat_height_m:.0f} cm high. If the performer stood, set the posture to standing.",
        start_s=stretch.start_s,
        stop_s=stretch.stop_s,
    )


def seated_frames(stretches: tuple[SeatedStretch, ...], frames: int) -> BoolArray:
    """Return whether the performer sits in each frame, (F,)."""
    seated = np.zeros(frames, dtype=np.bool_)
    for stretch in stretches:
        seated[stretch.frames] = True
    return seated


def _is_stay(head_m: FloatArray, stature_m: float, fps: float) -> bool:
    place_m = head_m[:, [0, 2]]
    roam_m = np.percentile(np.linalg.norm(place_m - np.median(place_m, axis=0), axis=1), 90)
    low_m, high_m = np.percentile(head_m[:, 1], (10, 90))
    half = round(_SETTLED_OVER_S * fps)
    moved_m = np.median(np.linalg.norm(head_m[half:] - head_m[:-half], axis=1))
    is_worn = moved_m > _LYING_STILL_M
    return bool(roam_m < _LARGEST_ROAM_M and high_m - low_m < _LARGEST_BOB_RATIO * stature_m and is_worn)


def _looks_ahead(head_wxyz: FloatArray) -> bool:
    """Return whether the head, (F, 4), is mostly upright: eyes are as low if somebody who stands bends over."""
    return bool(np.median(rotate_vector(head_wxyz, (0.0, 1.0, 0.0))[:, 1]) > _BENT_OVER)


def _seat_height_m(eyes_m: FloatArray, stature_m: float) -> float:
    return float(np.median(eyes_m)) - SEATED_EYES_RATIO * stature_m


def _bridged(flags: BoolArray, fps: float) -> BoolArray:
    """Return the flags without short interruptions: people stay on the seat while they look down."""
    bridged = flags.copy()
    for first, stop in runs(~flags):
        if stop - first <= _BRIDGE_S * fps and first > 0 and stop < len(flags):
            bridged[first:stop] = True
    return bridged


def _ground_speed_m_s(head_m: FloatArray, fps: float) -> FloatArray:
    smooth = box_filter(head_m[:, [0, 2]], max(3, round(_SETTLED_OVER_S * fps)), "nearest")
    return np.linalg.norm(np.gradient(smooth, axis=0), axis=1) * fps
