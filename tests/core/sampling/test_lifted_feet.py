# SPDX-License-Identifier: Apache-2.0
import numpy as np

from inpose_core.sampling.lifted_feet import LiftSettings, lift_feet

FRAMES = 120
STILL = np.zeros(FRAMES)
SURE = np.tile((-6.0, 5.0), (FRAMES, 1))
"""The left foot is lifted and the right one stands, certainly."""


def toes(height_m: float) -> np.ndarray:
    """Return the left foot lifted by a height, the right one on the floor."""
    toes_m = np.full((FRAMES, 2, 3), 0.02)
    toes_m[:, 0, 1] += height_m
    return toes_m


def lift_m(toes_m: np.ndarray) -> float:
    return float((toes_m[:, 0, 1] - toes_m[:, 1, 1]).mean())


def test_a_low_foot_that_is_certainly_lifted_is_lifted_more() -> None:
    raised_m = lift_feet(toes(0.15), SURE, STILL, 0.83)
    assert 0.22 < lift_m(raised_m) < 0.15 * (1 + LiftSettings().more)
    np.testing.assert_array_equal(raised_m[:, 1], toes(0.15)[:, 1])
    np.testing.assert_array_equal(raised_m[..., [0, 2]], toes(0.15)[..., [0, 2]])


def test_a_high_foot_a_walking_body_and_an_unsure_foot_stay_as_they_were_solved() -> None:
    assert lift_m(lift_feet(toes(0.9), SURE, STILL, 0.83)) < 0.96
    assert lift_m(lift_feet(toes(0.15), SURE, STILL + 1.5, 0.83)) < 0.151
    assert lift_m(lift_feet(toes(0.15), np.tile((0.0, 5.0), (FRAMES, 1)), STILL, 0.83)) < 0.165
    assert lift_m(lift_feet(toes(0.15), np.tile((-6.0, -6.0), (FRAMES, 1)), STILL, 0.83)) < 0.151
    flat = toes(0.0)
    np.testing.assert_array_equal(lift_feet(flat, SURE, STILL, 0.83), flat)


def test_the_lift_has_no_scale() -> None:
    one, three = lift_feet(toes(0.15), SURE, STILL, 0.83), lift_feet(3 * toes(0.15), SURE, STILL, 2.49)
    np.testing.assert_allclose(three, 3 * one, atol=1e-12)
