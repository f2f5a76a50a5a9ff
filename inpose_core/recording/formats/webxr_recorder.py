# SPDX-License-Identifier: Apache-2.0
"""Read takes of our own recorder page (``web/recorder``), one JSON value a line; a file that was cut off is read up to
the cut.

The first line is an object with ``"format": "InPose WebXR recording"``. Then, in any order:

- ``{"input": n, "at": ms, "hand": "left", "bare": false, "pose": "grip", "profiles": [...]}``: a controller or a hand.
  ``pose`` is ``grip``, ``aim``, or ``wrist`` (the wrist joint of a bare hand without a grip).
- ``[ms, head, left, right, fingers, body]``, a moment; the last two may be missing. Each pose is 0 if it is not there,
  or ``[emulated, x, y, z, qx, qy, qz, qw]`` in tenths of a millimetre and 1e-5; a hand's begins with the number of its
  input, and ends with trigger, grip and thumb in percent. ``fingers`` has for each hand 0 or Base64 of 24 joint places
  about the wrist in the wrist's axes (16-bit integers, tenths of a millimetre). ``body`` is a list of named poses.
- ``{"event": "hidden" | "recentred" | "t_pose" | "end" | ..., "at": ms}``. A new centre may have ``moved``: its
  x, y, z, qx, qy, qz, qw in metres, in the space until then.

Axes, reference spaces and input profiles are those of the WebXR Device API (w3.org/TR/webxr).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...arrays import FloatArray, runs
from ...body.hands.joint_poses import XR_JOINTS, rotations_of_joint_poses
from ...body.hands.joints import FINGER_JOINT_COUNT, SIDES
from ...body.hands.tracks import FingerTracks
from ...body.quaternions import multiply_quaternions, rotate_vector, wxyz_from_xyzw, xyzw_from_wxyz
from ...errors import RecordingError
from ...system.safe_files import parse_json
from ..findings import Finding
from ..tracks import Declared, RawTracks, Track, check_frame_count, trackers_at
from ..types import DeviceStretch
from .bsor import printable
from .format import RecordingFormat

NAME: Final[str] = "InPose WebXR recording"
_BEGINNING: Final[bytes] = b'{"format":"' + NAME.encode() + b'"'
_T_POSE: Final[bytes] = b'{"event":"t_pose"'
_HINT: Final[str] = "Record again, or download the take from the page once more."
_NEWEST_VERSION: Final[int] = 1
_METRES: Final[float] = 1e-4
_UNITS: Final[float] = 1e-5
_POSE_NUMBERS: Final[int] = 8
_BUTTON_COUNT: Final[int] = 3
_PACKED_LENGTH: Final[int] = 192
"""Of the Base64 of 24 joints with three 16-bit integers each."""
_LONGEST_LINE: Final[int] = 65536
_LARGEST_NUMBER: Final[float] = 1e9
_MOST_INPUTS: Final[int] = 1000
"""Inputs at once, and kinds of them in a take. A headset may number a bare hand anew whenever it comes back, so there
may be more numbers than this: those that were not used for the longest time are forgotten."""
_BODY: Final[tuple[str, ...]] = ("hips", "chest", "left_foot", "right_foot")
EYES_M: Final[float] = 1.6
"""The page adds this to all heights where the headset knows no floor."""

_WRIST_IN_GRIP_M: Final[FloatArray] = np.array([[-0.0369, 0.0655, 0.0017], [0.0370, 0.0656, 0.0013]])
_WRIST_IN_GRIP_WXYZ: Final[FloatArray] = np.array([[0.5, -0.5, 0.5, 0.5], [0.5, -0.5, -0.5, -0.5]])
"""(2, 3) and (2, 4): the wrist joint in the grip of a bare hand, left and right; a hand of Quest 3 holds them to a
millimetre."""


@dataclass(frozen=True)
class _Input:
    device: int
    bare: bool
    pose: str
    profile: str


@dataclass
class TakeContent:
    """Collect what the lines say."""

    inputs: dict[int, _Input] = field(default_factory=dict)
    """By their numbers, the one that was used last at the end."""
    kinds: dict[_Input, int] = field(default_factory=dict)
    """Each different input, and its place in their order."""
    rows: list[tuple[float, ...]] = field(default_factory=list)
    held: list[tuple[int, int]] = field(default_factory=list)
    """The kind of input of each hand in each moment; -1 for none."""
    body: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    pressed: list[tuple[list[float], list[float]]] = field(default_factory=list)
    """Trigger, grip and thumb of each hand in each moment."""
    joints: list[tuple[int, int, FloatArray]] = field(default_factory=list)
    """The moment, the hand, and the places (25, 3) of its joints."""
    hidden_ms: list[float] = field(default_factory=list)
    damaged: int = 0
    ended: bool = False

    def is_wrist(self, kind: int) -> bool:
        """Return whether the poses of a kind are those of wrist joints."""
        return any(place == kind and source.pose == "wrist" for source, place in self.kinds.items())

    def add_input(self, number: int, source: _Input) -> None:
        """Add an input, or give its number to another one."""
        if source not in self.kinds and len(self.kinds) >= _MOST_INPUTS:
            return
        self.kinds.setdefault(source, len(self.kinds))
        self.inputs.pop(number, None)
        self.inputs[number] = source
        if len(self.inputs) > _MOST_INPUTS:
            del self.inputs[next(iter(self.inputs))]

    def use_input(self, number: int, device: int) -> _Input | None:
        """Return the input with a number; None if there is none for a device."""
        source = self.inputs.get(number)
        if source is None or source.device != device:
            return None
        self.inputs[number] = self.inputs.pop(number)
        return source


def recognises(data: bytes) -> bool:
    """Return whether the file begins as the recorder's files do."""
    return data[:64].replace(b" ", b"").startswith(_BEGINNING.replace(b" ", b""))


