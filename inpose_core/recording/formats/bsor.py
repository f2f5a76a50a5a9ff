# SPDX-License-Identifier: Apache-2.0
"""Read BSOR, the format of BeatLeader's Beat Saber replays.

Source of the layout: the README of BeatLeader/BS-Open-Replay, and the recorder's own behaviour: one frame per
rendered frame while the song is not paused. The hands are the SABERS. All poses are relative to the in-game origin.
Unity's axes are left-handed: +X right, +Y up, +Z forward.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.quaternions import normalize_quaternion, wxyz_from_xyzw
from ...errors import RecordingError
from ..conventions import Axes, convert_positions, convert_rotations
from ..tracks import Declared, RawTracks, check_frame_count
from ..types import HandOffsets
from .format import RecordingFormat
from .song_time import measured_speed, real_times, song_speed

MAGIC: Final[bytes] = struct.pack("<i", 0x442D3D69)
VERSION: Final[int] = 1

BEAT_SABER: Final[Declared] = Declared(
    unit="m",
    axes="RUF",
    quaternion_order="xyzw",
    time_unit="s",
    hands=True,
    pose="saber",
    origin="floor",
    certain=True,
    by="the format of Beat Saber",
)
"""Conventions that all replays of the game share, whichever mod wrote them."""

FRAME_DTYPE: Final[np.dtype[np.void]] = np.dtype(
    # x, y, z and the quaternion x, y, z, w of head, left saber, right saber
    [("time", "<f4"), ("fps", "<i4"), ("poses", "<f4", (3, 7))]
)
"""The 92 bytes of one frame."""

_INFO, _FRAMES, _NOTES, _WALLS, _HEIGHTS, _PAUSES, _SABER_OFFSETS = range(7)
_PAUSE_DTYPE: Final[np.dtype[np.void]] = np.dtype([("duration_s", "<i8"), ("time", "<f4")])
_NOTE_BYTES: Final[int] = 16
_CUT_BYTES: Final[int] = struct.calcsize("<4?f3fi2f3f3f4f")  # 72: a good or bad cut's flags, speed, place, ratings
_LONGEST_STRING: Final[int] = 4096
_LONGEST_INFO: Final[int] = 65536


def recognises(data: bytes) -> bool:
    """Return whether the file begins with BSOR's magic number."""
    return data.startswith(MAGIC)


def read(data: bytes, name: str) -> RawTracks:
    """Return the poses of a replay in Unity's axes and real time.

    The player's name and id are skipped and never returned.

    Raises:
        RecordingError: the frames are truncated or missing, or the version is unknown.
    """
    if len(data) < 5 or data[4] != VERSION:
        version = data[4] if len(data) > 4 else "none"
        raise RecordingError(
            f"{name} is a BSOR replay of version {version}; this reader knows version {VERSION}.",
            "Download the replay again, or update InPose.",
        )
    info, frames, rest = _read_info_and_frames(data, name)
    damaged = () if info else ("The replay's description is damaged: device and playing speed are unknown.",)
    info = info or _Info()
    tail = _read_tail(data, rest, info.tracking)
    with np.errstate(invalid="ignore"):  # signalling NaNs of a damaged file
        song_times_s = frames["time"].astype(np.float64)
        poses = frames["poses"].astype(np.float64)
        measured = measured_speed(frames["fps"], song_times_s)
    speed = song_speed(info.speed, info.modifiers, measured)
    times = real_times(song_times_s, speed, tail.pauses["duration_s"], tail.pauses["time"])
    return RawTracks(
        times=times.value,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="BSOR",
        declared=BEAT_SABER,
        headset=info.headset,
        controllers=info.controllers,
        hand_offsets=tail.hand_offsets,
        notes=(*damaged, *tail.notes, *times.notes),
    )


class _CutOffError(Exception):
    """The file is shorter than it declares."""


@dataclass(frozen=True)
class _Info:
    tracking: str = ""
    headset: str = ""
    controllers: str = ""
    modifiers: tuple[str, ...] = ()
    speed: float = 0.0
    """The song's speed in practice mode; 0 in all others."""


