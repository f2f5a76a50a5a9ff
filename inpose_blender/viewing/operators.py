# SPDX-License-Identifier: GPL-3.0-or-later
"""Show and hide the recording, trim it at the current frame, and jump by a click in the timeline."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path
from typing import Any

import bpy

from ..errors import InPoseError
from ..recording.panel import facts_of
from ..recording.properties import question_of, recording_path
from ..recording.trim_panel import earliest_start_s, proposed_trim, set_trim
from ..ui.panel_words import panel_words
from ..ui.redraw import redraw_views
from ..ui.status import clear_error, show_error
from ..ui.translate import tr
from .properties import is_over_timeline, view_of


class INPOSE_OT_show_recording(bpy.types.Operator):
    """Show the recorded head and hands in the 3D View, at the position and in the size of the rig"""

    bl_idname = "inpose.show_recording"
    bl_label = "Show recording"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return _has_recording(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw from now on; read the recording first if that has not been done."""
        from ..recording.facts import read_now
        from ..recording.job import RecordingFacts
        from .preview import forget
        from .seat import forget as forget_seat

        try:
            if not isinstance(facts_of(context.scene), RecordingFacts):
                read_now(question_of(context.scene))
        except InPoseError as error:
            show_error(self, context, error, "Reading the recording")
            return {"CANCELLED"}
        clear_error(context)
        forget()
        forget_seat()
        view_of(context).shows_recording = True
        return {"FINISHED"}


class INPOSE_OT_hide_recording(bpy.types.Operator):
    """Hide the recorded head and hands"""

    bl_idname = "inpose.hide_recording"
    bl_label = "Hide recording"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return whether a recording is shown."""
        if not view_of(context).shows_recording:
            cls.poll_message_set(tr("No recording is shown"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop drawing."""
        view_of(context).shows_recording = False
        return {"FINISHED"}


class INPOSE_OT_use_proposed_trim(bpy.types.Operator):
    """Solve only the part of the recording in which the headset is worn"""

    bl_idname = "inpose.use_proposed_trim"
    bl_label = "Use this trim"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return whether InPose proposes a trim."""
        if _proposed(context) is None:
            cls.poll_message_set(tr("InPose proposes no trim for this recording"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Use the proposal."""
        proposed = _proposed(context)
        assert proposed is not None, "poll has seen one"
        set_trim(context.scene.inpose_reading, *proposed)
        return {"FINISHED"}


