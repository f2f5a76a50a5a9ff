# SPDX-License-Identifier: Apache-2.0
"""The options of calibration: how tall the performer is, how the devices were worn, which size the motion gets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from ..errors import CalibrationError
from .option import Choice, Custom
from .table import OptionTable, option

SMALLEST_STATURE_M: Final[float] = 0.5
LARGEST_STATURE_M: Final[float] = 2.6

PoseType = Literal["joint", "grip", "aim", "raw", "saber"]
"""What the hand poses are: the wrist joint itself, OpenXR grip or aim, the raw OpenVR device, or a game's saber."""
POSE_TYPES: Final[tuple[PoseType, ...]] = get_args(PoseType)

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
class CalibrationSettings(OptionTable):
    """Say what the recording does not: how tall the performer is, what the hand poses are, how to scale.

    Raises:
        CalibrationError: a value does not fit.
    """

    title = "Calibration"
    sentence = "Who performed, how the devices were worn, and how the performer's size becomes the character's."
    error = CalibrationError

    stature_m: float | None = option(
        None,
        "Height of the performer from the floor to the top of the head",
        label="Performer",
        minimum=SMALLEST_STATURE_M,
        maximum=LARGEST_STATURE_M,
        unit="m",
        automatic="estimated from the recording",
        stored_as="stature",
    )
    pose: PoseType | None = option(
        None,
        "Kind of the recorded hand poses",
        label="Pose",
        choices=(
            Choice(
                "joint", "Head and wrist joints", "The recording contains the joints themselves: no offsets, no scaling"
            ),
            Choice("grip", "Grip", "Controllers: the OpenXR grip pose"),
            Choice("aim", "Aim", "Controllers: the OpenXR aim pose"),
            Choice("raw", "Raw", "Controllers: the tracked origin of the device"),
            Choice("saber", "Saber", "Beat Saber's saber pose"),
        ),
        automatic="as the recording says, else grip",
    )
    scale: ScaleMode | float = option(
        "height",
        "How the performer's size becomes the character's",
        label="Scale",
        choices=(
            Choice("height", "Match height", "The performer's head is as high as the character's"),
            Choice("arm_span", "Match arm span", "The performer's hands reach as far as the character's"),
            Choice("keep", "Keep 1:1", "A metre stays a metre: for sets and props of real size"),
        ),
        custom=Custom(
            "Factor",
            "Size of the character divided by the size of the performer",
            "By a factor",
            "Set the size of the character divided by the size of the performer",
            1.0,
            "scale_factor",
            1e-3,
            1e3,
            0.1,
            10.0,
        ),
    )
    calibration_pose: CalibrationPoseChoice = option(
        "auto",
        "Pose to look for in the recording, to find how the devices were held and worn",
        label="Calibration pose",
        choices=(
            Choice("auto", "Automatic", "A T-pose or an A-pose, if one is held"),
            Choice("t_pose", "T-pose", "Look for a T-pose only"),
            Choice("a_pose", "A-pose", "Look for an A-pose only"),
            Choice("none", "None", "Skip detection; use default offsets"),
        ),
    )
    calibration_time_s: float | None = option(
        None,
        "Time at which the calibration pose is held",
        label="Pose held at",
        minimum=0.0,
        unit="s",
        automatic="found in the recording",
    )
    calibration_file: Path | None = option(
        None,
        "Calibration of the same performer with the same devices, made by inpose calibrate",
        label="Calibration file",
        automatic="none",
        old_flags=("calibration",),
    )
    """What is said here beside it overrides it."""
    body: BodyChoice = option(
        "auto",
        "Body proportions of the performer in the calibration pose",
        label="Proportions",
        choices=(
            Choice(
                "auto",
                "Automatic",
                "The character's, if the controllers are unknown and the character is human; else an average adult's",
            ),
            Choice("rig", "Like the character", "The performer's T-pose becomes the character's"),
            Choice("average", "Average adult", "For characters with other proportions than the performer"),
        ),
    )
    head_view: HeadView = option(
        "auto",
        "Point of the head that was recorded",
        label="Head view",
        choices=(
            Choice(
                "auto",
                "Automatic",
                "The middle, unless the head turns about a point to its side, as the left eye's view does",
            ),
            Choice("middle", "Middle of the eyes", "As headsets report it"),
            Choice("left_eye", "Left eye", "As some tools record it, for example Blender's own VR view"),
        ),
    )
    hand_offset_m: tuple[float, float, float] = option(
        (0.0, 0.0, 0.0),
        "Shift of the wrists in the left hand's T-pose axes: X along the fingers, Y up, Z forward; "
        "the right mirrors it",
        label="Hand offset",
        minimum=-0.5,
        maximum=0.5,
        unit="m",
    )
    hand_turn_deg: tuple[float, float, float] = option(
        (0.0, 0.0, 0.0),
        "Turn of the wrists about the same axes, as a rotation vector; the right hand mirrors it",
        label="Hand turn",
        minimum=-180.0,
        maximum=180.0,
        unit="deg",
    )
    refine: bool = option(
        True,
        "Correct uncertain hand offsets (sabers, unknown hand poses) from the motion",
        label="Refine",
    )
