# SPDX-License-Identifier: GPL-3.0-or-later
"""Run these tests inside a real Blender whose Python has pytest, instead of with the bpy wheel; a script.

blender -b --python tests/blender/in_blender.py -- [pytest arguments]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def run() -> int:
    """Run pytest on this folder; a test that hangs is not stopped here: put `timeout` before the command."""
    os.chdir(REPOSITORY)
    sys.dont_write_bytecode = True  # Blender's Python may be another one than the checkout's, or run as another user
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return int(
        pytest.main(["-p", "no:cacheprovider", "-W", "ignore:Unknown config option", "tests/blender", *arguments])
    )


if __name__ == "__main__":
    sys.exit(run())
