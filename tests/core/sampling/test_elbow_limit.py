# SPDX-License-Identifier: Apache-2.0
"""Elbows that a solution has bent too far: the shoulder gives way, and the hands stay."""

from __future__ import annotations

import math

import pytest
import torch

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.rotations import rotvec_to_matrix
from inpose_core.body.skeleton import (
    ELBOW_JOINTS,
    JOINT_INDEX,
    SENSOR_JOINTS,
    SHOULDER_JOINTS,
    TOE_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)
from inpose_core.numerics import Backend
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import load_prior
from inpose_core.sampling.estimate import Estimate
from inpose_core.sampling.measurement import Measurement
from inpose_core.sampling.refinement import refine
from inpose_core.sampling.toe_paths import foot_paths
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 120


@pytest.fixture(scope="module")
def bent() -> tuple[torch.Tensor, Measurement]:
    """Return a motion in which the left elbow bends from 80 degrees to 170 and back, and its measurement."""
    body = Skeleton.template()
    motion = smooth_motion(FRAMES, body=body)
    measurement = Measurement.from_sensors(perfect_sensors(motion), body, Backend("torch"))
    R = torch.eye(3).expand(FRAMES, 22, 3, 3).clone()
    bend = torch.deg2rad(80 + 45 * (1 - torch.cos(torch.linspace(0, 2 * math.pi, FRAMES))))
    axis = torch.tensor((0.0, 1.0, 0.0))
    R[:, [ELBOW_JOINTS[0], WRIST_JOINTS[0]]] = rotvec_to_matrix(bend[:, None] * axis)[:, None]
    R[:, JOINT_INDEX["right_shoulder"]] = rotvec_to_matrix(torch.tensor((0.0, 0.0, -0.4)))
    return R, measurement


def bends_deg(R: torch.Tensor, measurement: Measurement) -> torch.Tensor:
    p = forward_kinematics(R, measurement.offsets_m)
    upper = p[:, list(ELBOW_JOINTS)] - p[:, list(SHOULDER_JOINTS)]
    lower = p[:, list(WRIST_JOINTS)] - p[:, list(ELBOW_JOINTS)]
    cosine = torch.nn.functional.cosine_similarity(upper, lower, dim=-1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def from_head_m(R: torch.Tensor, measurement: Measurement, joints: tuple[int, ...]) -> torch.Tensor:
    p = forward_kinematics(R, measurement.offsets_m)
    return p[:, list(joints)] - p[:, [SENSOR_JOINTS[0]]]


def refined(R: torch.Tensor, measurement: Measurement, **settings: float) -> torch.Tensor:
    chosen = SolveSettings(foot_planting=0.0, **settings)
    nowhere = Estimate(torch.zeros(len(R), 22, 6), torch.zeros(len(R), 2))
    return refine(
        R, measurement, foot_paths(R, measurement, nowhere), load_prior(backend=Backend("torch")).uncertainty, chosen
    )


def test_elbows_bend_to_the_limit_and_hands_and_toes_stay(bent: tuple[torch.Tensor, Measurement]) -> None:
    R, measurement = bent
    assert float(bends_deg(R, measurement).max()) > 169
    for limit_deg in (150.0, 130.0):
        limited = refined(R, measurement, max_elbow_bend_deg=limit_deg)
        assert float(bends_deg(limited, measurement).max()) < limit_deg + 5
        kept = (*WRIST_JOINTS, *TOE_JOINTS)
        moved_m = from_head_m(limited, measurement, kept) - from_head_m(R, measurement, kept)
        assert float(moved_m.norm(dim=-1).max()) < 0.004
        turned = list(SENSOR_JOINTS)
        torch.testing.assert_close(limited[:, turned], R[:, turned], atol=0, rtol=0)


def test_what_bends_less_is_not_touched_and_nothing_jumps(bent: tuple[torch.Tensor, Measurement]) -> None:
    R, measurement = bent
    limited = refined(R, measurement)
    free = bends_deg(R, measurement).amax(dim=-1) < 150
    assert 10 < int(free.sum()) < FRAMES - 10
    assert torch.equal(limited[free], R[free])
    assert not torch.equal(limited[~free], R[~free])
    speed = (limited[1:] - limited[:-1]).flatten(1).norm(dim=-1)
    assert float((speed[1:] - speed[:-1]).abs().max()) < 0.2


def test_without_a_limit_everything_is_as_it_was_solved(bent: tuple[torch.Tensor, Measurement]) -> None:
    R, measurement = bent
    assert refined(R, measurement, max_elbow_bend_deg=180.0) is R
    assert SolveSettings(guidance="pigdm").elbow_limit_deg == 180.0
