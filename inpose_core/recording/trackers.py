# SPDX-License-Identifier: Apache-2.0
"""Hold the further trackers of a recording: hips, feet, and whatever else somebody wears besides head and hands.

Trackers share the clock and the room of head and hands. What happens to these frames or to this room happens to the
trackers too. Which joint a tracker measures is said by its name in the file; calibration finds it for the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray
from ..body.points import TRACKER_NAMES, tracker_joint
from ..body.quaternions import continuous_signs, slerp_at
from ..errors import InPoseError

_NOT_USED: Final[str] = "none"


@dataclass(frozen=True)
class TrackerTracks:
    """Hold the poses of T trackers; in the file's own unit, axes and order until the recording is interpreted."""

    names: tuple[str, ...]
    """As the file names them."""
    joints: tuple[int | None, ...]
    """The joint that each measures; None: the name does not tell."""
    positions_m: FloatArray
    """(F, T, 3)"""
    rotations_wxyz: FloatArray
    """(F, T, 4); the identity if the file has no rotations."""
    measured: BoolArray
    """(F, T) whether the position is measured."""
    turns: tuple[bool, ...]
    """Whether the file has rotations of each tracker."""

    def part(self, frames: slice | BoolArray | IndexArray) -> TrackerTracks:
        """Return the trackers in some of the frames."""
        return replace(
            self,
            positions_m=self.positions_m[frames],
            rotations_wxyz=self.rotations_wxyz[frames],
            measured=self.measured[frames],
        )

    def only(self, joints: tuple[int, ...]) -> TrackerTracks | None:
        """Return the trackers of some joints; None if there are none."""
        kept = [index for index, joint in enumerate(self.joints) if joint in joints]
        return self._of(kept, dict(zip(self.names, self.joints, strict=True)))

    def _of(self, kept: Sequence[int], joints: Mapping[str, int | None]) -> TrackerTracks | None:
        """Return some of the trackers, with joints by their names; None if there are none."""
        if not kept:
            return None
        return TrackerTracks(
            names=tuple(self.names[index] for index in kept),
            joints=tuple(joints[self.names[index]] for index in kept),
            positions_m=self.positions_m[:, kept],
            rotations_wxyz=self.rotations_wxyz[:, kept],
            measured=self.measured[:, kept],
            turns=tuple(self.turns[index] for index in kept),
        )

    def said(self, text: str) -> TrackerTracks | None:
        """Return the trackers, with the joints that the user says; None if none is left.

        Args:
            text: ``name=place`` of some of them, separated by commas; the place "none" leaves a tracker out.

        Raises:
            InPoseError: there is no such tracker or no such place.
        """
        joints = dict(zip(self.names, self.joints, strict=True))
        by_lower = {name.lower(): name for name in self.names}
        for part in filter(None, map(str.strip, text.split(","))):
            word, _, place = (piece.strip() for piece in part.partition("="))
            name = by_lower.get(word.lower())
            if name is None:
                raise InPoseError(
                    f'This recording has no tracker "{word}".', f"Its trackers are {', '.join(self.names)}."
                )
            joint = tracker_joint(place)
            if joint is None and place.lower() != _NOT_USED:
                raise InPoseError(
                    f'"{place}" is no place of a tracker.', f"The places are {', '.join(TRACKER_NAMES)}, {_NOT_USED}."
                )
            if joint is None:
                del joints[name]
            else:
                joints[name] = joint
        return self._of([index for index, name in enumerate(self.names) if name in joints], joints)

    def unless(self, flags: BoolArray) -> TrackerTracks:
        """Return the trackers, not measured in the frames (F,) of the flags."""
        return replace(self, measured=self.measured & ~flags[:, None])

    def with_poses(self, positions_m: FloatArray, rotations_wxyz: FloatArray, measured: BoolArray) -> TrackerTracks:
        """Return the trackers with other poses, of any number of frames."""
        return replace(self, positions_m=positions_m, rotations_wxyz=rotations_wxyz, measured=measured)

    def lifted(self, height_m: float) -> TrackerTracks:
        """Return the trackers higher by this much."""
        return replace(self, positions_m=self.positions_m + np.array((0.0, height_m, 0.0)))

    def cleaned(self) -> TrackerTracks:
        """Return finite positions and unit quaternions of continuous sign; what is no pose is not measured.

        As for head and hands, the exact origin is no pose: drivers put lost trackers there.
        """
        length = np.linalg.norm(self.rotations_wxyz, axis=-1)
        good = self.measured & np.isfinite(self.positions_m).all(axis=-1) & np.isfinite(length) & (length > 1e-6)
        good &= ~(self.positions_m == 0.0).all(axis=-1)
        identity = np.array((1.0, 0.0, 0.0, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = np.where(good[..., None], self.rotations_wxyz / length[..., None], identity)
        positions_m = np.where(good[..., None], self.positions_m, 0.0)
        return replace(self, positions_m=positions_m, rotations_wxyz=continuous_signs(unit), measured=good)

    def at(self, times_s: FloatArray, wanted_s: FloatArray, longest_s: float) -> TrackerTracks:
        """Return the trackers at other times, interpolated between measured frames that are close together.

        Args:
            times_s: the trackers' own times, (F,).
            wanted_s: the other times, (N,).
            longest_s: the longest loss that is bridged.
        """
        count = len(wanted_s)
        positions_m = np.zeros((count, len(self.names), 3))
        rotations_wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (count, len(self.names), 1))
        measured = np.zeros((count, len(self.names)), np.bool_)
        for index in range(len(self.names)):
            seen = self.measured[:, index]
            if not seen.any():
                continue
            seen_s = times_s[seen]
            for axis in range(3):
                positions_m[:, index, axis] = np.interp(wanted_s, seen_s, self.positions_m[seen, index, axis])
            rotations = slerp_at(seen_s, self.rotations_wxyz[seen, index], wanted_s)
            rotations_wxyz[:, index] = continuous_signs(rotations)
            after = np.clip(np.searchsorted(seen_s, wanted_s), 0, len(seen_s) - 1)
            before = np.maximum(after - 1, 0)
            inside = (wanted_s >= seen_s[0] - longest_s / 10) & (wanted_s <= seen_s[-1] + longest_s / 10)
            measured[:, index] = inside & (seen_s[after] - seen_s[before] <= longest_s)
        return replace(self, positions_m=positions_m, rotations_wxyz=rotations_wxyz, measured=measured)
