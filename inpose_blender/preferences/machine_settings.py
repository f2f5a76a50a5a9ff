# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the settings of the computer, not of the scene: solver, compute device and results folder. `panel` shows
them."""

from pathlib import Path

import bpy

from ..errors import OutputError
from ..runtime.interpreter import Interpreter, candidate_interpreters

_TAKES = " takes"
_OURS = __package__.rpartition(".")[0]  # inpose_blender, in whatever package it lies
ADDON_PACKAGE = _OURS.rpartition(".")[0] or _OURS
"""The name under which Blender knows the add-on: the package that holds `inpose_blender`."""


def solver_device() -> str:
    """Return the device of the preferences; ``auto`` where the add-on runs without being enabled."""
    preferences = addon_preferences()
    return preferences.device if preferences else "auto"


def solver_interpreters(chosen: str = "", device: str | None = None) -> tuple[Interpreter, ...]:
    """Return the interpreters to try: the chosen one, or that of the preferences; else one for the graphics card that a
    search has found, and Blender's own.

    Args:
        chosen: the path of a Python.
        device: the compute device; None: that of the preferences.

    Raises:
        WorkerError: the chosen interpreter does not exist, or there is none.
    """
    preferences = addon_preferences()
    if not chosen and preferences and preferences.interpreter_path:
        chosen = bpy.path.abspath(preferences.interpreter_path)
    if chosen or (device or solver_device()) == "cpu":
        return candidate_interpreters(chosen)
    from ..runtime.gpu_pythons import load_found

    return candidate_interpreters(with_gpu=[python.interpreter for python in load_found(gpu_pythons_file())])


def gpu_pythons_file() -> Path:
    """Return the file that keeps which Pythons a search has found."""
    return user_folder() / "gpu_pythons.json"


def results_folder() -> Path:
    """Return the folder where solved motions are kept; it exists.

    Raises:
        OutputError: it cannot be made.
    """
    preferences = addon_preferences()
    if preferences and preferences.cache_folder:
        folder = Path(bpy.path.abspath(preferences.cache_folder))
    else:
        folder = kept_folder("results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"InPose cannot create the results folder {folder} ({error.strerror}).",
            "Choose another folder in the add-on's preferences.",
        ) from error
    return folder


def solved_folder(scene: bpy.types.Scene) -> Path | None:
    """Return the folder where the solved motions of a scene are kept; None: in the results folder of the computer.

    It is the one that the list of takes says. Else it lies beside the .blend file, unless the preferences name a
    results folder. It exists.

    Raises:
        OutputError: the folder that the list says cannot be made.
    """
    if scene.inpose_takes.folder:
        folder = Path(bpy.path.abspath(scene.inpose_takes.folder))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"InPose cannot create the folder {folder} for the takes ({error.strerror}).",
                "Choose another folder in the list of takes.",
            ) from error
        return folder
    preferences = addon_preferences()
    if not bpy.data.filepath or (preferences and preferences.cache_folder):
        return None
    folder = folder_beside(Path(bpy.data.filepath))
    try:
        folder.mkdir(exist_ok=True)
    except OSError:  # somebody else's folder, or a full disk: the computer's own folder will do
        return None
    return folder


def folder_beside(blend: Path) -> Path:
    """Return the folder for the takes of a .blend file."""
    return blend.with_name(f"{blend.stem}{_TAKES}")


def folders_of_takes(project: Path) -> list[Path]:
    """Return the folders for takes of all .blend files in a folder, the newest first."""
    try:
        found = [(each.stat().st_mtime, each) for each in project.glob(f"*{_TAKES}") if each.is_dir()]
    except OSError:  # nobody may look into it
        return []
    return [each for _, each in sorted(found, reverse=True)]


def addon_preferences() -> bpy.types.AddonPreferences | None:
    """Return the add-on's preferences; None where it runs without being enabled."""
    addon = bpy.context.preferences.addons.get(_enabled_module())
    return addon.preferences if addon else None


def kept_folder(name: str) -> Path:
    """Return a folder for recordings and solved motions where there is no .blend file yet; it need not exist.

    It is not in `user_folder`: Blender's *Uninstall* removes that.
    """
    return Path(bpy.utils.user_resource("DATAFILES", path=f"inpose/{name}"))


def user_folder() -> Path:
    """Return the add-on's own folder among the user's; Blender removes it with the add-on. It need not exist."""
    try:
        return Path(bpy.utils.extension_path_user(_enabled_module()))
    except ValueError:  # not installed as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="inpose"))


def _enabled_module() -> str:
    """Return the name under which Blender has enabled the add-on; `ADDON_PACKAGE` if it has not."""
    addons = bpy.context.preferences.addons
    if ADDON_PACKAGE in addons:
        return ADDON_PACKAGE
    # `headless.py` runs beside an installed add-on under another name, and should find the user's settings too.
    return next((addon.module for addon in addons if addon.module.rpartition(".")[2] == "inpose"), ADDON_PACKAGE)
