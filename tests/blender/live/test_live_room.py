# SPDX-License-Identifier: GPL-3.0-or-later
"""Two performers stand to each other in Live as they do in the bakes of their takes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from rigs import build_rig, still_motion

from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.operators import keep_place
from inpose_blender.bake.options import BakeOptions
from inpose_blender.core import Motion
from inpose_blender.live.job import Follow, FollowedPose
from inpose_blender.live.performer import Performer
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FRAMES = 61
MIDDLES_M = np.array(((2.0, 0.95, 3.0), (-1.0, 0.95, 1.0)))


def pelvis_of(armature: Any) -> np.ndarray:
    bpy.context.view_layer.update()
    return np.array(armature.matrix_world @ armature.pose.bones["pelvis"].head)


def followed(performer: Performer, motion: Motion, frame: int, first: Performer) -> None:
    assert performer.show(FollowedPose(motion.rotations_wxyz[frame], motion.root_translation_m[frame]), first)


def baked(armature: Any, motion: Motion, scale: float, options: BakeOptions) -> None:
    scene = bpy.context.scene
    rig = prepare_rig(armature, scene)
    job = BakeJob(rig, scene, partial(SolvedTake, motion, None, scale), options, armature.name, replace_own=True)
    keep_place(rig, job.run(), scene)
    armature.inpose_take.file, armature.inpose_take.scale = f"{armature.name}.npz", scale


@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.2, 1.2), (2.0, 0.5)], ids=["alike", "larger", "giant and child"])
@pytest.mark.parametrize("start_at", ["recorded", "rig", "cursor"])
def test_live_and_the_bake_have_the_same_places(
    registered: None, scales: tuple[float, float], start_at: str, rng: np.random.Generator
) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.cursor.location = 60, (1.0, 2.0, 0.3)
    placed = {"location": (4.0, 1.0, 0.0), "rotation_deg": (0, 0, 70)}
    rigs = (build_rig(rng, **placed), build_rig(rng, location=(-3.0, 0.0, 0.0)))
    options = BakeOptions(start_at=start_at, foot_lock=0.0, hand_lock=0.0)  # type: ignore[arg-type]
    performers = tuple(Performer(rig, scene, options) for rig in rigs)
    motions = []
    for performer, middle_m, scale in zip(performers, MIDDLES_M, scales, strict=True):
        still = still_motion(performer.rig.measure.skeleton, FRAMES, 60.0)
        around_m = np.stack([np.linspace(-0.4, 0.6, FRAMES) ** 3, np.zeros(FRAMES), np.linspace(-0.5, 0.5, FRAMES)], 1)
        around_m -= np.median(around_m, axis=0)
        motions.append(replace(still, root_translation_m=middle_m + scale * around_m))
        middle = (float(middle_m[0]), 0.0, float(middle_m[2]))
        follow = Follow("ready", is_measured=True, scale=scale, middle_m=middle)
        performer.job = SimpleNamespace(follow=follow)  # type: ignore[assignment]
    live = []
    for frame in (0, FRAMES - 1):
        for performer, motion in zip(performers, motions, strict=True):
            followed(performer, motion, frame, performers[0])
        live.append([pelvis_of(rig) for rig in rigs])
    for performer in performers:
        performer.give_back()
    baked(rigs[0], motions[0], scales[0], options)
    baked(rigs[1], motions[1], scales[1], replace(options, start_at="character", start_with=rigs[0].name))
    for frame, places in zip((scene.frame_start, scene.frame_start + FRAMES - 1), live, strict=True):
        scene.frame_set(frame)
        np.testing.assert_allclose([pelvis_of(rig) for rig in rigs], places, atol=2e-3)


def test_who_is_measured_again_stands_where_the_new_measures_say(registered: None, rng: np.random.Generator) -> None:
    rigs = (build_rig(rng), build_rig(rng))
    performers = tuple(Performer(rig, bpy.context.scene, BakeOptions()) for rig in rigs)
    motion = still_motion(performers[0].rig.measure.skeleton, 1, 60.0)
    before, after = (Follow("ready", scale=scale, middle_m=(2.0 * (scale > 1), 0.0, 0.0)) for scale in (1.0, 1.5))
    apart_m = []
    for follow in (before, after):
        for performer, own in zip(performers, (before, follow), strict=True):
            performer.job = SimpleNamespace(follow=own)  # type: ignore[assignment]
            shifted = replace(motion, root_translation_m=motion.root_translation_m + np.array(own.middle_m))
            followed(performer, shifted, 0, performers[0])
        apart_m.append(np.linalg.norm(pelvis_of(rigs[1]) - pelvis_of(rigs[0])))
    assert apart_m[0] < 1e-3
    assert apart_m[1] == pytest.approx(1.25 * 2.0, abs=1e-3)
