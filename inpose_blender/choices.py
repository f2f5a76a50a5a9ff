# SPDX-License-Identifier: GPL-3.0-or-later
"""List what there is to choose about a recording and its solve, as Blender's enumerations want it. No bpy here.

The names are the solver's; "auto" leaves the choice to it, "custom" stands for a number or text in a field beside.
"""

from __future__ import annotations

from typing import Final

Items = tuple[tuple[str, str, str], ...]

POSES: Final[Items] = (
    ("auto", "Automatic", "By the kind of recording"),
    ("joint", "Head and wrist joints", "The recording holds the joints themselves: no offsets, no scaling"),
    ("grip", "Grip", "Controllers: the OpenXR grip pose"),
    ("aim", "Aim", "Controllers: the OpenXR aim pose"),
    ("raw", "Raw", "Controllers: the tracked origin of the device"),
    ("saber", "Saber", "Beat Saber's saber pose"),
)
QUALITIES: Final[Items] = (
    ("draft", "Draft", "A quick look"),
    ("default", "Good", "What most shots need"),
    ("high", "Best", "The most that the solver can do; takes several times as long"),
)
SCALES: Final[Items] = (
    ("height", "Match height", "The performer's head is as high as the character's"),
    ("arm_span", "Match arm span", "The performer's hands reach as far as the character's"),
    ("keep", "Keep 1:1", "A metre stays a metre: for sets and props of real size"),
    ("custom", "By a factor", "The character's size over the performer's, as you say"),
)
CALIBRATION_POSES: Final[Items] = (
    ("auto", "Automatic", "A T-pose or an A-pose, if one is held"),
    ("t_pose", "T-pose", "Look for a T-pose only"),
    ("a_pose", "A-pose", "Look for an A-pose only"),
    ("none", "None", "Look for none: take usual offsets"),
)
BODIES: Final[Items] = (
    ("auto", "Automatic", "The character's with unknown controllers, if it is human; else an average adult's"),
    ("rig", "Like the character", "The performer's T-pose becomes the character's"),
    ("average", "Average adult", "For characters with other proportions than the performer"),
)
HEAD_VIEWS: Final[Items] = (
    ("auto", "Automatic", "The middle, unless the head turns about a point that is an eye's distance to the side"),
    ("middle", "Middle of the eyes", "As headsets tell it"),
    ("left_eye", "Left eye", "As some tools record it, for example Blender's own VR view"),
)
UNITS: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("m", "Metres", ""),
    ("dm", "Decimetres", ""),
    ("cm", "Centimetres", ""),
    ("mm", "Millimetres", ""),
    ("in", "Inches", ""),
    ("ft", "Feet", ""),
    ("custom", "Custom", "Another unit: say how many metres it is"),
)
AXES: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("openxr", "OpenXR", "X right, Y up, Z back: OpenXR, SteamVR and WebXR"),
    ("unity", "Unity", "X right, Y up, Z forward"),
    ("unreal", "Unreal", "X forward, Y right, Z up"),
    ("ros", "ROS", "X forward, Y left, Z up"),
    ("blender", "Blender", "X right, Y forward, Z up"),
    ("custom", "Custom", "Other axes: say where they point"),
)
QUATERNION_ORDERS: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("wxyz", "W X Y Z", "The real part comes first"),
    ("xyzw", "X Y Z W", "The real part comes last"),
)
TIME_UNITS: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("s", "Seconds", ""),
    ("ms", "Milliseconds", ""),
    ("us", "Microseconds", ""),
    ("ticks", "Ticks", "100 ns each, as .NET counts time"),
    ("ns", "Nanoseconds", ""),
)
HANDS: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("keep", "Keep", "Left is left"),
    ("swap", "Swap", "The file calls the right hand left"),
)
ORIGINS: Final[Items] = (
    ("auto", "As guessed", "Leave it to the file and the data"),
    ("floor", "Floor", "Heights count from the floor"),
    ("eyes", "Eyes", "Heights count from where the eyes were at the start"),
)


def names_of(items: Items) -> tuple[str, ...]:
    """Return the names that the solver knows."""
    return tuple(name for name, *_ in items if name not in {"auto", "custom"})
