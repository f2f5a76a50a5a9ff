# SPDX-License-Identifier: Apache-2.0
"""Build the extension's zip with Blender's own builder: ``python wheels/build_extension.py --out dist``.

The builder is a plain Python script that comes with Blender; here it is taken from the bpy package.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Build and validate the zip; return the exit code of whichever failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    builder = find_builder()
    if builder is None:
        sys.stderr.write("The bpy package is not installed: pip install 'inpose[bpy]'\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    build = [sys.executable, str(builder), "build", "--source-dir", str(ROOT), "--output-dir", str(options.out)]
    if code := subprocess.run(build, check=False).returncode:
        return code
    newest = max(options.out.glob("inpose-*.zip"), key=lambda path: path.stat().st_mtime)
    return subprocess.run([sys.executable, str(builder), "validate", str(newest)], check=False).returncode


def find_builder() -> Path | None:
    """Return Blender's ``blender_ext.py`` out of the bpy package."""
    package = importlib.util.find_spec("bpy")
    folders = (package.submodule_search_locations if package else None) or []
    found = [
        path for folder in folders for path in Path(folder).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    ]
    return found[0] if found else None


if __name__ == "__main__":
    sys.exit(main())
