# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the settings for reading, calibration and solving with a take while another one is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .groups import copy_group


def keep_settings(scene: Any, entry: Any) -> None:
    """Copy the scene's settings into an entry."""
    for group in _slots(scene):
        copy_group(group, entry.settings)


def use_settings(scene: Any, entry: Any) -> None:
    """Make the settings of an entry those of the scene."""
    for group in _slots(scene):
        copy_group(entry.settings, group)


def has_own_calibration(scene: Any, entry: Any) -> bool:
    """Return whether the scene's calibration file was recorded with a take: it lies beside the take's recording.

    Live names it ``take_001.calibration.json`` for ``take_001.csv``. No other recording may begin with it.
    """
    text = scene.inpose.calibration_file
    if not text:
        return False
    file, recording = Path(bpy.path.abspath(text)), Path(bpy.path.abspath(entry.file))
    return file.parent == recording.parent and file.name.startswith(f"{recording.stem}.")


def drop_own_calibration(scene: Any, entry: Any) -> None:
    """Take the calibration that was recorded with a take out of the scene's settings: other takes have their own."""
    if has_own_calibration(scene, entry):
        scene.inpose.calibration_file = ""


def _slots(scene: Any) -> tuple[Any, Any]:
    return scene.inpose, scene.inpose_reading
