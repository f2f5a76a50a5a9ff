# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the user's own mapping with the armature data: one bone name for each joint, shown as found until changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import bpy

from ...joint_names import JOINT_NAMES, STORED_PROPERTY

SPOKEN: Final[dict[str, str]] = {joint: joint.replace("_", " ").capitalize() for joint in JOINT_NAMES}
"""Joint names for users."""


class INPOSE_PG_rig_mapping(bpy.types.PropertyGroup):
    """Hold the user's mapping. An automatic mapping is not stored, so it stays right when bones are renamed."""

    @property
    def is_chosen(self) -> bool:
        """Return whether the user has changed the mapping."""
        return bool(self.stored)


def set_bones(armature_data: Any, bones: Mapping[str, str]) -> None:
    """Make a joint-to-bone table the armature's own mapping; it is saved with the file."""
    table = {joint: bones.get(joint) or "" for joint in JOINT_NAMES}
    getattr(armature_data, STORED_PROPERTY).stored = json.dumps(table, ensure_ascii=False)


def forget_bones(armature_data: Any) -> None:
    """Remove the user's mapping; the automatic mapping applies again."""
    getattr(armature_data, STORED_PROPERTY).stored = ""


def bones_of(armature_object: Any) -> dict[str, str]:
    """Return the current mapping, joint to bone: the user's, or the automatic one."""
    from ..find import find_mapping

    mapping = find_mapping(armature_object)
    return dict(mapping.bones) if mapping else {}


def _getter(joint: str) -> Callable[[Any], str]:
    def get(group: Any) -> str:
        from ..find import detect_mapping, stored_bones

        data = group.id_data
        stored = stored_bones(data)
        if stored is not None:
            return stored[joint]
        mapping = detect_mapping(_object_of(data))
        return mapping.bones.get(joint, "") if mapping else ""

    return get


def _setter(joint: str) -> Callable[[Any, str], None]:
    def set_(group: Any, bone: str) -> None:
        set_bones(group.id_data, bones_of(_object_of(group.id_data)) | {joint: bone})

    return set_


def _object_of(armature_data: Any) -> Any:
    """Return an object that shows the armature: the active one if it does."""
    active = getattr(bpy.context, "object", None)
    if active is not None and active.data == armature_data:
        return active
    return next((user for user in bpy.data.objects if user.data == armature_data), _Unplaced(armature_data))


class _Unplaced:
    """Stand-in for the object of armature data that no object uses."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.name = data.name
        self.matrix_world = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))


INPOSE_PG_rig_mapping.__annotations__ = {
    "stored": bpy.props.StringProperty(options={"HIDDEN"}),
    **{
        joint: bpy.props.StringProperty(
            name=SPOKEN[joint],
            description="Bone of this joint (the joint is at the head of the bone). Empty: the rig has no such bone",
            get=_getter(joint),
            set=_setter(joint),
        )
        for joint in JOINT_NAMES
    },
}


def register() -> None:
    """Add the mapping to armature data."""
    setattr(bpy.types.Armature, STORED_PROPERTY, bpy.props.PointerProperty(type=INPOSE_PG_rig_mapping))


def unregister() -> None:
    """Remove the property; stored mappings stay in the files."""
    delattr(bpy.types.Armature, STORED_PROPERTY)
