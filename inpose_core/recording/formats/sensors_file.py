# SPDX-License-Identifier: Apache-2.0
"""Store measured points at a constant rate in an ``.npz`` file: for previews, to adjust a motion, to solve it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...body.hands.storage import FINGER_ARRAYS, finger_arrays, fingers_in
from ...body.skeleton import JOINT_COUNT, SENSOR_JOINTS
from ...errors import RecordingError
from ...system.array_files import npz_parts
from ...system.output import write_output
from ...system.safe_files import numbers, one_number, read_arrays
from ..types import Sensors

_LARGEST_ARRAY_BYTES: Final[int] = 512 * 2**20
_FLAGS: Final[tuple[str, ...]] = ("rotation_measured", "seated", "shown")
_NOISE: Final[tuple[str, ...]] = ("noise_m", "rotation_noise_rad")
_OPTIONAL: Final[tuple[str, ...]] = ("start_s", "joints", "told_stands", *_FLAGS, *_NOISE, *FINGER_ARRAYS)


def save_sensors(sensors: Sensors, path: Path) -> None:
    """Write the fields of `Sensors` under their names: ``positions_m`` (F, P, 3), ``rotations_wxyz`` (F, P, 4),
    ``measured`` (F, P), ``fps``, ``start_s``, and those of the others that are given.

    Raises:
        OutputError: the file cannot be written; an existing file is then left as it was.
    """
    arrays: dict[str, ArrayLike] = {
        "positions_m": sensors.positions_m.astype(np.float32),
        "rotations_wxyz": sensors.rotations_wxyz.astype(np.float32),
        "measured": sensors.measured,
        "fps": np.float64(sensors.fps),
        "start_s": np.float64(sensors.start_s),
    }
    if sensors.joints != SENSOR_JOINTS:
        arrays["joints"] = np.array(sensors.joints)
    for name in (*_FLAGS, *_NOISE, "told_stands"):
        if (values := getattr(sensors, name)) is not None:
            arrays[name] = np.asarray(values, dtype=np.float32 if name in _NOISE else None)
    arrays |= finger_arrays(sensors.fingers)
    write_output(path, npz_parts(arrays))


def load_sensors(path: Path) -> Sensors:
    """Read a file of `save_sensors`.

    Raises:
        RecordingError: the file is missing, or is not a sensors file.
    """
    hint = "Solve the recording again."
    try:
        arrays = read_arrays(
            path,
            ("positions_m", "rotations_wxyz", "measured", "fps"),
            _OPTIONAL,
            most_bytes=_LARGEST_ARRAY_BYTES,
        )
        values = {name: numbers(arrays[name]) for name in arrays if name not in ("fps", "start_s", *FINGER_ARRAYS)}
        fingers = fingers_in(arrays, len(values["measured"]) if values["measured"].ndim else 0)
        fps, start_s = one_number(arrays["fps"]), one_number(arrays["start_s"]) if "start_s" in arrays else 0.0
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} contains no head and hands ({reason}).", hint) from error
    positions_m, joints = values["positions_m"], values.get("joints", np.array(SENSOR_JOINTS))
    count, points = (len(positions_m) if positions_m.ndim else 0), joints.size
    if any(values[name].shape != shape for name, shape in _shapes(count, points).items() if name in values):
        raise RecordingError(f"{path} contains arrays of wrong shapes.", hint)
    if not all(np.isfinite(array).all() for array in values.values()):
        raise RecordingError(f"{path} contains numbers that are not finite.", hint)
    known = tuple(joints[: len(SENSOR_JOINTS)].astype(int)) == SENSOR_JOINTS
    if not known or (joints < 0).any() or (joints >= JOINT_COUNT).any():
        raise RecordingError(f"{path} contains points of unknown joints.", hint)
    return Sensors(
        positions_m,
        values["rotations_wxyz"],
        values["measured"] != 0,
        fps,
        start_s,
        joints=tuple(int(joint) for joint in joints),
        fingers=fingers,
        **_given(values),
    )


def _shapes(count: int, points: int) -> dict[str, tuple[int, ...]]:
    of_points = dict.fromkeys(("measured", "rotation_measured", *_NOISE), (count, points))
    return {
        "positions_m": (count, points, 3),
        "rotations_wxyz": (count, points, 4),
        "joints": (points,),
        "shown": (points,),
        "seated": (count,),
        "told_stands": (count, 2),
        **of_points,
    }


def _given(values: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    given: dict[str, Any] = {name: values[name] for name in _NOISE if name in values}
    given |= {name: values[name] != 0 for name in ("rotation_measured", "seated") if name in values}
    if "shown" in values:
        given["shown"] = tuple(bool(flag) for flag in values["shown"])
    if "told_stands" in values:
        given["told_stands"] = np.sign(values["told_stands"]).astype(np.int8)
    return given
