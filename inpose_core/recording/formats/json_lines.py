# SPDX-License-Identifier: Apache-2.0
"""Read logs of device poses with one JSON object per line, as written by scripts that poll OpenVR or OpenXR.

A line holds the devices of one moment, in a list or by their names, or one device::

    {"timestamp": 1.5, "devices": [{"class": "HMD", "pose": {"valid": true, "position": {"x": 0, "y": 1.6, "z": 0},
        "quaternion": {"x": 0, "y": 0, "z": 0, "w": 1}}}, ...]}
    {"time": 1.5, "head": {"position": [0, 1.6, 0], "rotation": [0, 0, 0, 1]}, "left": {...}, "right": {...}}
    {"t": 1.5, "device": "LeftController", "position": [...], "rotation": [...]}

Keys may have any of the names below. A device is identified by its role, class or name. If controllers have no side,
geometry decides which one is the left.
"""

from __future__ import annotations

import io
import json
import math
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from ...arrays import FloatArray
from ...body.hands.tracks import FingerTracks
from ...errors import RecordingError
from ...options.reading import ReadOptions
from ...system.safe_files import parse_json
from ..findings import Finding
from ..fingers.json_hands import joints_in, pressed_in
from ..fingers.xr_hands import XrHands
from ..sessions import continue_clock_of_devices
from ..tables.reader import read as read_table
from ..tracks import Declared, RawTracks, Track, check_frame_count, join_tracks
from .flat_json import objects_in, table_of
from .format import RecordingFormat
from .json_poses import components, is_number, matrix_pose

_TIMES: Final[tuple[str, ...]] = ("timestamp", "time", "t", "ts", "time_s", "timestamp_ms", "timestamp_ns")
_DEVICES: Final[tuple[str, ...]] = ("devices", "poses", "trackers")
_NAMES: Final[tuple[str, ...]] = (
    "role",
    "hand",
    "name",
    "device",
    "class",
    "type",
    "device_class",
    "serial",
    "index",
    "id",
)
_PLACES: Final[tuple[str, ...]] = ("position", "pos", "translation", "p")
_TURNS: Final[tuple[str, ...]] = ("quaternion", "rotation", "orientation", "rot", "quat", "q")
_MATRICES: Final[tuple[str, ...]] = ("matrix", "transform", "pose_matrix", "mDeviceToAbsoluteTracking", "mat")
_VALID: Final[tuple[str, ...]] = ("valid", "is_valid", "pose_valid", "bPoseIsValid", "tracked")
_OPENVR_CLASSES: Final[frozenset[str]] = frozenset({"hmd", "controller", "generictracker", "trackingreference"})
_HEADS: Final[tuple[str, ...]] = ("hmd", "head", "camera")
_STANDING: Final[tuple[str, ...]] = ("trackingreference", "base", "lighthouse")
"""Words in the names of devices that never move."""
_MOST_DEVICES: Final[int] = 64
_LONGEST_STEPS: Final[float] = 12.0
"""Buttons and joints are bridged over so many usual steps: a line may hold one device of several."""
_MOST_LINES_A_FRAME: Final[int] = 8
_LONGEST_FIRST_LINE: Final[int] = 2**20
_HINT: Final[str] = (
    'Each line needs a time and devices with a position and a rotation, such as {"time": 1.5, "head": {"position": '
    '[x, y, z], "rotation": [x, y, z, w]}, "left": ..., "right": ...}; or export the log as CSV.'
)


@dataclass
class _Samples:
    """Collect the samples of one device, eight bytes per number."""

    lines: array[int] = field(default_factory=lambda: array("q"))
    poses: array[float] = field(default_factory=lambda: array("d"))
    pressed: dict[int, list[float]] = field(default_factory=dict)
    joints: dict[int, FloatArray] = field(default_factory=dict)
    """Buttons and joints of a hand, where there are any, by the number of the line."""

    def track(self, times: FloatArray) -> Track:
        """Return the track; ``times`` are those of all lines."""
        poses = np.array(self.poses).reshape(-1, 7)
        return Track(times[np.array(self.lines)], poses[:, :3], poses[:, 3:])


