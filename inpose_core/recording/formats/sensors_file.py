# SPDX-License-Identifier: Apache-2.0
"""Keep poses of head and hands at a constant rate in an ``.npz`` file: for previews, and for adjusting a motion."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ...body.motion import atomic_output
from ...errors import RecordingError
from ..types import Sensors


def save_sensors(sensors: Sensors, path: Path) -> None:
    """Write ``positions_m`` (F, 3, 3), ``rotations_wxyz`` (F, 3, 4), ``measured`` (F, 3) and ``fps``.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        positions_m=sensors.positions_m.astype(np.float32),
        rotations_wxyz=sensors.rotations_wxyz.astype(np.float32),
        measured=sensors.measured,
        fps=np.float64(sensors.fps),
    )
    with atomic_output(path) as temporary:
        temporary.write_bytes(packed.getbuffer())


def load_sensors(path: Path) -> Sensors:
    """Read a file of `save_sensors`.

    Raises:
        RecordingError: the file is missing, or no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            positions_m, rotations = arrays["positions_m"].astype(np.float64), arrays["rotations_wxyz"]
            measured, fps = arrays["measured"].astype(np.bool_), float(arrays["fps"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordingError(f"{path} holds no head and hands ({error}).", "Solve the recording again.") from error
    count = len(positions_m)
    if (positions_m.shape, rotations.shape, measured.shape) != ((count, 3, 3), (count, 3, 4), (count, 3)):
        raise RecordingError(f"{path} holds arrays of other shapes.", "Solve the recording again.")
    return Sensors(positions_m, rotations.astype(np.float64), measured, fps)
