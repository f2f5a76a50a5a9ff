# SPDX-License-Identifier: Apache-2.0
"""Name the axes of a file. Does not import numpy, because Blender imports this module when it starts.

Axes are three letters that say where the file's x, y and z point for somebody who faces forward: R or L, U or D, F
or B. OpenXR, OpenVR and WebXR are RUB, Unity is RUF, Unreal FRU, ROS FLU, Blender RFU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .errors import RecordingError

AXES_NAMES: Final[Mapping[str, str]] = {
    "openxr": "RUB",
    "openvr": "RUB",
    "webxr": "RUB",
    "unity": "RUF",
    "unreal": "FRU",
    "ros": "FLU",
    "blender": "RFU",
}
"""Words that the user may write instead of letters."""

DIRECTIONS: Final[Mapping[str, tuple[float, float, float]]] = {
    "R": (1, 0, 0),
    "L": (-1, 0, 0),
    "U": (0, 1, 0),
    "D": (0, -1, 0),
    "B": (0, 0, 1),
    "F": (0, 0, -1),
}
"""Each letter's direction in OpenXR's axes."""

_HINT: Final[str] = (
    "Write a name (openxr, unity, unreal, ros, blender) or three letters that say where x, y and z point: "
    "R or L, U or D, F or B, such as RUB."
)


@dataclass(frozen=True)
class Axes:
    """Hold the directions of x, y and z: for positions, for rotations, and for a device that faces forward.

    Most files use one frame for all three. Blender's objects and cameras turn about other axes of their own, and some
    loggers convert positions and forget the rotations.
    """

    positions: str
    rotations: str = ""
    """Empty: as the positions."""
    device: str = ""
    """Empty: as the rotations."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotations", self.rotations or self.positions)
        object.__setattr__(self, "device", self.device or self.rotations)

    def __str__(self) -> str:
        parts = [self.positions]
        if self.rotations != self.positions or self.device != self.rotations:
            parts.append(self.rotations)
        if self.device != self.rotations:
            parts.append(self.device)
        return "/".join(parts)

    @classmethod
    def parse(cls, text: str) -> Axes:
        """Read ``unity``, ``RUF``, ``RUB/RUF`` (positions, rotations) or ``RFU/RFU/RUB`` (and the device's own).

        Raises:
            RecordingError: the text does not name axes, or mixes left-handed and right-handed axes.
        """
        codes = [AXES_NAMES.get(part.strip().lower(), part.strip().upper()) for part in text.split("/")]
        if not 1 <= len(codes) <= 3 or not all(_is_code(code) for code in codes):
            raise RecordingError(f'"{text[:40]}" does not name axes.', _HINT)
        axes = cls(*codes)
        if is_left_handed(axes.rotations) != is_left_handed(axes.device):
            raise RecordingError(
                f'"{text[:40]}" mixes left-handed and right-handed axes.',
                "The second and the third part must both be right-handed or both left-handed.",
            )
        return axes


def is_left_handed(code: str) -> bool:
    """Say whether axes form a left-handed frame: the sign of their triple product."""
    x, y, z = (DIRECTIONS[letter] for letter in code)
    cross = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    return sum(a * b for a, b in zip(cross, z, strict=True)) < 0


def _is_code(code: str) -> bool:
    return len(code) == 3 and all(sum(letter in pair for letter in code) == 1 for pair in ("RL", "UD", "FB"))
