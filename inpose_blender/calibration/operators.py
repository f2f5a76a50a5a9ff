# SPDX-License-Identifier: GPL-3.0-or-later
"""Save the calibration of the performer, for other takes with the same headset and controllers."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import json
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..errors import CalibrationError, InPoseError
from ..recording.properties import question_of, recording_path
from ..ui.panel_words import panel_words
from ..ui.translate import tr

if TYPE_CHECKING:
    from ..recording.job import RecordingFacts

_FILE_NAME = "performer.calibration.json"
"""With this ending, it is none of the recordings of a folder. A name that begins as the recording's would be that of a
calibration for this recording alone."""


class INPOSE_OT_save_calibration(bpy.types.Operator):
    """Save how tall the performer is, and how the devices sit on head and hands, for other takes of this performer"""

    bl_idname = "inpose.save_calibration"
    bl_label = "Save calibration"

    filepath: bpy.props.StringProperty(name="File", description="File to write", subtype="FILE_PATH")
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A recording must be chosen."""
        if not context.scene.inpose.recording:
            cls.poll_message_set(tr("Choose a recording first"))
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Propose a file beside the recording, and ask."""
        self.filepath = str(recording_path(context.scene.inpose).with_name(_FILE_NAME))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write what the panel shows of the calibration."""
        from ..core import write_output

        path = Path(bpy.path.abspath(self.filepath))
        if path.suffix.lower() != ".json":
            path = path.with_name(f"{path.name}.json")
        try:
            outlook = _facts(context.scene).info.get("calibration") or {}
            _require_performer(outlook)
            write_output(path, [(json.dumps(outlook["performer"], indent=1) + "\n").encode()])
        except InPoseError as error:
            self.report({"ERROR"}, panel_words(str(error)))
            return {"CANCELLED"}
        if outlook["hands"] in {"t_pose", "a_pose", "file"}:
            self.report({"INFO"}, tr("Saved {name}: choose it as Calibration file of other takes", name=path.name))
        else:
            self.report({"WARNING"}, tr("Saved {name}, but without a T-pose it is not exact", name=path.name))
        return {"FINISHED"}


def _facts(scene: bpy.types.Scene) -> "RecordingFacts":
    """Return what is known of the recording, or read it now."""
    from ..recording.facts import known_facts, read_now

    question = question_of(scene)
    facts = known_facts(question)
    if isinstance(facts, InPoseError):
        raise facts
    return facts or read_now(question)


def _require_performer(outlook: dict[str, object]) -> None:
    if outlook.get("performer"):
        return
    if isinstance(problem := outlook.get("problem"), dict):
        raise CalibrationError(problem["message"], problem["hint"])
    raise CalibrationError(
        "This recording contains the joints themselves, so it needs no calibration.",
        "Choose a recording of a headset and controllers.",
    )


CLASSES = (INPOSE_OT_save_calibration,)
