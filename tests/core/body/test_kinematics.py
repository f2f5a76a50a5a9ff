# SPDX-License-Identifier: Apache-2.0
import numpy as np
import torch
from scipy.spatial.transform import Rotation

from inpose_core.body.kinematics import (
    chain_offsets,
    forward_kinematics,
    position_operator,
    rotated_chains,
    tangent_covariance,
    vectorize_rotations,
)
from inpose_core.body.quaternions import xyzw_from_wxyz
from inpose_core.body.rotations import rotvec_to_matrix, sixd_to_raw_matrix
from inpose_core.body.skeleton import JOINT_COUNT, JOINT_INDEX, SENSOR_JOINTS, Skeleton
from inpose_core.numerics import frames_last
from inpose_core.sampling.pseudoinverse import raw_covariance
from tests.core.synthetic import smooth_motion

CARRIERS = ([0, 3, 6, 9, 12], [0, 3, 6, 9, 13, 16, 18], [0, 3, 6, 9, 14, 17, 19])
"""The joints that carry head and wrists."""


def random_pose(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    R = Rotation.random(count * JOINT_COUNT, random_state=seed).as_matrix().reshape(count, JOINT_COUNT, 3, 3)
    return torch.tensor(R), torch.tensor(Skeleton.template().offsets_m)


def test_forward_kinematics_equals_the_linear_operator() -> None:
    R, offsets_m = random_pose(40)
    root_m = torch.randn(40, 3, dtype=torch.float64)
    positions_m = forward_kinematics(R, offsets_m, root_m)[:, list(SENSOR_JOINTS)]
    A = position_operator(offsets_m, SENSOR_JOINTS)
    assert A.shape == (9, 198)
    by_operator = (A @ vectorize_rotations(R)[..., None])[..., 0].unflatten(-1, (3, 3)).transpose(-1, -2)
    torch.testing.assert_close(by_operator + root_m[:, None], positions_m, atol=1e-6, rtol=0)
    chains = rotated_chains(R, chain_offsets(offsets_m, SENSOR_JOINTS)).sum(dim=-2)
    torch.testing.assert_close(chains + root_m[:, None], positions_m, atol=1e-6, rtol=0)


def test_forward_kinematics_agrees_with_the_motion() -> None:
    motion = smooth_motion(30)
    R = torch.tensor(
        Rotation.from_quat(xyzw_from_wxyz(motion.rotations_wxyz.reshape(-1, 4))).as_matrix().reshape(30, 22, 3, 3)
    )
    positions_m = forward_kinematics(
        R, torch.tensor(motion.skeleton.offsets_m), torch.tensor(motion.root_translation_m)
    )
    np.testing.assert_allclose(positions_m.numpy(), motion.joint_positions_m, atol=1e-9)


def test_t_pose_stands_as_the_skeleton_says() -> None:
    body = Skeleton.template(1.8)
    identity = torch.eye(3, dtype=torch.float64).expand(22, 3, 3)
    np.testing.assert_allclose(
        forward_kinematics(identity, torch.tensor(body.offsets_m)).numpy(), body.rest_positions_m, atol=1e-12
    )


def test_which_rotations_move_the_sensors() -> None:
    """Hips, knees, ankles, feet and the measured joints' own rotations never enter (the paper's kappa)."""
    kappa = chain_offsets(torch.tensor(Skeleton.template().offsets_m), SENSOR_JOINTS)
    moving = [{j for j in range(22) if kappa[m, j].norm() > 0} for m in range(3)]
    assert moving == [set(joints) for joints in CARRIERS]
    assert JOINT_INDEX["left_wrist"] not in moving[1]


def test_tangent_covariance_against_monte_carlo() -> None:
    torch.manual_seed(0)
    R, offsets_m = random_pose(1, seed=3)
    kappa = chain_offsets(offsets_m, SENSOR_JOINTS)
    variance = torch.linspace(0.01, 0.06, 22, dtype=torch.float64) ** 2
    omega = torch.randn(40_000, 22, 3, dtype=torch.float64) * variance.sqrt()[:, None]
    samples = rotated_chains(rotvec_to_matrix(omega) @ R, kappa).sum(dim=-2).flatten(-2)
    analytic = tangent_covariance(frames_last(rotated_chains(R, kappa)), variance)[..., 0]
    error = torch.linalg.matrix_norm(torch.cov(samples.T) - analytic) / torch.linalg.matrix_norm(analytic)
    assert error < 0.03


def test_tangent_covariance_is_the_jacobian_s_square() -> None:
    R, offsets_m = random_pose(1, seed=4)
    kappa = chain_offsets(offsets_m, SENSOR_JOINTS)
    variance = torch.rand(22, dtype=torch.float64)

    def positions(omega: torch.Tensor) -> torch.Tensor:
        return rotated_chains(rotvec_to_matrix(omega) @ R[0], kappa).sum(dim=-2).flatten()

    H = torch.autograd.functional.jacobian(positions, torch.full((22, 3), 1e-9, dtype=torch.float64)).flatten(1)
    expected = H @ torch.diag(variance.repeat_interleave(3)) @ H.T
    torch.testing.assert_close(
        tangent_covariance(frames_last(rotated_chains(R, kappa)), variance)[..., 0],
        expected,
        atol=1e-6,
        rtol=0,
    )


def test_the_tangent_covariance_needs_only_the_joints_that_carry_a_chain() -> None:
    R, offsets_m = random_pose(5, seed=6)
    kappa = chain_offsets(offsets_m, SENSOR_JOINTS)
    v = frames_last(rotated_chains(R, kappa))
    variance = torch.rand(22, 5, dtype=torch.float64)  # in each frame another
    sparse = tangent_covariance(v, variance, [torch.tensor(joints) for joints in CARRIERS])
    torch.testing.assert_close(sparse, tangent_covariance(v, variance))
    torch.testing.assert_close(sparse, sparse.swapaxes(0, 1))


def test_raw_covariance_of_theorem_1_against_monte_carlo() -> None:
    torch.manual_seed(1)
    R, _ = random_pose(1, seed=5)
    # Points that share no bone: in a body's chains most terms between two points cancel.
    kappa = torch.randn(3, 22, 3, dtype=torch.float64)
    w = 0.3
    noisy = R[:, :, :, :2].transpose(-1, -2).flatten(-2) + w * torch.randn(60_000, 22, 6, dtype=torch.float64)
    samples = rotated_chains(sixd_to_raw_matrix(noisy), kappa).sum(dim=-2).flatten(-2)
    analytic = w**2 * raw_covariance(R, kappa, w**2)[0]
    error = torch.linalg.matrix_norm(torch.cov(samples.T) - analytic) / torch.linalg.matrix_norm(analytic)
    assert error < 0.03
