# SPDX-License-Identifier: Apache-2.0
"""Name the conventions in which recordings are written, and turn them into the core's.

Axes are three letters that say where the file's x, y and z point for somebody who faces forward: R or L, U or D, F
or B. OpenXR, OpenVR and WebXR are RUB, Unity is RUF, Unreal FRU, ROS FLU, Blender RFU. With the matrix ``A`` whose
columns are those directions in OpenXR's axes, a position is ``A p`` and a rotation ``A R A^T``, mirrored or not: a
rotation matrix of a left-handed frame holds the same numbers as the formula of a right-handed one, so nothing else
changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..body.quaternions import matrix_to_quaternion, multiply_quaternions, quaternion_to_matrix
from ..errors import RecordingError
from .types import Origin

FloatArray = NDArray[np.float64]

QuaternionOrder = Literal["wxyz", "xyzw"]
QUATERNION_ORDERS: Final[tuple[QuaternionOrder, ...]] = ("wxyz", "xyzw")
ORIGINS: Final[tuple[Origin, ...]] = ("floor", "eyes")

UNITS_M: Final[Mapping[str, float]] = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
"""Metres per unit of length."""

TIME_UNITS_S: Final[Mapping[str, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ticks": 1e-7, "ns": 1e-9}
"""Seconds per unit of time; a tick is .NET's, 100 ns."""

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

_DIRECTIONS: Final[Mapping[str, tuple[float, float, float]]] = {
    "R": (1, 0, 0),
    "L": (-1, 0, 0),
    "U": (0, 1, 0),
    "D": (0, -1, 0),
    "B": (0, 0, 1),
    "F": (0, 0, -1),
}
_HINT: Final[str] = (
    "Write a name (openxr, unity, unreal, ros, blender) or three letters that say where x, y and z point: "
    "R or L, U or D, F or B, such as RUB."
)


@dataclass(frozen=True)
class Axes:
    """Say where x, y and z point: of positions, of the frame of rotations, and of a device that faces forward.

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
            RecordingError: the text names no axes, or rotations that no rotation can be.
        """
        codes = [AXES_NAMES.get(part.strip().lower(), part.strip().upper()) for part in text.split("/")]
        if not 1 <= len(codes) <= 3 or not all(_is_code(code) for code in codes):
            raise RecordingError(f'"{text[:40]}" names no axes.', _HINT)
        axes = cls(*codes)
        if np.linalg.det(axes_matrix(axes.rotations)) * np.linalg.det(axes_matrix(axes.device)) < 0:
            raise RecordingError(
                f'"{text[:40]}" gives the devices a handedness that their rotations have not.',
                "The second and the third part must both be right-handed or both left-handed.",
            )
        return axes


@dataclass(frozen=True)
class ReadOptions:
    """Say what a file is, against what it says or what would be guessed; None leaves it to the file and the data.

    Raises:
        RecordingError: a value is none of those that exist.
    """

    unit: str | None = None
    """One of `UNITS_M`, or metres per unit as a number, such as "0.0254"."""
    axes: str | None = None
    """As `Axes.parse` reads it."""
    quaternion_order: QuaternionOrder | None = None
    time_unit: str | None = None
    """One of `TIME_UNITS_S`."""
    fps: float | None = None
    """Frames per second, where a file holds no times or times that are to be disregarded."""
    swap_hands: bool | None = None
    """True exchanges left and right, False keeps them, None lets geometry decide where the file does not."""
    origin: Origin | None = None
    columns: str | None = None
    """For tables: a preset's name, a mapping such as ``time=t, head_p=HeadPos_{xyz}, ...``, or a mapping's file."""
    take: int | None = None
    """Which of the takes between long pauses, from 1; None is the longest."""

    def __post_init__(self) -> None:
        if self.unit is not None:
            unit_in_metres(self.unit)
        if self.axes is not None:
            Axes.parse(self.axes)
        _check("quaternion order", self.quaternion_order, QUATERNION_ORDERS)
        _check("time unit", self.time_unit, tuple(TIME_UNITS_S))
        _check("origin", self.origin, ORIGINS)
        if self.fps is not None and not 1.0 <= self.fps <= 2000.0:
            raise RecordingError(f"{self.fps:g} frames per second are no rate of a recording.", "Give 1 to 2000.")


def unit_in_metres(unit: str) -> float:
    """Return the metres per unit of a unit's name or of a number.

    Raises:
        RecordingError: the text is neither.
    """
    if unit in UNITS_M:
        return UNITS_M[unit]
    try:
        metres = float(unit)
    except ValueError:
        metres = 0.0
    if not 1e-6 <= metres <= 1e6:
        raise RecordingError(
            f'"{unit[:20]}" is no unit of length.',
            f"Write one of {', '.join(UNITS_M)}, or metres per unit as a number.",
        )
    return metres


def axes_matrix(code: str) -> FloatArray:
    """Return the (3, 3) matrix that turns numbers along these axes into OpenXR's; its columns are the axes."""
    return np.array([_DIRECTIONS[letter] for letter in code], dtype=np.float64).T


def convert_positions(positions: FloatArray, axes: Axes) -> FloatArray:
    """Return positions (..., 3) in OpenXR's axes, still in the file's unit."""
    return np.asarray(positions @ axes_matrix(axes.positions).T)


def convert_rotations(wxyz: FloatArray, axes: Axes) -> FloatArray:
    """Return unit quaternions (..., 4) in OpenXR's axes, for devices whose own axes are then OpenXR's.

    ``A R B^T`` is ``(A R A^T)(A B^T)``: a signed permutation of the vector part, and one fixed turn where a device's
    own axes differ from the world's.
    """
    A, B = axes_matrix(axes.rotations), axes_matrix(axes.device)
    converted = np.empty_like(wxyz)
    converted[..., 0] = wxyz[..., 0]
    # A mirror image turns the other way round: the axis of a turn is a pseudovector.
    converted[..., 1:] = wxyz[..., 1:] @ (np.linalg.det(A) * A).T
    if axes.device != axes.rotations:
        converted = multiply_quaternions(converted, matrix_to_quaternion(A @ B.T))
    return converted


def rotation_matrices(wxyz: FloatArray) -> FloatArray:
    """Return rotation matrices (..., 3, 3) of quaternions that need not be of unit length; NaN where they are zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return quaternion_to_matrix(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True))


def _is_code(code: str) -> bool:
    return len(code) == 3 and all(sum(letter in pair for letter in code) == 1 for pair in ("RL", "UD", "FB"))


def _check(what: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise RecordingError(f'"{value[:20]}" is no {what}.', f"Write one of {', '.join(allowed)}.")
