# SPDX-License-Identifier: Apache-2.0
"""Read the finger bones of Unity's humanoid, as VMC senders and recorders name them.

A bone's rotation is local, in Unity's axes, and counts from a T-pose in which all bones have the axes of the model: X
to the right, Y up, Z forward, left-handed. VRM's T-pose has straight fingers, and thumbs 45 degrees from them, as ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.joints import FINGER_JOINT_COUNT, FINGERS, SIDES
from ...body.hands.tracks import FingerTracks
from ...body.quaternions import slerp_at

_PARTS: Final[tuple[str, str, str]] = ("Proximal", "Intermediate", "Distal")
UNITY_FINGER_BONES: Final[Mapping[str, tuple[int, int]]] = {
    f"{side}{finger}{part}".lower(): (hand, 3 * number + phalanx)
    for hand, side in enumerate(SIDES)
    for number, finger in enumerate(FINGERS)
    for phalanx, part in enumerate(_PARTS)
}
"""Hand and joint of each bone, by its name in small letters: ``leftthumbproximal`` and so on."""
_XYZW_TO_WXYZ: Final[tuple[int, int, int, int]] = (3, 0, 1, 2)
_LEFT_HANDED: Final[FloatArray] = np.array((1.0, 1.0, -1.0, -1.0))
"""Mirrors X: Unity's left is at -X, ours at +X; both are Y up and face +Z."""
_FEWEST_BONES: Final[int] = 8
"""Of a hand's 15: less is no hand. Simple avatars lack the last joints, or a finger."""
_LONGEST_STEPS: Final[float] = 20.0
"""A quarter of a second at 80 Hz: a bone that is not sent for longer is not measured."""


def fingers_of_bones(tracks: Mapping[str, tuple[FloatArray, FloatArray]], times: FloatArray) -> FingerTracks | None:
    """Return the fingers at the times of the head; None if there are too few bones.

    Args:
        tracks: for each bone in `UNITY_FINGER_BONES`, its own times (N,) and its rotations xyzw (N, 4).
        times: (F,) in the same unit.
    """
    longest = _LONGEST_STEPS * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    rotations = np.full((len(times), len(SIDES), FINGER_JOINT_COUNT, 4), np.nan)
    for hand in range(len(SIDES)):
        own = {name: track for name, track in tracks.items() if UNITY_FINGER_BONES[name][0] == hand}
        if len(own) < _FEWEST_BONES:
            continue
        rotations[:, hand] = (1.0, 0.0, 0.0, 0.0)
        for name, (own_times, xyzw) in own.items():
            good = np.isfinite(own_times) & np.isfinite(xyzw).all(axis=-1)
            seen, first = np.unique(own_times[good], return_index=True)
            if not len(seen):
                continue
            wxyz = xyzw[good][first][:, _XYZW_TO_WXYZ] * _LEFT_HANDED
            joint = UNITY_FINGER_BONES[name][1]
            rotations[:, hand, joint] = slerp_at(seen, wxyz, times)
            after = np.clip(np.searchsorted(seen, times), 0, len(seen) - 1)
            nearest = np.minimum(np.abs(seen[after] - times), np.abs(seen[np.maximum(after - 1, 0)] - times))
            rotations[nearest > longest, hand, joint] = np.nan
    fingers = FingerTracks.of_joints(rotations)
    return fingers if fingers.measured.any() else None
