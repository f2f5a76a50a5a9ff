# SPDX-License-Identifier: GPL-3.0-or-later
"""Mark in the timeline where feet land and leave, and where the take begins and ends.

Blender cannot store anything in a marker. So the armature remembers the names and frames of the markers that InPose has
made for it. A marker that the user has renamed or moved is the user's from then on.
"""

from __future__ import annotations

import json
from typing import Any, Final

import bpy

from ..core import Motion, runs
from ..ui.translate import tr

Marker = tuple[str, int]
"""Name and frame."""

_KEY: Final[str] = "inpose_markers"
_OWNER_KEY: Final[str] = "inpose_markers_of"
"""The name that the armature had then: a duplicate of it has not made the markers, though it has all properties."""


def wanted_markers(motion: Motion, take: str, first_frame: int, frames_per_s: float) -> list[Marker]:
    """Return the markers of a baked motion, in the order of their frames.

    A foot that stands when the motion begins or ends does not land or leave there.

    Args:
        motion: as it is baked.
        take: its name.
        first_frame: the scene's frame in which it begins.
        frames_per_s: frames of the scene for each second of the motion.
    """
    step = frames_per_s / motion.fps
    last = len(motion) - 1
    found = [(tr("{take} begins", take=take), 0), (tr("{take} ends", take=take), last)]
    if motion.foot_stands is not None:
        feet = (
            (tr("Left foot lands"), tr("Left foot leaves")),
            (tr("Right foot lands"), tr("Right foot leaves")),
        )
        for (lands, leaves), stands in zip(feet, motion.foot_stands.T, strict=True):
            for first, end in runs(stands):
                found += [(lands, first)] if first > 0 else []
                found += [(leaves, end - 1)] if end <= last else []
    return sorted(((name, first_frame + round(at * step)) for name, at in found), key=lambda marker: marker[1])


def replace_markers(
    scene: Any, armature_object: Any, wanted: list[Marker], take: str = "", *, beside_others: bool = False
) -> None:
    """Remove the markers that InPose has made for an armature in a scene, and make the wanted ones.

    All other markers stay, also those that the user has made of InPose's. If another armature of the scene has markers,
    too, the name of the armature comes first.

    Args:
        scene: gets the markers.
        armature_object: was baked.
        wanted: the markers of the bake.
        take: the name of the take.
        beside_others: keep the markers of other takes: they play in NLA tracks of their own.
    """
    made = _remembered(armature_object)
    kept = [each for each in made if beside_others and each[2:] not in ([], [take])]
    for own in _as_made(scene, [each for each in made if each not in kept]):
        scene.timeline_markers.remove(own)
    if any(_remembered(other) for other in scene.objects if other != armature_object):
        wanted = [(f"{armature_object.name}: {name}", frame) for name, frame in wanted]
    # Blender may cut a long name, and InPose must know the marker again.
    new = [scene.timeline_markers.new(name, frame=frame) for name, frame in wanted]
    if new or kept:
        armature_object[_KEY] = json.dumps([*kept, *([each.name, each.frame, take] for each in new)])
        armature_object[_OWNER_KEY] = armature_object.name
    else:
        for key in (_KEY, _OWNER_KEY):
            if key in armature_object:
                del armature_object[key]


def rename_markers(armature_object: Any, before: str, after: str) -> None:
    """Let the markers of a take belong to it under its new name; what they say stays."""
    made = _remembered(armature_object)
    if made:
        armature_object[_KEY] = json.dumps([[*each[:2], after] if each[2:] == [before] else each for each in made])


def _as_made(scene: Any, remembered: list[list[Any]]) -> list[Any]:
    """Return the markers of a scene that are as InPose has made them, each as often as it was made."""
    made = [tuple(each[:2]) for each in remembered]
    found = []
    for marker in scene.timeline_markers:
        each = (marker.name, marker.frame)
        if each in made and marker.camera is None:
            made.remove(each)
            found.append(marker)
    return found


def _remembered(armature_object: Any) -> list[list[Any]]:
    """Return name, frame and, since there are lists of takes, the take of each marker that InPose has made."""
    owner = bpy.data.objects.get(str(armature_object.get(_OWNER_KEY, "")))
    if owner not in {None, armature_object} and _KEY in owner:  # else the owner was renamed
        return []
    try:
        made = json.loads(armature_object.get(_KEY, "[]"))
    except (TypeError, ValueError):  # somebody else has written it
        return []
    return made if isinstance(made, list) and all(isinstance(each, list) for each in made) else []
