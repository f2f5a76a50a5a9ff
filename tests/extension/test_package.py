# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip is one for every platform, and what goes to PyPI is the core alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("bpy", reason="the bpy wheel has the extension builder")

REPOSITORY = Path(__file__).resolve().parents[2]
LARGEST_ZIP = 25_000_000
LONGEST_NAME = 80
"""Windows allows 260 characters; a user's folder of extensions takes up to 120 of them, a temporary name 30 more."""
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".exe", ".whl", ".pyc")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Build the zip; return the size of each of its files, and its own under an empty name."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, str(REPOSITORY / "release" / "build_extension.py"), "--out", str(folder)]
    subprocess.run(build, check=True, timeout=120)
    (zipped,) = folder.iterdir()
    assert zipped.name == f"inpose-{settings()['project']['version']}.zip"
    with zipfile.ZipFile(zipped) as opened:
        return {"": zipped.stat().st_size, **{entry.filename: entry.file_size for entry in opened.infolist()}}


def settings() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_zip_is_small_and_for_every_platform(names: dict[str, int]) -> None:
    assert names[""] < LARGEST_ZIP
    manifest = tomllib.loads((REPOSITORY / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert not {"wheels", "platforms"} & set(manifest)
    assert [name for name in names if name.endswith(COMPILED)] == []


def test_it_holds_what_solves_the_example(names: dict[str, int]) -> None:
    assert {"inpose_core/worker.py", "inpose_blender/runtime/start_worker.py"} <= set(names)
    assert [name for name in names if name.startswith("examples/") and name.endswith(".csv")]
    assert [name for name in names if name.startswith("inpose_core/weights/inpose_prior")]


def test_its_names_fit_every_file_system(names: dict[str, int]) -> None:
    """Windows cuts paths off, and neither it nor macOS tells upper case from lower case."""
    assert max(map(len, names)) <= LONGEST_NAME
    assert len({name.casefold() for name in names}) == len(names)
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
    stems = {part.partition(".")[0].casefold() for name in names for part in name.split("/")}
    assert not stems & reserved
    assert not [name for name in names if set(name) & set('<>:"\\|?*')]


def test_the_core_needs_numpy_and_nothing_else() -> None:
    facts = settings()["project"]
    assert [requirement.partition(">")[0] for requirement in facts["dependencies"]] == ["numpy"]
    assert facts["license"] == "Apache-2.0"
    hatch = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    assert hatch["wheel"]["packages"] == ["inpose_core"]
    assert "inpose_blender" not in hatch["sdist"]["only-include"]