def recognises(data: bytes) -> bool:
    """Return whether the first line is a complete JSON object and another one follows, or objects stand in a list."""
    if _is_array(data):
        return True
    first, _, rest = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not first.startswith(b"{") or len(first) > _LONGEST_FIRST_LINE or not rest.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(parse_json(first), dict)
    except ValueError:
        return False


def read(data: bytes, name: str, options: ReadOptions | None = None) -> RawTracks:
    """Return the poses of a log; lines that are not JSON, such as a truncated last one, are skipped and counted.

    Objects without devices are read as a table, each key a column.

    Raises:
        RecordingError: the lines have no device poses, or no headset and hand.
    """
    data = _as_lines(data)
    try:
        if options is not None and options.columns:
            return _read_flat(data, name, options)
        return _read_devices(data, name)
    except RecordingError as error:
        try:
            return _read_flat(data, name, options or ReadOptions())
        except RecordingError:
            raise error from None


def _is_array(data: bytes) -> bool:
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"[") and start[1:].lstrip().startswith(b"{")


def _as_lines(data: bytes) -> bytes:
    """Return one object a line of a file that may hold a list of objects."""
    if not _is_array(data):
        return data
    try:
        objects = objects_in(parse_json(data))
    except ValueError:
        objects = []
    return b"\n".join(json.dumps(entry).encode() for entry in objects)


def _read_flat(data: bytes, name: str, options: ReadOptions) -> RawTracks:
    rows = []
    for line in io.BytesIO(data.lstrip(b"\xef\xbb\xbf")):
        try:
            row = parse_json(line) if line.strip() else None
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
            check_frame_count(len(rows), name)
    return replace(read_table(table_of(rows), name, None, options), format="JSON lines")


