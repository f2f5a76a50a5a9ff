# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the recorded room of another character in the scene, so that two characters of one room stay together."""

from __future__ import annotations

from typing import Any

from ..core import RigError
from ..rig.find import map_rig
from ..rig.measure import measure_rig
from ..rig.prepare import metres_per_unit
from .options import BakeOptions
from .placement import SharedRoom, placement_from_text


def shared_room(
    options: BakeOptions, armature_object: Any, scene: Any, scale: float | None = None
) -> SharedRoom | None:
    """Return the room of the character with which the motion is to start; None if that is not wanted.

    The character with which all others start has its room where its recording has it.

    Args:
        options: the user's choices.
        armature_object: the character that is baked.
        scene: has both.
        scale: size of this character divided by that of its performer; None: as in its last solve.

    Raises:
        RigError: there is no such character, or nothing was baked on it.
    """
    other = character_to_start_with(options, armature_object, scene)
    if other is None:
        return None
    take = other.inpose_take
    own = _take_of(armature_object)
    own_scale = scale or (own.scale if own is not None else 1.0)
    measure = measure_rig(other, map_rig(other), metres_per_unit(scene))
    return SharedRoom(placement_from_text(take.placement), measure, (take.scale + own_scale) / 2)


def character_to_start_with(options: BakeOptions, armature_object: Any, scene: Any) -> Any | None:
    """Return the armature object with which a character is to start; None if with no other.

    Raises:
        RigError: there is no such character, or nothing was baked on it.
    """
    if options.start_at != "character" or options.start_with == armature_object.name:
        return None
    return _other(options.start_with, armature_object, scene)


def _other(name: str, armature_object: Any, scene: Any) -> Any:
    others = [found for found in scene.objects if found.type == "ARMATURE" and found != armature_object]
    if name:
        others = [found for found in others if found.name == name]
        if not others:
            raise RigError(f"The scene has no other armature {name}.", "Choose another character to start with.")
    baked = [found for found in others if (take := _take_of(found)) is not None and take.file]
    if len(baked) == 1:
        return baked[0]
    if baked:
        names = ", ".join(sorted(found.name for found in baked))
        raise RigError(f"Several characters have a motion: {names}.", "Choose the one to start with.")
    raise RigError(
        f"Nothing was baked on {name or 'another character'} yet.", "Solve the recording of the other character first."
    )


def _take_of(armature_object: Any) -> Any:
    return getattr(armature_object, "inpose_take", None)  # without a window, the add-on may not be enabled
