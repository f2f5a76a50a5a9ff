# SPDX-License-Identifier: Apache-2.0
"""Scale recordings of the joints themselves: they need no calibration, but their body may have another size."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..arrays import FloatArray
from ..body.skeleton import Skeleton
from ..options.calibration import CalibrationSettings
from ..recording.findings import Finding
from ..recording.sensors import Sensors
from ..recording.types import Recording
from .head_height import has_eye_level_origin, standing_height_m
from .performer_body import standing_head_joint_m
from .storage import load_calibration

_USUAL_HEIGHTS: Final[tuple[float, float]] = (0.8, 1.08)
"""Head joint as recorded over that of the standing skeleton: somebody of the same size may crouch, but does not
grow."""


def given_stature_m(settings: CalibrationSettings) -> float | None:
    """Return the performer's height that the user gives, as a number or in a calibration file; None if there is none.

    Raises:
        CalibrationError: the calibration file cannot be used.
    """
    if settings.stature_m is not None:
        return settings.stature_m
    return load_calibration(settings.calibration_file).stature_m if settings.calibration_file is not None else None


def scale_of_joints(skeleton: Skeleton, settings: CalibrationSettings, given_m: float | None) -> float:
    """Return the factor from the recorded joints to the skeleton: 1 unless the user says how large the performer is.

    The recorded body is not estimated from the height of its head: whoever crouches all the time would get a larger
    body.
    """
    if not isinstance(settings.scale, str):
        return float(settings.scale)
    if settings.scale == "height" and given_m is not None:
        return standing_head_joint_m(skeleton) / standing_head_joint_m(Skeleton.template(given_m))
    return 1.0


def findings_of_size(
    recording: Recording, skeleton: Skeleton, settings: CalibrationSettings, given_m: float | None
) -> tuple[Finding, ...]:
    """Say what has no effect, and whether a body that is not scaled has another size than the skeleton."""
    if settings.scale == "arm_span":
        sentence = (
            "Recorded joints are not scaled by the arm span. Set the performer's height, or a factor of the scale."
        )
        return (Finding("stature", sentence),)
    head_m = standing_height_m(recording)
    if settings.scale != "height" or given_m is not None or head_m is None or has_eye_level_origin(recording):
        return ()
    own_m = standing_head_joint_m(skeleton)
    least, most = _USUAL_HEIGHTS
    if head_m < most * own_m and (head_m > least * own_m or settings.posture == "seated"):
        return ()
    return (
        Finding(
            "stature",
            f"The recorded head joint is {head_m:.2f} m up, and that of the standing character is {own_m:.2f} m up. "
            "Recorded joints are scaled only if you say how: if the performer has another size than the character, set "
            f"the performer's height, or a factor of the scale (such as --scale {own_m / head_m:.2f}).",
        ),
    )


def notes_of_scale(scale: float, settings: CalibrationSettings, given_m: float | None) -> tuple[str, ...]:
    """Return that recorded joints are scaled by a performer's height: the setting may be of another recording."""
    if settings.scale != "height" or given_m is None:
        return ()
    return (
        f"The recorded joints are scaled by {scale:.2f}, because the performer's height is set to {given_m:.2f} m.",
    )


def scaled_sensors(sensors: Sensors, scale: float, pivot_m: FloatArray) -> Sensors:
    """Return the sensors scaled about a place on the floor, (3,)."""
    if scale == 1.0:
        return sensors
    return replace(sensors, positions_m=sensors.positions_m * scale + (1 - scale) * pivot_m)
