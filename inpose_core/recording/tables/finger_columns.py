# SPDX-License-Identifier: Apache-2.0
"""Read and write the fingers in InPose's own CSV.

``left_trigger``, ``left_grip``, ``left_thumb`` and the same for the right hand are numbers from 0 to 1.
``left_index1_qw ... left_index1_qz`` is the local rotation of a finger joint, with the names and the convention of
`body.hands.joints`. A hand has all 15 joints or none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays import FloatArray
from ...body.hands.joints import FINGER_JOINT_COUNT, FINGER_JOINT_NAMES, SIDES
from ...body.hands.tracks import BUTTONS, FingerTracks
from .text_table import TextTable


def finger_places(table: TextTable) -> dict[str, int]:
    """Return where the columns of fingers are in a table: those of the buttons, and of hands with all joints."""
    found = {}
    for name in _button_names():
        if (place := table.find(name)) is not None:
            found[name] = place
    for side in SIDES:
        places = {name: table.find(name) for name in _joint_names(side)}
        if None not in places.values():
            found |= {name: place for name, place in places.items() if place is not None}
    return found


def read_fingers(columns: Sequence[str], values: FloatArray) -> FingerTracks | None:
    """Return the fingers of the columns of `finger_places`, from their values (F, C); None without such columns."""
    if not columns:
        return None
    place = {name: index for index, name in enumerate(columns)}
    pressed = np.full((len(values), len(SIDES), len(BUTTONS)), np.nan)
    rotations = np.full((len(values), len(SIDES), FINGER_JOINT_COUNT, 4), np.nan)
    for hand, side in enumerate(SIDES):
        for button, word in enumerate(BUTTONS):
            if (name := f"{side}_{word}") in place:
                pressed[:, hand, button] = values[:, place[name]]
        if (names := _joint_names(side))[0] in place:
            rotations[:, hand] = values[:, [place[name] for name in names]].reshape(-1, FINGER_JOINT_COUNT, 4)
    measured = np.isfinite(rotations).all(axis=(2, 3))
    return FingerTracks(rotations if measured.any() else None, measured, pressed)


def write_fingers(fingers: FingerTracks | None) -> tuple[list[str], list[str]]:
    """Return the columns that a recording's fingers need, and the cells of each frame, ready to join a line."""
    if fingers is None or fingers.is_empty:
        return [], []
    names, blocks = [], []
    for hand, side in enumerate(SIDES):
        for button, word in enumerate(BUTTONS):
            values = fingers.pressed[:, hand, button]
            if np.isfinite(values).any():
                names.append(f"{side}_{word}")
                blocks.append([f"{value:.4g}" if np.isfinite(value) else "" for value in values.tolist()])
    for hand, side in enumerate(SIDES):
        if fingers.rotations_wxyz is not None and fingers.measured[:, hand].any():
            joints = _joint_names(side)
            names += joints
            empty = "," * (len(joints) - 1)
            numbers = fingers.rotations_wxyz[:, hand].reshape(len(fingers), -1).tolist()
            seen = fingers.measured[:, hand].tolist()
            blocks.append(
                [
                    ",".join(f"{x:.6g}" for x in row) if known else empty
                    for row, known in zip(numbers, seen, strict=True)
                ]
            )
    return names, [",".join(cells) for cells in zip(*blocks, strict=True)]


def _button_names() -> list[str]:
    return [f"{side}_{button}" for side in SIDES for button in BUTTONS]


def _joint_names(side: str) -> list[str]:
    return [f"{side}_{joint}_q{part}" for joint in FINGER_JOINT_NAMES for part in "wxyz"]
