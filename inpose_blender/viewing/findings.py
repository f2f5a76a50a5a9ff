# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the findings of the chosen recording, and fill the panel's list."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import bpy

from ..errors import InPoseError
from ..recording.panel import facts_of
from ..ui.redraw import redraw_panels, redraw_views
from .clock import baked_take, findings_of_take
from .properties import view_of
from .stripes import span_of

_LAYOUT_S: Final[float] = 0.5


def known_findings(context: bpy.types.Context) -> list[dict[str, Any]]:
    """Return the findings of the chosen recording: those of its reading, and those of its calibration.

    Before the solve, these are what calibration will find; afterwards, what it has found.

    They are in the order of time; those that concern the whole recording come first.
    """
    info, take = known_info(context), baked_take(context)
    found = {str(finding.get("sentence")): finding for finding in info.get("findings", ())}
    if take is None:  # else calibration has found them for this very rig
        expected = (info.get("calibration") or {}).get("findings", ())
        found |= {str(finding.get("sentence")): finding for finding in expected}
    else:
        found |= {str(finding.get("sentence")): finding for finding in findings_of_take(take)}
    return sorted(found.values(), key=lambda finding: span_of(finding, 0.0)[0] or 0.0)


def known_info(context: bpy.types.Context) -> dict[str, Any]:
    """Return the worker's description of the chosen recording; empty as long as there is none."""
    if not context.scene.inpose.recording:
        return {}
    try:
        return getattr(facts_of(context.scene), "info", {})
    except InPoseError:  # the panel says what is wrong
        return {}


def keep_list_fresh(context: bpy.types.Context) -> bool:
    """Return whether the list contains the findings of the chosen recording; if not, let a timer fill it.

    Panels may not write while they draw.
    """
    key = _key(known_findings(context))
    if view_of(context).listed == key:
        return True
    if not bpy.app.timers.is_registered(_fill_later):
        bpy.app.timers.register(_fill_later, first_interval=0.0)
    return False


def fill_list(context: bpy.types.Context) -> None:
    """Put the findings of the chosen recording into the panel's list."""
    view, found = view_of(context), known_findings(context)
    view.findings.clear()
    view.chosen_finding = -1
    view.listed = _key(found)
    for finding in found:
        item = view.findings.add()
        item.kind, item.sentence = str(finding.get("kind", "")), str(finding.get("sentence", ""))
        item.action = str(finding.get("action", "told"))
        item.device = -1 if finding.get("device") is None else int(finding["device"])
        start_s, stop_s = span_of(finding, float(known_info(context).get("duration_s") or 0.0))
        if start_s is not None:
            item.start_s, item.stop_s = start_s, stop_s


def forget() -> None:
    """Stop filling the list, because the add-on is disabled."""
    for timer in (_fill_later, _redraw_once_more):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)


def _fill_later() -> None:
    windows = bpy.context.window_manager.windows
    if not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        # Another window may show another scene: its panel shows no list then, and must not ask again and again.
        if view_of(bpy.context).listed != _key(known_findings(bpy.context)):
            fill_list(bpy.context)
            redraw_panels()
            # The list has another height: old Blenders lay the panels below it out only when the whole area is drawn.
            bpy.app.timers.register(_redraw_once_more, first_interval=_LAYOUT_S)


def _redraw_once_more() -> None:
    redraw_views()


def _key(findings: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(findings, sort_keys=True).encode()).hexdigest()[:16]
