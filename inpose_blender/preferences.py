# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what belongs to the machine, not to the scene: which Python solves, and on which device."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from pathlib import Path

import bpy

from .interpreter import Interpreter, candidate_interpreters

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

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the two settings."""
        self.layout.prop(self, "interpreter_path")
        self.layout.prop(self, "device")


def solver_device() -> str:
    """Return the device of the preferences; ``auto`` where the add-on runs without being enabled."""
    preferences = _preferences()
    return preferences.device if preferences else "auto"


def solver_interpreters(chosen: str = "") -> tuple[Interpreter, ...]:
    """Return the interpreters to try: the chosen one, or by the preferences, the bundled runtime, Blender's own.

    Raises:
        WorkerError: the chosen interpreter does not exist.
    """
    preferences = _preferences()
    if not chosen and preferences and preferences.interpreter_path:
        chosen = bpy.path.abspath(preferences.interpreter_path)
    return candidate_interpreters(chosen, _runtime_folder())


def _preferences() -> bpy.types.AddonPreferences | None:
    addons = bpy.context.preferences.addons
    # `headless.py` runs beside an installed add-on under another name, and should find the user's settings too.
    installed = (addon for addon in addons if addon.module.rpartition(".")[2] == "inpose")
    addon = addons.get(ADDON_PACKAGE) or next(installed, None)
    return addon.preferences if addon else None


def _runtime_folder() -> Path | None:
    try:
        return Path(bpy.utils.extension_path_user(ADDON_PACKAGE, path="runtime"))
    except ValueError:  # not installed as an extension: there is no such folder
        return None