class INPOSE_OT_trim_here(bpy.types.Operator):
    """Let the solve begin or end at the current frame"""

    bl_idname = "inpose.trim_here"
    bl_label = "Trim at the current frame"
    bl_options = {"UNDO"}

    side: bpy.props.EnumProperty(
        name="Side",
        description="Use of the current frame",
        items=(("START", "Start", "The solve begins here"), ("END", "End", "The solve ends here")),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a recording."""
        return _has_recording(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the time of the frame. An end before the start removes the start, and a start after the end removes the
        end."""
        from .clock import clock_of
        from .findings import known_info

        reading, info = context.scene.inpose_reading, known_info(context)
        time_s = round(clock_of(context).time_of(context.scene.frame_current_final), 3)
        last_s = float(info.get("duration_s") or time_s)
        if (time_s <= 0) if self.side == "END" else (time_s > last_s):
            self.report({"ERROR"}, tr("The recording is not at this frame. Choose a frame within it"))
            return {"CANCELLED"}
        if self.side == "START":
            time_s = max(time_s, earliest_start_s(info))
            set_trim(reading, time_s, reading.trim_end_s if reading.trim_end_s > time_s else 0.0)
        else:
            time_s = min(time_s, last_s)
            set_trim(reading, reading.trim_start_s if reading.trim_start_s < time_s else 0.0, time_s)
        return {"FINISHED"}


class INPOSE_OT_leave_out_finding(bpy.types.Operator):
    """Leave out the time of the chosen finding. The solver computes the body there"""

    bl_idname = "inpose.leave_out_finding"
    bl_label = "Leave out"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a finding with a time."""
        finding = chosen_finding(context)
        if finding is None or finding.start_s < 0:
            cls.poll_message_set(tr("Choose a finding with a time"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add its time to what is left out already."""
        from ..options import parse_spans, spans_text

        finding, reading = chosen_finding(context), context.scene.inpose_reading
        span = f"{finding.start_s:.2f}-{max(finding.stop_s, finding.start_s + 0.02):.2f}"
        try:
            reading.leave_out = spans_text(parse_spans(f"{reading.leave_out},{span}"))
        except InPoseError as error:
            show_error(self, context, error, "Trimming")
            return {"CANCELLED"}
        return {"FINISHED"}


def chosen_finding(context: bpy.types.Context) -> Any:
    """Return the finding that is chosen in the list, or None."""
    view = view_of(context)
    return view.findings[view.chosen_finding] if 0 <= view.chosen_finding < len(view.findings) else None


class INPOSE_OT_jump_in_timeline(bpy.types.Operator):
    """Go to the first frame of a stripe, and show what the stripe means"""

    bl_idname = "inpose.jump_in_timeline"
    bl_label = "Go to stripe"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The mouse must be in a Timeline or a Dope Sheet."""
        return is_over_timeline(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Go to the stripe under the mouse; a click beside the stripes has its usual meaning."""
        from .jumps import go_to_time
        from .stand_drag import stance_under
        from .timeline import hit
        from .trim_drag import edge_under

        # Blender gives no order to the keys of add-ons: this operator has to ask the others.
        if stance_under(context, event) is not None:
            bpy.ops.inpose.drag_stand("INVOKE_DEFAULT")
            return {"FINISHED"}
        if edge_under(context, event) is not None:
            bpy.ops.inpose.drag_trim("INVOKE_DEFAULT")
            return {"FINISHED"}
        found = hit(context, event.mouse_region_x, event.mouse_region_y)
        if found is None:
            return {"PASS_THROUGH"}
        time_s, stripe = found
        if stripe is None:
            go_to_time(context, time_s)
            return {"FINISHED"}
        go_to_time(context, stripe.start_s)
        _choose(view_of(context), stripe.sentence)
        if stripe.sentence:
            self.report({"INFO"}, panel_words(stripe.sentence))
        redraw_views()
        return {"FINISHED"}


class INPOSE_OT_open_timeline(bpy.types.Operator):
    """Open a Timeline below the 3D View, high enough for the names and the confidence"""

    bl_idname = "inpose.open_timeline"
    bl_label = "Open a Timeline"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return whether a Timeline is needed, and has room."""
        if has_high_timeline(context) or largest_view(context) is None:
            there = has_high_timeline(context)
            cls.poll_message_set(tr("There is a Timeline already") if there else tr("Make the 3D View higher first"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Split the largest 3D View: areas cannot be resized by a script."""
        from .timeline_layout import wanted_height

        view = largest_view(context)
        assert view is not None, "poll has seen one"
        wanted = wanted_height(context.preferences.system.ui_scale)
        before = {area.as_pointer() for area in context.screen.areas}
        with context.temp_override(area=view, region=view.regions[-1]):
            bpy.ops.screen.area_split(direction="HORIZONTAL", factor=min(0.5, wanted / view.height))
        parts = [area for area in context.screen.areas if area.as_pointer() not in before] + [view]
        min(parts, key=lambda area: area.y if area.type == "VIEW_3D" else 1_000_000).ui_type = "TIMELINE"
        redraw_views()
        return {"FINISHED"}


def has_high_timeline(context: bpy.types.Context) -> bool:
    """Return whether a Timeline or a Dope Sheet of the window is high enough for everything."""
    from .timeline_layout import wanted_height

    wanted = wanted_height(context.preferences.system.ui_scale)
    areas = [area for area in context.screen.areas if area.type == "DOPESHEET_EDITOR"] if context.screen else []
    return any(area.height >= 0.8 * wanted for area in areas)


def largest_view(context: bpy.types.Context) -> Any:
    """Return the largest 3D View of the window; None if none is high enough to be split."""
    from .timeline_layout import wanted_height

    wanted = wanted_height(context.preferences.system.ui_scale)
    areas = [area for area in context.screen.areas if area.type == "VIEW_3D"] if context.screen else []
    high = [area for area in areas if area.height > 2.5 * wanted]
    return max(high, key=lambda area: area.width * area.height, default=None)


def _choose(view: Any, sentence: str) -> None:
    for index, finding in enumerate(view.findings):
        if finding.sentence == sentence and view.chosen_finding != index:
            view.chosen_finding = index


def _proposed(context: bpy.types.Context) -> tuple[float, float] | None:
    if not context.scene.inpose.recording:
        return None
    try:
        return proposed_trim(facts_of(context.scene))
    except InPoseError:
        return None


def _has_recording(operator: Any, context: bpy.types.Context) -> bool:
    if not context.scene.inpose.recording:
        operator.poll_message_set(tr("Choose a recording first"))
        return False
    if not Path(recording_path(context.scene.inpose)).is_file():
        operator.poll_message_set(tr("The recording file no longer exists. Choose it again, or click Find under Takes"))
        return False
    return True


CLASSES = (
    INPOSE_OT_show_recording,
    INPOSE_OT_hide_recording,
    INPOSE_OT_use_proposed_trim,
    INPOSE_OT_trim_here,
    INPOSE_OT_leave_out_finding,
    INPOSE_OT_jump_in_timeline,
    INPOSE_OT_open_timeline,
)
