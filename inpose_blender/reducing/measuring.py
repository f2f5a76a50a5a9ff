# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure by Blender's own evaluation how far an animation has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..core import FloatArray
from ..keys.body import END_JOINTS
from ..layers.playing import Others, played_moves
from ..rig.families import RigMapping

_MOST_FRAMES: Final[int] = 300


@dataclass(frozen=True)
class LargestChange:
    """Say how far hands, feet, head and pelvis are off at most."""

    mm: float
    degrees: float
    bone: str
    """The bone that is farthest off, in millimetres."""
    frame: int
    """And when."""


def looked_at(first: int, last: int) -> list[int]:
    """Return the frames in which an animation is looked at: all, or some from all over a long stretch."""
    return np.unique(np.linspace(first, last, min(last - first + 1, _MOST_FRAMES)).round().astype(int)).tolist()


def watched_bones(armature_object: Any, mapping: RigMapping) -> list[str]:
    """Return the bones of hands, feet, head and pelvis: of a control rig those that follow the controls."""
    followers = dict(mapping.family.followers)
    names = [followers.get(joint, mapping.bones[joint]) for joint in END_JOINTS if joint in mapping.bones]
    return [name for name in dict.fromkeys(names) if name in armature_object.pose.bones]


def places(armature_object: Any, names: Sequence[str], frames: Sequence[int]) -> FloatArray:
    """Return how bones move away from their rest, (frames, bones, 4, 4), by all that plays."""
    return played_moves(armature_object, names, [float(frame) for frame in frames], Others())


def largest_change(
    before: FloatArray,
    after: FloatArray,
    heads: Mapping[str, FloatArray],
    frames: Sequence[int],
    metres_per_unit: float,
) -> LargestChange:
    """Compare two animations of the same bones.

    Args:
        before: (frames, bones, 4, 4) moves of the bones.
        after: the same afterwards.
        heads: for each bone where its head rests.
        frames: the scene's frames.
        metres_per_unit: metres of one unit of the armature frame.
    """
    rests = np.array([np.append(head, 1.0) for head in heads.values()])
    apart = np.linalg.norm(((after - before) @ rests[:, :, None])[..., :3, 0], axis=-1)
    turn = _rotations(after) @ np.swapaxes(_rotations(before), -1, -2)
    sine = np.stack(
        (turn[..., 2, 1] - turn[..., 1, 2], turn[..., 0, 2] - turn[..., 2, 0], turn[..., 1, 0] - turn[..., 0, 1]), -1
    )
    angle = np.arctan2(np.linalg.norm(sine, axis=-1) / 2, (np.trace(turn, axis1=-2, axis2=-1) - 1) / 2)
    frame, bone = (int(index) for index in np.unravel_index(int(apart.argmax()), apart.shape))
    return LargestChange(
        1000 * metres_per_unit * float(apart.max()),
        float(np.degrees(angle.max())),
        list(heads)[bone],
        frames[frame],
    )


def _rotations(moves: FloatArray) -> FloatArray:
    left, _, right = np.linalg.svd(moves[..., :3, :3])
    return np.asarray(left @ right)
