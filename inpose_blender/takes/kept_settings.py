# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the settings for reading, calibration and solving with a take while another one is chosen."""

from __future__ import annotations

from typing import Any

from .groups import copy_group


def keep_settings(scene: Any, entry: Any) -> None:
    """Copy the scene's settings into an entry."""
    for group in _slots(scene):
        copy_group(group, entry.settings)


def use_settings(scene: Any, entry: Any) -> None:
    """Make the settings of an entry those of the scene."""
    for group in _slots(scene):
        copy_group(entry.settings, group)


def _slots(scene: Any) -> tuple[Any, Any]:
    return scene.inpose, scene.inpose_reading
