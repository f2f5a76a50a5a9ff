# SPDX-License-Identifier: Apache-2.0
"""Simulated devices sit rigidly in the hands and on the head of the truth."""

import numpy as np
import pytest

from inpose_core.body.quaternions import conjugate_quaternion, multiply_quaternions, rotate_vector
from inpose_core.body.skeleton import SENSOR_JOINTS
from inpose_core.evaluation.recordings.devices import CONTROLLERS
from tests.core.evaluation.recordings.scenes import take


@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_each_device_is_rigid_in_its_joint_up_to_the_noise(controller: str) -> None:
    tracked = take(controller)
    for device, joint in enumerate(SENSOR_JOINTS):
        joint_m, joint_wxyz = tracked.joints_at_frames(joint)
        back = conjugate_quaternion(tracked.rotations_wxyz[:, device])
        place_m = rotate_vector(back, joint_m - tracked.positions_m[:, device])
        assert place_m.std(axis=0).max() < 0.004
        turn = multiply_quaternions(back, joint_wxyz)
        assert np.degrees(2 * np.arccos(np.clip(np.abs(turn @ turn[0]), 0, 1))).max() < 2.0
        wrist = CONTROLLERS[controller].wrist
        usual_m = (np.array((0.0, -0.06, 0.1)), wrist.position_m, wrist.mirrored().position_m)[device]
        assert np.linalg.norm(place_m.mean(axis=0) - usual_m) < 0.06


def test_the_same_seed_tracks_the_same_take_and_clocks_run_forward() -> None:
    one, other = take(), take()
    np.testing.assert_array_equal(one.positions_m, other.positions_m)
    assert (np.diff(one.times_s) > 0).all()
    assert np.diff(one.times_s).std() > 1e-4
    assert 1 / np.median(np.diff(take(rate_hz=20.0).times_s)) == pytest.approx(20.0, rel=0.05)
