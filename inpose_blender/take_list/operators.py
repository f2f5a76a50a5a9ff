# SPDX-License-Identifier: GPL-3.0-or-later
"""Add, retake, duplicate, move and delete takes."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path

import bpy

from ..recording.operators import RECORDING_PATTERN
from ..rig.properties import chosen_armature
from ..takes.arrival import arrive
from ..takes.listed import chosen_entry, recording_of
from ..takes.naming import parsed_name
from ..ui.status import clear_error
from ..ui.translate import tr


class WithTake:
    """Allow an operator only while a take is chosen; mixed into operators."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take must be chosen."""
        if chosen_entry(context.scene) is None:
            cls.poll_message_set(tr("Choose a take first"))  # type: ignore[attr-defined]  # of operators
            return False
        return True


class INPOSE_OT_add_takes(bpy.types.Operator):
    """Add recordings to the list of takes"""

    bl_idname = "inpose.add_takes"
    bl_label = "Add takes"
    bl_options = {"UNDO"}

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default=RECORDING_PATTERN, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser in the folder of the chosen recording."""
        entry = chosen_entry(context.scene)
        if entry is not None:
            self.directory = str(recording_of(entry).parent)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add all chosen files, and choose the last one."""
        files = [Path(bpy.path.abspath(self.directory), file.name) for file in self.files if file.name]
        if not files:
            self.report({"ERROR"}, tr("Choose one or more recordings"))
            return {"CANCELLED"}
        for file in files:
            arrive(context.scene, file, "FILE", chosen_armature(context))
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_retake(WithTake, bpy.types.Operator):
    """Record again from the same source, with the settings of this take. The new take gets the next number"""

    bl_idname = "inpose.retake"
    bl_label = "Retake"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start what made the recording."""
        entry = chosen_entry(context.scene)
        if entry.source in {"FILE", "EXAMPLE"}:
            return set(bpy.ops.inpose.add_takes("INVOKE_DEFAULT"))
        context.scene.inpose_takes.next_slate = parsed_name(entry.name).slate
        if entry.source == "SCENE":
            return set(bpy.ops.inpose.record_scene("INVOKE_DEFAULT", filepath=str(_free(recording_of(entry)))))
        if entry.source == "LIVE" and hasattr(bpy.types, "INPOSE_OT_live_record"):
            records = bpy.ops.inpose.live_record
            return set(records() if records.poll() else bpy.ops.inpose.live("INVOKE_DEFAULT"))
        if bpy.ops.inpose.command_headset.poll():
            return set(bpy.ops.inpose.command_headset("EXEC_DEFAULT", name="start"))
        return set(bpy.ops.inpose.record_headset("INVOKE_DEFAULT"))


class INPOSE_OT_duplicate_take(WithTake, bpy.types.Operator):
    """Copy the take with its motion, pins and edits, to try something else with it"""

    bl_idname = "inpose.duplicate_take"
    bl_label = "Duplicate take"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy it, and choose the copy."""
        from .choosing import choose_take, duplicate_take

        scene = context.scene
        choose_take(context, scene, duplicate_take(scene, chosen_entry(scene)))
        return {"FINISHED"}


class INPOSE_OT_delete_take(WithTake, bpy.types.Operator):
    """Remove the take and its pins from the list. Files and baked actions stay"""

    bl_idname = "inpose.delete_take"
    bl_label = "Delete take"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it, and choose the next one."""
        from .choosing import choose_take, delete_take

        scene = context.scene
        following = delete_take(scene, chosen_entry(scene))
        if following is not None:
            choose_take(context, scene, following)
        return {"FINISHED"}


class INPOSE_OT_move_take(WithTake, bpy.types.Operator):
    """Move the take up or down. Bake all keeps this order"""

    bl_idname = "inpose.move_take"
    bl_label = "Move take"
    bl_options = {"REGISTER", "UNDO"}

    step: bpy.props.IntProperty(name="Step", description="-1 is up, 1 is down", default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Exchange it with its neighbour."""
        takes = context.scene.inpose_takes
        index = takes.chosen
        if not 0 <= index + self.step < len(takes.entries):
            return {"CANCELLED"}
        takes.entries.move(index, index + self.step)
        return {"FINISHED"}


class INPOSE_OT_find_take_files(bpy.types.Operator):
    """Look for missing recordings and solved motions in a folder and the folders in it"""

    bl_idname = "inpose.find_take_files"
    bl_label = "Find"
    bl_options = {"UNDO"}

    directory: bpy.props.StringProperty(
        name="Folder", description="Folder to look in", subtype="DIR_PATH", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Use what is found, and name what is still missing."""
        from .finding import find_missing, missing_files

        scene = context.scene
        found = find_missing(scene, [Path(bpy.path.abspath(self.directory))], deep=True)
        left = [missing.path.name for missing in missing_files(scene)]
        if left:
            names = ", ".join(dict.fromkeys(left))
            self.report({"WARNING"}, tr("Found {count} files. Still missing: {names}", count=found, names=names))
        else:
            self.report({"INFO"}, tr("Found {count} files. Nothing is missing", count=found))
        return {"FINISHED"}


def _free(path: Path) -> Path:
    """Return the path of a file that is not there, with the next number."""
    number = 2
    stem = parsed_name(path.stem).slate
    while (free := path.with_name(f"{stem}_{number:03}{path.suffix}")).exists():
        number += 1
    return free


CLASSES = (
    INPOSE_OT_add_takes,
    INPOSE_OT_retake,
    INPOSE_OT_duplicate_take,
    INPOSE_OT_delete_take,
    INPOSE_OT_move_take,
    INPOSE_OT_find_take_files,
)
