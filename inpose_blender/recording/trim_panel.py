# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw what of the recording is solved: the trim, what is left out, and what InPose proposes."""

from __future__ import annotations

from typing import Any

from ..ui.drawing import draw_text
from ..ui.translate import tr


def draw_trim(layout: Any, scene: Any, facts: Any) -> None:
    """Draw InPose's proposal where nothing is trimmed, and the options."""
    reading = scene.inpose_reading
    proposed = proposed_trim(facts)
    if proposed is not None and not (reading.trim_start_s or reading.trim_end_s):
        box = layout.box().column(align=True)
        values = {"start": f"{proposed[0]:.1f}", "stop": f"{proposed[1]:.1f}"}
        draw_text(box, tr("The headset is worn from {start} to {stop} s", **values), "QUESTION")
        box.operator("inpose.use_proposed_trim")
    header, body = layout.panel("inpose_trim", default_closed=True)
    header.label(text=trim_text(reading), translate=False)
    if body is None:
        return
    body.use_property_split = True
    body.use_property_decorate = False
    for name, side in (("trim_start_s", "START"), ("trim_end_s", "END")):
        row = body.row(align=True)
        row.prop(reading, name)
        row.operator("inpose.trim_here", text="", icon="EYEDROPPER").side = side
    body.prop(reading, "leave_out")


def trim_text(reading: Any) -> str:
    """Return the header of the options: what is solved, if that is not all."""
    start, end = (f"{time_s:.1f}" for time_s in (reading.trim_start_s, reading.trim_end_s))
    if reading.trim_start_s and reading.trim_end_s:
        return tr("Trim: {start} to {stop} s", start=start, stop=end)
    if reading.trim_start_s:
        return tr("Trim: from {start} s", start=start)
    return tr("Trim: to {stop} s", stop=end) if reading.trim_end_s else tr("Trim")


def proposed_trim(facts: Any) -> tuple[float, float] | None:
    """Return the trim that the solver proposes for a recording; None without one."""
    proposed = getattr(facts, "info", {}).get("proposed_trim_s")
    return None if proposed is None else (float(proposed[0]), float(proposed[1]))
