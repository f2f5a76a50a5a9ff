# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the rests of the IK controls of feet: constant in a stance, as before elsewhere, and few keys."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import limber_motion
from ik_rigs import auto_rig_pro_rig, hand_made_rig, mmd_rig

from inpose_blender.bake.channels import Channel
from inpose_blender.bake.held_feet import resting_feet
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bpy_compat import action_curves
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

FRAMES = 100
STANCE = (30, 70)


def _step(rng: np.random.Generator) -> tuple[list[Channel], np.ndarray]:
    """Return a foot that comes, stands with a wobble of 2 mm, lifts its heel at the end of the stance, and goes."""
    t = np.arange(FRAMES, dtype=float)
    along = np.where(t < STANCE[0], -0.02 * (STANCE[0] - t), 0.0) + np.where(t > 60, 0.004 * (t - 60) ** 2, 0.0)
    location = np.stack((along, 0.0 * t, 0.0 * t), axis=1) + 0.001 * rng.uniform(-1, 1, (FRAMES, 3))
    half = np.radians(np.where(t > 60, 1.5 * (t - 60), 0.0)) / 2
    turn = np.stack((np.cos(half), np.sin(half), 0 * t, 0 * t), axis=1)
    stands = np.zeros((FRAMES, 2), np.bool_)
    stands[slice(*STANCE), 1] = True
    path = 'pose.bones["foot"].'
    return [Channel(path + "location", "foot", location), Channel(path + "rotation_quaternion", "foot", turn)], stands


def test_a_foot_rests_from_landing_to_heel_off(rng):
    channels, stands = _step(rng)
    found = resting_feet(channels, {"foot": 1}, {"foot": "QUATERNION"}, stands, 1.0)
    assert set(found.rests) == {0, 1}
    assert found.rests[0] == found.rests[1]
    ((first, last),) = found.rests[0]
    assert STANCE[0] <= first <= STANCE[0] + 1
    assert 60 <= last <= 63
    for before, after in zip(channels, found.channels, strict=True):
        assert np.ptp(after.values[first : last + 1], axis=0).max() == 0.0
        assert np.abs(after.values - before.values).max() < 0.04
        assert np.array_equal(after.values[: first - 4], before.values[: first - 4])
        assert np.array_equal(after.values[last + 5 :], before.values[last + 5 :])


def test_a_foot_that_slides_in_its_stance_and_the_other_foot_do_not_rest(rng):
    channels, stands = _step(rng)
    sliding = Channel(channels[0].data_path, "foot", np.arange(FRAMES)[:, None] * np.array([[0.02, 0.0, 0.0]]))
    found = resting_feet([sliding, channels[1]], {"foot": 1}, {}, stands, 1.0)
    assert found.rests == {0: (), 1: ()}
    other = resting_feet(channels, {"foot": 0}, {}, stands, 1.0)
    assert other.rests == {0: (), 1: ()}
    assert np.array_equal(other.channels[0].values, channels[0].values)


@pytest.mark.parametrize(
    ("build", "target"),
    [(hand_made_rig, "left foot target"), (auto_rig_pro_rig, "c_foot_ik.l"), (mmd_rig, "左足ＩＫ")],
    ids=["poles", "auto-rig pro", "mmd"],
)
def test_a_planted_foot_has_two_keys_and_the_check_is_content(build, target):
    rig, scene = build(), bpy.context.scene
    scene.render.fps = 24
    prepared = prepare_rig(rig, scene)
    motion = limber_motion(prepared.measure.skeleton)
    motion.root_translation_m[:, 2] = 0.0
    stands = np.zeros((len(motion), 2), np.bool_)
    stands[10:50, 0] = True
    for name in ("rotations_wxyz", "root_translation_m"):  # the body rests in the middle of the stance
        getattr(motion, name)[20:40] = getattr(motion, name)[20]
    take = SolvedTake(
        type(motion)(motion.rotations_wxyz, motion.root_translation_m, motion.skeleton, 24.0, foot_stands=stands)
    )
    options = BakeOptions(controls="ik", fewer_keys=True, foot_lock=0.0, hand_lock=0.0)
    result = BakeJob(prepared, scene, lambda: take, options, "take", replace_own=False).run()
    assert not [found for found in result.character.problems if found.kind == "ik_differs"]
    path = f'pose.bones["{target}"].location'
    curves = [curve for curve in action_curves(rig.animation_data.action, rig) if curve.data_path == path]
    assert len(curves) == 3
    for curve in curves:
        keys = [key.co.x for key in curve.keyframe_points]
        assert not [frame for frame in keys if 22 < frame < 38]
        held = [curve.evaluate(frame) for frame in np.linspace(22, 38, 49)]
        assert np.ptp(held) < 1e-5
