# SPDX-License-Identifier: GPL-3.0-or-later
"""Go to the frame of a finding, or of a time in the recording."""

from __future__ import annotations

from typing import Any

import bpy

from .clock import clock_of


def go_to_finding(view: Any, context: bpy.types.Context) -> None:
    """Go to the frame at which the chosen finding begins, where it has a time."""
    if 0 <= view.chosen_finding < len(view.findings):
        chosen = view.findings[view.chosen_finding]
        if chosen.start_s >= 0:
            go_to_time(context, chosen.start_s)


def go_to_time(context: bpy.types.Context, time_s: float) -> None:
    """Show the frame of a time in the recording."""
    context.scene.frame_set(round(clock_of(context).frame_of(time_s)))
