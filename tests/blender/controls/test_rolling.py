# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the control of a foot over a stance: in numbers, and on a generated Rigify rig by Blender's own evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy
import numpy as np
import pytest
from controls.test_ik_bake import FRAMES, apart, limber_motion, poses
from controls.test_rigify_controls import generated, generated_file  # noqa: F401
from mathutils import Matrix

from inpose_blender.bake.bake import bake_channels
from inpose_blender.bake.job import BakeJob
from inpose_blender.bake.options import BakeOptions
from inpose_blender.bake.rig_facts import rig_facts
from inpose_blender.bake.settings import BakeSettings
from inpose_blender.bake.writing import finish, write_action
from inpose_blender.bpy_compat import action_curves
from inpose_blender.controls.limbs import Control, FootRoll
from inpose_blender.controls.rolling import hold_foot
from inpose_blender.core import JOINT_INDEX, Motion
from inpose_blender.rig.prepare import prepare_rig
from inpose_blender.takes.take import SolvedTake

BALL = np.array([0.1, -0.1, 0.02])
LEG = np.array([[0.1, 0.0, 0.9], [0.1, -0.02, 0.5], [0.1, 0.0, 0.09]])
ROLL = FootRoll(
    Control("heel", "ball", np.eye(4), np.eye(3)), Control("ball", "foot", np.eye(4), np.eye(3)), BALL, np.eye(3)[0]
)
STANCE = slice(20, 60)


