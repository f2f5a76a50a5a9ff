# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the zip into a clean profile and solve the example that it brings, with the bpy wheel; a script.

    BLENDER_USER_RESOURCES=FOLDER python tests/extension/solve_installed.py ZIP OUTPUT.blend

A Blender with a command line does the same without this script: see test_install.py.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.inpose"


def main() -> int:
    """Install, enable, solve; return the exit code of the add-on's own command line."""
    zipped, output = sys.argv[1:]
    done = bpy.ops.extensions.package_install_files(filepath=zipped, repo="user_default", enable_on_install=True)
    assert done == {"FINISHED"}, done
    assert MODULE in bpy.context.preferences.addons
    batch = importlib.import_module(f"{MODULE}.inpose_blender.batch")
    example = next((Path(batch.__file__).parents[1] / "examples").glob("*.csv"))
    return int(batch.run_command(["--recording", str(example), "--output", output]))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the 4.2 wheel crashes at exit if a class with a poll function was ever registered
