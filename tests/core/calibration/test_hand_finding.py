# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotate_vector, wxyz_from_xyzw
from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, measure_performer
from inpose_core.calibration.hand_finding import find_hands
from inpose_core.calibration.presets import head_offset, wrist_offset
from inpose_core.calibration.rigid import RigidOffset
from inpose_core.recording.types import PoseType, Recording
from tests.core.synthetic import perfect_sensors, smooth_motion

STATURE_M = 1.75
HEAD = head_offset(STATURE_M)
OFFSETS = (head_offset(1.75), wrist_offset("grip", 0), wrist_offset("grip", 1))


def held(frames: int, turn_deg: float = 0.0, pose: PoseType | None = None) -> Recording:
    """Return a recording of devices that lie in the hands as grips do, but turned, and 5 cm further out."""
    motion = smooth_motion(frames)
    joints = perfect_sensors(motion)
    turn = wxyz_from_xyzw(Rotation.from_rotvec(np.radians(turn_deg) * np.array((0.6, 0.0, 0.8))).as_quat())
    positions_m, rotations = joints.positions_m.copy(), joints.rotations_wxyz.copy()
    for device, offset in enumerate(OFFSETS):
        shifted = RigidOffset(offset.position_m + np.array((0.0, 0.0, 0.05 * (device > 0))), offset.wxyz)
        back = shifted.inverse()
        positions_m[:, device] = joints.positions_m[:, device] + rotate_vector(
            joints.rotations_wxyz[:, device], back.position_m
        )
        rotations[:, device] = multiply_quaternions(joints.rotations_wxyz[:, device], back.wxyz)
        if device:
            rotations[:, device] = multiply_quaternions(rotations[:, device], turn)
    times_s = np.arange(frames) / 60.0
    return Recording(times_s, positions_m, rotations, joints.measured, format="CSV", pose=pose)


def test_a_short_recording_tells_nothing() -> None:
    assert find_hands(held(200), STATURE_M, HEAD) is None


def test_what_was_not_measured_tells_nothing() -> None:
    recording = held(700, 40.0)
    measured = recording.measured.copy()
    measured[300:420, 1] = False
    lost = replace(recording, measured=measured)
    far_m = recording.positions_m.copy()
    far_m[300:420, 1] += 1.0
    found, again = (find_hands(each, STATURE_M, HEAD) for each in (lost, replace(lost, positions_m=far_m)))
    assert found is not None
    assert again is not None
    for one, other in zip(found.wrists, again.wrists, strict=True):
        np.testing.assert_array_equal(one.position_m, other.position_m)
        np.testing.assert_array_equal(one.wxyz, other.wxyz)
    torn = recording.measured.copy()
    torn[::100, 2] = False  # no piece of two seconds is left
    assert find_hands(replace(recording, measured=torn), STATURE_M, HEAD) is None


def test_what_is_found_is_the_same_wherever_one_stands_and_faces() -> None:
    recording = held(400, 40.0)
    found = find_hands(recording, STATURE_M, HEAD)
    room = Rotation.from_euler("Y", 2.0)
    moved = replace(
        recording,
        positions_m=room.apply(recording.positions_m.reshape(-1, 3)).reshape(-1, 3, 3) + np.array((3e5, 0.0, -2e5)),
        rotations_wxyz=multiply_quaternions(wxyz_from_xyzw(room.as_quat()), recording.rotations_wxyz),
    )
    again = find_hands(moved, STATURE_M, HEAD)
    assert found is not None
    assert again is not None
    for one, other in zip(found.wrists, again.wrists, strict=True):
        np.testing.assert_allclose(one.position_m, other.position_m, atol=2e-3)
        assert geodesic_angle(one.wxyz, other.wxyz) < 0.01


@pytest.mark.parametrize("pose", ["grip", None])
def test_only_controllers_that_nobody_knows_are_looked_for(pose: PoseType | None) -> None:
    settings_ = CalibrationSettings(calibration_pose="none")
    notes = measure_performer(held(400, 40.0, pose), Skeleton.template(), settings_).notes
    assert any("roughly from the motion" in note for note in notes) == (pose is None)
    assert not any("assumed OpenXR grip" in note for note in notes)
    unrefined = measure_performer(held(400, 40.0, pose), Skeleton.template(), replace(settings_, refine=False))
    assert any("assumed OpenXR grip" in note for note in unrefined.notes) == (pose is None)
    assert not any("roughly from the motion" in note for note in unrefined.notes)
    np.testing.assert_allclose(unrefined.performer.wrists[0].wxyz, OFFSETS[1].wxyz)
