# SPDX-License-Identifier: Apache-2.0
"""The rivals: what they see, how they are guided, and that they are what their names say."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inpose_core.body.kinematics import forward_kinematics
from inpose_core.body.motion import Motion
from inpose_core.body.rotations import matrix_to_sixd, quaternion_wxyz_to_matrix, rotvec_to_matrix, yaw_matrix
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.evaluation.baselines.alternatives import DpsGuidance, LocalAngleGuidance, MatrixPseudoinverseGuidance
from inpose_core.evaluation.baselines.conditional import ConditionalSettings, ConditionalSystem
from inpose_core.evaluation.baselines.conditioning import PositionConditioning, PositionKind
from inpose_core.evaluation.baselines.networks import NETWORKS
from inpose_core.evaluation.baselines.official import OfficialGuidance, sample_ddpm_mean
from inpose_core.evaluation.simulation import PERFECT_SENSORS, simulate
from inpose_core.numerics import Backend
from inpose_core.prior.checkpoint import Prior
from inpose_core.prior.conditioning import ScaleFreeSensors
from inpose_core.prior.network import NetworkConfig
from inpose_core.prior.schedule import NoiseSchedule
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.sampling import Measurement
from inpose_core.sampling.differences import difference_positions
from inpose_core.sampling.estimate import Estimate
from inpose_core.sampling.guidance import GuidedEstimate
from inpose_core.training.augmentation import SensedWindows
from inpose_core.training.module import TrainableTransformer
from tests.core.synthetic import perfect_sensors, smooth_motion

CPU = Backend("torch")


class IdentityJacobian:
    """Stands for a denoiser whose estimate is x_t itself, so that the gradient is the cotangent."""

    def vector_jacobian_product(self, x_t: Tensor, log_snr: float, cotangent: Tensor) -> Tensor:
        return cotangent


@pytest.fixture(scope="module")
def truth() -> Motion:
    return smooth_motion(40)


@pytest.fixture(scope="module")
def measurement(truth: Motion) -> Measurement:
    return Measurement.from_sensors(perfect_sensors(truth), truth.skeleton, CPU)


@pytest.fixture(scope="module")
def bent(truth: Motion, measurement: Measurement) -> Tensor:
    """The truth's rotations with elbows, shoulders and spine a few degrees off, (F, 22, 3, 3)."""
    R = quaternion_wxyz_to_matrix(torch.tensor(truth.rotations_wxyz, dtype=torch.float32))
    error = 0.1 * torch.randn(22, 3, generator=torch.Generator().manual_seed(0))
    error[list(SENSOR_JOINTS)] = 0
    return rotvec_to_matrix(error) @ R


def misfit_m(R: Tensor, measurement: Measurement) -> float:
    p = forward_kinematics(R, measurement.offsets_m)[:, list(SENSOR_JOINTS)]
    return float((difference_positions(measurement.y_m) - difference_positions(p)).norm(dim=-1).mean())


def sensed_windows(positions_m: Tensor, **known: bool) -> SensedWindows:
    shape = positions_m.shape[:2]
    scale_free = ScaleFreeSensors(
        R_world_sensor=torch.eye(3).expand(*shape, 3, 3, 3),
        measured=torch.ones(*shape, 3, dtype=torch.bool),
        head_height_ratio=torch.ones(shape),
        head_velocity_per_leg=torch.zeros(*shape, 3),
        head_motion_known=torch.full(shape, known.get("head", True)),
        hand_reach=torch.zeros(*shape, 2, 3),
        hand_reach_known=torch.full(shape, known.get("hands", True)),
    )
    return SensedWindows(
        scale_free, positions_m, torch.full(shape, known.get("hands", True)), torch.rand(len(positions_m), 22, 3)
    )


POSITIONS = torch.rand(2, 8, 3, 3, generator=torch.Generator().manual_seed(3))
FORWARD = torch.eye(3).expand(2, 3, 3)