class _Cursor:
    """Read the bytes in order, never past their end."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def skip(self, count: int) -> int:
        start = self.position
        if count < 0 or start + count > len(self.data):
            raise _CutOffError
        self.position += count
        return start

    def byte(self) -> int:
        return self.data[self.skip(1)]

    def integer(self) -> int:
        return int(struct.unpack_from("<i", self.data, self.skip(4))[0])

    def number(self) -> float:
        return float(struct.unpack_from("<f", self.data, self.skip(4))[0])

    def string(self) -> str:
        length = self.integer()
        if length > _LONGEST_STRING:
            raise _CutOffError
        start = self.skip(length)
        return self.data[start : start + length].decode("utf-8", "replace")

    def skip_miscounted_string(self, next_lengths: range) -> None:
        """Skip a string whose count may be too small, up to where a string of an expected length begins.

        Old recorders counted UTF-16 units and wrote UTF-8 bytes, so names and titles outside ASCII are longer than
        declared. Only unused strings are skipped here: the player's name, the song and the mapper.
        """
        self.string()
        for _ in range(_LONGEST_STRING):
            start = self.position
            if self.integer() in next_lengths:
                self.position = start
                return
            self.position = start + 1
        raise _CutOffError


def _read_info_and_frames(data: bytes, name: str) -> tuple[_Info | None, NDArray[np.void], int]:
    info: _Info | None = None
    start: int | None = None
    cursor = _Cursor(data, 5)
    try:
        info = _read_info(cursor)
        start = cursor.position
        if cursor.byte() != _FRAMES:
            start = None
    except _CutOffError:
        start = None
    if start is None:
        # A damaged description leaves the motion readable: the frames can be found by their count,
        # because the notes follow them.
        info, start = None, _find_frames(data)
    if start is None:
        raise RecordingError(f"{name} is a BSOR replay without movement data; it may be cut off.", "Download it again.")
    (count,) = struct.unpack_from("<i", data, start + 1) if start + 5 <= len(data) else (0,)
    present = max(0, len(data) - start - 5) // FRAME_DTYPE.itemsize
    if count < 1:
        raise RecordingError(f"{name} is a BSOR replay without frames.", "Choose another replay.")
    if count > present:
        raise RecordingError(
            f"{name} is cut off or damaged: it should have {count} frames and has {present}.", "Download it again."
        )
    check_frame_count(count, name)
    frames = np.frombuffer(data, FRAME_DTYPE, count, start + 5)
    return info, frames, start + 5 + count * FRAME_DTYPE.itemsize


def _read_info(cursor: _Cursor) -> _Info:
    if cursor.byte() != _INFO:
        raise _CutOffError
    for _ in range(4):  # mod version, game version, timestamp, player id
        cursor.string()
    cursor.skip_miscounted_string(range(3, 33))  # player name; next: platform ("steam", "oculus", "oculuspc")
    cursor.string()  # platform
    tracking, headset, controllers = cursor.string(), cursor.string(), cursor.string()
    cursor.string()  # song hash
    cursor.skip_miscounted_string(range(129))  # song; next: mapper
    cursor.skip_miscounted_string(range(3, 33))  # mapper; next: difficulty ("Easy" to "ExpertPlus")
    cursor.string()  # difficulty
    cursor.integer()  # score
    cursor.string(), cursor.string()  # mode, environment
    modifiers = tuple(cursor.string().split(","))
    cursor.number()  # jump distance
    cursor.byte()  # left-handed
    cursor.number()  # height: a setting of the game, not the player's stature
    cursor.number(), cursor.number()  # start and fail time
    return _Info(tracking, printable(headset), printable(controllers), modifiers, speed=cursor.number())


def _find_frames(data: bytes) -> int | None:
    """Return the offset that declares the most frames and has the notes section directly after them."""
    best: tuple[int, int] | None = None
    position = data.find(bytes([_FRAMES]), 5, _LONGEST_INFO)
    while position >= 0 and position + 5 < len(data):
        (count,) = struct.unpack_from("<i", data, position + 1)
        end = position + 5 + count * FRAME_DTYPE.itemsize
        if count > 0 and end + 4 < len(data) and data[end] == _NOTES:
            best = max(best or (0, 0), (count, position))
        position = data.find(bytes([_FRAMES]), position + 1, _LONGEST_INFO)
    return best[1] if best else None


@dataclass(frozen=True)
class _Tail:
    """Hold what follows the frames."""

    pauses: NDArray[np.void]
    hand_offsets: HandOffsets | None
    notes: tuple[str, ...]


def _read_tail(data: bytes, position: int, tracking: str) -> _Tail:
    """Read what follows the frames: pauses and saber offsets; a damaged tail costs only these."""
    cursor = _Cursor(data, position)
    pauses: NDArray[np.void] | None = None
    offsets: HandOffsets | None = None
    try:
        while cursor.position < len(data):
            section = cursor.byte()
            if section == _NOTES:
                for _ in range(cursor.integer()):
                    event_type = struct.unpack_from("<i", data, cursor.skip(_NOTE_BYTES) + 12)[0]
                    cursor.skip(_CUT_BYTES if event_type in (0, 1) else 0)
            elif section in (_WALLS, _HEIGHTS):
                cursor.skip(cursor.integer() * (16 if section == _WALLS else 8))
            elif section == _PAUSES:
                count = cursor.integer()
                pauses = np.frombuffer(data, _PAUSE_DTYPE, count, cursor.skip(count * _PAUSE_DTYPE.itemsize))
            elif section == _SABER_OFFSETS:
                offsets = _saber_offsets(np.frombuffer(data, "<f4", 14, cursor.skip(56)), tracking)
            else:
                break  # custom data of other mods comes last
    except _CutOffError:
        pass  # keep what was read before the end
    notes = (
        ("The replay contains the offset of the sabers on the controllers. Calibration removes it.",) if offsets else ()
    )
    if pauses is None:
        notes = (*notes, "The file is cut off after its movement data. InPose does not know its pauses.")
        pauses = np.zeros(0, _PAUSE_DTYPE)
    return _Tail(pauses, offsets, notes)


def _saber_offsets(numbers: NDArray[np.float32], tracking: str) -> HandOffsets | None:
    poses = numbers.astype(np.float64).reshape(2, 7)
    lengths = np.linalg.norm(poses[:, 3:], axis=1)
    # A handle more than half a metre from the hand comes from a mod that throws the saber.
    if not np.isfinite(poses).all() or np.abs(lengths - 1).max() > 0.1 or np.abs(poses[:, :3]).max() > 0.5:
        return None
    return HandOffsets(
        positions_m=convert_positions(poses[:, :3], Axes("RUF")),
        rotations_wxyz=normalize_quaternion(convert_rotations(wxyz_from_xyzw(poses[:, 3:]), Axes("RUF"))),
        controller_pose="raw" if "openvr" in tracking.lower() else "grip",
    )


def printable(text: str) -> str:
    """Return a device's name, shortened and without characters that could disturb a terminal or a panel."""
    return "".join(character for character in text if character.isprintable())[:64].strip()


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="BSOR",
        suffixes=(".bsor",),
        source="BeatLeader, the replays of Beat Saber",
        hand_poses="sabers",
        recognises=recognises,
        read=lambda file: read(file.data, file.name),
    ),
)