def header_of(line: bytes) -> dict[str, Any] | None:
    """Return what the first line of a take says; None if the line is no such line."""
    return _object(line) if recognises(line) else None


def is_frame(line: str) -> bool:
    """Return whether a line of a take is a moment."""
    return line.startswith("[")


def holds_t_pose(path: Path) -> bool:
    """Return whether the performer held the T-pose in a take; False if the file cannot be read."""
    try:
        return _T_POSE in path.read_bytes()
    except OSError:
        return False


def read(data: bytes, name: str) -> RawTracks:
    """Return the poses of a take.

    Raises:
        RecordingError: the file has no frames, or is of a newer version.
    """
    head, _, rest = data.partition(b"\n")
    header = _object(head)
    if header is None:
        raise RecordingError(f"{name} is a damaged take of the InPose recorder.", _HINT)
    version = header.get("version")
    if not isinstance(version, int) or version > _NEWEST_VERSION:
        raise RecordingError(f"{name} was recorded by a newer version of InPose.", "Update InPose.")
    check_frame_count(rest.count(b"\n["), name)
    take = _take(rest.split(b"\n"))
    if not take.rows:
        raise RecordingError(f"{name} is a take of the InPose recorder without frames.", _HINT)
    return _tracks(take, header)


def _take(lines: list[bytes]) -> TakeContent:
    take = TakeContent()
    for line in lines:
        if not line.strip():
            continue
        value = parsed_line(line)
        if isinstance(value, list):
            take.damaged += not add_moment(take, value)
        elif isinstance(value, dict):
            add_object(take, value)
        else:
            take.damaged += 1
    return take


def add_object(take: TakeContent, value: Mapping[str, Any]) -> None:
    """Add an input or an event to the take; others are ignored."""
    number, event = value.get("input"), value.get("event")
    if isinstance(number, int) and value.get("hand") in ("left", "right"):
        profiles = value.get("profiles")
        first = profiles[0] if isinstance(profiles, list) and profiles else ""
        device = 1 if value["hand"] == "left" else 2
        pose = str(value.get("pose"))
        take.add_input(number, _Input(device, value.get("bare") is True, pose, printable(str(first)[:64])))
    elif event == "hidden" and _are_numbers([value.get("at")], 1):
        take.hidden_ms.append(float(value["at"]))
    elif event == "end":
        take.ended = True


