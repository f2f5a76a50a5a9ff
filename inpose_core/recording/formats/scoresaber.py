# SPDX-License-Identifier: Apache-2.0
"""Read ScoreSaber's replays (``.dat``).

Layout, as in ScoreSaber's mod and benrucker/PySaberDecoder: 28 bytes "ScoreSaber Replay", an emoji and
a line end; then one LZMA stream of little-endian data: nine int32 offsets (metadata, poses, heights, notes, ...); poses
are int32 n and n times 92 bytes: head, left and right of 7 floats each, int32 fps, float song time. Positions are those
in the room, before the game's room adjustment, whose centre and rotation are in the metadata.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..tracks import RawTracks, check_frame_count
from .bsor import BEAT_SABER
from .format import RecordingFormat

MAGIC: Final[bytes] = b"ScoreSaber Replay"
HEADER_BYTES: Final[int] = 28
POSE_DTYPE: Final[np.dtype[np.void]] = np.dtype([("poses", "<f4", (3, 7)), ("fps", "<i4"), ("time", "<f4")])

_LARGEST_BYTES: Final[int] = 192 * 2**20
_LARGEST_DICTIONARY: Final[int] = 256 * 2**20
_OFFSETS: Final[struct.Struct] = struct.Struct("<9i")


def recognises(data: bytes) -> bool:
    """Return whether the file begins like a ScoreSaber replay."""
    return data.startswith(MAGIC)


def read(data: bytes, name: str) -> RawTracks:
    """Return the poses of a replay.

    Raises:
        RecordingError: the replay is damaged, has the older format, or has no poses.
    """
    content = _unpack(data[HEADER_BYTES:], name)
    damaged = RecordingError(f"{name} is a damaged ScoreSaber replay.", "Download it again.")
    try:
        metadata_start, poses_start = _OFFSETS.unpack_from(content)[:2]
        (count,) = struct.unpack_from("<i", content, poses_start) if poses_start >= 0 else (-1,)
    except struct.error as error:
        raise damaged from error
    if count < 1 or poses_start < _OFFSETS.size:
        raise damaged
    if count > (len(content) - poses_start - 4) // POSE_DTYPE.itemsize:
        raise RecordingError(
            f"{name} is cut off or damaged: it should have {count} frames and has fewer.", "Download it again."
        )
    check_frame_count(count, name)
    frames = np.frombuffer(content, POSE_DTYPE, count, poses_start + 4)
    with np.errstate(invalid="ignore"):
        times = frames["time"].astype(np.float64)
        poses = frames["poses"].astype(np.float64)
    notes = []
    room = _room(content, metadata_start)
    if room.is_moved:
        notes.append("The player adjusted the room in the game. InPose uses the real room.")
    return RawTracks(
        times=times,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="ScoreSaber",
        declared=replace(BEAT_SABER),
        notes=tuple(notes),
    )


def _unpack(packed: bytes, name: str) -> bytes:
    import lzma  # noqa: PLC0415 (some Pythons are built without it)

    decoder = lzma.LZMADecompressor(memlimit=_LARGEST_DICTIONARY)
    try:
        content = decoder.decompress(packed, max_length=_LARGEST_BYTES + 1)
    except lzma.LZMAError as error:
        raise RecordingError(
            f"{name} is a ScoreSaber replay of an old version, or damaged.",
            "Play the song again, or use its .bsor replay.",
        ) from error
    if len(content) > _LARGEST_BYTES:
        raise RecordingError(
            f"{name} would need more than {_LARGEST_BYTES >> 20} MB after unpacking.", "Choose another replay."
        )
    return content


@dataclass(frozen=True)
class _Room:
    centre_m: NDArray[np.float64]
    turn_deg: float

    @property
    def is_moved(self) -> bool:
        return bool(np.abs(self.centre_m).max() > 1e-3 or abs(self.turn_deg) > 0.1)


def _room(content: bytes, start: int) -> _Room:
    """Return the room adjustment; none if the metadata cannot be read."""
    unmoved = _Room(np.zeros(3), 0.0)
    try:
        position = _skip_strings(content, start, 2) + 4  # version, level; difficulty
        position = _skip_strings(content, position, 2)  # characteristic, environment
        (modifiers,) = struct.unpack_from("<i", content, position)
        if not 0 <= modifiers <= 64:
            return unmoved
        position = _skip_strings(content, position + 4, modifiers) + 4 + 1 + 4  # offset, left-handed, height
        turn_deg, *centre_m = struct.unpack_from("<4f", content, position)
    except struct.error:
        return unmoved
    room = _Room(np.array(centre_m, dtype=np.float64), float(turn_deg))
    return room if np.isfinite([turn_deg, *centre_m]).all() and np.abs(room.centre_m).max() < 10 else unmoved


def _skip_strings(content: bytes, position: int, count: int) -> int:
    for _ in range(count):
        (length,) = struct.unpack_from("<i", content, position)
        if not 0 <= length <= len(content):
            raise struct.error("string")
        position += 4 + length
    return position


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="ScoreSaber",
        suffixes=(".dat",),
        source="ScoreSaber, the replays of Beat Saber",
        hand_poses="sabers",
        recognises=recognises,
        read=lambda file: read(file.data, file.name),
    ),
)
