# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from inpose_core.body import quaternions, rotations
from inpose_core.body.quaternions import wxyz_from_xyzw

angles = st.floats(-3.1, 3.1)
vectors = st.tuples(angles, angles, angles)


def random_matrices(count: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(Rotation.random(count, random_state=seed).as_matrix())


def test_sixd_round_trip() -> None:
    R = random_matrices(200)
    torch.testing.assert_close(rotations.sixd_to_matrix(rotations.matrix_to_sixd(R)), R)


def test_gram_schmidt_gives_rotations_from_anything() -> None:
    sixd = torch.randn(500, 6, dtype=torch.float64)
    R = rotations.sixd_to_matrix(sixd)
    torch.testing.assert_close(R @ R.transpose(-1, -2), torch.eye(3, dtype=torch.float64).expand(500, 3, 3))
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(500, dtype=torch.float64))


def test_degenerate_sixd_is_finite() -> None:
    assert rotations.sixd_to_matrix(torch.zeros(2, 6)).isfinite().all()
    assert rotations.sixd_to_matrix(torch.ones(2, 6)).isfinite().all()


def test_raw_matrix_agrees_on_the_manifold() -> None:
    R = random_matrices(50)
    torch.testing.assert_close(rotations.sixd_to_raw_matrix(rotations.matrix_to_sixd(R)), R)


@given(vectors)
def test_rotvec_round_trip(rotvec: tuple[float, float, float]) -> None:
    omega = torch.tensor(rotvec, dtype=torch.float64)
    R = rotations.rotvec_to_matrix(omega)
    torch.testing.assert_close(rotations.rotvec_to_matrix(rotations.matrix_to_rotvec(R)), R, atol=1e-7, rtol=0)


def test_skew_is_the_cross_product() -> None:
    v, u = torch.randn(20, 3), torch.randn(20, 3)
    torch.testing.assert_close((rotations.skew(v) @ u[..., None])[..., 0], torch.linalg.cross(v, u))


@given(angles)
def test_heading_of_a_turn_is_the_turn(yaw: float) -> None:
    cosine, sine = rotations.heading_of(rotations.yaw_matrix(torch.tensor(yaw, dtype=torch.float64)))
    assert float(cosine) == pytest.approx(np.cos(yaw), abs=1e-9)
    assert float(sine) == pytest.approx(np.sin(yaw), abs=1e-9)


def test_heading_ignores_nodding_and_follows_turning() -> None:
    nod = torch.tensor(Rotation.from_euler("x", 80, degrees=True).as_matrix())
    yaw = rotations.yaw_matrix(torch.tensor(0.7, dtype=torch.float64))
    torch.testing.assert_close(rotations.heading_of(nod), torch.tensor([1.0, 0.0], dtype=torch.float64))
    expected = torch.tensor([np.cos(0.7), np.sin(0.7)])
    torch.testing.assert_close(rotations.heading_of(yaw @ nod), expected)


def test_conventions_active_rotation_about_y_takes_z_to_x() -> None:
    R = rotations.yaw_matrix(torch.tensor(np.pi / 2))
    torch.testing.assert_close(R @ torch.tensor([0.0, 0.0, 1.0]), torch.tensor([1.0, 0.0, 0.0]), atol=1e-6, rtol=0)


