# SPDX-License-Identifier: Apache-2.0
"""The options of reading a recording. They override what the file says, and what InPose guesses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from ..axes import Axes
from ..errors import RecordingError
from .option import Choice, Custom
from .spans import parse_spans
from .table import OptionTable, option

QuaternionOrder = Literal["wxyz", "xyzw"]
EulerOrder = Literal["YXZ", "XYZ", "XZY", "YZX", "ZXY", "ZYX"]
EULER_ORDERS: Final[tuple[EulerOrder, ...]] = get_args(EulerOrder)

QUATERNION_ORDERS: Final[tuple[QuaternionOrder, ...]] = get_args(QuaternionOrder)

TimeUnit = Literal["s", "ms", "us", "ticks", "ns"]

Origin = Literal["floor", "eyes"]
"""Level from which heights count: the floor, or the eyes at the start (OpenXR LOCAL, Oculus EyeLevel, WebXR local)."""

HandsFrom = Literal["room", "head", "head_position"]

_GUESSED: Final[str] = "from the file, or guessed from the data"


@dataclass(frozen=True)
class ReadOptions(OptionTable):
    """Set how to read a file. None keeps the value of the file, or the value that InPose guesses.

    Raises:
        RecordingError: a value does not fit.
    """

    title = "Read as"
    sentence = "How InPose reads the recording. It recognises or guesses all of this; `inpose info` shows the result."
    error = RecordingError

    unit: str | None = option(
        None,
        "Unit of the recorded positions",
        label="Unit",
        choices=(
            Choice("m", "Metres"),
            Choice("dm", "Decimetres"),
            Choice("cm", "Centimetres"),
            Choice("mm", "Millimetres"),
            Choice("in", "Inches"),
            Choice("ft", "Feet"),
        ),
        custom=Custom(
            "Metres per unit",
            "Length of one unit of the recorded positions in metres",
            "Custom",
            "Another unit: give its length in metres",
            1.0,
            "unit_m",
            1e-6,
            1e6,
        ),
        automatic=_GUESSED,
    )
    axes: str | None = option(
        None,
        "Directions of the recording's axes",
        label="Axes",
        choices=(
            Choice("openxr", "OpenXR", "X right, Y up, Z back: OpenXR, SteamVR and WebXR"),
            Choice("unity", "Unity", "X right, Y up, Z forward"),
            Choice("unreal", "Unreal", "X forward, Y right, Z up"),
            Choice("ros", "ROS", "X forward, Y left, Z up"),
            Choice("blender", "Blender", "X right, Y forward, Z up"),
        ),
        custom=Custom(
            "Directions",
            "Directions of X, Y and Z, one letter each: R or L, U or D, F or B; RUF is right, up, forward",
            "Custom",
            "Other axes: give their directions",
            "RUB",
            "axes_letters",
        ),
        automatic=_GUESSED,
        check=Axes.parse,
    )
    quaternion_order: QuaternionOrder | None = option(
        None,
        "Order of the four numbers of a quaternion",
        label="Quaternion order",
        choices=(
            Choice("wxyz", "W X Y Z", "The scalar part W is first"),
            Choice("xyzw", "X Y Z W", "The scalar part W is last"),
        ),
        automatic=_GUESSED,
    )
    euler_order: EulerOrder | None = option(
        None,
        "Axes about which Euler angles turn, one after the other",
        label="Euler order",
        choices=(
            Choice(
                "YXZ", "Unity (YXZ)", "Turn about Y, then about the turned X, then about the turned Z, as Unity does"
            ),
            Choice("XYZ", "XYZ", "Turn about X, then about the turned Y, then about the turned Z"),
            Choice("XZY", "XZY", "Turn about X, then about the turned Z, then about the turned Y"),
            Choice("YZX", "YZX", "Turn about Y, then about the turned Z, then about the turned X"),
            Choice("ZXY", "ZXY", "Turn about Z, then about the turned X, then about the turned Y"),
            Choice(
                "ZYX", "ZYX", "Turn about Z, then about the turned Y, then about the turned X, as Blender's XYZ does"
            ),
        ),
        automatic=_GUESSED,
    )
    time_unit: TimeUnit | None = option(
        None,
        "Unit of the recorded times",
        label="Time unit",
        choices=(
            Choice("s", "Seconds"),
            Choice("ms", "Milliseconds"),
            Choice("us", "Microseconds"),
            Choice("ticks", "Ticks", "100 ns each, as .NET counts time"),
            Choice("ns", "Nanoseconds"),
        ),
        automatic=_GUESSED,
    )
    swap_hands: bool | None = option(
        None,
        "Exchange the left and the right hand",
        label="Swap hands",
        choices=(
            Choice("keep", "Keep", "The left hand of the file is the left hand"),
            Choice("swap", "Swap", "Exchange the left and the right hand"),
        ),
        automatic=_GUESSED,
    )
    hands_from: HandsFrom | None = option(
        None,
        "Coordinate system in which the hands are recorded",
        label="Hands from",
        choices=(
            Choice("room", "Room", "The hands are recorded in the room, like the head"),
            Choice("head", "Headset", "The hands are recorded in the coordinates of the headset"),
            Choice(
                "head_position",
                "Headset position",
                "The hands are recorded relative to the position of the headset, along the axes of the room",
            ),
        ),
        automatic=_GUESSED,
    )
    origin: Origin | None = option(
        None,
        "Level from which the recording counts heights",
        label="Origin",
        choices=(
            Choice("floor", "Floor", "Heights count from the floor"),
            Choice("eyes", "Eyes", "Heights count from the eyes at the start of the recording"),
        ),
        automatic=_GUESSED,
    )
    recording_fps: float | None = option(
        None,
        "Frame rate of the recording, if the times in the file are missing or wrong",
        label="Recording FPS",
        minimum=1.0,
        maximum=2000.0,
        unit="Hz",
        automatic="the file's own times",
    )
    take: int | None = option(
        None,
        "Number of the take to read; the first is 1. Pauses of more than ten seconds split a recording into takes",
        label="Take",
        minimum=1,
        maximum=10_000,
        automatic="the longest",
    )
    trim_start_s: float | None = option(
        None,
        "Time in the recording at which the solve begins. A calibration pose before it still counts",
        label="From",
        minimum=0.0,
        unit="s",
        automatic="the beginning, or when the headset is put on",
        flag="from",
    )
    trim_end_s: float | None = option(
        None,
        "Time in the recording at which the solve ends. A calibration pose after it still counts",
        label="To",
        minimum=0.0,
        unit="s",
        automatic="the end, or when the headset is taken off",
        flag="to",
    )
    leave_out: str | None = option(
        None,
        "Stretches without usable tracking, in seconds, for example 12.5-14, 30-31. The solver computes the body there",
        label="Leave out",
        automatic="nothing",
        check=parse_spans,
    )
    points: str | None = option(
        None,
        "Further points to use besides head and hands, for example hips,feet",
        label="Points",
        automatic="all trackers of a recording, nothing more of a full-body motion",
        not_in_panel="the panel uses every tracker of a recording",
    )
    trackers: str | None = option(
        None,
        "Which joint each tracker measures, for example tracker 1=hips, tracker 2=left_foot, tracker 3=none",
        label="Trackers",
        automatic="by their names, else by where they are",
    )
    columns: str | None = option(
        None,
        'Columns of a table: a preset, a .json file, or "time=t, head_p=Head{XYZ}, head_q=..."',
        label="Columns",
        automatic="recognised from the header",
    )

    @property
    def columns_file(self) -> Path | None:
        """Return the file that assigns the columns; None if it is a preset, the assignment itself, or nothing."""
        return Path(self.columns.strip()) if self.columns is not None and names_columns_file(self.columns) else None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trim_start_s is not None and self.trim_end_s is not None and self.trim_end_s <= self.trim_start_s:
            raise RecordingError(
                f"The trim ends at {self.trim_end_s:g} s, before it starts at {self.trim_start_s:g} s.",
                "Set the end later than the start.",
            )


def names_columns_file(columns: str) -> bool:
    """Return whether the text of the option ``columns`` names a file, and is neither a preset nor the assignment."""
    return columns.strip().lower().endswith(".json") and "=" not in columns


TRIM_OPTIONS: Final[tuple[str, ...]] = ("trim_start_s", "trim_end_s", "leave_out")
"""What says which part of a recording is solved; all else says what its numbers mean."""
