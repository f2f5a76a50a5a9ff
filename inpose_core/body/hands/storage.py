# SPDX-License-Identifier: Apache-2.0
"""Keep finger tracks as arrays of an ``.npz`` file, beside those of a motion or of sensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...system.safe_files import numbers
from ..quaternions import normalize_quaternion
from .joints import FINGER_JOINT_COUNT
from .tracks import BUTTONS, FingerTracks

_ROTATIONS, _MEASURED, _PRESSED = "finger_rotations_wxyz", "fingers_measured", "buttons_pressed"
FINGER_ARRAYS: Final[tuple[str, str, str]] = (_ROTATIONS, _MEASURED, _PRESSED)
"""Names of the arrays: (F, 2, 15, 4), (F, 2) and (F, 2, 3), as in `FingerTracks`. A file may lack them."""


def finger_arrays(tracks: FingerTracks | None) -> dict[str, ArrayLike]:
    """Return the arrays to write; none if nothing is known of the fingers."""
    if tracks is None or tracks.is_empty:
        return {}
    arrays: dict[str, ArrayLike] = {
        _MEASURED: tracks.measured,
        _PRESSED: np.where(np.isfinite(tracks.pressed), tracks.pressed, -1.0).astype(np.float32),
    }
    if tracks.rotations_wxyz is not None and tracks.measured.any():
        arrays[_ROTATIONS] = tracks.rotations_wxyz.astype(np.float32)
    return arrays


def fingers_in(arrays: Mapping[str, NDArray[Any]], frames: int) -> FingerTracks | None:
    """Return the tracks of a file's arrays; None if it has none.

    Raises:
        ValueError: an array has another shape, or holds what is no number.
    """
    if _MEASURED not in arrays or _PRESSED not in arrays:
        return None
    measured, pressed = numbers(arrays[_MEASURED]) != 0, numbers(arrays[_PRESSED])
    if measured.shape != (frames, 2) or pressed.shape != (frames, 2, len(BUTTONS)):
        raise ValueError(f"fingers of the shapes {measured.shape} and {pressed.shape}")
    pressed = np.where((pressed >= 0) & (pressed <= 1), pressed, np.nan)
    if _ROTATIONS not in arrays:
        return FingerTracks.of_buttons(pressed)
    rotations = numbers(arrays[_ROTATIONS])
    if rotations.shape != (frames, 2, FINGER_JOINT_COUNT, 4) or not np.isfinite(rotations).all():
        raise ValueError(f"finger rotations of the shape {rotations.shape}")
    return FingerTracks(normalize_quaternion(rotations), measured, pressed)