def test_numpy_quaternions_agree_with_scipy() -> None:
    a, b = Rotation.random(300, random_state=1), Rotation.random(300, random_state=2)
    a_wxyz, b_wxyz = wxyz_from_xyzw(a.as_quat()), wxyz_from_xyzw(b.as_quat())
    np.testing.assert_allclose(quaternions.quaternion_to_matrix(a_wxyz), a.as_matrix(), atol=1e-12)
    product = quaternions.multiply_quaternions(a_wxyz, b_wxyz)
    np.testing.assert_allclose(quaternions.quaternion_to_matrix(product), (a * b).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(quaternions.rotate_vector(a_wxyz, [1.0, 2.0, 3.0]), a.apply([1.0, 2.0, 3.0]), atol=1e-12)
    back = quaternions.matrix_to_quaternion(a.as_matrix())
    np.testing.assert_allclose(np.abs((back * a_wxyz).sum(-1)), 1.0, atol=1e-12)
    np.testing.assert_allclose(quaternions.geodesic_angle(a_wxyz, b_wxyz), (a.inv() * b).magnitude(), atol=1e-7)


def test_half_turns_survive_the_matrix() -> None:
    for axis in np.eye(3):
        wxyz = np.concatenate(([0.0], axis))
        back = quaternions.matrix_to_quaternion(quaternions.quaternion_to_matrix(wxyz))
        np.testing.assert_allclose(np.abs(back @ wxyz), 1.0, atol=1e-12)


def test_signs_become_continuous() -> None:
    smooth = wxyz_from_xyzw(Rotation.from_rotvec(np.outer(np.linspace(0, 12, 200), (0, 1, 0))).as_quat())
    flipped = smooth * np.where(np.random.default_rng(0).random(200) < 0.5, -1, 1)[:, None]
    continuous = quaternions.continuous_signs(flipped)
    assert ((continuous[1:] * continuous[:-1]).sum(-1) > 0).all()


@given(vectors, vectors)
def test_rotation_between_takes_one_direction_onto_the_other(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    if np.linalg.norm(a) < 1e-3 or np.linalg.norm(b) < 1e-3:
        return
    R = quaternions.rotation_between(a, b)
    np.testing.assert_allclose(R @ a / np.linalg.norm(a), np.array(b) / np.linalg.norm(b), atol=1e-6)
    assert np.linalg.det(R) == pytest.approx(1.0)


def test_rotation_between_opposite_directions() -> None:
    np.testing.assert_allclose(quaternions.rotation_between([0, 1, 0], [0, -1, 0]) @ [0, 1, 0], [0, -1, 0], atol=1e-9)


# The conversions, against scipy, also where they are ill conditioned.


def hard_rotations() -> Rotation:
    """Return rotations near none, near half a turn about each axis, and at random."""
    axes = np.concatenate((np.eye(3), -np.eye(3), [[0.6, 0.8, 0.0], [0.577, -0.577, 0.578]]))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    near = [axis * angle for axis in axes for angle in (0.0, 1e-9, 1e-4, np.pi - 1e-6, 3.0)]
    return Rotation.concatenate([Rotation.from_rotvec(near), Rotation.random(200, random_state=1)])


def test_conversions_agree_with_scipy() -> None:
    truth = hard_rotations()
    R, wxyz = torch.tensor(truth.as_matrix()), torch.tensor(wxyz_from_xyzw(truth.as_quat()))
    torch.testing.assert_close(rotations.quaternion_wxyz_to_matrix(wxyz), R)
    back = rotations.matrix_to_quaternion_wxyz(R)
    torch.testing.assert_close((back * wxyz).sum(-1).abs(), torch.ones(len(truth), dtype=torch.float64))
    torch.testing.assert_close(rotations.rotvec_to_matrix(torch.tensor(truth.as_rotvec())), R, atol=1e-12, rtol=0)
    rotvec = rotations.matrix_to_rotvec(R)
    assert rotvec.norm(dim=-1).max() <= np.pi + 1e-12
    torch.testing.assert_close(rotations.rotvec_to_matrix(rotvec), R, atol=1e-12, rtol=0)
    other = Rotation.random(len(truth), random_state=2)
    angle = rotations.geodesic_angle(R, torch.tensor(other.as_matrix()))
    np.testing.assert_allclose(angle, (truth.inv() * other).magnitude(), atol=1e-7)


def test_small_angles_survive_in_float32() -> None:
    omega = torch.tensor([[1e-5, -2e-5, 5e-6], [0.0, 0.0, 0.0]])
    R = rotations.rotvec_to_matrix(omega)
    torch.testing.assert_close(rotations.matrix_to_rotvec(R), omega, atol=1e-8, rtol=1e-3)
    torch.testing.assert_close(rotations.geodesic_angle(R, torch.eye(3)), omega.norm(dim=-1), atol=1e-7, rtol=1e-3)


def test_slopes_are_finite_at_no_rotation() -> None:
    omega = torch.zeros(2, 3, requires_grad=True)
    rotations.matrix_to_rotvec(rotations.rotvec_to_matrix(omega)).sum().backward()
    torch.testing.assert_close(omega.grad, torch.ones(2, 3))
