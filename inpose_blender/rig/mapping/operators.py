# SPDX-License-Identifier: GPL-3.0-or-later
"""Change, mirror, reset, import and export the mapping of the armature."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...errors import InPoseError, RigError
from ...joint_names import JOINT_NAMES
from ...ui.translate import tr
from ..properties import chosen_armature
from .files import read_mapping, write_mapping
from .properties import SPOKEN, bones_of, can_be_mapped, forget_bones, set_bones

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"


_JOINT_ITEMS: Final = tuple((joint, SPOKEN[joint], "") for joint in JOINT_NAMES)


def _reports_errors(execute: Callable[[Any, Any], set[str]]) -> Callable[[Any, Any], set[str]]:
    @wraps(execute)
    def run(operator: Any, context: Any) -> set[str]:
        try:
            return execute(operator, context)
        except InPoseError as error:
            operator.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    return run


class _OnMapping:
    """Require an armature, and editable armature data for operators that change the mapping."""

    changes = True

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require an armature; Blender shows the reason if there is none."""
        armature = chosen_armature(context)
        if armature is None or armature.type != "ARMATURE":
            cls.poll_message_set(tr("Select an armature"))  # type: ignore[attr-defined]  # of the operators that mix this in
            return False
        if cls.changes and not can_be_mapped(armature):
            cls.poll_message_set(tr("The armature data is linked from another file: make a library override first"))  # type: ignore[attr-defined]  # the same
            return False
        return True


class INPOSE_OT_mapping_pick(_OnMapping, bpy.types.Operator):
    """Use the active bone for this joint."""

    bl_idname = "inpose.mapping_pick"
    bl_label = "Use Active Bone"
    bl_options = {"REGISTER", "UNDO"}

    joint: bpy.props.EnumProperty(name="Joint", items=_JOINT_ITEMS, options={"SKIP_SAVE"})

    @_reports_errors
    def execute(self, context: Any) -> set[str]:
        """Store the whole mapping with this joint changed."""
        armature = _armature(context)
        bone = armature.data.bones.active
        if bone is None:
            raise RigError(f"{armature.name} has no active bone.", "Click a bone in Pose Mode.")
        set_bones(armature, bones_of(armature) | {self.joint: bone.name})
        return {"FINISHED"}


class INPOSE_OT_mapping_mirror(_OnMapping, bpy.types.Operator):
    """Set the bones of the right side from the names of the left side."""

    bl_idname = "inpose.mapping_mirror"
    bl_label = "Mirror Left to Right"
    bl_options = {"REGISTER", "UNDO"}

    @_reports_errors
    def execute(self, context: Any) -> set[str]:
        """Store the mapping with its right side made from the left."""
        armature = _armature(context)
        bones = bones_of(armature)
        for joint in JOINT_NAMES:
            if not joint.startswith("right_"):
                continue
            left = bones.get(joint.replace("right_", "left_"), "")
            right = _mirrored(left)
            if left and (right == left or right not in armature.data.bones):
                raise RigError(f"{armature.name} has no bone that mirrors {left}.", "Choose the bones by hand.")
            bones[joint] = right
        set_bones(armature, bones)
        return {"FINISHED"}


class INPOSE_OT_mapping_reset(_OnMapping, bpy.types.Operator):
    """Discard your changes to the mapping and find the bones again."""

    bl_idname = "inpose.mapping_reset"
    bl_label = "Find Bones Again"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Any) -> set[str]:
        """Remove the stored mapping."""
        forget_bones(_armature(context))
        return {"FINISHED"}


class INPOSE_OT_mapping_import(_OnMapping, bpy.types.Operator, ImportHelper):
    """Import a bone mapping from a JSON file or from a VRM file."""

    bl_idname = "inpose.mapping_import"
    bl_label = "Import Mapping"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json;*.vrm", options={"HIDDEN"})

    @_reports_errors
    def execute(self, context: Any) -> set[str]:
        """Store the mapping of the file, if the rig has the bones."""
        armature = _armature(context)
        bones = read_mapping(Path(self.filepath))
        absent = sorted({bone for bone in bones.values() if bone and bone not in armature.data.bones})
        if absent:
            raise RigError(
                f"{armature.name} has no bone {absent[0]}, which {Path(self.filepath).name} names.",
                "The mapping was made for another rig.",
            )
        set_bones(armature, bones)
        return {"FINISHED"}


class INPOSE_OT_mapping_export(_OnMapping, bpy.types.Operator, ExportHelper):
    """Export the bone mapping to a JSON file, for other characters with the same bones."""

    bl_idname = "inpose.mapping_export"
    bl_label = "Export Mapping"

    changes = False
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    @_reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write the current mapping, chosen or found."""
        write_mapping(Path(self.filepath), bones_of(_armature(context)))
        return {"FINISHED"}


def _armature(context: Any) -> Any:
    """Return the armature that `poll` has found."""
    return chosen_armature(context)


def is_chosen(armature_object: Any) -> bool:
    """Return whether the user has changed the mapping of an armature."""
    from ..find import stored_bones

    return stored_bones(armature_object) is not None


def _mirrored(name: str) -> str:
    """Return a bone's name for the other side. Blender's own rule knows neither words in front nor Japanese names."""
    flipped = bpy.utils.flip_name(name) if name else ""
    if flipped != name:
        return flipped
    for left, right in (("Left", "Right"), ("left", "right"), ("左", "右"), (" L ", " R "), ("_L_", "_R_")):
        if left in name:
            return name.replace(left, right, 1)
    return "r" + name[1:] if name.startswith("l") and name[1:2].isupper() else name


CLASSES = (
    INPOSE_OT_mapping_pick,
    INPOSE_OT_mapping_mirror,
    INPOSE_OT_mapping_reset,
    INPOSE_OT_mapping_import,
    INPOSE_OT_mapping_export,
)
