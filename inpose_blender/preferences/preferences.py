# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the settings of the computer, not of the scene: solver, device and results folder."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ..errors import OutputError
from ..options import SolveSettings, options_of
from ..runtime.bundle import Runtime, bundled_runtimes
from ..runtime.interpreter import Interpreter, candidate_interpreters
from ..ui.option_properties import property_of

_OURS = __package__.rpartition(".")[0]  # inpose_blender, in whatever package it lies
ADDON_PACKAGE = _OURS.rpartition(".")[0] or _OURS
"""The name under which Blender knows the add-on: the package that holds `inpose_blender`."""

_DEVICE = next(option for option in options_of(SolveSettings) if option.name == "device")


class INPOSE_AP_preferences(bpy.types.AddonPreferences):
    """Show the settings of the solver in Blender's preferences."""

    bl_idname = ADDON_PACKAGE

    interpreter_path: bpy.props.StringProperty(
        name="Python",
        description=(
            "Python 3.11 or newer with PyTorch that runs the solver; empty: InPose's own runtime or Blender's Python"
        ),
        subtype="FILE_PATH",
    )
    device: property_of(_DEVICE)

    cache_folder: bpy.props.StringProperty(
        name="Results",
        description="Folder for solved motions, for re-baking; empty: InPose's own folder",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the Python, the device and the results folder."""
        layout = self.layout
        layout.use_property_split = True
        for draw_section in RUNTIME_SECTIONS:
            draw_section(layout, context)
        layout.prop(self, "interpreter_path")
        layout.prop(self, "device")
        _draw_solver(layout, context)
        layout.prop(self, "cache_folder")
        row = layout.row()
        row.alignment = "RIGHT"
        row.operator("inpose.clear_results", icon="TRASH")


RUNTIME_SECTIONS: list[Callable[[Any, bpy.types.Context], None]] = []
"""Functions that draw into the preferences above the choice of the interpreter: the bundled runtime's."""


def _draw_solver(layout: Any, context: bpy.types.Context) -> None:
    """Say what the solver runs on, or let it be tried."""
    column = layout.column(heading="Solver")
    solver = context.window_manager.inpose_status.solver
    for line in solver.splitlines():
        column.label(text=line, translate=False)
    column.operator("inpose.test_solver", icon="PLAY")


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


def results_folder() -> Path:
    """Return the folder where solved motions are kept; it exists.

    Raises:
        OutputError: it cannot be made.
    """
    preferences = _preferences()
    if preferences and preferences.cache_folder:
        folder = Path(bpy.path.abspath(preferences.cache_folder))
    else:
        try:
            folder = Path(bpy.utils.extension_path_user(ADDON_PACKAGE, path="results"))
        except ValueError:  # not installed as an extension
            folder = Path(bpy.utils.user_resource("DATAFILES", path="inpose/results"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"InPose cannot create the results folder {folder} ({error.strerror}).",
            "Choose another folder in the add-on's preferences.",
        ) from error
    return folder


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


CLASSES = (INPOSE_AP_preferences,)
