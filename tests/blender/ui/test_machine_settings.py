# SPDX-License-Identifier: GPL-3.0-or-later
"""Uninstall leaves what the user made, and a script finds the settings of the installed add-on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from inpose_blender.headset.properties import takes_folder
from inpose_blender.preferences import machine_settings

INSTALLED = "bl_ext.user_default.inpose"


@pytest.fixture
def installed(registered: None) -> Iterator[Path]:
    """Let Blender know an installed extension, and return the folder that its Uninstall removes."""
    addons = bpy.context.preferences.addons
    addon = addons.new()
    addon.module = INSTALLED
    yield Path(bpy.utils.extension_path_user(INSTALLED))
    addons.remove(addon)


def test_uninstalling_leaves_recordings_and_motions(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLENDER_USER_DATAFILES", str(tmp_path))
    monkeypatch.setattr(machine_settings, "ADDON_PACKAGE", INSTALLED)
    monkeypatch.setattr(machine_settings, "addon_preferences", lambda: None)
    assert not bpy.data.filepath
    for folder in (takes_folder(bpy.context.window_manager.inpose_headset), machine_settings.results_folder()):
        assert not folder.is_relative_to(installed)
        assert folder.is_relative_to(Path(bpy.utils.user_resource("DATAFILES")))


def test_a_script_beside_the_installed_add_on_finds_its_pythons(installed: Path) -> None:
    assert machine_settings.ADDON_PACKAGE != INSTALLED
    assert machine_settings.gpu_pythons_file().parent == installed
