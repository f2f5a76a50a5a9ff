# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what belongs to the machine, not to the scene: which Python solves, and on which device."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from .interpreter import Interpreter, candidate_interpreters
from .runtime import Runtime, bundled_runtimes

ADDON_PACKAGE = __package__.rpartition(".")[0] or __package__
"""The name under which Blender knows the add-on: the package that holds `inpose_blender`."""

DEVICES = (
    ("auto", "Automatic", "A graphics card where there is one, else the processor"),
    ("cpu", "Processor", "Always works"),
    ("cuda", "CUDA", "An NVIDIA graphics card"),
    ("mps", "Metal", "The graphics unit of an Apple computer"),
)


class INPOSE_AP_preferences(bpy.types.AddonPreferences):
    """Show the settings of the solver in Blender's preferences."""

    bl_idname = ADDON_PACKAGE

    interpreter_path: bpy.props.StringProperty(
        name="Python",
        description="A Python 3.11 or newer with PyTorch that solves; empty: InPose's own runtime or Blender's Python",
        subtype="FILE_PATH",
    )
    device: bpy.props.EnumProperty(name="Device", description="Where the solver computes", items=DEVICES)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what solves and where it computes."""
        for draw_section in RUNTIME_SECTIONS:
            draw_section(self.layout, context)
        self.layout.prop(self, "interpreter_path")
        self.layout.prop(self, "device")


RUNTIME_SECTIONS: list[Callable[[Any, bpy.types.Context], None]] = []
"""Functions that draw into the preferences above the choice of the interpreter: the bundled runtime's."""


def solver_device() -> str:
    """Return the device of the preferences; ``auto`` where the add-on runs without being enabled."""
    preferences = _preferences()
    return preferences.device if preferences else "auto"


def solver_interpreters(chosen: str = "") -> tuple[Interpreter, ...]:
    """Return the interpreters to try: the chosen one, or by the preferences, the bundled runtime, Blender's own.

    Raises:
        WorkerError: the chosen interpreter does not exist, or the installation is damaged.
    """
    preferences = _preferences()
    if not chosen and preferences and preferences.interpreter_path:
        chosen = bpy.path.abspath(preferences.interpreter_path)
    return candidate_interpreters(chosen, installed_runtimes())


def _preferences() -> bpy.types.AddonPreferences | None:
    addons = bpy.context.preferences.addons
    # `headless.py` runs beside an installed add-on under another name, and should find the user's settings too.
    installed = (addon for addon in addons if addon.module.rpartition(".")[2] == "inpose")
    addon = addons.get(ADDON_PACKAGE) or next(installed, None)
    return addon.preferences if addon else None


def installed_runtimes() -> tuple[Runtime, ...]:
    """Return the runtimes that the installed zip brings along: none for the small zip and for a plain checkout.

    Raises:
        WorkerError: the installation is damaged.
    """
    try:
        return bundled_runtimes(Path(bpy.utils.extension_path_user(ADDON_PACKAGE, path="runtime")))
    except ValueError:  # not installed as an extension: there is no such folder
        return ()
