# SPDX-License-Identifier: GPL-3.0-or-later
"""Pick a recording with Blender's file browser."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

RECORDING_PATTERN = "*.bsor;*.csv;*.xror;*.npz;*.bvh;*.json;*.jsonl"


class INPOSE_OT_choose_recording(bpy.types.Operator):
    """Choose the VR recording to solve."""

    bl_idname = "inpose.choose_recording"
    bl_label = "Choose recording"
    bl_options = {"UNDO", "INTERNAL"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH")
    filter_glob: bpy.props.StringProperty(default=RECORDING_PATTERN, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser where the last recording was."""
        if context.scene.inpose.recording:
            self.filepath = bpy.path.abspath(context.scene.inpose.recording)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remember the choice in the scene."""
        context.scene.inpose.recording = self.filepath
        return {"FINISHED"}


CLASSES = (INPOSE_OT_choose_recording,)
