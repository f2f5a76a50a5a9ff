# SPDX-License-Identifier: Apache-2.0
"""Predicted points go on as they moved, slow down, and stay where nothing is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inpose_core.body.quaternions import geodesic_angle, rotvec_to_quaternion
from inpose_core.live.points import LivePoints
from inpose_core.live.prediction import predict

SEEN = np.ones(3, np.bool_)
TURN_PER_FRAME = np.array([(0.0, 0.05, 0.0), (0.02, 0.0, 0.0), (0.0, 0.0, 0.0)])


def moving(frames: int, way_m: tuple[float, float, float] = (0.01, 0.0, -0.02)) -> list[LivePoints]:
    return [
        LivePoints(np.tile(np.multiply(frame, way_m), (3, 1)), rotvec_to_quaternion(frame * TURN_PER_FRAME), SEEN)
        for frame in range(frames)
    ]


def test_they_go_on_in_their_direction_and_slow_down() -> None:
    frames = moving(10)
    positions_m = np.stack([points.positions_m for points in [frames[-1], *predict(frames, 6)]])
    steps_m = np.diff(positions_m, axis=0)
    assert np.allclose(steps_m[0], 0.85 * np.array((0.01, 0.0, -0.02)))
    assert (np.diff(np.linalg.norm(steps_m, axis=-1), axis=0) < 0).all()
    assert np.allclose(np.cross(steps_m[0], steps_m[-1]), 0.0)


def test_they_turn_on() -> None:
    frames = moving(10)
    turned = geodesic_angle(predict(frames, 1)[0].rotations_wxyz, frames[-1].rotations_wxyz)
    assert np.allclose(turned, 0.85 * np.linalg.norm(TURN_PER_FRAME, axis=-1))


@given(st.integers(1, 5), st.integers(0, 8))
def test_few_frames_are_enough(before: int, count: int) -> None:
    predicted = predict(moving(before), count)
    assert len(predicted) == count
    assert all(np.isfinite(points.positions_m).all() for points in predicted)


def test_a_lost_point_stays() -> None:
    frames = moving(10)
    lost = np.array((True, True, False))
    frames[-1] = LivePoints(frames[-1].positions_m, frames[-1].rotations_wxyz, lost)
    predicted = predict(frames, 3)[-1]
    assert np.array_equal(predicted.measured, lost)
    assert np.allclose(predicted.positions_m[2], frames[-1].positions_m[2])
    assert not np.allclose(predicted.positions_m[1], frames[-1].positions_m[1])
