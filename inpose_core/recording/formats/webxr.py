# SPDX-License-Identifier: Apache-2.0
"""Read the two JSON recordings of WebXR: Meta's IWER ActionRecorder, and A-Frame's motion capture components.

IWER: ``{"schema": [[index, {"handedness", "hasGrip", "hasHand", ...}], ...], "frames": [[t_ms, x, y, z, qx, qy, qz, qw,
[index, seven numbers of the target ray, [seven of the grip]?, ...], ...], ...]}``. A controller that reconnects, and a
hand that replaces a controller, gets a new index, so the reader uses the handedness.

A-Frame: ``{"camera": {"poses": [{"position": {x, y, z}, "rotation": {x, y, z}, "timestamp"}, ...]}, name: {...}}`` with
Euler angles in degrees, applied in three.js' order YXZ. Its names and its ``gamepad.hand`` contradict each other in
half of the files that were examined, so geometry decides which hand is which.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...arrays import BoolArray, FloatArray, runs
from ...body.hands.joint_poses import XR_JOINTS
from ...errors import RecordingError
from ...options.reading import ReadOptions
from ...system.safe_files import parse_json
from ..findings import Finding
from ..fingers.xr_hands import JOINT_VALUES, XrHands, joint_order
from ..tables.rotation_columns import euler_to_xyzw
from ..tracks import Declared, RawTracks, Track, check_frame_count, join_tracks
from ..types import DeviceStretch
from . import json_lines
from .bsor import printable
from .flat_json import objects_in
from .format import RecordingFormat

_HINT: Final[str] = "Record again, or export a CSV with the columns time, head_px ... right_qz."
_DEVICES: Final[dict[str, int]] = {"left": 1, "right": 2}
_HEAD_VALUES: Final[int] = 8
_WHERE: Final[str] = "WebXR"
_JOINTS_VALUES: Final[int] = len(XR_JOINTS) * (JOINT_VALUES + 1)


def recognises(data: bytes) -> bool:
    """Return whether the file begins like a JSON document."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read(data: bytes, name: str, options: ReadOptions | None = None) -> RawTracks:
    """Return the poses of a WebXR recording, or of a document that holds a list of objects.

    Args:
        data: the file.
        name: its name, for messages.
        options: the columns and the frame rate of objects that are read as a table.

    Raises:
        RecordingError: the file is not JSON, or is JSON of another kind.
    """
    try:
        document = parse_json(data)
    except ValueError as error:
        raise RecordingError(
            f"{name} is a damaged JSON file.", "It may be cut off: record or download it again."
        ) from error
    if isinstance(document, dict):
        if isinstance(document.get("schema"), list) and isinstance(document.get("frames"), list):
            return _read_iwer(document["schema"], document["frames"], name)
        entities = {
            key: entity
            for key, entity in document.items()
            if isinstance(entity, dict) and isinstance(entity.get("poses"), list) and entity["poses"]
        }
        if entities:
            return _read_aframe(entities, name)
    listed = objects_in(document)
    if listed:
        return json_lines.read(b"\n".join(json.dumps(entry).encode() for entry in listed), name, options)
    raise RecordingError(f"{name} is a JSON file, not a recording that InPose reads.", _HINT)


def _read_iwer(schema: list[Any], frames: list[Any], name: str) -> RawTracks:
    inputs = _iwer_inputs(schema)
    check_frame_count(len(frames), name)
    rows = [frame for frame in frames if _numbers(frame, _HEAD_VALUES)]
    if not rows:
        raise RecordingError(f"{name} is a WebXR recording (IWER) without frames.", _HINT)
    times = np.array([row[0] for row in rows], dtype=np.float64)
    poses = np.full((len(rows), 3, 7), np.nan)
    poses[:, 0] = [row[1:_HEAD_VALUES] for row in rows]
    grips = np.zeros(3, dtype=np.int64)
    rays = np.zeros(3, dtype=np.int64)
    held = np.full((len(rows), 3), -1)
    order, hands = _iwer_joints(schema), XrHands(len(rows))
    for index, row in enumerate(rows):
        for entry in row[_HEAD_VALUES:]:
            source = inputs.get(entry[0]) if isinstance(entry, list) and entry and isinstance(entry[0], int) else None
            if source is None or not _numbers(entry, 8):
                continue
            device, has_grip, _ = source
            grip = entry[8] if has_grip and len(entry) > 8 and _numbers(entry[8], 7) else None
            if grip is None and np.isfinite(poses[index, device, 0]):
                continue
            poses[index, device] = grip[:7] if grip else entry[1:8]
            (rays if grip is None else grips)[device] += 1
            held[index, device] = entry[0]
            _add_fingers(hands, index, device - 1, entry, order.get(entry[0]))
    profiles = _iwer_profiles(schema)
    controllers = _most_used(held, profiles)
    bare = np.isin(held, [number for number, (_, _, is_hand) in inputs.items() if is_hand]).any(axis=1)
    return RawTracks(
        times=times,
        positions=poses[..., :3],
        quaternions=poses[..., 3:],
        format="WebXR (IWER)",
        declared=Declared(
            unit="m",
            axes="RUB",
            quaternion_order="xyzw",
            time_unit="ms",
            hands=True,
            pose="aim" if rays.sum() > grips.sum() else "grip",
            certain=True,
            by=_WHERE,
        ),
        headset=_iwer_headset(schema),
        controllers=controllers,
        other_devices=_other_devices(times, held, profiles, controllers),
        notes=_iwer_notes(inputs),
        findings=_bare_hands_told(times, bare),
        fingers=hands.fingers(),
    )


