# SPDX-License-Identifier: Apache-2.0
"""Hold what the user may say about the performer and the devices, and what calibration answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from ..body.motion import SOLVER_FPS
from ..errors import CalibrationError
from ..recording.types import PoseType, Sensors

SMALLEST_STATURE_M: Final[float] = 0.5
LARGEST_STATURE_M: Final[float] = 2.6

ScaleMode = Literal["height", "arm_span", "keep"]
SCALE_MODES: Final[tuple[ScaleMode, ...]] = get_args(ScaleMode)
"""How a performer's size becomes the rig's: equal head heights, equal arm spans, or metres kept as they are."""

CalibrationPoseChoice = Literal["auto", "t_pose", "a_pose", "none"]
CALIBRATION_POSES: Final[tuple[CalibrationPoseChoice, ...]] = get_args(CalibrationPoseChoice)
"""Which pose to look for; "none" looks for none."""

HeadView = Literal["auto", "middle", "left_eye"]
HEAD_VIEWS: Final[tuple[HeadView, ...]] = get_args(HeadView)
"""What the head's poses look from. Blender's Tracking Toolkit records the left eye's view; "auto" believes the middle
unless the head turns about a point that is an eye's distance to the side."""

BodyChoice = Literal["auto", "rig", "average"]
BODY_CHOICES: Final[tuple[BodyChoice, ...]] = get_args(BodyChoice)
"""Whose proportions the performer is taken to have while the devices' offsets are solved in a calibration pose: the
rig's, so that the performer's T-pose becomes the rig's, or an average adult's. "auto" takes the rig's where these are
human and nothing is known of the controllers, else the average adult's."""


@dataclass(frozen=True)
class CalibrationSettings:
    """Say what the recording does not: how tall the performer is, what the hand poses are, how to scale."""

    stature_m: float | None = None
    """The performer's height from floor to crown; None estimates it from the headset's height."""
    pose: PoseType | None = None
    """None takes what the recording says, else "grip"."""
    fps: float = SOLVER_FPS
    scale: ScaleMode | float = "height"
    """A mode, or the factor itself from the performer's metres to the rig's."""
    calibration_pose: CalibrationPoseChoice = "auto"
    calibration_time_s: float | None = None
    """When the pose is struck; None finds it."""
    body: BodyChoice = "auto"
    head_view: HeadView = "auto"
    refine: bool = True
    """Correct uncertain offsets (sabers, unknown hand poses) by the motion itself."""
    file: Path | None = None
    """A calibration saved before (`inpose calibrate`), of the same performer with the same devices. What is said here
    beside it overrides it."""

    def __post_init__(self) -> None:
        # A path in a worker's request or a panel is text.
        if self.file is not None:
            object.__setattr__(self, "file", Path(self.file))
        if isinstance(self.scale, str) and self.scale not in SCALE_MODES:
            raise CalibrationError(
                f'There is no scale "{self.scale}".', f"Choose {', '.join(SCALE_MODES)}, or a number."
            )
        if not isinstance(self.scale, str) and not (math.isfinite(self.scale) and 1e-3 <= self.scale <= 1e3):
            raise CalibrationError(f"A scale of {self.scale:g} is out of range.", "Choose 0.001 to 1000.")
        if self.calibration_pose not in CALIBRATION_POSES:
            raise CalibrationError(
                f'There is no calibration pose "{self.calibration_pose}".', f"Choose {', '.join(CALIBRATION_POSES)}."
            )
        if self.head_view not in HEAD_VIEWS:
            raise CalibrationError(f'There is no head view "{self.head_view}".', f"Choose {', '.join(HEAD_VIEWS)}.")
        if self.body not in BODY_CHOICES:
            raise CalibrationError(f'There is no body "{self.body}".', f"Choose {', '.join(BODY_CHOICES)}.")


@dataclass(frozen=True)
class Calibrated:
    """Hold the solver's measurement and how it came about."""

    sensors: Sensors
    pose: PoseType
    stature_m: float
    """The performer's."""
    scale: float
    """Skeleton size over performer size."""
    notes: tuple[str, ...]


def parse_scale(text: str) -> ScaleMode | float:
    """Return a scale mode or a factor, from text as it is typed: "height", "arm-span", "keep" or "1.1".

    Raises:
        CalibrationError: it is neither.
    """
    name = text.strip().lower().replace("-", "_")
    for mode in SCALE_MODES:
        if name == mode:
            return mode
    try:
        return float(text)
    except ValueError as error:
        raise CalibrationError(
            f'"{text}" is no scale.', "Choose height, arm-span or keep, or give a number."
        ) from error


def check_stature(stature_m: float | None) -> None:
    """Refuse a height that no person has.

    Raises:
        CalibrationError: it is too small, too large or no number.
    """
    if stature_m is not None and not SMALLEST_STATURE_M <= stature_m <= LARGEST_STATURE_M:
        raise CalibrationError(
            f"A stature of {stature_m:g} m is not a person's.", "Give the performer's height in metres."
        )
