# SPDX-License-Identifier: GPL-3.0-or-later
"""Give tests a clean Blender, made-up rigs, and motions. Without the bpy wheel everything here is skipped."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="the bpy wheel is not installed: pip install 'inpose[bpy]'")

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))
if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _clean_blender() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