def _iwer_inputs(schema: list[Any]) -> dict[int, tuple[int, bool, bool]]:
    """Return for each input index its device, whether it has a grip, and whether it is a bare hand."""
    inputs = {}
    for entry in schema:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], int) and isinstance(entry[1], dict):
            device = _DEVICES.get(str(entry[1].get("handedness")))
            if device is not None:
                inputs[entry[0]] = (device, bool(entry[1].get("hasGrip")), bool(entry[1].get("hasHand")))
    return inputs


@dataclass(frozen=True)
class _IwerParts:
    """Say what follows the pose of an input in each frame."""

    joint_order: list[int] | None
    """For each of WebXR's joints its place in the list of joints; None for controllers."""
    buttons: int
    """How many buttons the gamepad has. The gamepad of a bare hand only tells a pinch."""


def _iwer_joints(schema: list[Any]) -> dict[int, _IwerParts]:
    found = {}
    for entry in schema:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], int) and isinstance(entry[1], dict):
            count = entry[1].get("numButtons")
            buttons = count if isinstance(count, int) and not entry[1].get("hasHand") else 0
            found[entry[0]] = _IwerParts(joint_order(entry[1].get("jointSequence")), buttons)
    return found


def _add_fingers(hands: XrHands, frame: int, hand: int, entry: list[Any], parts: _IwerParts | None) -> None:
    if parts is None:
        return
    lists = [part for part in entry[_HEAD_VALUES:] if isinstance(part, list)]
    if parts.joint_order is not None:
        joints = next((part for part in lists if _numbers(part, _JOINTS_VALUES)), None)
        if joints is not None:
            # Each joint has a radius, too.
            poses = np.array(joints[:_JOINTS_VALUES], dtype=np.float64).reshape(len(XR_JOINTS), -1)[:, :JOINT_VALUES]
            hands.add_joints(frame, hand, poses[parts.joint_order])
    elif parts.buttons and lists and isinstance(lists[-1][0] if lists[-1] else None, list):
        hands.add_buttons(frame, hand, lists[-1][: parts.buttons])


def _iwer_headset(schema: list[Any]) -> str:
    """Identify the headset by its controllers' profiles, the only hint that IWER stores."""
    text = json.dumps(schema)[:20000]
    known = (("touch-plus", "Quest 3"), ("touch-pro", "Quest Pro"), ("touch-v3", "Quest 2"), ("pico", "PICO"))
    return next((headset for key, headset in known if key in text), "")


def _iwer_profiles(schema: list[Any]) -> dict[int, str]:
    """Return the first and most exact profile of each input that has one."""
    found = {}
    for entry in schema:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
            profiles = entry[1].get("profiles")
            if isinstance(profiles, list) and profiles and isinstance(entry[0], int):
                found[entry[0]] = printable(str(profiles[0])[:64])
    return found


def _most_used(held: NDArray[np.int64], profiles: Mapping[int, str]) -> str:
    """Return the profile of the inputs that gave most of the poses: controllers or bare hands."""
    counts: defaultdict[str, int] = defaultdict(int)
    for number, profile in profiles.items():
        counts[profile] += int((held == number).sum())
    return max(counts, key=lambda profile: counts[profile]) if counts else ""


def _other_devices(
    times_ms: FloatArray, held: NDArray[np.int64], profiles: Mapping[int, str], controllers: str
) -> tuple[DeviceStretch, ...]:
    """Return when a hand holds inputs of another profile than that of the controllers."""
    stretches = []
    for profile in sorted(set(profiles.values()) - {controllers}):
        numbers = [number for number, name in profiles.items() if name == profile]
        for hand in (1, 2):
            for start, stop in runs(np.isin(held[:, hand], numbers)):
                start_s, stop_s = (times_ms[[start, stop - 1]] - times_ms[0]) / 1000
                stretches.append(DeviceStretch(hand, float(start_s), float(stop_s), profile))
    return tuple(stretches)


