# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.recording.cleaning.resample import resample_recording
from tests.core.synthetic import joint_recording, smooth_motion


def test_a_device_that_only_turns_keeps_its_rotation_while_its_position_is_lost() -> None:
    recording = joint_recording(smooth_motion(120))
    measured = recording.measured.copy()
    measured[30:90, 1] = False
    resampled = resample_recording(replace(recording, measured=measured, rotation_measured=recording.measured))
    assert not resampled.measured[35:85, 1].any()
    assert resampled.rotation_known.all()
    assert geodesic_angle(resampled.rotations_wxyz, recording.rotations_wxyz).max() < 1e-6
    turns_lost = resample_recording(replace(recording, measured=measured))
    assert not turns_lost.rotation_known[35:85, 1].any()
