# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip into a clean profile, without a network, PyTorch or any other Python, and solve its example.

A minute for each Blender at hand: `make extension-test`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "release")]

from build_extension import find_builder  # noqa: E402
from real_blender import RealBlender, real_blenders  # noqa: E402

BLENDERS = real_blenders()
ZIP = Path(os.environ.get("INPOSE_ZIP", "missing")).resolve()
WHEELS = sorted((REPOSITORY / ".venvs").glob("bpy-*/bin/python"))
"""Blenders as modules of bare Pythons, made by `make test-blenders`."""
WITHOUT_BLAS = sorted((REPOSITORY / ".venvs").glob("numpy-*-without-blas/bin/python"))
"""Made by `make test-without-blas`."""
EMPTY_PATH = {"PATH": "/nowhere"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not ZIP.is_file(), reason="set INPOSE_ZIP to the zip: make extension-test"),
]


def check(output: Path, printed: str, began: float, blender: str) -> None:
    """Find a solved example; say how long it took since the zip was there."""
    seconds = time.monotonic() - began
    (line,) = [line for line in printed.splitlines() if line.startswith("{")]
    report = json.loads(line)
    assert report["ok"], report
    assert report["mean_hand_error_m"] < 0.01
    assert output.stat().st_size > 100_000
    sys.stdout.write(f"{blender}: {seconds:.1f} s from the zip, of which {report['seconds']:.1f} s solving\n")


def bare_environment() -> dict[str, str]:
    """Return the environment without anything that would lend Blender other packages."""
    lenders = ("PYTHON", "INPOSE_", "PIP_", "VIRTUAL_ENV", "CONDA")
    return {name: value for name, value in os.environ.items() if not name.startswith(lenders)}


def solve_in_module(python: Path, tmp_path: Path, name: str, **variables: str) -> None:
    """Install the zip and solve, with the bpy module of this Python and nothing on the search path."""
    output, profile = tmp_path / "solved.blend", tmp_path / "profile"
    profile.mkdir()
    script = REPOSITORY / "tests" / "extension" / "solve_installed.py"
    own = {**EMPTY_PATH, "BLENDER_USER_RESOURCES": str(profile), "HOME": str(tmp_path), **variables}
    command = [str(python), str(script), str(ZIP), str(output)]
    began = time.monotonic()
    done = subprocess.run(
        command,
        env={**bare_environment(), **own},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check(output, done.stdout, began, name)


@pytest.mark.parametrize("python", WHEELS, ids=lambda python: python.parents[1].name)
def test_a_clean_blender_module_solves_at_once(python: Path, tmp_path: Path) -> None:
    solve_in_module(python, tmp_path, python.parents[1].name)


@pytest.mark.skipif(not WHEELS, reason="make test-blenders makes Blenders")
@pytest.mark.parametrize("python", WITHOUT_BLAS, ids=lambda python: python.parents[1].name)
def test_a_numpy_without_blas_is_enough(python: Path, tmp_path: Path) -> None:
    """As in the builds of blender.org."""
    solve_in_module(WHEELS[-1], tmp_path, python.parents[1].name, INPOSE_PYTHON=str(python))


@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_clean_blender_solves_at_once(blender: RealBlender, tmp_path: Path) -> None:
    output, profile = tmp_path / "solved.blend", tmp_path / "profile"
    profile.mkdir()
    began = time.monotonic()
    install = ["--command", "extension", "install-file", "-r", "user_default", "--enable", str(ZIP)]
    subprocess.run(blender.command(*install, profile=profile), env=bare_environment(), check=True, timeout=200)
    example = next((profile / "extensions" / "user_default" / "inpose" / "examples").glob("*.csv"))
    solve = ["-b", "--command", "inpose", "--recording", str(example), "--output", str(output)]
    command = blender.command(*solve, profile=profile)
    done = subprocess.run(command, env=bare_environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    check(output, done.stdout, began, blender.version)


@pytest.mark.parametrize("blender", BLENDERS, ids=lambda blender: blender.version)
def test_a_release_is_a_repository_for_blender(blender: RealBlender, tmp_path: Path) -> None:
    """The index beside the zip is what Blender itself would write, and it installs from it."""
    profile, folder = tmp_path / "profile", tmp_path / "repository"
    profile.mkdir()
    folder.mkdir()
    (folder / ZIP.name).write_bytes(ZIP.read_bytes())
    generate = [sys.executable, str(find_builder()), "server-generate", "--repo-dir", str(folder)]
    subprocess.run(generate, check=True, timeout=60)
    ours = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    for arguments in (
        ["--command", "extension", "server-generate", "--repo-dir", str(folder)],
        ["--online-mode", "--command", "extension", "repo-add", "--name", "InPose", "--url",
         f"file://{folder}/index.json", "inpose_releases"],
        ["--online-mode", "--command", "extension", "sync"],
        ["--online-mode", "--command", "extension", "install", "--enable", "inpose"],
    ):  # fmt: skip
        subprocess.run(blender.command(*arguments, profile=profile), env=bare_environment(), check=True, timeout=200)
    assert json.loads((folder / "index.json").read_text(encoding="utf-8")) == ours
    assert list(profile.glob("extensions/*/inpose/inpose_core/worker.py"))
