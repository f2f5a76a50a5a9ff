# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from inpose_core.body.skeleton import ANKLE_JOINTS, SENSOR_JOINTS
from inpose_core.errors import InPoseError
from inpose_core.recording.sensors import MeasuredPoint, Sensors
from tests.core.synthetic import perfect_sensors, smooth_motion

FRAMES = 6


@pytest.fixture
def sensors() -> Sensors:
    return perfect_sensors(smooth_motion(FRAMES))


def marker(frames: int = FRAMES) -> MeasuredPoint:
    return MeasuredPoint(ANKLE_JOINTS[0], np.ones((frames, 3)), np.ones(frames, np.bool_), noise_m=0.01)


def test_a_marker_has_a_position_and_no_rotation(sensors: Sensors) -> None:
    joined = sensors.with_points(marker())
    assert joined.joints == (*SENSOR_JOINTS, ANKLE_JOINTS[0])
    assert joined.positions_m.shape == (FRAMES, 4, 3)
    assert joined.measured[:, 3].all()
    assert not joined.rotation_known[:, 3].any()
    assert joined.rotation_known[:, :3].all()
    assert joined.noise_m is not None
    np.testing.assert_array_equal(joined.noise_m, np.tile((0, 0, 0, 0.01), (FRAMES, 1)))


def test_a_part_has_all_points_and_its_own_time(sensors: Sensors) -> None:
    part = sensors.with_points(marker()).part(slice(2, 5))
    assert len(part) == 3
    assert part.start_s == pytest.approx(2 / 60)
    assert part.noise_m is not None
    assert part.noise_m.shape == part.measured.shape == (3, 4)


def test_a_point_of_another_length_or_of_no_joint_is_refused(sensors: Sensors) -> None:
    with pytest.raises(InPoseError, match="5 frames instead of 6"):
        sensors.with_points(marker(5))
    with pytest.raises(InPoseError, match="no joint 22"):
        sensors.with_points(MeasuredPoint(22, np.ones((FRAMES, 3)), np.ones(FRAMES, np.bool_)))