def _iwer_notes(inputs: dict[int, tuple[int, bool, bool]]) -> tuple[str, ...]:
    counts: defaultdict[tuple[int, bool], int] = defaultdict(int)
    for device, _, is_hand in inputs.values():
        counts[device, is_hand] += 1
    if any(count > 1 for count in counts.values()):
        return ("Controllers reconnected during the recording. InPose joined the parts of each hand.",)
    return ()


def _bare_hands_told(times_ms: FloatArray, bare: BoolArray) -> tuple[Finding, ...]:
    """Return a finding if bare hands replace controllers for some of the frames."""
    if not bare.any() or bare.all():
        return ()
    first_s, last_s = ((times_ms[bare][end] - times_ms[0]) / 1000 for end in (0, -1))
    sentence = (
        f"From {first_s:.1f} to {last_s:.1f} s, bare hands were tracked instead of controllers. "
        "InPose knows where the wrist is in a bare hand's pose; check the hands there."
    )
    return (Finding("another_offset", sentence, "told", None, float(first_s), float(last_s)),)


def _numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) >= count
        and all(isinstance(value, (int, float)) and abs(value) < 1e300 for value in values[:count])
    )


def _read_aframe(entities: dict[str, Any], name: str) -> RawTracks:
    check_frame_count(max(len(entity["poses"]) for entity in entities.values()), name)
    tracks = {key: track for key, entity in entities.items() if (track := _aframe_track(entity["poses"])) is not None}
    head = next((key for key in tracks if key.lower() in {"camera", "head", "hmd"}), None)
    if head is None:
        raise RecordingError(f"{name} is a WebXR recording (A-Frame) without the camera's poses.", _HINT)
    hands = [key for key in tracks if key != head]
    by_name = {_side_of(key, entities[key]): key for key in reversed(hands)}
    left, right = by_name.get(1), by_name.get(2)
    # Entities may have any name: the two others are the hands, and geometry decides which is which.
    spare = [key for key in hands if key not in {left, right}]
    left = left or (spare.pop(0) if spare else None)
    right = right or (spare.pop(0) if spare else None)
    times, positions, quaternions = join_tracks(
        [tracks[head], tracks[left] if left else None, tracks[right] if right else None]
    )
    ids = " ".join(str(_gamepad(entity).get("id")) for entity in entities.values())
    return RawTracks(
        times=times,
        positions=positions,
        quaternions=quaternions,
        format="WebXR (A-Frame)",
        declared=Declared(
            unit="m",
            axes="RUB",
            quaternion_order="xyzw",
            time_unit="ms",
            pose="raw" if "openvr" in ids.lower() else "grip",
            by="WebVR's gamepads" if "openvr" in ids.lower() else _WHERE,
        ),
        headset="OpenVR" if "openvr" in ids.lower() else "",
        controllers=printable(ids),
    )


def _aframe_track(poses: list[Any]) -> Track | None:
    rows = []
    for pose in poses:
        try:
            place, turn = pose["position"], pose["rotation"]
            row = [pose["timestamp"], *(place[axis] for axis in "xyz"), *(turn[axis] for axis in "yxz")]
        except (TypeError, KeyError):
            continue
        if _numbers(row, 7):
            rows.append(row)
    if len(rows) < 2:
        return None
    table = np.array(rows, dtype=np.float64)
    return Track(table[:, 0], table[:, 1:4], euler_to_xyzw(table[:, 4:], "YXZ"))


def _gamepad(entity: dict[str, Any]) -> dict[str, Any]:
    gamepad = entity.get("gamepad")
    return gamepad if isinstance(gamepad, dict) else {}


def _side_of(key: str, entity: dict[str, Any]) -> int:
    """Return 1 or 2 from the entity's name, or else from its gamepad; 0 if neither names a side."""
    for text in (key, str(_gamepad(entity).get("hand"))):
        for side, device in _DEVICES.items():
            if side in text.lower():
                return device
    return 0


FORMATS: Final[tuple[RecordingFormat, ...]] = (
    RecordingFormat(
        name="WebXR",
        suffixes=(".json",),
        source="Meta's IWER recorder, A-Frame's motion capture",
        hand_poses="grips; A-Frame on a Vive: raw",
        recognises=recognises,
        read=lambda file: read(file.data, file.name, file.options),
        rank=3,  # any JSON document
    ),
)
