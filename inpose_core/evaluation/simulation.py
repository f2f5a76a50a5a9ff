# SPDX-License-Identifier: Apache-2.0
"""Simulate three-point input from captured motion: head and wrists of the ground truth, with the chosen noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..body.motion import Motion
from ..body.quaternions import multiply_quaternions, rotvec_to_quaternion
from ..body.skeleton import FOOT_JOINTS, SENSOR_JOINTS, Skeleton
from ..recording.types import Sensors
from .bodies import Body, with_bone_errors


@dataclass(frozen=True)
class SensorNoise:
    """Set the noise of the simulated devices and of the measured bones; all are standard deviations."""

    position_m: float = 0.0
    """Per frame and axis, of head and wrists."""
    rotation_deg: float = 0.0
    """Per frame and axis, of head and wrists."""
    bone_m: float = 0.0
    """Error of every bone length that the solver receives."""


PERFECT_SENSORS = SensorNoise()


@dataclass(frozen=True)
class Trial:
    """Hold a system's input for one clip, and the ground truth that it should recover."""

    sensors: Sensors
    skeleton: Skeleton
    """The body as measured, with errors."""
    truth: Motion


def on_body(motion: Motion, body: Body, template: Skeleton | None = None) -> Motion:
    """Return the same rotations on another body, on the same floor.

    Args:
        motion: captured motion, floor at y = 0.
        body: change of proportions.
        template: the body to change; by default the motion's own.

    The root motion is scaled by the leg length, so planted feet stay planted: with an unscaled root, a body of another
    size would hover or sink. (The authors' code keeps the root and measures only figures that do not depend on it.)
    """
    skeleton = body.apply(template or motion.skeleton)
    factor = skeleton.leg_length_m / motion.skeleton.leg_length_m
    scaled = replace(motion, root_translation_m=motion.root_translation_m * factor, skeleton=skeleton)
    feet = list(FOOT_JOINTS)
    lowest_before_m = motion.joint_positions_m[:, feet, 1].min(axis=1) - motion.skeleton.sole_height_m
    lowest_m = scaled.joint_positions_m[:, feet, 1].min(axis=1) - skeleton.sole_height_m
    scaled.root_translation_m[:, 1] += factor * lowest_before_m - lowest_m
    return scaled


def simulate(truth: Motion, noise: SensorNoise, seed: int) -> Trial:
    """Return head and wrists of ``truth`` with the given sensor noise; the same seed gives the same result."""
    random = np.random.default_rng(seed)
    joints = list(SENSOR_JOINTS)
    positions_m = truth.joint_positions_m[:, joints]
    wxyz = truth.rotations_wxyz[:, joints]
    # All noise is always drawn, so one kind of noise does not change another's draws.
    shift = random.standard_normal(positions_m.shape)
    turn = random.standard_normal(positions_m.shape)
    if noise.position_m:
        positions_m = positions_m + noise.position_m * shift
    if noise.rotation_deg:
        wxyz = multiply_quaternions(rotvec_to_quaternion(np.deg2rad(noise.rotation_deg) * turn), wxyz)
    skeleton = with_bone_errors(truth.skeleton, noise.bone_m, random) if noise.bone_m else truth.skeleton
    sensors = Sensors(positions_m, wxyz, np.ones(positions_m.shape[:2], dtype=bool), truth.fps)
    return Trial(sensors, skeleton, truth)
