# SPDX-License-Identifier: Apache-2.0
"""Store poses of head and hands at a constant rate in an ``.npz`` file, for previews and to adjust a motion."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ...errors import RecordingError
from ...system.array_files import npz_parts
from ...system.output import write_output
from ...system.safe_files import numbers, one_number, read_arrays
from ..types import Sensors

_LARGEST_ARRAY_BYTES: Final[int] = 128 * 2**20
_POINTS: Final[int] = 3
"""Head, left and right hand."""


def save_sensors(sensors: Sensors, path: Path) -> None:
    """Write ``positions_m`` (F, 3, 3), ``rotations_wxyz`` (F, 3, 4), ``measured`` (F, 3), ``fps`` and ``start_s``.

    Further points than head and hands are not written.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    arrays: dict[str, ArrayLike] = {
        "positions_m": sensors.positions_m[:, :_POINTS].astype(np.float32),
        "rotations_wxyz": sensors.rotations_wxyz[:, :_POINTS].astype(np.float32),
        "measured": sensors.measured[:, :_POINTS],
        "fps": np.float64(sensors.fps),
        "start_s": np.float64(sensors.start_s),
    }
    write_output(path, npz_parts(arrays))


def load_sensors(path: Path) -> Sensors:
    """Read a file of `save_sensors`.

    Raises:
        RecordingError: the file is missing, or is not a sensors file.
    """
    try:
        arrays = read_arrays(
            path,
            ("positions_m", "rotations_wxyz", "measured", "fps"),
            ("start_s",),
            most_bytes=_LARGEST_ARRAY_BYTES,
        )
        positions_m, rotations_wxyz = numbers(arrays["positions_m"]), numbers(arrays["rotations_wxyz"])
        measured, fps = numbers(arrays["measured"]) != 0, one_number(arrays["fps"])
        start_s = one_number(arrays["start_s"]) if "start_s" in arrays else 0.0
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} contains no head and hands ({reason}).", "Solve the recording again.") from error
    count = len(positions_m) if positions_m.ndim else 0
    if (positions_m.shape, rotations_wxyz.shape, measured.shape) != ((count, 3, 3), (count, 3, 4), (count, 3)):
        raise RecordingError(f"{path} contains arrays of wrong shapes.", "Solve the recording again.")
    if not (np.isfinite(positions_m).all() and np.isfinite(rotations_wxyz).all()):
        raise RecordingError(f"{path} contains numbers that are not finite.", "Solve the recording again.")
    return Sensors(positions_m, rotations_wxyz, measured, fps, start_s)