@pytest.mark.parametrize("kind", ["global", "local", "shape"])
def test_positions_are_seen_wherever_in_the_room_and_whichever_way_one_faces(kind: PositionKind) -> None:
    conditioning = PositionConditioning(kind)
    sensed = sensed_windows(POSITIONS)
    here = conditioning(sensed, FORWARD)
    assert here.shape == (2, 8, conditioning.size)
    moved = replace(sensed, positions_m=POSITIONS + torch.tensor((3.0, 0.0, -2.0)))
    torch.testing.assert_close(conditioning(moved, FORWARD), here, atol=1e-4, rtol=0)
    turn = yaw_matrix(torch.tensor((0.7, -2.0)))
    turned = replace(
        sensed,
        positions_m=torch.einsum("nab,ntsb->ntsa", turn, POSITIONS),
        scale_free=replace(sensed.scale_free, R_world_sensor=turn[:, None, None] @ sensed.scale_free.R_world_sensor),
    )
    torch.testing.assert_close(conditioning(turned, turn), here, atol=1e-4, rtol=0)
    raised = replace(sensed, positions_m=POSITIONS + torch.tensor((0.0, 0.5, 0.0)))
    assert not torch.allclose(conditioning(raised, FORWARD), here)  # height above the floor is told


def test_withheld_positions_do_not_leak() -> None:
    conditioning = PositionConditioning("global")
    for known in ({"hands": False}, {"head": False}, {"hands": False, "head": False}):
        one = conditioning(sensed_windows(POSITIONS, **known), FORWARD)
        changed = POSITIONS.clone()
        if not known.get("hands", True):
            changed[:, :, 1:] += 1.0
        if not known.get("head", True):
            changed[:, :, 0, 1] += 1.0
        torch.testing.assert_close(conditioning(sensed_windows(changed, **known), FORWARD), one)
    assert not torch.allclose(
        conditioning(sensed_windows(POSITIONS, hands=False), FORWARD), conditioning(sensed_windows(POSITIONS), FORWARD)
    )


def test_only_the_shape_augmented_network_sees_bones() -> None:
    sensed = sensed_windows(POSITIONS)
    longer = replace(sensed, offsets_m=2 * sensed.offsets_m)
    for kind, sees in (("global", False), ("local", False), ("shape", True)):
        conditioning = PositionConditioning(kind)  # type: ignore[arg-type]  # in a loop
        assert torch.allclose(conditioning(sensed, FORWARD), conditioning(longer, FORWARD)) != sees


def test_every_network_s_condition_has_the_size_it_is_trained_with() -> None:
    for network in NETWORKS.values():
        assert network.condition(sensed_windows(POSITIONS), FORWARD).shape[-1] == network.condition_size


def test_local_angles_bring_the_hands_nearer_and_stretch_nothing(bent: Tensor, measurement: Measurement) -> None:
    guided = LocalAngleGuidance(measurement).finish(bent)
    assert misfit_m(guided, measurement) < 0.3 * misfit_m(bent, measurement)
    torch.testing.assert_close(guided @ guided.transpose(-1, -2), torch.eye(3).expand_as(guided), atol=1e-4, rtol=0)


def test_dps_steps_along_the_steepest_descent_of_the_misfit(bent: Tensor, measurement: Measurement) -> None:
    sixd = matrix_to_sixd(bent)
    denoiser: Any = IdentityJacobian()
    shift = DpsGuidance(measurement, denoiser, zeta=0.05).guide(sixd, sixd, 0.8, 0.6).shift
    assert shift is not None
    a, b = (sixd + shift).split(3, dim=-1)
    D = torch.stack((a, b, torch.linalg.cross(a, b)), dim=-1)
    assert misfit_m(D, measurement) < misfit_m(bent, measurement)


