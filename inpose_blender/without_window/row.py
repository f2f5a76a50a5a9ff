# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve all recordings for one character, and bake them in a row of NLA strips, into one file."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import bpy

from ..blend_file import save_blend_copy
from ..core import signals_wait
from ..takes.naming import free_name
from .recordings import export_all, solved_and_baked
from .reports import failures_in, new_report, print_report
from .scene_start import SceneStart, prepared_rig
from .settings import BatchSettings


def report_row(settings: BatchSettings, start: SceneStart) -> list[bool]:
    """Bake all recordings in a row of NLA strips, write one file, and say for each whether it worked.

    A recording that fails leaves no gap. A recording counts as done only when the file is written: so its JSON line
    comes then.
    """
    rig = prepared_rig(settings, start)
    scene, names = bpy.context.scene, [recording.stem for recording in settings.recordings]
    first = settings.bake.frame_in(scene.frame_start, scene.frame_current)
    following, reports, actions = first, [], []
    for number, recording in enumerate(settings.recordings):
        options = replace(settings.bake, first_frame=following, to_nla_track=True, set_frame_range=False)
        name = free_name(recording.stem, names[:number])
        report, began = new_report(recording, settings.output), time.monotonic()
        with failures_in(report):
            baked = solved_and_baked(recording, rig, settings, options, name)
            report |= baked.report(rig)
            actions.append(baked.result.action_name)
            following = baked.result.last_frame + 1 + settings.row_gap
        reports.append(report | {"seconds": round(time.monotonic() - began, 3)})
    written: dict[str, Any] = {"ok": True}
    if actions:
        if settings.bake.set_frame_range:
            scene.frame_start, scene.frame_end = first, following - 1 - settings.row_gap
        with failures_in(written):
            with signals_wait():
                save_blend_copy(settings.output, actions)
            exported = export_all(rig, settings.exports_of(settings.output), settings)
            reports = [report | {"exports": exported} if report["ok"] else report for report in reports]
    if not written["ok"]:
        reports = [report | written if report["ok"] else report for report in reports]
    return [print_report(report) and bool(report["ok"]) for report in reports]
