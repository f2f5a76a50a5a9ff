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

from ...errors import RecordingError
from ..tracks import RawTracks, check_frame_count
from .bsor import BEAT_SABER
from .format import RecordingFormat
from .song_time import measured_speed, real_times, song_speed

MAGIC: Final[bytes] = b"ScoreSaber Replay"
HEADER_BYTES: Final[int] = 28
POSE_DTYPE: Final[np.dtype[np.void]] = np.dtype([("poses", "<f4", (3, 7)), ("fps", "<i4"), ("time", "<f4")])

_LARGEST_BYTES: Final[int] = 192 * 2**20
_LARGEST_DICTIONARY: Final[int] = 256 * 2**20
_MOST_MODIFIERS: Final[int] = 64
_FARTHEST_CENTRE_M: Final[float] = 10.0
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
        measured = measured_speed(frames["fps"], times)
    told = _settings(content, metadata_start)
    nothing = np.zeros(0)  # these replays do not say when the game was paused
    real = real_times(times, song_speed(0.0, told.modifiers, measured), nothing, nothing)
    adjusted = ("The player adjusted the room in the game. InPose uses the real room.",) if told.room_is_moved else ()
    return RawTracks(
        times=real.value,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="ScoreSaber",
        declared=replace(BEAT_SABER),
        notes=(*adjusted, *real.notes),
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
class _Settings:
    """Hold what the metadata say about the game; nothing if they cannot be read."""

    modifiers: tuple[str, ...] = ()
    room_is_moved: bool = False
    """The player adjusted the room."""


def _settings(content: bytes, start: int) -> _Settings:
    modifiers: tuple[str, ...] = ()
    try:
        position = _strings(content, start, 2)[1] + 4  # version, level; difficulty
        position = _strings(content, position, 2)[1]  # characteristic, environment
        (count,) = struct.unpack_from("<i", content, position)
        if not 0 <= count <= _MOST_MODIFIERS:
            return _Settings()
        modifiers, position = _strings(content, position + 4, count)
        turn_deg, *centre_m = struct.unpack_from("<4f", content, position + 4 + 1 + 4)  # offset, left-handed, height
    except struct.error:
        return _Settings(modifiers)
    room = np.array([turn_deg, *centre_m], dtype=np.float64)
    plausible = bool(np.isfinite(room).all() and np.abs(room[1:]).max() < _FARTHEST_CENTRE_M)
    return _Settings(modifiers, plausible and bool(np.abs(room[1:]).max() > 1e-3 or abs(room[0]) > 0.1))


def _strings(content: bytes, position: int, count: int) -> tuple[tuple[str, ...], int]:
    """Return some strings, and the position after them."""
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from("<i", content, position)
        if not 0 <= length <= len(content):
            raise struct.error("string")
        found.append(content[position + 4 : position + 4 + length].decode("utf-8", "replace"))
        position += 4 + length
    return tuple(found), position


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
