# SPDX-License-Identifier: Apache-2.0
"""Euler angles of every order are those of SciPy."""

from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from inpose_core.body.euler import euler_to_quaternion, quaternion_to_euler
from inpose_core.body.quaternions import wxyz_from_xyzw

ORDERS = ["".join(letters) for letters in permutations("XYZ")]
READ_ORDERS = [
    "".join(letters)
    for count in (1, 2, 3)
    for letters in product("XYZ", repeat=count)
    if all(a != b for a, b in pairwise(letters))
]


@pytest.mark.parametrize("order", READ_ORDERS)
def test_angles_make_the_rotations_of_scipy(order: str) -> None:
    angles = np.random.default_rng(0).uniform(-7, 7, (100, len(order)))
    expected = wxyz_from_xyzw(Rotation.from_euler(order, angles).as_quat())
    found = euler_to_quaternion(angles, order)
    np.testing.assert_allclose(found * np.sign((found * expected).sum(-1, keepdims=True)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_rotations_have_the_angles_of_scipy(order: str) -> None:
    turns = Rotation.random(500, random_state=1)
    found = quaternion_to_euler(wxyz_from_xyzw(turns.as_quat()), order)
    np.testing.assert_allclose(found, turns.as_euler(order), rtol=0, atol=1e-12)


@given(st.sampled_from(ORDERS), st.tuples(*[st.floats(-np.pi, np.pi)] * 3), st.sampled_from((None, -1.0, 1.0)))
def test_angles_make_the_rotation_again(order: str, angles: tuple[float, ...], singular: float | None) -> None:
    angles = (angles[0], angles[1] if singular is None else singular * np.pi / 2, angles[2])
    wxyz = euler_to_quaternion(angles, order)
    found = quaternion_to_euler(wxyz, order)
    assert (np.abs(found) <= (np.pi, np.pi / 2 + 1e-12, np.pi)).all()
    # Within 1e-7 of the singular pose the turn that two angles share is told as one.
    assert abs(euler_to_quaternion(found, order) @ wxyz) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("sign", [-1, 1])
def test_at_the_singular_pose_the_last_angle_is_none(sign: int) -> None:
    found = quaternion_to_euler(euler_to_quaternion((0.3, sign * np.pi / 2, 0.4), "ZXY"), "ZXY")
    np.testing.assert_allclose(found, (0.3 + sign * 0.4, sign * np.pi / 2, 0.0), atol=1e-7)


@pytest.mark.parametrize("order", ["", "XX", "XYY", "XYZX", "xyz", "W"])
def test_what_is_no_order_is_refused(order: str) -> None:
    with pytest.raises(ValueError, match="order"):
        euler_to_quaternion(np.zeros((2, len(order))), order)


def test_angles_need_an_order_of_their_number() -> None:
    with pytest.raises(ValueError, match="2 angles"):
        euler_to_quaternion(np.zeros(2), "XYZ")
    with pytest.raises(ValueError, match="XYX"):
        quaternion_to_euler([1, 0, 0, 0], "XYX")
