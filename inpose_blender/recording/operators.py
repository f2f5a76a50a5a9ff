# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, and read what is in it."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import Any

import bpy

from ..errors import InPoseError
from ..options import recording_suffixes
from ..ui.properties import status_of
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .properties import question_of, recording_path

RECORDING_PATTERN = ";".join(f"*{suffix}" for suffix in recording_suffixes())


class INPOSE_OT_choose_recording(bpy.types.Operator):
    """Choose the VR recording to solve"""

    bl_idname = "inpose.choose_recording"
    bl_label = "Choose recording"
    bl_options = {"UNDO"}

    filepath: bpy.props.StringProperty(
        name="Recording", description="A VR recording of head and two hands", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: bpy.props.StringProperty(default=RECORDING_PATTERN, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser in the folder of the last recording; a dropped file needs no browser."""
        if self.properties.is_property_set("filepath"):
            return self.execute(context)
        if context.scene.inpose.recording:
            self.filepath = bpy.path.abspath(context.scene.inpose.recording)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remember the choice in the scene."""
        context.scene.inpose.recording = self.filepath
        clear_error(context)
        return {"FINISHED"}


class INPOSE_FH_recording(bpy.types.FileHandler):
    """Take recordings that are dropped onto a 3D View"""

    bl_idname = "INPOSE_FH_recording"
    bl_label = "Recording"
    bl_import_operator = "inpose.choose_recording"
    bl_file_extensions = RECORDING_PATTERN.replace("*", "")

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Accept files only there: elsewhere, they have another meaning."""
        return context.area is not None and context.area.type == "VIEW_3D"


class INPOSE_OT_read_recording(bpy.types.Operator):
    """Read the recording again, and show its length, its tracking losses and the guesses"""

    bl_idname = "inpose.read_recording"
    bl_label = "Read recording"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return has_recording(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start to read the recording, and return to Blender."""
        from .facts import start_reading

        if bpy.app.background:
            return self.execute(context)
        try:
            start_reading(question_of(context.scene))
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the recording before returning."""
        from .facts import read_now

        try:
            read_now(question_of(context.scene))
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        return {"FINISHED"}


def has_recording(operator: Any, context: bpy.types.Context) -> bool:
    """Return whether there is a recording; if not, tell Blender why the operator cannot run."""
    if not context.scene.inpose.recording:
        operator.poll_message_set(tr("Choose a recording first"))
        return False
    if not Path(recording_path(context.scene.inpose)).is_file():
        operator.poll_message_set(tr("The recording file no longer exists. Choose it again, or click Find under Takes"))
        return False
    return status_of(context) is not None


CLASSES = (
    INPOSE_OT_choose_recording,
    INPOSE_FH_recording,
    INPOSE_OT_read_recording,
)
