# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the user's own mapping with the armature data: one bone name for each joint, shown as found until changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import bpy

from ...joint_names import JOINT_NAMES, LOCAL_PROPERTY, STORED_PROPERTY

SPOKEN: Final[dict[str, str]] = {joint: joint.replace("_", " ").capitalize() for joint in JOINT_NAMES}
"""Joint names for users."""


class INPOSE_PG_rig_mapping(bpy.types.PropertyGroup):
    """Hold the user's mapping. An automatic mapping is not stored, so it stays right when bones are renamed."""

    @property
    def is_chosen(self) -> bool:
        """Return whether the user has changed the mapping."""
        return bool(self.stored)


def can_be_mapped(armature_object: Any) -> bool:
    """Return whether the mapping can be changed: in the armature data, or in a library override of the object."""
    return bool(armature_object.data.is_editable or armature_object.is_editable)


def set_bones(armature_object: Any, bones: Mapping[str, str]) -> None:
    """Make a joint-to-bone table the armature's own mapping; it is saved with the file."""
    table = {joint: bones.get(joint) or "" for joint in JOINT_NAMES}
    _store(armature_object, json.dumps(table, ensure_ascii=False))


def forget_bones(armature_object: Any) -> None:
    """Remove the user's mapping; the automatic mapping applies again."""
    _store(armature_object, "")


def _store(armature_object: Any, text: str) -> None:
    if armature_object.data.is_editable:
        getattr(armature_object.data, STORED_PROPERTY).stored = text
    else:
        setattr(armature_object, LOCAL_PROPERTY, text)


def bones_of(armature_object: Any) -> dict[str, str]:
    """Return the current mapping, joint to bone: the user's, or the automatic one."""
    from ..find import find_mapping

    mapping = find_mapping(armature_object)
    return dict(mapping.bones) if mapping else {}


def _getter(joint: str) -> Callable[[Any], str]:
    def get(group: Any) -> str:
        from ..find import detect_mapping, stored_bones

        armature_object = _object_of(group.id_data)
        stored = stored_bones(armature_object)
        if stored is not None:
            return stored[joint]
        mapping = detect_mapping(armature_object)
        return mapping.bones.get(joint, "") if mapping else ""

    return get


def _setter(joint: str) -> Callable[[Any, str], None]:
    def set_(group: Any, bone: str) -> None:
        armature_object = _object_of(group.id_data)
        set_bones(armature_object, bones_of(armature_object) | {joint: bone})

    return set_


def _object_of(owner: Any) -> Any:
    """Return the object of a mapping: itself, or one that shows the armature data, the active one if it does."""
    if isinstance(owner, bpy.types.Object):
        return owner
    armature_data = owner
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
            override={"LIBRARY_OVERRIDABLE"},
        )
        for joint in JOINT_NAMES
    },
}


def register() -> None:
    """Add the mapping to armature data, and to objects for library overrides of linked rigs."""
    for owner in (bpy.types.Armature, bpy.types.Object):
        setattr(owner, STORED_PROPERTY, bpy.props.PointerProperty(type=INPOSE_PG_rig_mapping))
    setattr(bpy.types.Object, LOCAL_PROPERTY, bpy.props.StringProperty(override={"LIBRARY_OVERRIDABLE"}))


def unregister() -> None:
    """Remove the properties; stored mappings stay in the files."""
    delattr(bpy.types.Object, LOCAL_PROPERTY)
    for owner in (bpy.types.Armature, bpy.types.Object):
        delattr(owner, STORED_PROPERTY)
