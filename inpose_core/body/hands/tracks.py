# SPDX-License-Identifier: Apache-2.0
"""Hold what a recording says about fingers: tracked joints, and how far the buttons of the controllers are pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...arrays import BoolArray, FloatArray, IndexArray, lengths, runs
from ...numerics.filters import gaussian_filter
from ..quaternions import continuous_signs, geodesic_angle, normalize_quaternion, slerp_at
from .angles import within_limits
from .joints import FINGER_JOINT_COUNT, SIDES

BUTTONS: Final[tuple[str, str, str]] = ("trigger", "grip", "thumb")
"""What bends the index finger, what bends middle, ring and little finger, and whether the thumb rests on something."""
_FASTEST_RAD_S: Final[float] = 60.0
"""A finger snaps with 40 radians per second; what turns faster is a tracking error."""
_WIDEST_JUMP_S: Final[float] = 0.1
"""Only samples this close together tell a speed."""


@dataclass(frozen=True)
class FingerTracks:
    """Hold the fingers of both hands over time, left hand first.

    Rotations are local and count from the T-pose, as `body.hands.joints` explains.
    """

    rotations_wxyz: FloatArray | None
    """(F, 2, 15, 4) local rotations; None if no finger is tracked. Where nothing is measured, any unit quaternions."""
    measured: BoolArray
    """(F, 2) whether the finger joints of each hand are measured."""
    pressed: FloatArray
    """(F, 2, 3) how far trigger, grip and thumb are pressed, from 0 to 1; NaN if unknown."""

    def __len__(self) -> int:
        return len(self.measured)

    @classmethod
    def of_buttons(cls, pressed: FloatArray) -> FingerTracks:
        """Return tracks that only know the buttons, (F, 2, 3)."""
        return cls(None, np.zeros(pressed.shape[:2], np.bool_), pressed)

    @classmethod
    def of_joints(cls, rotations_wxyz: FloatArray) -> FingerTracks:
        """Return tracks of finger joints (F, 2, 15, 4); a hand with NaN is not measured in that frame."""
        measured = np.isfinite(rotations_wxyz).all(axis=(2, 3))
        return cls(rotations_wxyz, measured, np.full((*measured.shape, len(BUTTONS)), np.nan))

    @property
    def is_empty(self) -> bool:
        """Say whether the recording says nothing about fingers."""
        return not self.measured.any() and not np.isfinite(self.pressed).any()

    def part(self, frames: slice | BoolArray | IndexArray) -> FingerTracks:
        """Return the fingers in some of the frames."""
        rotations = None if self.rotations_wxyz is None else self.rotations_wxyz[frames]
        return FingerTracks(rotations, self.measured[frames], self.pressed[frames])

    def unless(self, flags: BoolArray) -> FingerTracks:
        """Return the fingers, not measured in the frames (F,) of the flags."""
        pressed = np.where(flags[:, None, None], np.nan, self.pressed)
        return replace(self, measured=self.measured & ~flags[:, None], pressed=pressed)

    def exchanged(self, flags: BoolArray) -> FingerTracks:
        """Return the fingers with left and right exchanged in the frames (F,) of the flags.

        Joints of the other hand bend in other planes: there, only the buttons are exchanged.
        """
        pressed = np.where(flags[:, None, None], self.pressed[:, ::-1], self.pressed)
        return replace(self, measured=self.measured & ~flags[:, None], pressed=pressed)

    def cleaned(self, times_s: FloatArray) -> FingerTracks:
        """Return rotations within the limits of a hand; what is no rotation, or jumps, is not measured.

        Args:
            times_s: (F,) the times of the frames.
        """
        with np.errstate(invalid="ignore"):
            pressed = np.clip(np.where(np.isfinite(self.pressed), self.pressed, np.nan), 0.0, 1.0)
        if self.rotations_wxyz is None:
            return replace(self, pressed=pressed)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            length = lengths(self.rotations_wxyz)
            valid = np.isfinite(length) & (length > 1e-6) & (length < 1e6)
            measured = self.measured & valid.all(axis=-1)
            unit = np.where(measured[..., None, None], self.rotations_wxyz / length[..., None], _open_hands(1))
        rotations = continuous_signs(within_limits(unit))
        return FingerTracks(rotations, measured & ~_jumps(times_s, rotations, measured), pressed)

    def smoothed(self, deviation_frames: float) -> FingerTracks:
        """Return the fingers averaged over a Gaussian of this standard deviation, within each tracked stretch."""
        if self.rotations_wxyz is None:
            return self
        rotations = self.rotations_wxyz.copy()
        for hand in range(len(SIDES)):
            for start, stop in runs(self.measured[:, hand]):
                own = continuous_signs(rotations[start:stop, hand])
                rotations[start:stop, hand] = normalize_quaternion(gaussian_filter(own, deviation_frames, "nearest"))
        return replace(self, rotations_wxyz=continuous_signs(rotations))

    def at(self, times_s: FloatArray, wanted_s: FloatArray, longest_s: float) -> FingerTracks:
        """Return the fingers at other times, interpolated between measured frames that are close together.

        Args:
            times_s: the fingers' own times, (F,).
            wanted_s: the other times, (N,).
            longest_s: the longest loss that is bridged.
        """
        count = len(wanted_s)
        pressed = np.full((count, len(SIDES), len(BUTTONS)), np.nan)
        for hand in range(len(SIDES)):
            for button in range(len(BUTTONS)):
                seen = np.isfinite(self.pressed[:, hand, button])
                if seen.any():
                    values = np.interp(wanted_s, times_s[seen], self.pressed[seen, hand, button])
                    pressed[:, hand, button] = np.where(_near(times_s[seen], wanted_s, longest_s), values, np.nan)
        measured = np.zeros((count, len(SIDES)), np.bool_)
        if self.rotations_wxyz is None:
            return FingerTracks(None, measured, pressed)
        rotations = _open_hands(count)
        for hand in range(len(SIDES)):
            seen = self.measured[:, hand]
            if seen.any():
                rotations[:, hand] = slerp_at(times_s[seen], self.rotations_wxyz[seen, hand], wanted_s)
                measured[:, hand] = _near(times_s[seen], wanted_s, longest_s)
        return FingerTracks(continuous_signs(rotations), measured, pressed)


def joined(parts: Sequence[FingerTracks | None]) -> FingerTracks | None:
    """Return what several sources say about the same frames: the first that measures a hand counts; None if none."""
    given = [part for part in parts if part is not None]
    if not given:
        return None
    result = given[0]
    for part in given[1:]:
        rotations = result.rotations_wxyz
        if part.rotations_wxyz is not None:
            kept = result.measured[..., None, None]
            rotations = part.rotations_wxyz if rotations is None else np.where(kept, rotations, part.rotations_wxyz)
        pressed = np.where(np.isfinite(result.pressed), result.pressed, part.pressed)
        result = FingerTracks(rotations, result.measured | part.measured, pressed)
    return result


def _open_hands(count: int) -> FloatArray:
    return np.tile((1.0, 0.0, 0.0, 0.0), (count, len(SIDES), FINGER_JOINT_COUNT, 1))


def _near(seen_s: FloatArray, wanted_s: FloatArray, longest_s: float) -> BoolArray:
    """Return which times are between two measured ones that are close enough to bridge."""
    after = np.clip(np.searchsorted(seen_s, wanted_s), 0, len(seen_s) - 1)
    before = np.maximum(after - 1, 0)
    inside = (wanted_s >= seen_s[0] - longest_s / 10) & (wanted_s <= seen_s[-1] + longest_s / 10)
    return np.asarray(inside & (seen_s[after] - seen_s[before] <= longest_s + 1e-9))


def _jumps(times_s: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray) -> BoolArray:
    """Return the frames (F, 2) in which a finger is far from where it was just before and is just after."""
    jumps = np.zeros_like(measured)
    for hand in range(len(SIDES)):
        seen = np.flatnonzero(measured[:, hand])
        if len(seen) < 3:
            continue
        step_s = np.maximum(np.diff(times_s[seen]), 1e-4)
        angle = geodesic_angle(rotations_wxyz[seen[:-1], hand], rotations_wxyz[seen[1:], hand]).max(axis=-1)
        fast = (angle / step_s > _FASTEST_RAD_S) & (angle > 0.5) & (step_s < _WIDEST_JUMP_S)
        jumps[seen[1:-1], hand] = fast[:-1] & fast[1:]
    return jumps
