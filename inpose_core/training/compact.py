# SPDX-License-Identifier: Apache-2.0
"""Store packed motion in little space: rotations to 0.05 degrees, about 50 bytes a frame, one file for all data sets.

Training motion is copied to machines without network access, so its size matters. Quaternion components are rounded to
1/2400 and the root to 0.2 mm. The file stores second differences over time, the deviation from constant velocity. Most
of these fit in a byte, and deflate halves the size again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import SOLVER_FPS
from ..body.skeleton import JOINT_COUNT, JOINT_NAMES, PARENTS
from ..errors import InPoseError
from ..system.output import write_output
from .packed import PackedClips

COMPACT_KEY: Final[str] = "inpose_compact_version"
_VERSION: Final[int] = 1
_STEPS_PER_UNIT: Final[float] = 2400.0
"""An error of half a step in all four components changes a rotation by 2 / 2400 rad, 0.048 degrees."""
_STEPS_PER_M: Final[float] = 5000.0
_FARTHEST_M: Final[float] = 20_000.0
"""Beyond this, second differences would not fit into their four bytes."""
_BYTES: Final[int] = 4


def write_compact(clips: PackedClips, path: Path) -> None:
    """Write clips in the compact form.

    Raises:
        InPoseError: the root is too far from the origin.
        OutputError: the file cannot be written.
    """
    if np.abs(clips.root_m).max(initial=0.0) > _FARTHEST_M:
        raise InPoseError(
            "In this motion, somebody is more than 20 km from the origin.", "Check the unit: positions are in metres."
        )
    turning = _joints_of_their_own(clips.wxyz)
    steps = np.round(clips.wxyz[:, turning] * _STEPS_PER_UNIT).astype(np.int32).reshape(len(clips.wxyz), -1)
    arrays: dict[str, Any] = {
        COMPACT_KEY: np.int64(_VERSION),
        "joints": np.array(JOINT_NAMES),
        "parents": np.array(PARENTS),
        "fps": np.int64(SOLVER_FPS),
        "turning_joints": np.array(turning, np.int64),
        **_encode("quat", steps),
        **_encode("root", np.round(clips.root_m * _STEPS_PER_M).astype(np.int32)),
        "valid_bits": np.packbits(clips.valid),
        "length": clips.length,
        "offsets": clips.offsets_m,
        "floor_y": clips.floor_m,
        "generic_skeleton": clips.generic_skeleton,
        "data_set": clips.data_set,
        "subject": clips.subject,
        "activity": clips.activity,
        "family": clips.family,
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    write_output(path, [packed.getvalue()])


def decode_rotations(arrays: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the rotations of a compact file, (F, 22, 4) wxyz, of nearly unit length."""
    turning = arrays["turning_joints"]
    steps = _decode("quat", arrays).reshape(-1, len(turning), 4)
    wxyz = np.empty((len(steps), JOINT_COUNT, 4), np.float32)
    wxyz[:, turning] = steps / np.float32(_STEPS_PER_UNIT)
    for joint in sorted(set(range(JOINT_COUNT)) - set(turning.tolist())):
        wxyz[:, joint] = wxyz[:, PARENTS[joint]]
    return wxyz


def decode_steps(arrays: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the root of a compact file, (F, 3), in metres."""
    return (_decode("root", arrays) / _STEPS_PER_M).astype(np.float32)


def _joints_of_their_own(wxyz: NDArray[np.float32]) -> list[int]:
    """Return the joints whose rotation differs from their parent's: in the data, feet copy their ankles."""
    return [
        joint
        for joint in range(JOINT_COUNT)
        if PARENTS[joint] < 0 or not np.array_equal(wxyz[:, joint], wxyz[:, PARENTS[joint]])
    ]


def _encode(name: str, steps: NDArray[np.int32]) -> dict[str, NDArray[np.uint8]]:
    """Return the bytes, lowest first, of the second time differences of steps (F, C), channel by channel.

    Differences continue across clips: a jump costs a few bytes but needs no bookkeeping.
    """
    padded = np.concatenate((np.zeros((2, steps.shape[1]), np.int32), steps))
    second = np.diff(padded, n=2, axis=0).T
    # Zigzag, 0 -1 1 -2 2 ...: small numbers of either sign have high bytes of zero.
    zigzag = np.ascontiguousarray((second << 1) ^ (second >> 31)).view(np.uint32)
    return {f"{name}_byte{i}": ((zigzag >> (8 * i)) & 255).astype(np.uint8) for i in range(_BYTES)}


def _decode(name: str, arrays: Mapping[str, Any]) -> NDArray[np.int32]:
    """Return the steps (F, C) that `_encode` encoded."""
    zigzag = arrays[f"{name}_byte0"].astype(np.uint32)
    for i in range(1, _BYTES):
        high = arrays[f"{name}_byte{i}"]
        if high.any():
            zigzag |= high.astype(np.uint32) << np.uint32(8 * i)
    signed = zigzag.view(np.int32)
    second = ((zigzag >> np.uint32(1)).view(np.int32)) ^ -(signed & 1)
    np.cumsum(second, axis=1, out=second)
    np.cumsum(second, axis=1, out=second)
    return np.ascontiguousarray(second.T)
