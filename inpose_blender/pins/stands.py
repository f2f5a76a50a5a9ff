# SPDX-License-Identifier: GPL-3.0-or-later
"""Say when the feet of a take stand: the solver's stances with the animator's changes, for the list and the timeline.

A bake needs none of this: the motion that *Solve again* has written holds the final stances (`Motion.foot_stands`).
Changes that were not solved yet do not count in a bake, because the feet are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core import Motion
from ..takes.at_hand import take_at_hand
from ..takes.clock import clock_of_take
from ..takes.memory import TAKES
from .properties import FOOT_ITEMS, pins_of
from .stand_edits import FootStances, SaidStance

_ANKLES: Final[tuple[str, str]] = (FOOT_ITEMS[0][0], FOOT_ITEMS[1][0])


def stances_at_hand(scene: Any, armature: Any) -> FootStances | None:
    """Return the stances of a take in frames of the scene, for the list and the timeline.

    None if the take is not in memory; it is then loaded for a later drawing.
    """
    take = armature.inpose_take
    solved = take_at_hand(take.unpinned or take.file, TAKES)
    return None if solved is None else _stances(scene, armature, solved.motion)


def stances_of(scene: Any, armature: Any) -> FootStances:
    """Return the stances of a take in frames of the scene.

    Raises:
        InPoseError: the motion's file is gone.
    """
    take = armature.inpose_take
    return _stances(scene, armature, TAKES.recall(Path(take.unpinned or take.file)).motion)


def say(armature: Any, stances: FootStances) -> None:
    """Keep what an animator says of stances as pins; those that are muted stay as they are."""
    pins = pins_of(armature)
    places = [place for place, pin in enumerate(pins.entries) if _says(pin)]
    for said, place in zip(stances.said, places, strict=False):
        _write(pins.entries[place], said)
    for said in stances.said[len(places) :]:
        _write(pins.entries.add(), said)
    for place in reversed(places[len(stances.said) :]):
        pins.entries.remove(place)
        if pins.chosen >= place:
            pins.chosen -= 1
    pins.chosen = min(max(pins.chosen, 0), len(pins.entries) - 1)


def _stances(scene: Any, armature: Any, motion: Motion) -> FootStances:
    stands = np.zeros((len(motion), 2), np.bool_) if motion.foot_stands is None else motion.foot_stands
    if armature.inpose_take.mirror:  # the left foot that one sees is the right one of the performer
        stands = stands[:, ::-1]
    fps = clock_of_take(armature.inpose_take, scene).fps
    count = int((len(motion) - 1) * fps / motion.fps) + 1
    poses = np.rint(np.arange(count) * motion.fps / fps).astype(int).clip(max=len(motion) - 1)
    return FootStances(stands[poses], armature.inpose_take.first_frame, tuple(_said(scene, armature)))


def _said(scene: Any, armature: Any) -> Iterator[SaidStance]:
    clock = clock_of_take(armature.inpose_take, scene)
    for pin in pins_of(armature).entries:
        if _says(pin):
            first, last = (round(clock.frame_of(time_s)) for time_s in (pin.start_s, pin.stop_s))
            yield SaidStance(_ANKLES.index(pin.joint), first, last, pin.kind == "stands")


def _says(pin: Any) -> bool:
    return pin.kind in {"stands", "lifts"} and not pin.muted and pin.last >= pin.first


def _write(pin: Any, said: SaidStance) -> None:
    pin.kind, pin.joint = "stands" if said.stands else "lifts", _ANKLES[said.foot]
    pin.first, pin.last = said.first, said.last
