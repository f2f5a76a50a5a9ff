# SPDX-License-Identifier: Apache-2.0
"""The example is recorded as a headset would record the body that was solved."""

import numpy as np

from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import CalibrationSettings, calibrate
from inpose_core.demo.example import EXAMPLE_STATURE_M, record_motion
from tests.core.synthetic import perfect_sensors, smooth_motion


def test_the_recorded_devices_lead_back_to_the_joints() -> None:
    """At 72 Hz on an uneven clock and back at 60 Hz: within a millimetre and a tenth of a degree."""
    motion = smooth_motion(300)
    recording = record_motion(motion, np.random.default_rng(0))
    assert np.abs(np.diff(recording.times_s) - 1 / 72).max() > 1e-4
    joints = perfect_sensors(motion)
    settings = CalibrationSettings(stature_m=EXAMPLE_STATURE_M, scale="keep", body="average")
    found = calibrate(recording, Skeleton.template(EXAMPLE_STATURE_M), settings).sensors
    count = len(found.positions_m)
    # Calibration puts the floor elsewhere; the ways of the joints are the same.
    way_m = found.positions_m - found.positions_m[:1]
    true_m = joints.positions_m[:count] - joints.positions_m[:1]
    turns = np.abs((found.rotations_wxyz * joints.rotations_wxyz[:count]).sum(-1))
    assert np.abs(way_m - true_m).max() < 1e-3
    assert np.degrees(2 * np.arccos(np.minimum(turns, 1.0))).max() < 0.1
