# SPDX-License-Identifier: Apache-2.0
"""Read files of packed motion in both forms.

The plain form keeps ``quat`` (F, 22, 4) int16, global wxyz / 32767, and one array for every other field of
`PackedClips`; the compact one of `compact` holds several data sets in a third of the space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..body.motion import SOLVER_FPS
from ..body.skeleton import JOINT_COUNT, JOINT_NAMES
from ..errors import InPoseError
from ..system.safe_files import array_shapes, numbers, one_number, open_file, read_arrays, sha256_of
from .compact import COMPACT_KEY, decode_rotations, decode_steps
from .packed import PackedClips, joined

_LARGEST_BYTES: Final[int] = 16 * 2**30
"""Limit for one array; the user's own data may fill the memory."""
_LARGEST_NUMBER: Final[float] = 1e6
_NUMBERS: Final[frozenset[str]] = frozenset(("quat", "root", "offsets", "floor_y", "start", "length"))
_PER_CLIP_KEYS: Final[tuple[str, ...]] = (
    "length",
    "offsets",
    "floor_y",
    "generic_skeleton",
    "subject",
    "activity",
    "family",
)


def read_packed(path: Path) -> PackedClips:
    """Read a file of packed motion, plain or compact.

    Raises:
        InPoseError: the file is missing, damaged, or not packed motion at 60 Hz.
    """
    try:
        arrays = read_arrays(path, tuple(array_shapes(path, _LARGEST_BYTES)), most_bytes=_LARGEST_BYTES)
        if arrays["joints"].tolist() != list(JOINT_NAMES) or one_number(arrays["fps"]) != SOLVER_FPS:
            raise InPoseError(f"{path} is not packed for 22 SMPL joints at 60 Hz.", "Pack the motion again.")
        for name in _NUMBERS & arrays.keys():
            if not (np.abs(numbers(arrays[name])) < _LARGEST_NUMBER).all():
                raise ValueError(f"{name} contains impossible numbers")
        return _checked(_decode(path.stem, arrays))
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise InPoseError(f"{path} is not a file of packed motion ({error}).", "Give packed .npz files.") from error


def _checked(clips: PackedClips) -> PackedClips:
    frames, count = len(clips.root_m), len(clips)
    shapes = {
        "wxyz": (frames, JOINT_COUNT, 4),
        "root_m": (frames, 3),
        "valid": (frames,),
        "offsets_m": (count, JOINT_COUNT, 3),
    }
    for name, array in vars(clips).items():
        if array.shape != shapes.get(name, (count,)):
            raise ValueError(f"{name} has the shape {array.shape}")
    return clips


def packed_files(data: Path) -> list[Path]:
    """Return the packed files of a folder, or the given file.

    Raises:
        InPoseError: there are none.
    """
    files = [data] if data.is_file() else sorted(data.glob("*.npz"))
    if not files:
        raise InPoseError(f"{data} contains no packed motion (.npz).", "Give the folder of packed motion with --data.")
    return files


def read_packed_folder(data: Path) -> PackedClips:
    """Read every packed file of a folder, or one file.

    Raises:
        InPoseError: there is none, or one is not packed motion.
    """
    return joined([read_packed(file) for file in packed_files(data)])


def hash_of_packed(data: Path) -> str:
    """Return a hash of every packed file of a folder, or of one file, with their names: these may name data sets.

    Raises:
        InPoseError: there is none, or one cannot be read.
    """
    found = hashlib.sha256()
    for path in packed_files(data):
        try:
            with open_file(path) as file:
                found.update(f"{path.name} {sha256_of(file)}".encode())
        except (OSError, ValueError) as error:
            raise InPoseError(f"{path} cannot be read ({error}).", "Give packed .npz files.") from error
    return found.hexdigest()


def _decode(name: str, arrays: Mapping[str, Any]) -> PackedClips:
    per_clip = {key: arrays[key] for key in _PER_CLIP_KEYS}
    length = per_clip["length"].astype(np.int64)
    if length.ndim != 1 or (length < 0).any():
        raise ValueError("the lengths of the clips are invalid")
    if COMPACT_KEY in arrays:
        wxyz, root_m = decode_rotations(arrays), decode_steps(arrays)
        valid = np.unpackbits(arrays["valid_bits"])[: len(root_m)].astype(np.bool_)
        data_set = arrays["data_set"].astype(str)
    else:
        if arrays["start"].shape != length.shape:
            raise ValueError("there are not as many clips as lengths")
        if ((arrays["start"] < 0) | (arrays["start"] + length > len(arrays["quat"]))).any():
            raise ValueError("a clip lies outside of its file")
        # In the plain form, there may be unused frames between clips.
        frames = np.concatenate(
            [np.arange(s, s + n) for s, n in zip(arrays["start"], length, strict=True)] or [np.zeros(0, np.int64)]
        ).astype(np.int64)
        wxyz = arrays["quat"][frames].astype(np.float32)
        root_m, valid = arrays["root"][frames].astype(np.float32), arrays["valid"][frames].astype(bool)
        data_set = np.array([name] * len(length), dtype=str)
    if not len(wxyz) == len(root_m) == len(valid) == length.sum():
        raise ValueError("the clips' lengths do not add up")
    return PackedClips(
        wxyz=wxyz / np.maximum(np.linalg.norm(wxyz, axis=-1, keepdims=True), 1e-6),
        root_m=root_m,
        valid=valid,
        length=length,
        offsets_m=per_clip["offsets"].astype(np.float32),
        floor_m=per_clip["floor_y"].astype(np.float32),
        generic_skeleton=per_clip["generic_skeleton"].astype(bool),
        data_set=data_set,
        subject=per_clip["subject"].astype(str),
        activity=per_clip["activity"].astype(str),
        family=per_clip["family"].astype(str),
    )
