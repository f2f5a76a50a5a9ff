# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the manifest with Blender's own validator, and what a build would pack."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
VALIDATOR = Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"


def run_validator(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not VALIDATOR.exists():
        pytest.skip("this Blender ships no extension validator")
    command = [sys.executable, str(VALIDATOR), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_manifest_is_valid(tmp_path):
    # A checkout may hold things that no extension may: what is packed is what counts.
    (tmp_path / "blender_manifest.toml").symlink_to(REPOSITORY / "blender_manifest.toml")
    (tmp_path / "__init__.py").symlink_to(REPOSITORY / "__init__.py")
    done = run_validator("validate", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_build_packs_both_packages_and_nothing_of_the_workshop(tmp_path):
    done = run_validator("build", "--source-dir", str(REPOSITORY), "--output-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = tmp_path.glob("*.zip")
    names = zipfile.ZipFile(archive).namelist()
    assert "inpose_core/body/skeleton.py" in names
    assert "inpose_blender/rig/families/mixamo.json" in names
    tops = {name.split("/")[0] for name in names if not name.startswith("LICENSE")}
    assert tops <= {"blender_manifest.toml", "__init__.py", "inpose_blender", "inpose_core", "README.md", "examples", "web"}
    assert not [name for name in names if any(part in name for part in ("__pycache__", "/training/", "/evaluation/"))]


def test_the_version_is_the_packages():
    manifest = tomllib.loads((REPOSITORY / "blender_manifest.toml").read_text())
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert manifest["version"] == project["version"]
    assert "blender" not in manifest["name"].lower()