def step(rng: np.random.Generator, frames: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Return the moves of a foot that comes, stands flat, lifts its heel by 40 degrees and goes; and when it stands."""
    moves = np.tile(np.eye(4), (frames, 1, 1))
    t = np.arange(frames, dtype=float)
    rise = np.interp(t, [0, 19, 45, 59, 79], [20, 0, 0, 40, 0])
    along = np.interp(t, [0, 20, 60, 79], [-0.5, 0, 0, 0.6])
    for move, degrees, away in zip(moves, rise, along, strict=True):
        turn = Matrix.Rotation(np.radians(degrees), 3, "X") @ Matrix.Rotation(rng.normal(scale=0.02), 3, "Y")
        move[:3, :3] = turn
        move[:3, 3] = BALL - move[:3, :3] @ BALL + [0.0, -away, 0.0] + 0.001 * rng.normal(size=3)
    stands = np.zeros(frames, np.bool_)
    stands[STANCE] = True
    return moves, stands


def risen(radians: float) -> np.ndarray:
    """Return how the heel control of the test moves a foot."""
    return np.array(Matrix.Translation(BALL) @ Matrix.Rotation(radians, 4, "X") @ Matrix.Translation(-BALL))


def test_a_foot_is_held_from_landing_to_toe_off_and_stays_where_it_was(rng):
    wanted, stands = step(rng)
    held = hold_foot(ROLL, wanted, stands, LEG, 8)
    assert held.spans == ((20, 59),)
    assert np.ptp(held.target[STANCE], axis=0).max() == 0.0
    assert np.degrees(held.heel_rad[45:60]) == pytest.approx(np.linspace(0, 40, 15), abs=1.0)
    for move, ball, radians in zip(wanted, held.ball, held.heel_rad, strict=True):
        assert np.abs(ball @ risen(radians) - move).max() < 1e-6
    far = np.r_[0:12, 68:80]
    assert np.abs(held.target[far] - wanted[far]).max() < 1e-6
    assert held.heel_rad[far] == pytest.approx(0.0)
    assert np.abs(np.diff(held.heel_rad[58:70])).max() < np.radians(10)


def test_toes_that_are_up_at_the_landing_are_not_taken_for_flat(rng):
    """The heel control cannot do this: it would turn the foot about its heel. The control of the ball does."""
    wanted, stands = step(rng)
    for frame in range(20, 25):
        wanted[frame] = wanted[30] @ risen(-0.3)
    held = hold_foot(ROLL, wanted, stands, LEG, 8)
    assert held.heel_rad.min() >= 0.0
    assert np.abs(held.target[30] - wanted[30]).max() < 0.1
    assert np.abs(np.array([b @ risen(h) for b, h in zip(held.ball, held.heel_rad, strict=True)]) - wanted).max() < 1e-6


def test_a_foot_that_slides_is_not_held(rng):
    wanted, stands = step(rng)
    wanted[:, 1, 3] += 0.02 * np.arange(len(wanted))
    assert hold_foot(ROLL, wanted, stands, LEG, 8) is None
    assert hold_foot(ROLL, wanted, np.zeros_like(stands), LEG, 8) is None


def planted_motion(skeleton: Any) -> Motion:
    """Return the limber motion with the left toes on one place from frame 10 to 40; the heel goes up and down."""
    motion = limber_motion(skeleton)
    toes = motion.joint_positions_m[:, JOINT_INDEX["left_foot"]]
    root_m = motion.root_translation_m - (toes - toes[10])
    stands = np.zeros((len(motion), 2), np.bool_)
    stands[10:41, 0] = True
    return replace(motion, root_translation_m=root_m, foot_stands=stands)


def test_the_skin_does_not_see_it(generated):  # noqa: F811
    scene = bpy.context.scene
    scene.render.fps = 24
    prepared = prepare_rig(generated, scene)
    motion = planted_motion(prepared.measure.skeleton)
    found = []
    for controls in ("fk", "ik"):
        facts = rig_facts(generated, scene=scene, mapping=prepared.mapping, control_mode=controls)
        settings = BakeSettings("take", controls=controls, hold_feet=True)
        channels, frames = bake_channels(facts, motion, settings, mapping=prepared.mapping, measure=prepared.measure)
        finish(write_action(generated, channels, frames, settings, scene=scene, switched_off=facts.switched_off))
        found.append(poses(generated))
    degrees, mm = apart(*found)
    assert degrees < 0.1
    assert mm < 1.0
    assert np.ptp(values(generated, "foot_ik.L", "location", 11, 41), axis=0).max() == 0.0
    assert np.ptp(values(generated, "foot_ik.L", "rotation_quaternion", 11, 41), axis=0).max() < 1e-6
    heel = values(generated, "foot_heel_ik.L", "rotation_euler", 1, FRAMES)
    assert np.degrees(heel[10:41, 0].max()) > 5.0
    assert np.abs(heel[:, 1:]).max() < 1e-5
    assert heel[:, 0].min() > -1e-6


def test_a_held_foot_has_two_keys(generated):  # noqa: F811
    scene = bpy.context.scene
    scene.render.fps = 24
    prepared = prepare_rig(generated, scene)
    take = SolvedTake(planted_motion(prepared.measure.skeleton))
    options = {"foot_lock": 0.0, "hand_lock": 0.0}
    BakeJob(prepared, scene, lambda: take, BakeOptions(**options), "take", replace_own=True).run()
    expected = poses(generated)
    options |= {"controls": "ik", "fewer_keys": True}
    BakeJob(prepared, scene, lambda: take, BakeOptions(**options), "take", replace_own=True).run()
    feet = [name for name in expected if name in {"DEF-foot.L", "DEF-toe.L"}]
    actual = poses(generated)
    degrees, mm = apart({name: expected[name] for name in feet}, {name: actual[name] for name in feet})
    assert degrees < 1.5
    assert mm < 4.0
    for curve in action_curves(generated.animation_data.action, generated):
        if '"foot_ik.L"' in curve.data_path:
            frames = [key.co.x for key in curve.keyframe_points]
            assert {11, 41} <= set(frames)
            assert not [frame for frame in frames if 11 < frame < 41]
            assert np.ptp([curve.evaluate(frame) for frame in np.linspace(11, 41, 91)]) < 1e-6


def values(rig: Any, bone: str, channel: str, first: int, last: int) -> np.ndarray:
    """Return a channel of the active action, (frames, components)."""
    path = rig.pose.bones[bone].path_from_id(channel)
    curves = [curve for curve in action_curves(rig.animation_data.action, rig) if curve.data_path == path]
    return np.array([[curve.evaluate(frame) for curve in curves] for frame in range(first, last + 1)])
