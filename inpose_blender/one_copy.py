# SPDX-License-Identifier: GPL-3.0-or-later
"""Let only one installed copy of InPose be enabled: two would share their properties, and disabling one breaks both."""

from __future__ import annotations

import bpy

from .errors import InPoseError


def refuse_second_copy() -> None:
    """Look whether a copy is enabled; Blender shows the error where the user enables the add-on.

    Raises:
        InPoseError: one is.
    """
    if not hasattr(bpy.types.Scene, "inpose"):
        return
    raise InPoseError(
        f"Another copy of InPose is enabled: {_enabled_copy()}.",
        "Disable or uninstall it in Blender's preferences first. Your recordings and solved motions stay.",
    )


def _enabled_copy() -> str:
    """Return the module of the enabled copy as Blender names it, with the name of its repository."""
    panel = getattr(bpy.types, "INPOSE_PT_main", None)
    if panel is None:
        return "Blender does not say which"
    ours, _, _ = panel.__module__.partition(".inpose_blender")
    module = ours if ours.rpartition(".")[2] == "inpose" else "inpose_blender"
    parts = module.split(".")
    repositories = bpy.context.preferences.extensions.repos
    names = [found.name for found in repositories if parts[0] == "bl_ext" and found.module == parts[1]]
    return f'{module}, in the repository "{names[0]}"' if names else module
