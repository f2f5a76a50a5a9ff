# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a take with its edits, and what they have done: pins are told of the motion before them. No bpy here."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ...core import (
    JOINT_INDEX,
    FloatArray,
    Mirror,
    Motion,
    conjugate_quaternion,
    multiply_quaternions,
)
from ...takes.take import SolvedTake

_REMEMBERED: Final[int] = 4
_FEET: Final[tuple[int, ...]] = tuple(
    JOINT_INDEX[name] for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")
)
_NO_TURN: Final[FloatArray] = np.array((1.0, 0.0, 0.0, 0.0))


@dataclass(frozen=True, eq=False)
class JointMove:
    """Say how edits have moved and turned a joint in one frame: ``turn_wxyz`` comes after the joint's own rotation."""

    shift_m: FloatArray = field(default_factory=lambda: np.zeros(3))
    turn_wxyz: FloatArray = field(default_factory=_NO_TURN.copy)


@dataclass(frozen=True, eq=False)
class EditedTake:
    """Hold a take after its edits, and the motion before them."""

    take: SolvedTake
    mirrored: Motion
    """What was solved, in its mirror if there is one, before all other edits."""
    start_s: float
    """Time in the recording at which both begin."""
    mirror: Mirror | None = None
    without_effect: tuple[str, ...] = ()
    """Kinds of edits that found nothing to change."""

    @property
    def ground_m(self) -> float:
        """Return how much higher than the recorded floor the feet stand after the edits, in the median."""
        lowest_m = [
            motion.joint_positions_m[:, list(_FEET), 1].min(axis=1) for motion in (self.mirrored, self.take.motion)
        ]
        return float(np.median(lowest_m[1] - lowest_m[0]))

    def move_of(self, joint: str, time_s: float) -> JointMove:
        """Return how the edits have moved a joint of the character at a time of the recording.

        Args:
            joint: as it is seen: the left wrist of a mirrored character is the right one of the performer.
            time_s: before the start or after the end of the take, its first or last frame counts.
        """
        index, before, after = JOINT_INDEX[joint], self.mirrored, self.take.motion
        frame = min(max(round((time_s - self.start_s) * before.fps), 0), len(before) - 1)
        part = slice(frame, frame + 1)
        was, now = before.part(part), after.part(part)
        return JointMove(
            now.joint_positions_m[0, index] - was.joint_positions_m[0, index],
            multiply_quaternions(now.rotations_wxyz[0, index], conjugate_quaternion(was.rotations_wxyz[0, index])),
        )


class EditedMemory:
    """Hold the edited takes of the last bakes of this session by a name; the armature objects hold the names."""

    def __init__(self) -> None:
        self._takes: OrderedDict[str, EditedTake] = OrderedDict()

    def remember(self, name: str, take: EditedTake) -> None:
        """Keep one, and forget the one that was kept for the longest time."""
        self._takes[name] = take
        while len(self._takes) > _REMEMBERED:
            self._takes.popitem(last=False)

    def at_hand(self, name: str) -> EditedTake | None:
        """Return the one of a name, if it is still there."""
        return self._takes.get(name)


EDITED_TAKES: Final[EditedMemory] = EditedMemory()
"""Those of the running Blender. What is forgotten, the edits make again."""


def mirror_to_text(mirror: Mirror | None) -> str:
    """Return a mirror as text, to be kept with the armature object; none is an empty text."""
    if mirror is None:
        return ""
    return json.dumps({"through_m": mirror.through_m.tolist(), "normal": mirror.normal.tolist()})


def mirror_from_text(text: str) -> Mirror | None:
    """Return the mirror of `mirror_to_text`."""
    if not text:
        return None
    values = json.loads(text)
    return Mirror(np.array(values["through_m"], dtype=np.float64), np.array(values["normal"], dtype=np.float64))
