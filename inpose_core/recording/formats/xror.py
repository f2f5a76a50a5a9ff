# SPDX-License-Identifier: Apache-2.0
"""Read XROR, the format of BOXRR-23: a BSON document with an fpzip array of frames.

Source of the layout: the README and ``xror.py`` of MetaGuard/xror. Column 0 is the time, then come the axes of each
device in the order of ``info.hardware.devices``: x, y, z and i, j, k, 1 (the quaternion, its scalar last). Names, ids
and countries of users are under ``info.user`` and are never read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..tracks import Declared, RawTracks, check_frame_count
from .bson import BsonDocument, BsonError, looks_like_bson
from .bsor import BEAT_SABER, printable
from .format import RecordingFormat
from .fpzip_frames import FpzipError, has_fpzip, unpack_frames
from .song_time import real_times, song_speed

_JOINTS: Final[tuple[str, str, str]] = ("HEAD", "HAND_LEFT", "HAND_RIGHT")
_AXES: Final[tuple[str, ...]] = ("x", "y", "z", "i", "j", "k", "1")
_PAD_TIME: Final[float] = -1.0
"""If its first try to compress fails, xror's writer appends rows of -1."""

recognises = looks_like_bson
"""XROR has no magic number: this reader accepts any BSON document, and names the problem if it is not XROR."""


@dataclass(frozen=True)
class _Device:
    name: str
    joint: str
    axes: tuple[str, ...]


def read(data: bytes, name: str) -> RawTracks:
    """Return the poses of an XROR recording.

    Raises:
        RecordingError: the file is damaged, holds no head and hands, or the package fpzip is missing.
    """
    try:
        document = BsonDocument(data)
        listed = document.document("info", "hardware", "devices")
        if listed is None:
            raise RecordingError(
                f"{name} is a BSON file without XROR devices, not a recording.", "Give an .xror, .bsor or CSV file."
            )
        devices = [_device(entry) for entry in listed.documents()]
        _check_devices(devices, name)
        app = (document.document("info", "software", "app") or BsonDocument(_EMPTY)).string("name")
        activity = document.document("info", "software", "activity") or BsonDocument(_EMPTY)
        speed = song_speed(activity.number("speed") or 0.0, _modifiers(activity))
        packed = document.binary("frames")
        pauses = _pauses(document)
    except BsonError as error:
        raise RecordingError(f"{name} is a damaged XROR (BSON) file.", "Download or record it again.") from error
    table = _frames(packed, 1 + sum(len(device.axes) for device in devices), name)
    table = table[table[:, 0] != _PAD_TIME]
    check_frame_count(len(table), name)
    poses = np.full((len(table), 3, 7), np.nan)
    column = 1
    for device in devices:
        if device.joint in _JOINTS:
            for place, axis in enumerate(_AXES):
                if axis in device.axes:
                    poses[:, _JOINTS.index(device.joint), place] = table[:, column + device.axes.index(axis)]
        column += len(device.axes)
    is_beat_saber = "beat saber" in app.lower()
    times = real_times(table[:, 0], speed if is_beat_saber else 1.0, *pauses)
    return RawTracks(
        times=times.value,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="XROR",
        declared=replace(BEAT_SABER, by="the format of Beat Saber") if is_beat_saber else _UNKNOWN_APP,
        headset=_name_at("HEAD", devices),
        # As BSOR names the right one, so that both files of a take are calibrated alike.
        controllers=_name_at("HAND_RIGHT", devices) or _name_at("HAND_LEFT", devices),
        notes=times.notes,
    )


_UNKNOWN_APP: Final[Declared] = Declared(quaternion_order="xyzw", hands=True, by="XROR")
_EMPTY: Final[bytes] = b"\x05\0\0\0\0"


def _device(entry: BsonDocument) -> _Device:
    axes = entry.document("axes")
    return _Device(entry.string("name"), entry.string("joint"), tuple(axes.strings()) if axes else ())


def _name_at(joint: str, devices: list[_Device]) -> str:
    """Return the name of the first device at a joint; empty if there is none, or if it has none."""
    return next((printable(device.name) for device in devices if device.joint == joint and device.name), "")


def _modifiers(activity: BsonDocument) -> list[str]:
    listed = activity.document("modifiers")
    return listed.strings() if listed else activity.string("modifiers").split(",")


def _check_devices(devices: list[_Device], name: str) -> None:
    joints = {device.joint for device in devices if set(_AXES) <= set(device.axes)}
    if "HEAD" in joints and joints & set(_JOINTS[1:]):
        return
    only_brush = len(devices) == 1 and "BRUSH" in devices[0].name.upper()
    what = "one brush" if only_brush else _count(len(devices), "device")
    raise RecordingError(
        f"{name} has {what}, but no head and hands, so InPose cannot solve a body.",
        "Give a recording of a headset and two controllers.",
    )


def _frames(packed: bytes | None, columns: int, name: str) -> NDArray[np.float64]:
    if not packed:
        raise RecordingError(f"{name} is an XROR file without frames.", "Choose another recording.")
    if not has_fpzip():
        raise RecordingError(
            f"{name} is compressed with fpzip, which is not installed in the Python that reads it.",
            "Run pip install numpy fpzip in a Python, and let this Python run the solver. Or use the .bsor replay.",
        )
    try:
        table = unpack_frames(packed)
    except FpzipError as error:
        raise RecordingError(f"The frames of {name} are damaged ({error}).", "Download it again.") from error
    if table.shape[1] != columns:
        raise RecordingError(
            f"{name} is damaged: it should have {columns} values per frame and has {table.shape[1]}.",
            "Download it again.",
        )
    with np.errstate(invalid="ignore"):
        return table.astype(np.float64)


def _pauses(document: BsonDocument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lengths and song times of pauses, from the event list of that name; empty if there are none."""
    nothing = (np.zeros(0), np.zeros(0))
    events = document.document("events")
    for event in events.documents() if events else ():
        if "pause" not in event.string("name").lower():
            continue
        named = event.document("attr")
        attributes = [attribute.lower() for attribute in named.strings()] if named else []
        packed = event.binary("floatData")
        duration = next((i for i, a in enumerate(attributes) if "duration" in a), None)
        if not packed or duration is None or not has_fpzip():
            return nothing
        try:
            table = unpack_frames(packed)
        except FpzipError:
            return nothing
        if table.shape[1] <= 1 + duration:
            return nothing
        return table[:, 1 + duration].astype(np.float64), table[:, 0].astype(np.float64)
    return nothing


def _count(number: int, noun: str) -> str:
    words = {0: "no", 1: "one", 2: "two", 3: "three"}
    return f"{words.get(number, str(number))} {noun}{'' if number == 1 else 's'}"


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="XROR",
        suffixes=(".xror",),
        source="the BOXRR-23 collection",
        hand_poses="sabers for Beat Saber, else set `--hand-poses`",
        recognises=recognises,
        read=lambda file: read(file.data, file.name),
        rank=2,  # any BSON document
    ),
)
