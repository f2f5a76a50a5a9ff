# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the seat of a seated performer, under the hips, on the floor of the bake."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from rigs import build_rig, map_and_measure, still_motion

from inpose_blender.bake.options import BakeOptions
from inpose_blender.core import Motion
from inpose_blender.viewing.clock import baked_take
from inpose_blender.viewing.models import seat_model
from inpose_blender.viewing.seat import seat_in_scene, seat_matrix, sitting_frames

SEATED = {"kind": "seated", "sentence": "Sits.", "action": "told", "device": None, "start_s": 3.0, "stop_s": 4.0}


def test_the_performer_sits_when_a_finding_says_so():
    sits = sitting_frames([SEATED, {"kind": "frozen", "start_s": 0.0, "stop_s": 9.0}], 2.0, 180, 60.0)
    assert np.flatnonzero(sits)[[0, -1]].tolist() == [60, 120]  # the motion begins at 2 s
    assert sitting_frames([{**SEATED, "start_s": None, "stop_s": None}], 0.0, 10, 60.0).all()
    assert not sitting_frames([], 0.0, 10, 60.0).any()


@pytest.mark.parametrize("start_at", ["recorded", "cursor"])
def test_the_seat_is_under_the_hips_on_the_floor(rng, start_at):
    measure = map_and_measure(build_rig(rng, rotation_deg=(0, 0, 90), location=(1.0, 2.0, 0.5)))[1]
    still = still_motion(measure.skeleton, 90, 60.0)
    hips_m = np.where(np.arange(90)[:, None] < 30, (0.0, 0.9, 0.0), (0.3, 0.5, 0.2))
    motion = Motion(still.rotations_wxyz, hips_m, measure.skeleton, 60.0)
    matrix = seat_matrix(motion, np.arange(90) >= 40, BakeOptions(start_at=start_at), measure, (5.0, 6.0, 7.0))
    start = measure.origin_world if start_at == "recorded" else np.array((5.0, 6.0, 7.0))
    assert np.allclose(matrix[:3, 3], start + measure.R_world_core @ (0.3, 0.0, 0.2) / measure.metres_per_unit)
    assert np.allclose(matrix[:3, 1] * measure.metres_per_unit, (0.0, 0.0, 1.0), atol=1e-6)


def test_the_seat_is_shown_while_the_performer_sits(registered, rng, take, fake_worker):
    build_rig(rng, arm_angle_deg=45.0)
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    assert seat_in_scene(bpy.context) is None
    bpy.ops.inpose.solve_full_body()
    assert seat_in_scene(bpy.context) is None
    kept = baked_take(bpy.context)
    kept.seat_height_m = 0.45
    kept.findings = '[{"kind": "seated", "sentence": "Sits.", "start_s": 0.5, "stop_s": 0.9}]'
    scene.frame_set(1 + 4)
    assert seat_in_scene(bpy.context) is None
    scene.frame_set(1 + 16)
    _, height_m = seat_in_scene(bpy.context)
    assert height_m == pytest.approx(0.45)


def test_a_stool_is_as_high_as_the_seat():
    corners_m = seat_model(0.45).corners_m
    assert (corners_m[:, 1].min(), corners_m[:, 1].max()) == pytest.approx((0.0, 0.45))
