# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inpose_core.body.skeleton import ANKLE_JOINTS, SENSOR_JOINTS
from inpose_core.errors import InPoseError, RecordingError
from inpose_core.recording.formats.sensors_file import load_sensors, save_sensors
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


def test_everything_comes_back_from_the_file(tmp_path: Path) -> None:
    frames = 7
    sensors = perfect_sensors(smooth_motion(frames)).with_points(
        MeasuredPoint(0, np.ones((frames, 3)), np.arange(frames) > 2, noise_m=0.01, shown=False)
    )
    sensors = replace(
        sensors,
        start_s=1.5,
        seated=np.arange(frames) > 3,
        told_stands=np.tile(np.array((1, -1), np.int8), (frames, 1)),
    )
    save_sensors(sensors, tmp_path / "points.npz")
    again = load_sensors(tmp_path / "points.npz")
    for name, value in vars(sensors).items():
        found = getattr(again, name)
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(found, value, atol=1e-6, err_msg=name)
        else:
            assert found == value, name


def test_points_of_joints_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    sensors = perfect_sensors(smooth_motion(3)).with_points(MeasuredPoint(0, np.ones((3, 3)), np.ones(3, np.bool_)))
    save_sensors(replace(sensors, joints=(15, 20, 21, 99)), tmp_path / "points.npz")
    with pytest.raises(RecordingError, match="unknown joints"):
        load_sensors(tmp_path / "points.npz")
