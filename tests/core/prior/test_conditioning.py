# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inpose_core.body.motion import Motion
from inpose_core.body.rotations import yaw_matrix
from inpose_core.body.skeleton import Skeleton
from inpose_core.evaluation.bodies import BODIES, DEFAULT_BODY, Body
from inpose_core.evaluation.simulation import on_body
from inpose_core.numerics import Backend
from inpose_core.prior.conditioning import CONDITION_SIZE, condition_features, hand_reach, window_heading
from inpose_core.sampling import Measurement
from tests.core.synthetic import perfect_sensors, smooth_motion

CPU = Backend("torch")
MOTION = smooth_motion(64)


def measured(motion: Motion) -> Measurement:
    return Measurement.from_sensors(perfect_sensors(motion), motion.skeleton, CPU)


def condition(measurement: Measurement, use_head_motion: bool = True, use_hand_reach: bool = True) -> Tensor:
    sensors = measurement.scale_free(use_head_motion, use_hand_reach).windowed(torch.arange(64)[None])
    return condition_features(sensors, window_heading(sensors.R_world_sensor[:, :, 0]), 60.0)


def test_in_the_t_pose_the_hands_reach_one_arm_to_the_side() -> None:
    body = Skeleton.template()
    positions_m = torch.tensor(body.rest_positions_m[[15, 20, 21]])
    reach = hand_reach(positions_m, torch.eye(3, dtype=torch.float64), torch.tensor(body.offsets_m))
    torch.testing.assert_close(reach.norm(dim=-1), torch.ones(2, dtype=torch.float64), atol=0.01, rtol=0)
    assert float(reach[0, 0]) > 0.95
    assert float(reach[1, 0]) < -0.95


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(-3.0, 3.0))
def test_the_reach_is_indifferent_to_size_and_place_and_turns_along(size: float, angle_rad: float) -> None:
    m = measured(MOTION)
    reach = hand_reach(m.y_m, m.R_world_sensor[:, 0], m.offsets_m)
    turn = yaw_matrix(torch.tensor(angle_rad))
    moved_m = size * (m.y_m @ turn.T) + torch.tensor((3.0, -1.0, 2.0))
    turned = hand_reach(moved_m, turn @ m.R_world_sensor[:, 0], size * m.offsets_m)
    torch.testing.assert_close(turned, reach @ turn.T, atol=1e-3, rtol=0)


@pytest.mark.parametrize("body", [b for b in BODIES if b.name.startswith(("upper", "whole"))], ids=lambda b: b.name)
def test_the_same_motion_of_a_body_of_another_size_reaches_alike(body: Body) -> None:
    template = Skeleton.template()
    default, other = (measured(on_body(MOTION, b, template)) for b in (DEFAULT_BODY, body))
    assert not torch.equal(default.offsets_m, other.offsets_m)
    for m in (default, other):
        assert m.y_m.isfinite().all()
    torch.testing.assert_close(
        *(hand_reach(m.y_m, m.R_world_sensor[:, 0], m.offsets_m) for m in (default, other)), atol=1e-3, rtol=0
    )


def test_a_withheld_reach_and_a_lost_hand_do_not_leak() -> None:
    m = measured(MOTION)
    moved = replace(m, y_m=m.y_m + torch.tensor([[0.0, 0, 0], [0.3, 0.1, 0], [0, 0, 0]]))
    assert condition(m).shape == (1, 64, CONDITION_SIZE)
    assert not torch.allclose(condition(m), condition(moved))
    torch.testing.assert_close(condition(m, use_hand_reach=False), condition(moved, use_hand_reach=False))
    assert not torch.allclose(condition(m, use_hand_reach=False), condition(m))
    for first in (0, 1, 30):
        lost = m.measured.clone()
        lost[first:, 1] = False
        filled_m = m.y_m.clone()
        filled_m[first:, 1] += 0.3
        seen, filled = replace(m, measured=lost), replace(m, measured=lost, y_m=filled_m)
        torch.testing.assert_close(condition(seen), condition(filled))


def test_the_condition_turns_with_the_performer() -> None:
    m = measured(MOTION)
    turn = yaw_matrix(torch.tensor(1.1))
    turned = replace(
        m,
        y_m=m.y_m @ turn.T,
        R_world_sensor=turn @ m.R_world_sensor,
        head_velocity_per_leg=m.head_velocity_per_leg @ turn.T,
    )
    torch.testing.assert_close(condition(turned), condition(m), atol=1e-3, rtol=0)


def test_a_body_without_arms_has_no_reach_and_one_with_short_arms_a_bounded_one() -> None:
    m = measured(MOTION)
    for factor in (0.0, 0.01, 0.3):
        offsets_m = m.offsets_m.clone()
        offsets_m[[18, 19, 20, 21]] *= factor
        short = replace(m, offsets_m=offsets_m)
        assert condition(short).isfinite().all()
        reach = hand_reach(short.y_m, short.R_world_sensor[:, 0], offsets_m)
        assert float(reach.norm(dim=-1).max()) < 1.61
        assert bool(short.scale_free(use_head_motion=True).hand_reach_known.any()) == (factor == 0.3)
