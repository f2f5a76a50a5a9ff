# SPDX-License-Identifier: Apache-2.0
"""Build the extension's zip with Blender's own builder: ``python release/build_extension.py --out dist``.

One zip for every platform: Python and the weights, nothing compiled. The builder is a plain Python script that comes
with Blender; here it is taken from the bpy package.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Build and validate; return the exit code of whichever failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    builder = find_builder()
    if builder is None:
        sys.stderr.write("The bpy package is not installed: pip install 'inpose[bpy]'\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out, prefix=".build-") as folder:
        staged = stage(Path(folder) / "inpose")
        return build(builder, staged, options.out.resolve() / f"inpose-{version()}.zip")


def find_builder() -> Path | None:
    """Return Blender's ``blender_ext.py`` out of the bpy package."""
    package = importlib.util.find_spec("bpy")
    folders = (package.submodule_search_locations if package else None) or []
    found = [
        path for folder in folders for path in Path(folder).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    ]
    return found[0] if found else None


def version() -> str:
    """Return the version that the manifest says."""
    return str(tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"])


def stage(folder: Path) -> Path:
    """Copy what may be packed; the manifest's own patterns leave the workshop out."""
    folder.mkdir()
    for name in ("blender_manifest.toml", "__init__.py", "README.md", "LICENSE", "LICENSE-APACHE", "LICENSE-GPL"):
        shutil.copy2(ROOT / name, folder / name)
    for package in ("inpose_blender", "inpose_core"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "web" / "recorder", folder / "web" / "recorder")
    (folder / "examples").mkdir()
    for recording in (ROOT / "examples").glob("*.csv"):
        shutil.copy2(recording, folder / "examples")
    return folder


def build(builder: Path, folder: Path, zipped: Path) -> int:
    """Run Blender's builder, then its validator on what came out."""
    command = [sys.executable, str(builder), "build", "--source-dir", str(folder), "--output-filepath", str(zipped)]
    if code := subprocess.run(command, check=False).returncode:
        return code
    sys.stdout.write(f"{zipped.name}: {zipped.stat().st_size / 1e6:.1f} MB\n")
    return subprocess.run([sys.executable, str(builder), "validate", str(zipped)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
