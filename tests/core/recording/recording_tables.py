# SPDX-License-Identifier: Apache-2.0
"""Write a recording as other people's tables do: other axes, units, orders, clocks and column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inpose_core.body.euler import quaternion_to_euler
from inpose_core.body.quaternions import matrix_to_quaternion, quaternion_to_matrix, wxyz_from_xyzw, xyzw_from_wxyz
from inpose_core.recording import Recording
from inpose_core.recording.conventions import TIME_UNITS_S, UNITS_M, Axes, axes_matrix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Convention:
    """Say how the numbers of a table are to be written."""

    axes: str = "RUB"
    unit: str = "m"
    quaternion_order: str = "xyzw"
    time_unit: str = "s"
    swap_hands: bool = False
    decimals: int = 9

    def tracks(self, recording: Recording) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return times (F,), positions (F, 3, 3) and quaternions (F, 3, 4) in this convention."""
        axes = Axes.parse(self.axes)
        positions = recording.positions_m @ axes_matrix(axes.positions) / UNITS_M[self.unit]
        A, B = axes_matrix(axes.rotations), axes_matrix(axes.device)
        quaternions = matrix_to_quaternion(A.T @ quaternion_to_matrix(recording.rotations_wxyz) @ B)
        if self.quaternion_order == "xyzw":
            quaternions = xyzw_from_wxyz(quaternions)
        if self.swap_hands:
            positions, quaternions = positions[:, [0, 2, 1]], quaternions[:, [0, 2, 1]]
        return recording.times_s / TIME_UNITS_S[self.time_unit], positions, quaternions


def wide_table(
    recording: Recording,
    convention: Convention,
    devices: Sequence[str],
    position: str,
    rotation: str,
    time: str = "time",
    delimiter: str = ",",
) -> str:
    """Return a table of one row per frame; ``{}`` in the patterns is the device, and a component is appended."""
    times, positions, quaternions = convention.tracks(recording)
    parts = "xyzw" if convention.quaternion_order == "xyzw" else "wxyz"
    header = [time] if time else []
    columns = [times[:, None]] if time else []
    for index, device in enumerate(devices):
        header += [position.format(device) + axis for axis in "xyz"]
        header += [
            rotation.format(device) + (part if rotation.endswith(("_", ".", " ")) else str(place))
            for place, part in enumerate(parts)
        ]
        columns += [positions[:, index], quaternions[:, index]]
    return text_of(header, np.concatenate(columns, axis=1), convention.decimals, delimiter)


def text_of(header: Sequence[str], values: FloatArray, decimals: int = 9, delimiter: str = ",") -> str:
    """Return a table's text."""
    lines = [delimiter.join(header)]
    lines += [delimiter.join(f"{value:.{decimals}f}" for value in row) for row in values.tolist()]
    return "\n".join(lines) + "\n"


def cut(recording: Recording, frames: slice) -> Recording:
    """Return a part of a recording."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(
        recording,
        times_s=recording.times_s[frames] - recording.times_s[frames][0],
        positions_m=recording.positions_m[frames],
        rotations_wxyz=recording.rotations_wxyz[frames],
        measured=recording.measured[frames],
    )


def euler_poses(recording: Recording, axes: str, order: str) -> list[tuple[float, FloatArray]]:
    """Return the time of each frame, and the devices' positions and angles about X, Y and Z in degrees, (3, 6)."""
    times, positions, quaternions = Convention(axes).tracks(recording)
    angles = np.empty_like(positions)
    turns = np.degrees(quaternion_to_euler(wxyz_from_xyzw(quaternions), order))
    angles[..., ["XYZ".index(axis) for axis in order]] = turns
    return list(zip(times.tolist(), np.concatenate([positions, angles], axis=-1), strict=True))


def euler_table(recording: Recording, axes: str, order: str) -> str:
    """Return a table of one row per frame with Euler angles."""
    devices = ("Head", "LeftHand", "RightHand")
    header = ["time", *(f"{device}{part}{axis}" for device in devices for part in ("Pos", "Rot") for axis in "XYZ")]
    rows = [[f"{t:.6f}", *(f"{x:.6f}" for x in np.ravel(poses))] for t, poses in euler_poses(recording, axes, order)]
    return "\n".join(",".join(row) for row in [header, *rows])