def add_moment(take: TakeContent, value: list[Any]) -> bool:
    """Add a moment to the take; return whether it is one."""
    if len(value) < 4 or not _are_numbers(value, 1):
        return False
    head = _pose(value[1])
    if head is None:
        return False
    hands: list[tuple[float, ...]] = [_NO_POSE, _NO_POSE]
    held, pressed = [-1, -1], ([np.nan] * 3, [np.nan] * 3)
    for hand in (0, 1):
        entry = value[2 + hand]
        if isinstance(entry, list) and entry and isinstance(entry[0], int):
            source = take.use_input(entry[0], 1 + hand)
            if source is not None and (pose := _pose(entry[1:])) is not None:
                hands[hand], held[hand] = pose, take.kinds[source]
                pressed[hand][:] = _pressed(entry[1 + _POSE_NUMBERS :], source)
    take.rows.append((float(value[0]), *head, *hands[0], *hands[1]))
    take.held.append((held[0], held[1]))
    take.pressed.append(pressed)
    fingers = value[4] if len(value) > 4 and isinstance(value[4], list) else ()
    for hand, packed in enumerate(fingers[:2]):
        if (places := _joints(packed)) is not None:
            take.joints.append((len(take.rows) - 1, hand, places))
    for entry in value[5] if len(value) > 5 and isinstance(value[5], list) else ():
        if isinstance(entry, list) and entry and entry[0] in _BODY and (pose := _pose(entry[1:])) is not None:
            take.body.setdefault(entry[0], []).append((float(value[0]), *pose))
    return True


def _pressed(percents: list[Any], source: _Input) -> list[float]:
    """Return how far trigger, grip and thumb are pressed, from 0 to 1. The trigger of a bare hand is only a pinch."""
    if source.bare or not _are_numbers(percents, _BUTTON_COUNT):
        return [np.nan] * _BUTTON_COUNT
    return [float(percent) / 100 for percent in percents[:_BUTTON_COUNT]]


def _joints(packed: object) -> FloatArray | None:
    """Return the places of a hand's joints about its wrist, (25, 3) in metres; None if they are no such places."""
    if not isinstance(packed, str) or len(packed) != _PACKED_LENGTH:
        return None
    try:
        whole = np.frombuffer(base64.b64decode(packed, validate=True), dtype="<i2")
    except ValueError:
        return None
    places = np.zeros((len(XR_JOINTS), 3))
    places[1:] = _METRES * whole.reshape(-1, 3)
    return places


def _fingers(take: TakeContent, times_ms: FloatArray) -> FingerTracks | None:
    """Return the buttons of all moments, and the fingers, which are written in every second or third of them."""
    rotations = np.full((len(times_ms), len(SIDES), FINGER_JOINT_COUNT, 4), np.nan)
    for hand, side in enumerate(SIDES):
        own = [(moment, places) for moment, which, places in take.joints if which == hand]
        if own:
            places = np.array([each for _, each in own])
            rotations[[moment for moment, _ in own], hand] = rotations_of_joint_poses(side, places)
    found = FingerTracks.of_joints(rotations)
    tracks = FingerTracks(rotations if found.measured.any() else None, found.measured, np.array(take.pressed))
    return None if tracks.is_empty else tracks


_NO_POSE: Final[tuple[float, ...]] = (0.0, *(np.nan,) * 7)


def _pose(numbers: object) -> tuple[float, ...] | None:
    """Return whether the position is emulated, metres and xyzw."""
    if not isinstance(numbers, list) or not _are_numbers(numbers, _POSE_NUMBERS):
        return None
    emulated, *pose = numbers[:_POSE_NUMBERS]
    return (float(emulated), *(_METRES * number for number in pose[:3]), *(_UNITS * number for number in pose[3:]))


