# SPDX-License-Identifier: Apache-2.0
"""Recognise the columns of an unknown table by the words in their names, as a person would.

``HMD Pos X``, ``leftHandRotation.w``, ``RightController_position_y``: each name is split into words. One word
names the device, one the kind, and the last one the axis. Eyes, gaze, fingers, speeds and forces are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from .layouts import Layout

_WORD: Final[re.Pattern[str]] = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
_HEAD: Final[frozenset[str]] = frozenset({"head", "hmd", "headset", "camera", "cam", "centereye", "viewer"})
_SIDES: Final[dict[str, frozenset[str]]] = {
    "left": frozenset({"left", "l", "lhand", "lefthand", "leftcontroller", "lh"}),
    "right": frozenset({"right", "r", "rhand", "righthand", "rightcontroller", "rh"}),
}
_POSITION: Final[frozenset[str]] = frozenset({"p", "pos", "position", "loc", "location", "t", "trans", "translation"})
_ROTATION: Final[frozenset[str]] = frozenset(
    {"q", "quat", "quaternion", "rot", "rotation", "orientation", "ori", "euler", "angle", "angles", "r", "rotations"}
)
_OTHER: Final[frozenset[str]] = frozenset(
    {"eyes", "gaze", "pupil", "thumb", "index", "middle", "ring", "pinky", "little", "finger", "palm"}
    | {"foot", "feet", "ankle", "knee", "hip", "leg", "elbow", "shoulder", "waist", "tracker", "target", "object"}
    | {"vel", "velocity", "v", "av", "acc", "accel", "acceleration", "angular", "linear", "speed", "force"}
    | {"joystick", "thumbstick", "trigger", "button", "fwd", "forward", "up", "scale", "delta", "sixd"}
)
_ENDINGS: Final[re.Pattern[str]] = re.compile(r"(p|q|t|r|pos|rot|quat)?([xyzw])")


def layout_by_words(header: Sequence[str]) -> Layout | None:
    """Return which columns are head and hands, and the time; None if head and a hand are not found."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    time: list[str] = []
    for column in header:
        words = [word.lower() for word in _WORD.findall(column)]
        if _is_time(words):
            time.append(column)
            continue
        place = _place(words)
        if place is not None:
            device, base, kind, axis = place
            found.setdefault((device, kind, base), {}).setdefault(axis, column)
    columns: dict[str, Any] = {"time": time}
    for device in ("head", "left", "right"):
        # Among several candidates, such as a hand and its controller, the first complete one is used.
        for base in dict.fromkeys(key[2] for key in found if key[0] == device):
            p, r = found.get((device, "p", base), {}), found.get((device, "r", base), {})
            if not {"x", "y", "z"} <= p.keys() or not {"x", "y", "z"} <= r.keys():
                continue
            columns[f"{device}_p"] = [p[axis] for axis in "xyz"]
            parts = "xyzw" if "w" in r else "xyz"
            columns[f"{device}_{'q' if 'w' in r else 'e'}"] = [r[axis] for axis in parts]
            break
    if "head_p" not in columns or not {"left_p", "right_p"} & columns.keys():
        return None
    return Layout(
        name="words",
        label="the columns' names",
        columns=columns,
        quaternion_order="xyzw" if "head_q" in columns else None,
    )


def _is_time(words: list[str]) -> bool:
    text = "".join(words)
    return (
        text in {"t", "time", "timestamp", "times", "seconds", "ticks"}
        or (bool(words) and words[0] in {"time", "timestamp", "elapsed", "unix", "frametime"} and len(words) <= 3)
        or text in {"deltatimems", "recordingtime", "gametime", "realtime", "systemtime"}
    )


def _place(words: list[str]) -> tuple[str, str, str, str] | None:
    """Return a column's device, the remaining words of its name, its kind and its axis."""
    if len(words) < 2:
        return None
    ending = _ENDINGS.fullmatch(words[-1])
    if ending is None:
        return None
    kind, axis = ending[1] or "", ending[2]
    middle = words[:-1]
    if not kind and len(middle) > 1 and middle[-1] in _POSITION | _ROTATION:
        kind = middle.pop()
    base = " ".join(middle)
    joined = base.replace(" ", "")
    device = "head" if _HEAD & set(middle) or "centereye" in joined else ""
    for side, names in _SIDES.items():
        if names & set(middle):
            device = side
    is_rotation = kind in _ROTATION or axis == "w"
    if not device or _OTHER & set(middle) or ("eye" in middle and device != "head"):
        return None
    if not (is_rotation or kind in _POSITION or not kind):
        return None
    return device, base, "r" if is_rotation else "p", axis
