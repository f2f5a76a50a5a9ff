# SPDX-License-Identifier: Apache-2.0
"""The options of calibration: the performer's height, how the devices are held and worn, the size of the motion."""

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
"""Kind of the hand poses: the wrist joint itself, OpenXR grip or aim, the raw OpenVR device, or a game's saber."""
POSE_TYPES: Final[tuple[PoseType, ...]] = get_args(PoseType)

ScaleMode = Literal["height", "arm_span", "keep"]
SCALE_MODES: Final[tuple[ScaleMode, ...]] = get_args(ScaleMode)
"""How the motion is scaled to the rig: equal head heights, equal arm spans, or no scaling."""

CalibrationPoseChoice = Literal["auto", "t_pose", "a_pose", "none"]
CALIBRATION_POSES: Final[tuple[CalibrationPoseChoice, ...]] = get_args(CalibrationPoseChoice)
"""The pose to look for; with "none", calibration looks for no pose."""

HeadView = Literal["auto", "middle", "left_eye"]
"""Point of the head that was recorded. Blender's Tracking Toolkit records the view of the left eye. "auto" assumes the
middle, unless the head turns about a point that lies beside the middle by half the distance of the eyes."""

PostureChoice = Literal["auto", "standing", "seated"]
"""What the performer does; "auto" finds it, for each stretch of the recording."""

BodyChoice = Literal["auto", "rig", "average"]
BODY_CHOICES: Final[tuple[BodyChoice, ...]] = get_args(BodyChoice)
"""Proportions that the performer is assumed to have when calibration finds the device offsets from a calibration pose:
the rig's (the performer's T-pose then becomes the rig's T-pose), or an average adult's. "auto" uses the rig's if they
are human and the controllers are unknown, else the average adult's."""


@dataclass(frozen=True)
class CalibrationSettings(OptionTable):
    """Set what the recording does not contain: the performer's height, the kind of hand poses, the scale.

    Raises:
        CalibrationError: a value does not fit.
    """

    title = "Calibration"
    sentence = "The height of the performer, the position of the devices on the body, and the scale to the character."
    error = CalibrationError

    stature_m: float | None = option(
        None,
        "Height of the performer, from the floor to the top of the head",
        label="Performer height",
        minimum=SMALLEST_STATURE_M,
        maximum=LARGEST_STATURE_M,
        unit="m",
        automatic="estimated from the recording",
        flag="performer-height",
        old_flags=("stature",),
        stored_as="stature",
    )
    pose: PoseType | None = option(
        None,
        "Kind of the recorded hand poses",
        label="Hand poses",
        choices=(
            Choice(
                "joint",
                "Head and wrist joints",
                "The recording contains the joints themselves: no offsets; scaled only by a performer's height or a "
                "factor that you set",
            ),
            Choice("grip", "Grip", "Controllers: the OpenXR grip pose"),
            Choice("aim", "Aim", "Controllers: the OpenXR aim pose"),
            Choice("raw", "Raw", "Controllers: the raw device pose of OpenVR (SteamVR)"),
            Choice("saber", "Saber", "Beat Saber: the poses of the sabers"),
        ),
        automatic="from the recording, else grip",
        flag="hand-poses",
        old_flags=("pose",),
    )
    scale: ScaleMode | float = option(
        "height",
        "How the motion is scaled from the performer to the character",
        label="Scale",
        choices=(
            Choice("height", "Match height", "The performer's head gets the height of the character's head"),
            Choice("arm_span", "Match arm span", "The performer's arm span becomes the character's arm span"),
            Choice("keep", "Keep 1:1", "No scaling: for sets and props of real size"),
        ),
        custom=Custom(
            "Factor",
            "Size of the character divided by the size of the performer",
            "By a factor",
            "Scale by a factor that you set",
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
        "Pose in the recording from which InPose finds how the headset and the controllers are worn and held",
        label="Calibration pose",
        choices=(
            Choice("auto", "Automatic", "A T-pose or an A-pose, if one is held"),
            Choice("t_pose", "T-pose", "Look for a T-pose only"),
            Choice("a_pose", "A-pose", "Look for an A-pose only"),
            Choice("none", "None", "Do not look for a pose; use default offsets"),
        ),
    )
    calibration_time_s: float | None = option(
        None,
        "Time in the recording at which the performer holds the calibration pose",
        label="Calibration time",
        minimum=0.0,
        unit="s",
        automatic="found in the recording",
    )
    calibration_file: Path | None = option(
        None,
        "Saved calibration of this performer with the same headset and controllers, made with Save calibration or "
        "inpose calibrate",
        label="Calibration file",
        automatic="none",
        old_flags=("calibration",),
    )
    """The other options override its values."""
    body: BodyChoice = option(
        "auto",
        "Body proportions of the performer",
        label="Proportions",
        choices=(
            Choice(
                "auto",
                "Automatic",
                "The character's, if the kind of hand poses is unknown and the character is human; "
                "else an average adult's",
            ),
            Choice("rig", "Like the character", "The performer's T-pose becomes the character's T-pose"),
            Choice("average", "Average adult", "For characters whose proportions differ from the performer's"),
        ),
        flag="proportions",
        old_flags=("body",),
    )
    head_view: HeadView = option(
        "auto",
        "Point of the head that the recording contains",
        label="Head view",
        choices=(
            Choice(
                "auto",
                "Automatic",
                "The middle of the eyes, unless the motion of the head shows that one eye was recorded",
            ),
            Choice("middle", "Middle of the eyes", "As headsets report it"),
            Choice("left_eye", "Left eye", "For example from the Blender add-on Tracking Toolkit"),
        ),
    )
    hand_offset_m: tuple[float, float, float] = option(
        (0.0, 0.0, 0.0),
        "Move the left wrist, in the axes of a T-pose: X along the fingers, Y up, Z forward. "
        "The right wrist is mirrored",
        label="Hand offset",
        minimum=-0.5,
        maximum=0.5,
        unit="m",
    )
    hand_turn_deg: tuple[float, float, float] = option(
        (0.0, 0.0, 0.0),
        "Rotate the left hand, in the axes of a T-pose: X along the fingers, Y up, Z forward (a rotation vector). "
        "The right hand is mirrored",
        label="Hand rotation",
        minimum=-180.0,
        maximum=180.0,
        unit="deg",
        flag="hand-rotation",
        old_flags=("hand-turn",),
    )
    posture: PostureChoice = option(
        "auto",
        "Posture of the performer in the recording",
        label="Posture",
        choices=(
            Choice("auto", "Automatic", "Found from the height and the movement of the head and from the arms"),
            Choice("standing", "Standing", "The performer never sits"),
            Choice("seated", "Seated", "The performer sits on a chair"),
        ),
    )
    refine: bool = option(
        True,
        "Improve uncertain hand offsets (sabers, unknown hand poses) from the motion",
        label="Refine hands",
        flag="refine-hands",
        old_flags=("refine",),
    )
