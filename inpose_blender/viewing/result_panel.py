# SPDX-License-Identifier: GPL-3.0-or-later
"""Show how the last job ended, below the button that started it: so that results never push the button away."""

from __future__ import annotations

from typing import Final

import bpy

from ..ui.drawing import SubPanel, draw_text
from ..ui.properties import status_of
from ..ui.translate import tr

_UNFOLDED: Final[int] = 3
"""More notes than this are folded away."""


class INPOSE_PT_result(SubPanel, bpy.types.Panel):
    """See how the last job ended"""

    bl_idname = "INPOSE_PT_result"
    bl_label = "Result"
    bl_order = 4

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Without a result there is nothing to show."""
        return bool(status_of(context).result)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the result, what is wrong with the character, and the notes that the recording does not show already."""
        status = status_of(context)
        problems = [line.split("\t") for line in status.problems.splitlines()]
        if problems:  # they come first: the panel may end below them
            box = self.layout.box().column(align=True)
            draw_text(box, tr("Check the character"), "ERROR")
            for sentence, hint in problems:
                draw_text(box, sentence, "DOT")
                draw_text(box, hint)
        column = self.layout.column(align=True)
        draw_text(column, status.result, "ERROR" if status.failed else "BLANK1" if problems else "CHECKMARK")
        notes = [note for note in status.notes.splitlines() if note not in _shown_above(context)]
        body = column if len(notes) <= _UNFOLDED or status.failed else None
        if body is None:
            header, body = self.layout.panel("inpose_result_notes", default_closed=True)
            header.label(text=tr("Notes: {count}", count=len(notes)), translate=False)
        if body is not None:
            for note in notes:
                draw_text(body, note)
        if status.report:
            self.layout.operator("inpose.copy_report", icon="COPYDOWN")


def _shown_above(context: bpy.types.Context) -> frozenset[str]:
    """Return the notes that the panels of the recording and of its findings show."""
    from .findings import known_findings, known_info

    found = (str(finding.get("sentence")) for finding in known_findings(context))
    info = known_info(context)
    expected = (info.get("calibration") or {}).get("notes", ())
    return frozenset((*info.get("notes", ()), *expected, *found))
