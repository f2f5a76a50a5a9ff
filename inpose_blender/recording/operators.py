# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose a recording, read what is in it, and look at it before it is solved."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..errors import InPoseError
from ..options import CalibrationSettings, recording_suffixes
from ..rig.properties import chosen_armature
from ..ui.option_properties import settings_of
from ..ui.properties import status_of
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .preview_collection import hide_preview, preview_of
from .properties import chosen_reading, recording_path

if TYPE_CHECKING:
    from ..rig.measure import RigMeasure
    from .job import RecordingFacts

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
        """Open the file browser where the last recording was; a file that was dropped needs none."""
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
        """Only there: elsewhere a file means something else."""
        return context.area is not None and context.area.type == "VIEW_3D"


class INPOSE_OT_read_recording(bpy.types.Operator):
    """Read the recording again, and show its length, its tracking losses and the guesses"""

    bl_idname = "inpose.read_recording"
    bl_label = "Read recording"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return _has_recording(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Have it read while Blender goes on."""
        from .facts import start_reading

        if bpy.app.background:
            return self.execute(context)
        try:
            start_reading(recording_path(context.scene.inpose), chosen_reading(context.scene))
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        return {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it before returning."""
        from .facts import read_now

        try:
            read_now(recording_path(context.scene.inpose), chosen_reading(context.scene))
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        return {"FINISHED"}


class INPOSE_OT_show_recording(bpy.types.Operator):
    """Show the recording as three moving empties with motion paths, at the position of the rig"""

    bl_idname = "inpose.show_recording"
    bl_label = "Show recording"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return _has_recording(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the empties and trails; read the recording first if that has not been done."""
        from .facts import known_facts, read_now
        from .job import RecordingFacts
        from .preview import show_preview

        scene = context.scene
        try:
            recording, reading = recording_path(scene.inpose), chosen_reading(scene)
            facts = known_facts(recording, reading)
            if not isinstance(facts, RecordingFacts):
                facts = read_now(recording, reading)
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        measure = _measure(chosen_armature(context), scene)
        scale = _scale(facts, measure, settings_of(CalibrationSettings, scene.inpose))
        show_preview(scene, facts.sensors, scene.inpose_bake.first_frame, measure, scale)
        return {"FINISHED"}


class INPOSE_OT_hide_recording(bpy.types.Operator):
    """Remove the empties and motion paths of the recording from the scene"""

    bl_idname = "inpose.hide_recording"
    bl_label = "Hide recording"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be something to remove."""
        if preview_of(context.scene) is None:
            cls.poll_message_set(tr("No recording is shown"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the preview."""
        hide_preview(context.scene)
        return {"FINISHED"}


def _has_recording(operator: Any, context: bpy.types.Context) -> bool:
    if not context.scene.inpose.recording:
        operator.poll_message_set(tr("Choose a recording first"))
        return False
    if not Path(recording_path(context.scene.inpose)).is_file():
        operator.poll_message_set(tr("The recording file no longer exists"))
        return False
    return status_of(context) is not None


def _measure(armature_object: Any, scene: Any) -> "RigMeasure | None":
    """Return the size and place of the rig; without a usable one the recording is shown by itself."""
    from ..rig.find import map_rig
    from ..rig.measure import measure_rig
    from ..rig.prepare import metres_per_unit

    if armature_object is None or armature_object.type != "ARMATURE":
        return None
    try:
        mapping = map_rig(armature_object)
        return measure_rig(armature_object, mapping, metres_per_unit(scene))
    except InPoseError:
        return None


def _scale(facts: "RecordingFacts", measure: "RigMeasure | None", calibration: CalibrationSettings) -> float:
    """Return the rig's size divided by the performer's, roughly as the solver will; joints are not scaled.

    Equal arm spans are taken for equal heights: who measures the performer's arms is the solver.
    """
    if (calibration.pose or facts.info.get("pose")) == "joint" or measure is None:
        return 1.0
    if not isinstance(calibration.scale, str):
        return calibration.scale
    stature_m = calibration.stature_m or facts.info.get("stature_estimate_m")
    if calibration.scale == "keep" or not stature_m:
        return 1.0
    return float(measure.skeleton.stature_m / stature_m)


CLASSES = (
    INPOSE_OT_choose_recording,
    INPOSE_FH_recording,
    INPOSE_OT_read_recording,
    INPOSE_OT_show_recording,
    INPOSE_OT_hide_recording,
)
