# SPDX-License-Identifier: GPL-3.0-or-later
"""Register all that Blender shows of InPose, and take all of it out again."""

from __future__ import annotations

from typing import Any

import bpy

from . import menus, operators, panels, preferences, properties, recording_facts, session, translate
from .solve_job import stop_warm_process

_CLASSES = (
    *preferences.CLASSES,
    *properties.CLASSES,
    *operators.CLASSES,
    *panels.CLASSES,
    *menus.CLASSES,
)
_cli_commands: list[Any] = []


def register() -> None:
    """Register classes, properties and the command ``blender --command inpose``."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    menus.register()
    translate.register()
    _cli_commands.append(bpy.utils.register_cli_command("inpose", _run_command))


def _run_command(arguments: list[str]) -> int:
    from .batch import run_command  # noqa: PLC0415  (a Blender with a window never needs it)

    return run_command(arguments)


def unregister() -> None:
    """Undo `register` in reverse; what is being solved is given up, and the solver process ends."""
    session.QUEUE.clear()
    recording_facts.forget_all()
    stop_warm_process()
    while _cli_commands:
        bpy.utils.unregister_cli_command(_cli_commands.pop())
    translate.unregister()
    menus.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
