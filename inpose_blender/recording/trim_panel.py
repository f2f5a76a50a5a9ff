# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw what of the recording is solved: the trim, what is left out, and the trim that InPose proposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..options import ReadOptions
from ..ui.translate import tr

_NEARLY_ZERO_S: Final[float] = 0.001


def draw_trim(layout: Any, scene: Any, facts: Any) -> None:
    """Draw the trim in a line, and below it, if opened, the options."""
    reading = scene.inpose_reading
    header, body = layout.panel("inpose_trim", default_closed=True)
    header.label(text=trim_text(reading, proposed_trim(facts)), translate=False)
    if body is None:
        return
    if proposed_trim(facts) is not None and not (reading.trim_start_s and reading.trim_end_s):
        body.operator("inpose.use_proposed_trim")
    body.use_property_split = True
    body.use_property_decorate = False
    for name, side in (("trim_start_s", "START"), ("trim_end_s", "END")):
        row = body.row(align=True)
        row.prop(reading, name)
        row.operator("inpose.trim_here", text="", icon="EYEDROPPER").side = side
    body.prop(reading, "leave_out")


def trim_text(reading: Any, proposed: tuple[float, float] | None) -> str:
    """Return the header of the options: what is solved, if that is not all, and whether InPose or the user says so."""
    start_s, end_s = reading.trim_start_s, reading.trim_end_s
    if proposed is not None and not (start_s and end_s):
        start, end = f"{start_s or proposed[0]:.1f}", f"{end_s or proposed[1]:.1f}"
        return tr("Trim: {start} to {stop} s, headset worn", start=start, stop=end)
    start, end = f"{start_s:.1f}", f"{end_s:.1f}"
    if start_s and end_s:
        return tr("Trim: {start} to {stop} s", start=start, stop=end)
    if start_s:
        return tr("Trim: from {start} s", start=start)
    return tr("Trim: to {stop} s", stop=end) if end_s else tr("Trim")


def proposed_trim(facts: Any) -> tuple[float, float] | None:
    """Return the trim that the solver proposes for a recording; None without one."""
    return _span(getattr(facts, "info", {}).get("proposed_trim_s"))


def effective_trim(reading: ReadOptions, info: Mapping[str, Any]) -> tuple[float, float]:
    """Return the start and the end of what is solved: the user's, else the proposed ones, else all."""
    start_s, end_s = _span(info.get("proposed_trim_s")) or (0.0, float(info.get("duration_s") or 0.0))
    return (
        start_s if reading.trim_start_s is None else reading.trim_start_s,
        end_s if reading.trim_end_s is None else reading.trim_end_s,
    )


def earliest_start_s(info: Mapping[str, Any]) -> float:
    """Return the start that solves from the beginning: 0 stands for the proposed start, if there may be one."""
    return 0.0 if info and not info.get("proposed_trim_s") else _NEARLY_ZERO_S


def set_trim(reading: Any, start_s: float, end_s: float) -> None:
    """Set both times of the trim in the scene's settings; 0 is what InPose proposes."""
    # The end goes first: with a start after the old end the options would make no sense in between.
    reading.trim_start_s = 0.0
    reading.trim_end_s = end_s
    reading.trim_start_s = start_s


def _span(proposed: Any) -> tuple[float, float] | None:
    return None if proposed is None else (float(proposed[0]), float(proposed[1]))
