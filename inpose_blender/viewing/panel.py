# SPDX-License-Identifier: GPL-3.0-or-later
"""List the findings of the recording; a click goes to the frame of a finding."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..ui.drawing import SidebarPanel, draw_text
from ..ui.translate import tr
from .kinds import kind_name
from .operators import chosen_finding, has_high_timeline
from .properties import view_of
from .stripes import ROWS

_ICONS: Final[dict[str, str]] = {"repaired": "CHECKMARK", "left_to_solver": "ARMATURE_DATA", "told": "ERROR"}


class INPOSE_UL_findings(bpy.types.UIList):
    """List findings with their times"""

    bl_idname = "INPOSE_UL_findings"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active: Any, _property: str
    ) -> None:
        """Draw the time and the sentence."""
        row = layout.row(align=True)
        row.label(text=finding_title(item), icon=_ICONS.get(item.action, "INFO"), translate=False)


def finding_title(finding: Any) -> str:
    """Return a finding in a few words: when, which device, and what kind."""
    when = f"{finding.start_s:.1f} s  " if finding.start_s >= 0 else ""
    device = f"{tr(ROWS[finding.device + 1])}: " if finding.device >= 0 else ""
    return f"{when}{device}{tr(kind_name(finding.kind))}"


class INPOSE_PT_findings(SidebarPanel, bpy.types.Panel):
    """What InPose has found in the recording"""

    bl_idname = "INPOSE_PT_findings"
    bl_label = "Findings"
    bl_parent_id = "INPOSE_PT_recording"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return whether the facts of the recording are known."""
        from .findings import known_info

        return bool(known_info(context))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the switch of the timeline, the list, and the whole sentence of the chosen finding."""
        from .findings import keep_list_fresh

        layout, view = self.layout, view_of(context)
        row = layout.row(align=True)
        row.prop(view, "shows_timeline")
        if view.shows_timeline and not has_high_timeline(context):
            row.operator("inpose.open_timeline", text="", icon="TIME")
        if not keep_list_fresh(context):
            return
        if not len(view.findings):
            layout.label(text="No findings", icon="CHECKMARK")
            return
        layout.template_list(
            "INPOSE_UL_findings", "", view, "findings", view, "chosen_finding", rows=min(5, max(2, len(view.findings)))
        )
        if (chosen := chosen_finding(context)) is not None:
            _draw_chosen(layout, chosen)


def _draw_chosen(layout: Any, finding: Any) -> None:
    column = layout.column(align=True)
    draw_text(column, finding.sentence, _ICONS.get(finding.action, "INFO"))
    if finding.start_s >= 0:
        draw_text(
            column, tr("{start} to {stop} s", start=f"{finding.start_s:.1f}", stop=f"{finding.stop_s:.1f}"), "TIME"
        )
        layout.operator("inpose.leave_out_finding")


CLASSES = (INPOSE_UL_findings, INPOSE_PT_findings)
