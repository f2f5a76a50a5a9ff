# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the full zip into a clean profile, without network or PyTorch, and solve the example that it brings.

Minutes long, and hundreds of megabytes: `make test-extension`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from real_blender import RealBlender, real_blenders  # noqa: E402

BLENDERS = real_blenders()
ZIP = Path(os.environ.get("INPOSE_ZIP", "missing"))
WHEELS = sorted((REPOSITORY / ".venvs").glob("bpy-*/bin/python"))
"""Blenders as modules of bare Pythons, made by `make test-blenders`."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ZIP.is_file(), reason="set INPOSE_ZIP to a full zip: make test-extension"),
]


def check(output: Path, printed: str, profile: Path) -> None:
    """Find a solved example and the unpacked runtime, complete and nothing besides."""
    (line,) = [line for line in printed.splitlines() if line.startswith("{")]
    report = json.loads(line)
    assert report["ok"], report
    assert report["mean_hand_error_m"] < 0.01
    assert output.stat().st_size > 100_000
    (unpacked,) = (profile / "extensions" / ".user" / "user_default" / "inpose" / "runtime").iterdir()
    assert (unpacked / "inpose-runtime.json").is_file()


def bare_environment() -> dict[str, str]:
    """Return the environment without anything that would lend Blender other packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "INPOSE_", "PIP_"))}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("python", WHEELS, ids=lambda python: python.parents[1].name)
def test_a_clean_blender_module_solves_at_once(python: Path, tmp_path: Path) -> None:
    needed = python.parents[1].joinpath("lib").glob("python3.*")
    if f"cp{next(needed).name.removeprefix('python').replace('.', '')}" not in bundled_tags():
        pytest.skip("the zip brings nothing for this version of Python")
    output, profile = tmp_path / "solved.blend", tmp_path / "profile"
    profile.mkdir()
    script = REPOSITORY / "tests" / "extension" / "solve_installed.py"
    environment = {**bare_environment(), "BLENDER_USER_RESOURCES": str(profile)}
    command = [str(python), str(script), str(ZIP), str(output)]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check(output, done.stdout, profile)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_clean_blender_solves_at_once(blender: RealBlender, tmp_path: Path) -> None:
    output, profile = tmp_path / "solved.blend", tmp_path / "profile"
    profile.mkdir()
    # Where the zip brings nothing for Blender's own Python it may use another that it finds: a distribution's Blender.
    path = f"{Path(sys.executable).resolve().parent}:/usr/local/bin:/usr/bin:/bin"
    install = ["--command", "extension", "install-file", "-r", "user_default", "--enable", str(ZIP)]
    command = blender.command(*install, profile=profile)
    subprocess.run(command, env=bare_environment(), check=True, timeout=300)
    example = next((profile / "extensions" / "user_default" / "inpose" / "examples").glob("*.csv"))
    solve = ["-b", "--command", "inpose", "--recording", str(example), "--output", str(output)]
    command = blender.command(*solve, profile=profile, environment={"PATH": path})
    done = subprocess.run(command, env=bare_environment(), capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    check(output, done.stdout, profile)


def bundled_tags() -> set[str]:
    """Return the versions of Python that the zip brings packages for."""
    with zipfile.ZipFile(ZIP) as opened:
        return {
            Path(name).stem for name in opened.namelist() if name.startswith("runtime/cp") and name.endswith(".json")
        }
