# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip is one for every platform, and what goes to PyPI is the core alone."""

from __future__ import annotations

import hashlib
import re
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
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the zip."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, str(REPOSITORY / "release" / "build_extension.py"), "--out", str(folder)]
    subprocess.run(build, check=True, timeout=120)
    (path,) = folder.iterdir()
    assert path.name == f"inpose-{settings()['project']['version']}.zip"
    return path


@pytest.fixture(scope="module")
def names(zipped: Path) -> dict[str, int]:
    """Return the size of each file in the zip, and the zip's own under an empty name."""
    with zipfile.ZipFile(zipped) as opened:
        return {"": zipped.stat().st_size, **{entry.filename: entry.file_size for entry in opened.infolist()}}


def settings() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_zip_is_small_and_for_every_platform(names: dict[str, int]) -> None:
    assert names[""] < LARGEST_ZIP
    manifest = tomllib.loads((REPOSITORY / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert not {"wheels", "platforms"} & set(manifest)
    assert [name for name in names if name.endswith(COMPILED)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/install.md", "release/README.md"])
def test_the_docs_say_how_large_the_zip_is(names: dict[str, int], page: str) -> None:
    said = re.findall(r"(\d+) MB", (REPOSITORY / page).read_text(encoding="utf-8"))
    assert said[0] == f"{names[''] / 1e6:.0f}"


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


def test_the_bill_of_materials_lists_every_file_and_what_is_needed(zipped: Path, names: dict[str, int]) -> None:
    sys.path.insert(0, str(REPOSITORY / "release"))
    try:
        from bill_of_materials import bill_of_materials  # noqa: PLC0415 (the folder is no package)
    finally:
        sys.path.pop(0)
    bill = bill_of_materials(zipped, settings()["project"])
    files = {entry["name"]: entry["hashes"][0]["content"] for entry in bill["components"] if entry["type"] == "file"}
    assert set(files) == set(names) - {""}
    manifest = hashlib.sha256((REPOSITORY / "blender_manifest.toml").read_bytes()).hexdigest()
    assert files["blender_manifest.toml"] == manifest
    needed = {entry["name"]: entry["scope"] for entry in bill["components"] if entry["type"] == "library"}
    assert [name for name, scope in needed.items() if scope == "required"] == ["numpy"]
    assert {"torch", "scipy"} <= set(needed)
    assert bill["dependencies"][0]["dependsOn"] == ["pkg:pypi/numpy"]


def test_the_core_needs_numpy_and_nothing_else() -> None:
    facts = settings()["project"]
    assert [requirement.partition(">")[0] for requirement in facts["dependencies"]] == ["numpy"]
    assert facts["license"] == "Apache-2.0"
    hatch = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    assert hatch["wheel"]["packages"] == ["inpose_core"]
    assert "inpose_blender" not in hatch["sdist"]["only-include"]
