# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the clock of the scene's recording, and the take that was baked from it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy

from ..bake.properties import bake_options
from ..recording.properties import recording_path
from ..rig.properties import chosen_armature
from ..takes.clock import RecordingClock, clock_of_take, fps_of


def clock_of(context: bpy.types.Context) -> RecordingClock:
    """Return the clock of the scene's recording.

    After the recording is baked for the chosen armature, it is at the frames of its action. Before that, it begins at
    the first frame of the bake, untrimmed, so that all of it can be seen.
    """
    scene = context.scene
    take = baked_take(context)
    if take is not None:
        return clock_of_take(take, scene)
    # The playhead moves while one looks: it is no beginning.
    options = bake_options(scene)
    first = options.frame_in(scene.frame_start, scene.frame_start)
    return RecordingClock(first, 0.0, fps_of(scene) / options.speed)


def baked_take(context: bpy.types.Context) -> Any:
    """Return the chosen armature's last solve, if it was of the chosen recording; else None."""
    armature = chosen_armature(context)
    if armature is None or armature.type != "ARMATURE" or not armature.inpose_take.file:
        return None
    take = armature.inpose_take
    # Both may begin with //: then they stay together when the folder moves.
    same = Path(bpy.path.abspath(take.recording)) == recording_path(context.scene.inpose)
    return take if same else None


def findings_of_take(take: Any) -> list[dict[str, Any]]:
    """Return the findings of the solve of a take, in the form of the worker."""
    return list(_parsed(take.findings)) if take.findings else []


@lru_cache(maxsize=4)
def _parsed(findings: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(findings))