def _read_devices(data: bytes, name: str) -> RawTracks:
    check_frame_count(data.count(b"\n") // _MOST_LINES_A_FRAME, name)
    samples: defaultdict[str, _Samples] = defaultdict(_Samples)
    damaged, ordered = 0, True
    line_times = array("d")
    for line in io.BytesIO(data.lstrip(b"\xef\xbb\xbf")):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError:
            damaged += 1
            continue
        time = _time(row)
        for device, entry in _devices(row) if time is not None else ():
            pose, named = _pose(entry)
            if pose is not None and (device in samples or len(samples) < _MOST_DEVICES):
                ordered &= not named
                samples[device].lines.append(len(line_times))
                samples[device].poses.extend(pose)
                pressed = pressed_in(entry)
                if not all(map(math.isnan, pressed)):
                    samples[device].pressed[len(line_times)] = pressed
                if (joints := joints_in(entry)) is not None:
                    samples[device].joints[len(line_times)] = joints
        if time is not None:
            line_times.append(time)
    chosen, sided = _chosen(samples, name)
    lines = [np.array(own.lines, dtype=np.intp) for own in samples.values()]
    clock = continue_clock_of_devices(np.array(line_times), lines)
    tracks = [None if device is None else samples[device].track(clock.times) for device in chosen]
    check_frame_count(max(len(track.times) for track in tracks if track is not None), name)
    times, positions, quaternions = join_tracks(tracks)
    is_openvr = any(_kind(device) in _OPENVR_CLASSES for device in samples)
    return RawTracks(
        times=times,
        positions=positions,
        quaternions=quaternions,
        format="JSON lines",
        declared=Declared(
            unit="m" if is_openvr else None,
            axes="RUB" if is_openvr else None,
            # `_pose` puts named components in this order.
            quaternion_order=None if ordered else "xyzw",
            hands=sided,
            pose="raw" if is_openvr else None,
            by="OpenVR's device classes" if is_openvr else "the keys",
        ),
        headset="OpenVR" if is_openvr else "",
        findings=(*_damage(damaged), *clock.findings),
        session_starts=clock.session_starts,
        fingers=_fingers(samples, chosen, clock.times, times),
    )


def _fingers(
    samples: Mapping[str, _Samples], chosen: list[str | None], line_times: FloatArray, times: FloatArray
) -> FingerTracks | None:
    """Return the buttons and joints of the hands at the times of the head."""
    hands = XrHands(len(line_times))
    for hand, device in enumerate(chosen[1:]):
        if device is not None:
            for line, pressed in samples[device].pressed.items():
                hands.add_pressed(line, hand, pressed)
            for line, joints in samples[device].joints.items():
                hands.add_joints(line, hand, joints)
    found = hands.fingers()
    if found is None:
        return None
    known, first = np.unique(line_times, return_index=True)
    usual = float(np.median(np.diff(known))) if len(known) > 1 else 0.0
    return found.part(first).at(known, times, _LONGEST_STEPS * usual)


def _damage(lines: int) -> tuple[Finding, ...]:
    if not lines:
        return ()
    sentence = (
        "One line is not JSON. InPose ignored it."
        if lines == 1
        else f"{lines} lines are not JSON. InPose ignored them."
    )
    return (Finding("damaged", sentence, "repaired"),)


def _time(row: object) -> float | None:
    if not isinstance(row, Mapping):
        return None
    value = _first(row, _TIMES)
    return float(value) if is_number(value) else None


def _devices(row: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each device of a line, under a name that is the same in all lines."""
    several = _first(row, _DEVICES)
    if isinstance(several, list):
        for entry in several:
            if isinstance(entry, Mapping):
                yield _name(entry), entry
    elif isinstance(several, Mapping):
        yield from ((str(key), entry) for key, entry in several.items() if isinstance(entry, Mapping))
    elif _first(row, (*_PLACES, *_MATRICES)) is not None or isinstance(row.get("pose"), (Mapping, list)):
        yield _name(row), row
    else:
        yield from ((str(key), entry) for key, entry in row.items() if isinstance(entry, Mapping))


def _name(entry: Mapping[str, Any]) -> str:
    return " ".join(str(entry[key])[:40] for key in _NAMES if isinstance(entry.get(key), (str, int)))


def _kind(device: str) -> str:
    """Return the class of a device, if its name begins with one."""
    return device.lower().split(" ")[0]


def _pose(entry: Mapping[str, Any]) -> tuple[list[float] | None, bool]:
    """Return seven numbers, NaN if the device was lost, and whether the quaternion's components were named."""
    inner = entry.get("pose")
    pose = inner if isinstance(inner, Mapping) else entry
    matrix = matrix_pose(inner if isinstance(inner, list) else _first(pose, _MATRICES))
    if matrix is not None:
        lost = any(source.get(key) is False for source in (pose, entry) for key in _VALID)
        return ([math.nan] * 7 if lost else matrix), True
    place, _ = components(_first(pose, _PLACES), "xyz")
    turn, named = components(_first(pose, _TURNS), "xyzw")
    if place is None or turn is None:
        return None, named
    lost = any(source.get(key) is False for source in (pose, entry) for key in _VALID)
    return ([math.nan] * 7 if lost else [*place, *turn]), named


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if key in row), None)


def _chosen(samples: Mapping[str, _Samples], name: str) -> tuple[list[str | None], bool]:
    """Return which devices are head, left and right, and whether their names give the side."""
    if not samples:
        raise RecordingError(f"{name} contains lines of JSON, but no device poses.", _HINT)
    by_count = sorted(samples, key=lambda device: -len(samples[device].lines))
    head = next((device for device in by_count if any(word in device.lower() for word in _HEADS)), None)
    if head is None:
        raise RecordingError(f"{name} contains poses, but none of a headset.", _HINT)
    rest = [device for device in by_count if device != head and not any(w in device.lower() for w in _STANDING)]
    hands: list[str | None] = [
        next((device for device in rest if side in device.lower()), None) for side in ("left", "right")
    ]
    sided = None not in hands
    # Controllers come before trackers; then devices with more samples come first.
    spare = sorted((device for device in rest if device not in hands), key=lambda d: "controller" not in d.lower())
    hands = [hand or (spare.pop(0) if spare else None) for hand in hands]
    if hands == [None, None]:
        raise RecordingError(f"{name} contains the poses of a headset, but none of a hand.", _HINT)
    return [head, *hands], sided


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="JSON lines",
        suffixes=(".jsonl", ".ndjson"),
        source="scripts that poll OpenVR or OpenXR and write one JSON object per line",
        hand_poses="raw if the devices have OpenVR's classes, else set `--hand-poses`",
        recognises=recognises,
        read=lambda file: read(file.data, file.name, file.options),
        rank=2,  # before WebXR, which takes any JSON
    ),
)