def test_the_official_push_is_the_published_formula(bent: Tensor, measurement: Measurement) -> None:
    sixd, alpha, sigma = matrix_to_sixd(bent), 0.8, 0.6
    denoiser: Any = IdentityJacobian()
    shift = OfficialGuidance(measurement, denoiser).guide(sixd, sixd, alpha, sigma).shift
    # Spelled out for one frame with the dense matrices: pinv(S A A^T S^T + 0.1 / (1 - abar) I) S A.
    frame = 7
    S = torch.kron(torch.tensor(((1.0, -1, 0), (0, 1, -1), (-1, 0, 1))), torch.eye(3))
    A = torch.zeros(9, 22 * 9)
    for m in range(3):
        for axis in range(3):
            for joint in range(22):
                for column in range(3):
                    A[3 * m + axis, joint * 9 + axis * 3 + column] = measurement.kappa[m, joint, column]
    SA = S @ A

    def D(r: Tensor) -> Tensor:
        a, b = r[..., :3], r[..., 3:]
        return torch.stack((a, b, torch.linalg.cross(a, b)), dim=-1).reshape(-1)

    r = sixd[frame].clone().requires_grad_(True)
    residual = S @ measurement.y_m[frame].reshape(-1) - SA @ D(r).detach()
    inverse = torch.linalg.pinv(SA @ SA.T + 0.1 / sigma**2 * torch.eye(9))
    wanted = torch.autograd.grad(((residual @ inverse @ SA) * D(r)).sum(), r)[0]
    assert shift is not None
    torch.testing.assert_close(shift[frame], 5 * alpha * wanted, atol=1e-5, rtol=1e-3)


def test_the_official_sampler_finds_a_constant_without_guidance() -> None:
    target = torch.linspace(-0.9, 0.9, 22 * 6).reshape(1, 22, 6).expand(5, -1, -1)
    levels: list[float] = []

    class Nothing:
        def guide(self, x_0: Tensor, x_t: Tensor, alpha: float, sigma: float) -> GuidedEstimate:
            assert alpha**2 + sigma**2 == pytest.approx(1)
            return GuidedEstimate(x_0)

        def finish(self, R_world: Tensor) -> Tensor:
            return R_world

    def denoise(x_t: Tensor, log_snr: float) -> Estimate:
        levels.append(log_snr)
        return Estimate(target, torch.zeros(5, 2))

    found = sample_ddpm_mean(denoise, Nothing(), torch.randn(5, 22, 6), (-8.0, 11.0))
    torch.testing.assert_close(found, target, atol=1e-3, rtol=0)
    assert len(levels) == 49
    assert levels == sorted(levels)
    assert levels[0] == -8.0


def test_whole_matrices_are_pushed_towards_the_positions(bent: Tensor, measurement: Measurement) -> None:
    state = bent.transpose(-1, -2).flatten(-2)
    denoiser: Any = IdentityJacobian()
    guidance = MatrixPseudoinverseGuidance(measurement, denoiser, 0.002)
    shift = guidance.guide(state, state, 1.0, 1.0).shift
    assert shift is not None
    pushed = (state + shift).unflatten(-1, (3, 3)).transpose(-1, -2)
    # y is linear in the state: with sigma = 1 one push meets it, but for the noise.
    assert misfit_m(pushed, measurement) < 0.02 * misfit_m(bent, measurement)


@pytest.mark.parametrize("rule", ["none", "regression", "official", "pigdm", "dps", "local angles"])
def test_every_rule_gives_a_finite_motion_with_its_head_in_place(rule: Any, truth: Motion) -> None:
    conditioning = PositionConditioning("global")
    config = NetworkConfig(conditioning.size, window=16, frames_per_token=4, width=32, depth=2, heads=2)
    torch.manual_seed(0)
    module = TrainableTransformer(config)
    with torch.no_grad():
        module.named_weights["final.bias"].normal_(0, 0.5)
    uncertainty = Uncertainty(np.array((-8.0, 8.0)), torch.full((2, 22), 0.05))
    prior = Prior(module.network(), NoiseSchedule(), uncertainty, {})
    settings = ConditionalSettings(rule, see_head=True, steps=6)
    trials = [simulate(motion, PERFECT_SENSORS, 0) for motion in (smooth_motion(30, seed=5), truth)]
    first, solved = ConditionalSystem(prior, conditioning, settings).solve_all(trials)
    assert (len(first), len(solved)) == (30, 40)
    assert np.isfinite(solved.rotations_wxyz).all()
    np.testing.assert_allclose(solved.joint_positions_m[:, 15], truth.joint_positions_m[:, 15], atol=1e-4)
    dots = np.abs(
        (solved.rotations_wxyz[:, list(SENSOR_JOINTS)] * truth.rotations_wxyz[:, list(SENSOR_JOINTS)]).sum(-1)
    )
    np.testing.assert_allclose(dots, 1, atol=1e-5)
