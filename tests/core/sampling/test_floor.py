# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
import torch

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.motion import Motion
from inpose_core.body.rotations import quaternion_wxyz_to_matrix, rotvec_to_matrix
from inpose_core.body.skeleton import FOOT_JOINTS
from inpose_core.numerics import Backend, frames_last
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.sampling.floor import FloorLikelihood
from inpose_core.sampling.measurement import Measurement
from inpose_core.sampling.smoothing import smooth_in_time
from inpose_core.sampling.tangent_guidance import TangentGuidance
from tests.core.synthetic import perfect_sensors, smooth_motion

CPU = Backend("torch")
FRAMES = 60
ALL_JOINTS = torch.arange(22)


@pytest.fixture(scope="module")
def performer() -> Motion:
    return smooth_motion(FRAMES, swing=0.2)


def crouching(performer: Motion, drop_m: float) -> Measurement:
    """Return the performer's sensors lowered: head and hands as they are, the floor nearer."""
    sensors = perfect_sensors(performer)
    lowest_m = performer.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1)
    lowered = sensors.positions_m.copy()
    lowered[..., 1] -= (lowest_m - performer.skeleton.sole_height_m + drop_m)[:, None]
    return Measurement.from_sensors(replace(sensors, positions_m=lowered), performer.skeleton, CPU)


def lowest_foot_above_floor_m(R_world: torch.Tensor, measurement: Measurement, performer: Motion) -> torch.Tensor:
    positions_m = forward_kinematics(R_world, measurement.offsets_m)
    below_head_m = positions_m[:, 15, 1] - positions_m[:, list(FOOT_JOINTS), 1].min(dim=1).values
    return measurement.y_m[:, 0, 1] - below_head_m - performer.skeleton.sole_height_m


def rotations_of(performer: Motion) -> torch.Tensor:
    R = quaternion_wxyz_to_matrix(torch.tensor(performer.rotations_wxyz).float())
    # Knees a little bent, so that they can bend further.
    bend = rotvec_to_matrix(torch.tensor([[-0.3, 0.0, 0.0], [0.3, 0.0, 0.0]]))
    R[:, [1, 2]] = R[:, [1, 2]] @ bend[0]
    R[:, [4, 5]] = R[:, [4, 5]] @ bend[1]
    return R


def test_the_lowest_foot_comes_to_the_floor(performer: Motion) -> None:
    measurement = crouching(performer, drop_m=0.10)
    uncertainty = Uncertainty(np.array([-1.0, 1.0]), torch.full((2, 22), 0.04))
    R = rotations_of(performer)
    before_m = lowest_foot_above_floor_m(R, measurement, performer).abs().mean()
    with_floor = TangentGuidance(measurement, uncertainty, 0.002, FloorLikelihood(measurement)).finish(R)
    without = TangentGuidance(measurement, uncertainty, 0.002).finish(R)
    after_m = lowest_foot_above_floor_m(with_floor, measurement, performer).abs().mean()
    assert float(before_m) > 0.03
    assert float(after_m) < 0.4 * float(before_m)
    assert float(lowest_foot_above_floor_m(without, measurement, performer).abs().mean()) > 2 * float(after_m)


def test_the_likelihood_is_indifferent_to_the_unit_of_length(performer: Motion) -> None:
    measurement = crouching(performer, drop_m=0.05)
    scale = 2.5
    larger = Measurement.from_sensors(
        replace(perfect_sensors(performer), positions_m=measurement.y_m.double().numpy() * scale),
        performer.skeleton.scaled(scale),
        CPU,
    )
    R = frames_last(rotations_of(performer))
    small, large = FloorLikelihood(measurement).measure(R, ALL_JOINTS), FloorLikelihood(larger).measure(R, ALL_JOINTS)
    torch.testing.assert_close(small.residual_m * scale, large.residual_m, atol=1e-4, rtol=0)
    torch.testing.assert_close(small.variance * scale**2, large.variance, rtol=1e-3, atol=0)


def test_a_jump_is_trusted_less_than_a_step(performer: Motion) -> None:
    R = frames_last(rotations_of(performer))
    standing = FloorLikelihood(crouching(performer, drop_m=0.0)).measure(R, ALL_JOINTS)
    jumping = FloorLikelihood(crouching(performer, drop_m=-0.5)).measure(R, ALL_JOINTS)
    assert bool((jumping.variance > 10 * standing.variance).all())


def test_smoothing_keeps_constants_and_calms_noise() -> None:
    constant = torch.full((100,), 0.3)
    torch.testing.assert_close(smooth_in_time(constant, 5.0), constant)
    torch.testing.assert_close(smooth_in_time(constant[:1], 5.0), constant[:1])
    torch.testing.assert_close(smooth_in_time(torch.ones(9, 22, 6), 1.5), torch.ones(9, 22, 6))
    noise = torch.randn(400)
    assert smooth_in_time(noise, 0.0) is noise
    assert float(smooth_in_time(noise, 5.0).std()) < 0.4 * float(noise.std())


def test_a_recording_without_a_floor_is_recognised(performer: Motion) -> None:
    assert crouching(performer, drop_m=0.0).floor_known
    sensors = perfect_sensors(performer)
    from_the_eyes = sensors.positions_m - sensors.positions_m[:1, :1]
    assert not Measurement.from_sensors(
        replace(sensors, positions_m=from_the_eyes), performer.skeleton, CPU
    ).floor_known


@pytest.mark.parametrize("lost_at_m", [-3.0, 9.0])
def test_the_heights_of_a_lost_head_do_not_tell_where_the_floor_is(performer: Motion, lost_at_m: float) -> None:
    sensors = perfect_sensors(performer)
    sensors.measured[3:, 0] = False
    sensors.positions_m[3:, 0, 1] = lost_at_m
    assert Measurement.from_sensors(sensors, performer.skeleton, CPU).floor_known
