# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a baked character at some frames: its joints, its skin, its posture, its hands."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from ..core import JOINT_NAMES
from ..in_thread import in_thread
from ..rig.families import RigMapping
from ..rig.measure import RigMeasure
from .body import PosedBody, posed_body
from .hands import hand_problems
from .posing import pose_bones, spread_frames
from .posture import posture_problems
from .problems import NO_MESH, SLOW, CharacterCheck, CharacterProblem
from .skin import Skin
from .whole_skin import joint_problems, skin_problems

_MOST_FRAMES: Final[int] = 24
_FEWEST_FRAMES: Final[int] = 4
_LIMIT_S: Final[float] = 1.0
"""Longest time for the evaluation of the rig."""


def check_character(
    armature_object: Any,
    skin: Skin | None,
    first_frame: int,
    last_frame: int,
    *,
    mapping: RigMapping,
    measure: RigMeasure,
) -> Generator[None, None, CharacterCheck]:
    """Check a character between two frames of its action, pausing now and then so that Blender can draw."""
    names = {*mapping.bones.values(), *(mapping.anchor(joint) for joint in mapping.bones)}
    names |= set(skin.bones[:-1]) if skin else set()
    frames = spread_frames(first_frame, last_frame, _MOST_FRAMES)
    posed = yield from pose_bones(armature_object, sorted(names), frames, _LIMIT_S)
    body = posed_body(armature_object, mapping, measure, posed, skin)
    problems = yield from in_thread(lambda: _problems(body))
    skipped = ""
    if len(posed.frames) < min(_FEWEST_FRAMES, len(frames)):
        skipped = SLOW
    elif skin is None:
        skipped = NO_MESH
    return CharacterCheck(tuple(problems), len(posed.frames), skipped)


def _problems(body: PosedBody) -> list[CharacterProblem]:
    """Return what is wrong, from arrays alone: Blender is asked nothing."""
    # Where the rest pose is no human pose, nothing is known of the body between its joints.
    problems = list(posture_problems(body)) if body.measure.rest_is_human else []
    for check in (joint_problems, skin_problems, hand_problems):
        problems += check(body)
    return _without_echoes(problems, body)


def _without_echoes(problems: list[CharacterProblem], body: PosedBody) -> list[CharacterProblem]:
    """Drop problems that another problem explains: a hand that is pulled off its arm also goes into the body."""
    kinds = {found.kind for found in problems}
    if not kinds & {"pulled_off", "leans_back", "leans"}:
        return problems
    order = {body.mapping.bones[joint]: JOINT_NAMES.index(joint) for joint in body.mapping.bones}
    causes = [found for found in problems if found.kind not in {"hand_inside", "toes_up", "stretched"}]
    return sorted(causes, key=lambda found: order.get(found.bone, len(order)))
