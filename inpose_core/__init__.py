# SPDX-License-Identifier: Apache-2.0
"""Solve full-body motion from head and two hands: recording, calibration, prior, guidance, motion.

>>> from inpose_core import CalibrationSettings, Skeleton, calibrate, load_recording, solve
>>> recording = load_recording("take.bsor")
>>> body = Skeleton.template(1.75)
>>> motion = solve(calibrate(recording, body, CalibrationSettings(pose="saber")).sensors, body)
>>> motion.save_npz("take.npz")
"""
# ruff: noqa: E402 (until the current folder is left out of the search, every import might take a file of it)

from .system.current_folder import leave_out_current_folder

leave_out_current_folder()


from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    CalibrationError,
    CancelledError,
    DeviceError,
    InPoseError,
    OutputError,
    RecordingError,
    RigError,
    SkeletonError,
    WeightsError,
    WorkerError,
)

if TYPE_CHECKING:
    from .body.motion import Motion
    from .body.skeleton import JOINT_NAMES, PARENTS, Skeleton
    from .calibration import Calibrated, calibrate
    from .motion_files.bvh import save_bvh
    from .options.calibration import CalibrationSettings
    from .options.reading import ReadOptions
    from .options.solve import SolveSettings
    from .prior.checkpoint import Prior, load_prior
    from .recording import Recording, Sensors, load_recording
    from .recording_to_motion import SolvedRecording, SolvePlan, solve_recording
    from .solver.solving import solve

__version__ = "0.1.0"

# These need numpy, which takes longer to load than Blender's start may wait for an add-on: they load when they are
# first asked for.
_LOADED_LATER = {
    "JOINT_NAMES": "body.skeleton",
    "Motion": "body.motion",
    "PARENTS": "body.skeleton",
    "Recording": "recording",
    "Sensors": "recording",
    "Skeleton": "body.skeleton",
    "Calibrated": "calibration",
    "CalibrationSettings": "options.calibration",
    "Prior": "prior.checkpoint",
    "ReadOptions": "options.reading",
    "SolvePlan": "recording_to_motion",
    "SolveSettings": "options.solve",
    "SolvedRecording": "recording_to_motion",
    "calibrate": "calibration",
    "load_prior": "prior.checkpoint",
    "load_recording": "recording",
    "solve_recording": "recording_to_motion",
    "save_bvh": "motion_files.bvh",
    "solve": "solver.solving",
}

__all__ = [
    "JOINT_NAMES",
    "PARENTS",
    "Calibrated",
    "CalibrationError",
    "CalibrationSettings",
    "CancelledError",
    "DeviceError",
    "InPoseError",
    "Motion",
    "OutputError",
    "Prior",
    "ReadOptions",
    "Recording",
    "RecordingError",
    "RigError",
    "Sensors",
    "Skeleton",
    "SkeletonError",
    "SolvePlan",
    "SolveSettings",
    "SolvedRecording",
    "WeightsError",
    "WorkerError",
    "calibrate",
    "load_prior",
    "load_recording",
    "save_bvh",
    "solve",
    "solve_recording",
]


def __getattr__(name: str) -> Any:
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LOADED_LATER[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
