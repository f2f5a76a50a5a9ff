# SPDX-License-Identifier: Apache-2.0
"""Take head and hands from the motion of a whole body: AMASS ``.npz``, InPose's own ``.npz``, BVH.

They are joint poses: nothing is offset or scaled. For people who have such motion, and to compare what is solved with
what was captured. Needs scipy.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from ...errors import InPoseError, RecordingError
from ..tracks import Declared, RawTracks

if TYPE_CHECKING:
    from ...body.motion import Motion

_LARGEST_ARRAY_BYTES: Final[int] = 128 * 2**20
_MOST_ARRAYS: Final[int] = 64
_AMASS_ARRAYS: Final[tuple[str, ...]] = ("poses", "trans")


def recognises_npz(data: bytes) -> bool:
    """Tell whether the file is a ZIP archive of numpy arrays."""
    return data.startswith(b"PK\x03\x04") and b".npy" in data[:256]


def recognises_bvh(data: bytes) -> bool:
    """Tell whether the file begins like BVH."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"HIERARCHY")


def read_npz(data: bytes, name: str, path: Path) -> RawTracks:
    """Return head and wrists of AMASS motion (an average body's bones) or of a motion that InPose has solved.

    Raises:
        RecordingError: the arrays are damaged, or those of something else.
    """
    from ...body.motion import Motion  # noqa: PLC0415
    from ...motion_files.amass import load_amass  # noqa: PLC0415 (scipy)

    arrays = _checked_arrays(data, name)
    if "rotations_wxyz" in arrays:
        load, what = Motion.load_npz, "InPose motion"
    elif set(_AMASS_ARRAYS) <= arrays:
        load, what = load_amass, "AMASS"
    else:
        raise RecordingError(
            f"{name} is an archive of numpy arrays, but neither AMASS nor InPose motion.",
            "Give the .npz files of AMASS, or export the tracks as CSV.",
        )
    try:
        return _tracks(load(path), what)
    except InPoseError as error:
        raise RecordingError(f"{name} is no {what} that can be read.", "Download or save it again.") from error


def read_bvh(_data: bytes, name: str, path: Path) -> RawTracks:
    """Return head and wrists of a body in BVH.

    Raises:
        RecordingError: the file is damaged, or its joints' names tell no human body.
    """
    from ...motion_files.bvh_motion import load_bvh_motion  # noqa: PLC0415 (scipy)

    try:
        return _tracks(load_bvh_motion(path), "BVH")
    except RecordingError:
        raise
    except InPoseError as error:
        raise RecordingError(f"{name} is BVH, but: {error.message}", error.hint) from error


def _tracks(motion: Motion, what: str) -> RawTracks:
    from ...body.skeleton import SENSOR_JOINTS  # noqa: PLC0415

    if len(motion) < 2 or not np.isfinite(motion.root_translation_m).all():
        raise RecordingError(f"This {what} holds no movement.", "Choose another file.")
    joints = list(SENSOR_JOINTS)
    return RawTracks(
        times=np.arange(len(motion)) / motion.fps,
        positions=motion.joint_positions_m[:, joints],
        quaternions=motion.rotations_wxyz[:, joints],
        format=what,
        declared=Declared(
            unit="m",
            axes="RUB",
            quaternion_order="wxyz",
            time_unit="s",
            hands=True,
            pose="joint",
            origin="floor",
            certain=True,
            by="joints of a body",
        ),
    )


def _checked_arrays(data: bytes, name: str) -> set[str]:
    """Return the arrays' names; an archive whose arrays are larger than the file can hold is refused.

    numpy makes room for what an array's header announces before it reads the array.
    """
    names = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_ARRAYS:
                raise ValueError("too many arrays")
            for member in members:
                with archive.open(member) as file:
                    shape, dtype = _header(file)
                size = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize if shape else 0
                if size > min(member.file_size, _LARGEST_ARRAY_BYTES):
                    raise ValueError("an array is larger than its file")
                names.add(member.filename.removesuffix(".npy"))
    except (
        ValueError,
        OSError,
        EOFError,
        TypeError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
        zipfile.BadZipFile,
    ) as error:
        raise RecordingError(f"{name} is a damaged .npz archive.", "Download or save it again.") from error
    return names


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of an array from its header; numpy's functions for it carry no types."""
    numpy_format: Any = np.lib.format
    newer = numpy_format.read_magic(file) != (1, 0)
    read_header = numpy_format.read_array_header_2_0 if newer else numpy_format.read_array_header_1_0
    shape, _, dtype = read_header(file, max_header_size=10_000)
    return shape, dtype
