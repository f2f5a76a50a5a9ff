# SPDX-License-Identifier: Apache-2.0
"""Convert poses of devices to poses of joints: find the performer's body, the position of the joints relative to the
devices, and the scale to the rig.

The order of trust: what the user says, a calibration saved before, a T-pose or A-pose in the recording, presets of
the devices, and, where these are vague, the motion itself.
"""

from ..options.calibration import (
    BODY_CHOICES,
    CALIBRATION_POSES,
    LARGEST_STATURE_M,
    SCALE_MODES,
    SMALLEST_STATURE_M,
    BodyChoice,
    CalibrationPoseChoice,
    CalibrationSettings,
    ScaleMode,
)
from .calibrating import (
    Calibrated,
    MeasuredPerformer,
    calibrate,
    measure_performer,
    performer_stature_m,
    place_joints,
    scale_to,
)
from .calibration_pose import CalibrationPose, find_calibration_pose
from .head_pivot import HeadPivot, fit_head_pivot
from .performer import PerformerCalibration
from .presets import HEAD_JOINT_IN_HEADSET_M, head_offset, wrist_offset
from .rigid import RigidOffset
from .storage import load_calibration, save_calibration

__all__ = [
    "BODY_CHOICES",
    "CALIBRATION_POSES",
    "HEAD_JOINT_IN_HEADSET_M",
    "LARGEST_STATURE_M",
    "SCALE_MODES",
    "SMALLEST_STATURE_M",
    "BodyChoice",
    "Calibrated",
    "CalibrationPose",
    "CalibrationPoseChoice",
    "CalibrationSettings",
    "HeadPivot",
    "MeasuredPerformer",
    "PerformerCalibration",
    "RigidOffset",
    "ScaleMode",
    "calibrate",
    "find_calibration_pose",
    "fit_head_pivot",
    "head_offset",
    "load_calibration",
    "measure_performer",
    "performer_stature_m",
    "place_joints",
    "save_calibration",
    "scale_to",
    "wrist_offset",
]
