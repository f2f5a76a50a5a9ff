# SPDX-License-Identifier: GPL-3.0-or-later
"""Register all that Blender shows of InPose, and take all of it out again."""

from __future__ import annotations

from typing import Any

import bpy

from . import menus, operators, panels, preferences, properties
from .batch import run_command
from .preferences import INPOSE_AP_preferences
from .runtime import stop_unpacking
from .solve_job import stop_warm_process

_CLASSES = (INPOSE_AP_preferences, *properties.CLASSES, *operators.CLASSES, *panels.CLASSES)
_cli_commands: list[Any] = []


def register() -> None:
    """Register classes, properties and the command ``blender --command inpose``."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    menus.register()
    preferences.RUNTIME_SECTIONS.append(operators.runtime.draw_runtime)
    _cli_commands.append(bpy.utils.register_cli_command("inpose", run_command))


def unregister() -> None:
    """Undo `register` in reverse, and end the solver process."""
    stop_warm_process()
    stop_unpacking()
    preferences.RUNTIME_SECTIONS.clear()
    while _cli_commands:
        bpy.utils.unregister_cli_command(_cli_commands.pop())
    menus.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
