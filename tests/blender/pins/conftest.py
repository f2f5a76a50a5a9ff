# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the tests of pins a character with a solved motion, in which the left foot stands for half a second."""

from __future__ import annotations

import bpy
import pytest
from rigs import build_rig


@pytest.fixture
def solved(registered, rng, take, fake_worker):
    fake_worker("stands")
    rig = build_rig(rng, arm_angle_deg=45.0)
    bpy.context.scene.inpose.recording = str(take)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    return rig
