# SPDX-License-Identifier: GPL-3.0-or-later
"""Register all that Blender shows of InPose, and take all of it out again."""

from __future__ import annotations

import sys
from typing import Any

import bpy

from . import menus, operators, panels, preferences, properties, rig_mapping, translate
from .runtime import stop_unpacking
from .session import QUEUE

_CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *operators.CLASSES,
    *panels.CLASSES,
    *rig_mapping.CLASSES,
    *menus.CLASSES,
)
_cli_commands: list[Any] = []


def register() -> None:
    """Register classes, properties and the command ``blender --command inpose``."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    rig_mapping.register()
    menus.register()
    translate.register()
    preferences.RUNTIME_SECTIONS.append(operators.runtime.draw_runtime)
    _cli_commands.append(bpy.utils.register_cli_command("inpose", _run_command))


def _run_command(arguments: list[str]) -> int:
    from .batch import run_command

    return run_command(arguments)


def unregister() -> None:
    """Undo `register` in reverse; what is being solved is given up, and the solver process ends."""
    QUEUE.clear()
    # What was never needed is not loaded now.
    if facts := sys.modules.get(f"{__package__}.recording_facts"):
        facts.forget_all()
    if jobs := sys.modules.get(f"{__package__}.solve_job"):
        jobs.stop_warm_process()
    stop_unpacking()
    preferences.RUNTIME_SECTIONS.clear()
    while _cli_commands:
        bpy.utils.unregister_cli_command(_cli_commands.pop())
    translate.unregister()
    menus.unregister()
    rig_mapping.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
