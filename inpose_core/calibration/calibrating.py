# SPDX-License-Identifier: Apache-2.0
"""Turn device poses into joint poses, in the size of the body that will be solved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import Skeleton
from ..errors import CalibrationError
from ..options.calibration import CalibrationSettings
from ..recording.cleaning.resample import resample_recording
from ..recording.types import SOLVER_FPS, PoseType, Recording, Sensors
from .performer import PerformerCalibration, measure_performer
from .performer_body import standing_head_joint_m
from .reference_pose import ReferencePose, find_reference_pose
from .rigid import place_all
from .stature import stature_and_lift
from .storage import load_calibration

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior


@dataclass(frozen=True)
class Calibrated:
    """Hold the solver's measurement, and how it was calibrated."""

    sensors: Sensors
    pose: PoseType
    stature_m: float
    """The performer's."""
    scale: float
    """Skeleton size over performer size."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """Hold a performer, and the recording in which they were measured, standing on y = 0."""

    performer: PerformerCalibration
    recording: Recording
    """At the solver's rate."""
    reference: ReferencePose | None
    """The calibration pose, if one was struck."""
    notes: tuple[str, ...]


def calibrate(
    recording: Recording,
    skeleton: Skeleton,
    settings: CalibrationSettings | None = None,
    prior: Prior | None = None,
) -> Calibrated:
    """Return joint poses at a constant rate, scaled about the floor to the skeleton.

    A recording of "joint" poses is only resampled: no offsets, no scaling, and its floor stays where it is.

    Args:
        recording: as `load_recording` returns it.
        skeleton: the body that will be solved.
        settings: what the user says.
        prior: a loaded prior, for uncertain offsets; the shipped one by default.

    Raises:
        CalibrationError: the performer's stature cannot be told from the recording.
    """
    settings = settings or CalibrationSettings()
    if (settings.pose or recording.pose) == "joint":
        resampled = resample_recording(recording, SOLVER_FPS)
        stature_m = settings.stature_m or skeleton.stature_m
        sensors = Sensors(resampled.positions_m, resampled.rotations_wxyz, resampled.measured, SOLVER_FPS)
        return Calibrated(sensors, "joint", stature_m, 1.0, recording.notes)
    measured = measure(recording, skeleton, settings, prior)
    performer = measured.performer
    scale = scale_to(skeleton, performer, settings)
    positions_m, rotations_wxyz = place_joints(measured.recording, performer)
    sensors = Sensors(positions_m * scale, rotations_wxyz, measured.recording.measured, SOLVER_FPS)
    return Calibrated(sensors, performer.pose, performer.stature_m, scale, measured.notes)


def measure(
    recording: Recording,
    skeleton: Skeleton | None = None,
    settings: CalibrationSettings | None = None,
    prior: Prior | None = None,
) -> Measured:
    """Return the performer of a recording: measured here, or read from the settings' file.

    Without a skeleton the performer is measured by average proportions, good for any rig.

    Raises:
        CalibrationError: the stature is unknown, the file is no calibration, or the recording holds the
            joints themselves.
    """
    settings = settings or CalibrationSettings()
    known_pose = settings.pose or recording.pose
    if known_pose == "joint":
        raise CalibrationError(
            "This recording contains the joints themselves, so it needs no calibration.", "Solve it with --pose joint."
        )
    notes = list(recording.notes)
    saved = load_calibration(settings.calibration_file) if settings.calibration_file is not None else None
    resampled = resample_recording(recording, SOLVER_FPS)
    given_m = settings.stature_m or (saved.stature_m if saved else None)
    # A saved calibration is not asked for a pose, which would measure the performer anew.
    reference = (
        find_reference_pose(resampled, known_pose, settings.calibration_pose, settings.calibration_time_s, given_m)
        if saved is None
        else None
    )
    stature_m, lift_m = stature_and_lift(recording, given_m, reference, notes)
    lifted = replace(resampled, positions_m=resampled.positions_m + np.array((0.0, lift_m, 0.0)))
    if reference is not None:
        notes.append(f"Calibrated by the {reference.label} at {reference.start_s:.1f} to {reference.stop_s:.1f} s.")
    if saved is not None:
        if known_pose is not None and saved.pose != known_pose:
            notes.append(f"The calibration is for {saved.pose} poses, but this recording contains {known_pose} poses.")
        if settings.stature_m is not None:
            size = stature_m / saved.stature_m
            saved = replace(saved, stature_m=stature_m, head_joint_height_m=saved.head_joint_height_m * size)
        return Measured(saved, lifted, None, tuple(notes))
    if skeleton is None:
        skeleton, settings = Skeleton.template(stature_m), replace(settings, body="average")
    performer = measure_performer(lifted, skeleton, settings, stature_m, reference, notes, prior)
    return Measured(performer, lifted, reference, tuple(notes))


def place_joints(
    recording: Recording, performer: PerformerCalibration
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions (F, 3, 3) and rotations (F, 3, 4) of head joint and wrists, in the performer's metres."""
    return place_all(recording.positions_m, recording.rotations_wxyz, performer.offsets)


def scale_to(skeleton: Skeleton, performer: PerformerCalibration, settings: CalibrationSettings) -> float:
    """Return the factor from the performer's metres to the skeleton's."""
    if not isinstance(settings.scale, str):
        return float(settings.scale)
    if settings.scale == "keep":
        return 1.0
    if settings.scale == "arm_span":
        return skeleton.wrist_span_m / performer.wrist_span_m
    return standing_head_joint_m(skeleton) / performer.head_joint_height_m
