# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a character three recordings, and solved takes of them."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from rigs import build_rig


@pytest.fixture
def rig(registered, rng, fake_worker):
    fake_worker("stands")
    return build_rig(rng, arm_angle_deg=45.0)


@pytest.fixture
def recordings(tmp_path) -> list[Path]:
    paths = [tmp_path / f"fight_{number:03}.bsor" for number in (1, 2, 3)]
    for path in paths:
        path.write_bytes(b"data")
    return paths


@pytest.fixture
def three(rig, recordings):
    """Return a character with three recorded takes; the last one is chosen."""
    for path in recordings:
        bpy.context.scene.inpose.recording = str(path)
    return rig


@pytest.fixture
def solved(three):
    assert bpy.ops.inpose.solve_takes() == {"FINISHED"}
    return three
