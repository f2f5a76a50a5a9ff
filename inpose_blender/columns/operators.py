# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign the columns of a table in a dialog, and write the result beside the table."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import TYPE_CHECKING

import bpy

from ..errors import InPoseError, OutputError, RecordingError
from ..recording.draft import DRAFTED_OPTIONS, close_draft
from ..recording.operators import has_recording
from ..recording.properties import chosen_reading, read_again, recording_path
from ..ui.panel_words import panel_words
from ..ui.popup import popup_is_closed
from ..ui.redraw import redraw_panels, redraw_views
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from ..viewing.properties import view_of
from .dialog import WIDTH
from .dialog_state import choices_of

if TYPE_CHECKING:
    from ..core_tables import Assignment

_DOING = "Assigning columns"


class INPOSE_OT_assign_columns(bpy.types.Operator):
    """Choose the columns of head, hands, trackers and time. Your choice is saved in a file beside the table"""

    bl_idname = "inpose.assign_columns"
    bl_label = "Assign columns"
    bl_options = {"UNDO"}

    goes_on: bpy.props.BoolProperty(
        name="Go on", description="Open the dialog with the last choices", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return has_recording(cls, context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Look at the table, fill in what InPose guesses, show it, and open the dialog."""
        if bpy.app.background:
            return self.execute(context)
        from .preview import show_choices

        if not self.goes_on and not self._fill(context):
            return {"CANCELLED"}
        view = view_of(context)
        self._showed = view.shows_recording
        view.shows_recording = True
        show_choices(context)
        self._is_open = True
        answer: set[str] = context.window_manager.invoke_props_dialog(
            self, width=WIDTH, title=tr("Assign columns"), confirm_text=tr("Assign")
        )
        return answer

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the dialog."""
        from .dialog import draw_dialog

        draw_dialog(self.layout, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the assignment beside the table; without a dialog, the guessed one."""
        from .choices import assignment_of
        from .preview import problem_of

        was_open = getattr(self, "_is_open", False)
        if was_open:
            popup_is_closed()
        elif not self._fill(context):
            return {"CANCELLED"}
        problem = problem_of(context)
        if problem and was_open:
            bpy.ops.inpose.assign_columns("INVOKE_DEFAULT", goes_on=True)
            return {"CANCELLED"}
        close_draft()
        if problem:
            show_error(self, context, RecordingError(problem), _DOING)
            return {"CANCELLED"}
        try:
            self._keep(context, assignment_of(choices_of(context)))
        except InPoseError as error:
            show_error(self, context, error, _DOING)
            return {"CANCELLED"}
        clear_error(context)
        return {"FINISHED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Show the recording as it was."""
        popup_is_closed()
        close_draft()
        view_of(context).shows_recording = self._showed
        redraw_panels()
        redraw_views()

    def _fill(self, context: bpy.types.Context) -> bool:
        from ..core_tables import look_at_table
        from .choices import fill_choices

        try:
            reading = chosen_reading(context.scene)
            look = look_at_table(recording_path(context.scene.inpose), reading)
        except InPoseError as error:
            show_error(self, context, error, _DOING)
            return False
        fill_choices(choices_of(context), look, reading)
        return True

    def _keep(self, context: bpy.types.Context, assignment: "Assignment") -> None:
        """Write the mapping beside the table, or into the scene where the folder is not writable."""
        from ..core_tables import save_assignment
        from ..recording.facts import forget_recording

        reading, path = context.scene.inpose_reading, recording_path(context.scene.inpose)
        header = [item.name.partition(": ")[2] for item in choices_of(context).columns]
        try:
            written = save_assignment(assignment, path, header)
        except OutputError as error:
            reading.columns = assignment.to_option()
            self.report({"WARNING"}, f"{panel_words(error.message)} {tr('InPose keeps the columns in this scene.')}")
        else:
            reading.property_unset("columns")
            self.report({"INFO"}, tr("Wrote {name}", name=written.name))
        for name in DRAFTED_OPTIONS:
            if name != "unit" or reading.unit != "custom":  # the mapping has no units of one's own
                reading.property_unset(name)
        forget_recording(path)
        read_again(reading, context)
        redraw_panels()
        redraw_views()


class INPOSE_OT_add_tracker_columns(bpy.types.Operator):
    """Assign the columns of a tracker: hips, chest, elbows, knees or feet. Without a rotation, it is a marker"""

    bl_idname = "inpose.add_tracker_columns"
    bl_label = "Add tracker"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it with the first columns that have no use yet."""
        from .choices import add_tracker
        from .preview import show_choices

        add_tracker(choices_of(context))
        show_choices(context)
        return {"FINISHED"}


class INPOSE_OT_remove_tracker_columns(bpy.types.Operator):
    """Do not use the columns of this tracker"""

    bl_idname = "inpose.remove_tracker_columns"
    bl_label = "Remove tracker"
    bl_options = {"INTERNAL"}

    number: bpy.props.IntProperty(name="Tracker", description="Which tracker; the first is 0", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        from .choices import remove_tracker
        from .preview import show_choices

        remove_tracker(choices_of(context), self.number)
        show_choices(context)
        return {"FINISHED"}


CLASSES = (INPOSE_OT_assign_columns, INPOSE_OT_add_tracker_columns, INPOSE_OT_remove_tracker_columns)