def _tracks(take: TakeContent, header: Mapping[str, Any]) -> RawTracks:
    table = np.array(take.rows, dtype=np.float64)
    poses = table[:, 1:].reshape(len(table), 3, _POSE_NUMBERS)
    positions, quaternions = poses[..., 1:4].copy(), poses[..., 4:].copy()
    # The headset only guesses these from the rotation. A browser that says so of all frames says nothing.
    emulated = poses[..., 0] > 0
    seen = np.isfinite(positions).all(axis=-1)
    positions[emulated & ~(emulated | ~seen).all(axis=0)] = np.nan
    held = np.array(take.held)
    from_floor = header.get("reference_space") != "local"
    if not from_floor:
        positions[..., 1] -= EYES_M
    for source, kind in take.kinds.items():
        if source.pose == "wrist":
            frames = held[:, source.device - 1] == kind
            grips_of_wrists(positions, quaternions, source.device, frames)
    rays = np.isin(held, [kind for source, kind in take.kinds.items() if source.pose == "aim"]).sum()
    controllers, others = _devices(take, held, table[:, 0])
    body = {
        name: Track(rows[:, 0], rows[:, 2:5] - (0.0, 0.0 if from_floor else EYES_M, 0.0), rows[:, 5:])
        for name, rows in ((name, np.array(rows)) for name, rows in take.body.items())
    }
    return RawTracks(
        times=table[:, 0],
        positions=positions,
        quaternions=quaternions,
        format="WebXR (InPose recorder)",
        declared=Declared(
            unit="m",
            axes="RUB",
            quaternion_order="xyzw",
            time_unit="ms",
            hands=True,
            pose="aim" if rays > (held >= 0).sum() / 2 else "grip",
            origin="floor" if from_floor else "eyes",
            certain=True,
            by="WebXR",
        ),
        headset=_headset(header),
        controllers=controllers,
        other_devices=others,
        findings=tuple(_findings(take, table[:, 0])),
        trackers=trackers_at(table[:, 0], body),
        fingers=_fingers(take, table[:, 0]),
    )


def grips_of_wrists(positions: FloatArray, quaternions: FloatArray, device: int, frames: Any) -> None:
    """Put grips where wrist joints are, in place: all later stages know the grip of a bare hand."""
    turn = _WRIST_IN_GRIP_WXYZ[device - 1] * (1, -1, -1, -1)
    grips = multiply_quaternions(wxyz_from_xyzw(quaternions[frames, device]), turn)
    positions[frames, device] -= rotate_vector(grips, _WRIST_IN_GRIP_M[device - 1])
    quaternions[frames, device] = xyzw_from_wxyz(grips)


def _devices(take: TakeContent, held: Any, times_ms: FloatArray) -> tuple[str, tuple[DeviceStretch, ...]]:
    """Return the profile that is held most, and when a hand holds another one."""
    counts: dict[str, int] = {}
    for source, kind in take.kinds.items():
        counts[source.profile] = counts.get(source.profile, 0) + int((held == kind).sum())
    most = max(counts, key=lambda profile: counts[profile]) if counts else ""
    stretches = []
    for profile in sorted(set(counts) - {most}):
        kinds = [kind for source, kind in take.kinds.items() if source.profile == profile]
        for hand in (0, 1):
            for start, stop in runs(np.isin(held[:, hand], kinds)):
                start_s, stop_s = (times_ms[[start, stop - 1]] - times_ms[0]) / 1000
                stretches.append(DeviceStretch(1 + hand, float(start_s), float(stop_s), profile))
    return most, tuple(stretches)


def _findings(take: TakeContent, times_ms: FloatArray) -> Iterator[Finding]:
    if not take.ended or take.damaged:
        yield Finding(
            "damaged", "The take was cut off or is damaged. InPose reads all frames that are whole.", "repaired"
        )
    if take.hidden_ms:
        first_s = (take.hidden_ms[0] - times_ms[0]) / 1000
        template = "At {start_s} s, the headset's menu or a dialog was open. Check the motion there."
        yield Finding.timed("no_pose", template, "told", first_s, first_s)


def _headset(header: Mapping[str, Any]) -> str:
    """Return the headset's name, if the browser's name for itself has it."""
    agent = str(header.get("user_agent", ""))[:300]
    known = ("Quest 3S", "Quest 3", "Quest Pro", "Quest 2", "Quest", "PICO", "Pico", "Vision Pro", "Wolvic", "Vive")
    return next((headset for headset in known if headset in agent), "")


def _object(line: bytes) -> dict[str, Any] | None:
    value = parsed_line(line)
    return value if isinstance(value, dict) else None


def parsed_line(line: bytes) -> Any:
    """Return the JSON value of a line; None if it is none, or too long."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        return parse_json(line)
    except ValueError:
        return None


def _are_numbers(values: list[Any], count: int) -> bool:
    return len(values) >= count and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER
        for value in values[:count]
    )


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="WebXR (InPose recorder)",
        suffixes=(".jsonl",),
        source="our recorder page in the headset's browser",
        hand_poses="grips",
        recognises=recognises,
        read=lambda file: read(file.data, file.name),
    ),
)
