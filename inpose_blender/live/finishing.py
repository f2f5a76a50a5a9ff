# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand the takes of a session to the normal way of a recording: it is listed, solved with full quality, and baked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..takes.arrival import arrive
from .stage import FinishedTake


def hand_over(
    context: bpy.types.Context, takes: Sequence[FinishedTake], solve: bool, scene: bpy.types.Scene | None = None
) -> int:
    """List takes, each with the rig of its performer, and solve and bake them; return how many are solved.

    Each solve keeps the options with which it began. Each take keeps the calibration file that was recorded with it,
    unless the user chose another one. That one, and the height in the settings, are those of the first performer: the
    takes of the others have the calibration of their own. Afterwards the scene has its own options again, and the last
    take of the first performer is the chosen recording.

    Args:
        context: of the window.
        takes: of each, that of the first performer comes first: the others are baked into its room.
        solve: whether they are solved; else they wait in the list.
        scene: has the options, and gets the takes: that of the session, whatever the window shows now. None: that of
            the context.
    """
    scene = scene or context.scene
    settings, bake = scene.inpose, scene.inpose_bake
    # Nobody has chosen a start here, so its number comes back, too.
    before = settings.armature, bake.start_at, bake.start_with, bake.place_choice
    height = settings.stature
    chosen: Any = None
    solved = 0
    for finished in takes:
        armature = bpy.data.objects.get(finished.armature)
        if armature is None:
            continue
        settings.armature = armature
        arrive(scene, finished.take.file, "LIVE", armature)
        if finished.starts_with:
            settings.calibration_file = ""
            settings.property_unset("stature")
        elif settings.stature != height:
            settings.stature = height
        if not settings.calibration_file and finished.take.calibration is not None:
            settings.calibration_file = str(finished.take.calibration)
        if finished.starts_with:
            bake.start_at, bake.start_with = "character", finished.starts_with
        else:
            chosen = finished
        solved += solve and _solved(context, scene)
        settings.armature, bake.start_at, bake.start_with, bake.place_choice = before
    if chosen is not None:
        arrive(scene, chosen.take.file, "LIVE", bpy.data.objects.get(chosen.armature))
        settings.armature = before[0]
    return solved


def _solved(context: bpy.types.Context, scene: bpy.types.Scene) -> bool:
    """Put the chosen recording of a scene into the queue, or in the background solve it at once."""
    operator: Any = bpy.ops.inpose.solve_full_body
    with context.temp_override(scene=scene):
        if not operator.poll():
            return False
        answer = operator("EXEC_DEFAULT") if bpy.app.background else operator("INVOKE_DEFAULT")
    return bool({"RUNNING_MODAL", "FINISHED"} & set(answer))
