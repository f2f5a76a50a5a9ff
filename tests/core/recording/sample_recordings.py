# SPDX-License-Identifier: Apache-2.0
"""Write the same recording in every format that is read, with a player's name and id wherever a format has room."""

from __future__ import annotations

import json
import lzma
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from inpose_core.recording import Recording
from inpose_core.recording.formats.scoresaber import HEADER_BYTES, MAGIC, POSE_DTYPE
from tests.core.recording.recorder_takes import take_bytes
from tests.core.recording.recording_files import PLAYER_ID, PLAYER_NAME, BsorFile
from tests.core.recording.recording_tables import Convention, text_of, wide_table

UNITY = Convention(axes="RUF")
OPENXR = Convention(axes="RUB")


def bson(document: dict[str, object]) -> bytes:
    """Return a BSON document of strings, numbers, binaries, lists and documents."""
    body = b""
    for key, value in document.items():
        name = key.encode() + b"\0"
        if isinstance(value, str):
            body += b"\x02" + name + struct.pack("<i", len(value.encode()) + 1) + value.encode() + b"\0"
        elif isinstance(value, bytes):
            body += b"\x05" + name + struct.pack("<i", len(value)) + b"\0" + value
        elif isinstance(value, float):
            body += b"\x01" + name + struct.pack("<d", value)
        elif isinstance(value, list):
            body += b"\x04" + name + bson({str(i): item for i, item in enumerate(value)})
        elif isinstance(value, dict):
            body += b"\x03" + name + bson(value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def xror_bytes(
    recording: Recording,
    app: str = "Beat Saber",
    order: tuple[int, ...] = (0, 1, 2),
    pauses: list[tuple[float, float]] | None = None,
    speed: float = 0.0,
    pad_rows: int = 0,
    modifiers: str | list[object] = "",
) -> bytes:
    """Return an XROR file; ``order`` is the devices' place in it, pauses are (song time, seconds)."""
    import fpzip  # noqa: PLC0415 (an extra)

    times, positions, quaternions = UNITY.tracks(recording)
    poses = np.concatenate((positions, quaternions), axis=-1)[:, list(order)]
    table = np.concatenate((times[:, None], poses.reshape(len(times), -1)), axis=1)
    table = np.concatenate((table, np.full((pad_rows, table.shape[1]), -1.0))).astype(np.float32)
    names = (("Test Headset", "HMD", "HEAD"), ("L", "CONTROLLER", "HAND_LEFT"), ("R", "CONTROLLER", "HAND_RIGHT"))
    devices: list[object] = [
        {"name": name, "type": kind, "joint": joint, "axes": list("xyzijk1")}
        for name, kind, joint in (names[i] for i in order)
    ]
    events: list[object] = []
    if pauses:
        packed = np.array(pauses, np.float32)[None, None]
        events.append(
            {"id": "p", "name": "Pause", "attr": ["duration"], "floatData": fpzip.compress(packed, order="C")}
        )
    return bson(
        {
            "$schema": "https://metaguard.github.io/xror/schema/v1.0.0/schema.json",
            "info": {
                "name": PLAYER_NAME,
                "hardware": {"devices": devices},
                "software": {
                    "app": {"id": "620980", "name": app},
                    "activity": {"speed": speed, "modifiers": modifiers},
                },
                "user": {"id": PLAYER_ID, "name": PLAYER_NAME},
            },
            "frames": fpzip.compress(table[None, None], order="C"),
            "events": events,
        }
    )


def scoresaber_bytes(
    recording: Recording, room_turn_deg: float = 0.0, modifiers: tuple[str, ...] = ("NF",), fps: int = 90
) -> bytes:
    """Return a ScoreSaber replay."""
    times, positions, quaternions = UNITY.tracks(recording)
    frames = np.zeros(len(times), POSE_DTYPE)
    frames["poses"] = np.concatenate((positions, quaternions), axis=-1)
    frames["time"], frames["fps"] = times, fps
    metadata = b"".join(
        (
            *(_string(text) for text in ("3.0.0", "custom_level_ABC")),
            struct.pack("<i", 9),
            *(_string(text) for text in ("Standard", PLAYER_NAME)),
            struct.pack("<i", len(modifiers)) + b"".join(map(_string, modifiers)),
            struct.pack("<f?f", 0.5, False, 1.7),
            struct.pack("<5f", room_turn_deg, 0.1, 0.0, 0.0, 0.0),
        )
    )
    poses = struct.pack("<i", len(frames)) + frames.tobytes()
    start = 36
    offsets = struct.pack("<9i", start, start + len(metadata), *[start + len(metadata) + len(poses)] * 7)
    magic = MAGIC + " \N{PILE OF POO}".encode()
    content = offsets + metadata + poses + struct.pack("<i", 0)
    return magic.ljust(HEADER_BYTES - 2, b" ")[: HEADER_BYTES - 2] + b"\r\n" + lzma.compress(content, lzma.FORMAT_ALONE)


def iwer_bytes(recording: Recording, reconnect: int | None = None, grips: bool = True) -> bytes:
    """Return an IWER recording; from the frame ``reconnect`` on both hands have new indices, in the other order."""
    times, positions, quaternions = OPENXR.tracks(recording)
    poses = np.concatenate((positions, quaternions), axis=-1)
    hands = ((0, "left"), (1, "right"), (4, "right"), (5, "left"))
    schema = [
        [index, {"handedness": side, "hasGrip": grips, "hasHand": False, "profiles": []}] for index, side in hands
    ]
    frames = []
    for frame, (time_s, pose) in enumerate(zip(times, poses, strict=True)):
        late = reconnect is not None and frame >= reconnect
        entries = []
        for device, index in ((2, 4), (1, 5)) if late else ((1, 0), (2, 1)):
            ray = pose[device].copy()
            ray[:3] += (0.0, 0.0, -0.1)
            entries.append(
                [index, *(ray if grips else pose[device]).tolist(), *([pose[device].tolist()] if grips else [])]
            )
        frames.append([9798.8 + 1000 * time_s, *pose[0].tolist(), *entries])
    return json.dumps({"schema": schema, "frames": frames}).encode()


def aframe_bytes(recording: Recording, swap_hands: bool = False) -> bytes:
    """Return an A-Frame recording; with ``swap_hands`` its entities have each other's names."""
    times, positions, quaternions = OPENXR.tracks(recording)
    document: dict[str, object] = {}
    names = ("camera", "right", "left") if swap_hands else ("camera", "left", "right")
    for device, name in enumerate(names):
        angles = Rotation.from_quat(quaternions[:, device]).as_euler("YXZ", degrees=True)
        poses = [
            {
                "position": dict(zip("xyz", position.tolist(), strict=True)),
                "rotation": {"x": angle[1], "y": angle[0], "z": angle[2]},
                "timestamp": 306686.0 + 1000 * time_s,
            }
            for time_s, position, angle in zip(times.tolist(), positions[:, device], angles.tolist(), strict=True)
        ]
        document[name] = {"poses": poses, "events": []}
        if device:
            document[name]["gamepad"] = {"id": "OpenVR Gamepad", "hand": name, "index": device}  # type: ignore[index]  # nested JSON
    return json.dumps(document).encode()


def long_table(recording: Recording, matrices: bool = False) -> str:
    """Return a row per device and frame: SteamVR's recorder, or VR.net's 3x4 matrices."""
    times, positions, quaternions = OPENXR.tracks(recording)
    if matrices:
        R = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix().reshape(-1, 3, 3, 3)
        lines = ["framecounter,timestamp,device_id,deviceToAbsoluteTracking"]
        for frame, time_s in enumerate(times):
            for device in range(3):
                rows = np.concatenate((R[frame, device], positions[frame, device][:, None]), axis=1)
                cell = " ".join(f"{x:.9f}" for x in rows.ravel())
                lines.append(f"{frame},{1.6e12 + 1000 * time_s:.3f},{device},{cell}")
        return "\n".join(lines) + "\n"
    lines = [
        "timestamp,deviceIndex,controllerType,serial,position.x,position.y,position.z,rotation.w,rotation.x,rotation.y,rotation.z"
    ]
    for frame, time_s in enumerate(times):
        for device, index in enumerate((0, 3, 4)):
            q = quaternions[frame, device]
            values = (*positions[frame, device], q[3], *q[:3])
            lines.append(f"{time_s:.6f},{index},knuckles,{PLAYER_ID},{','.join(f'{x:.9f}' for x in values)}")
        lines.append(f"{time_s:.6f},1,lighthouse,LHB-1,2,2.4,2,1,0,0,0")
    return "\n".join(lines) + "\n"


def uxf_files(recording: Recording, folder: Path) -> Path:
    """Write a file per object with Unity's Euler angles, and return that of the left hand."""
    times, positions, quaternions = UNITY.tracks(recording)
    for device, name in enumerate(("head", "lefthand", "righthand")):
        y, x, z = Rotation.from_quat(quaternions[:, device]).as_euler("YXZ", degrees=True).T
        values = np.column_stack((times, positions[:, device], x % 360, y % 360, z % 360))
        path = folder / f"{name}_movement_T001.csv"
        path.write_text(text_of(("time", "pos_x", "pos_y", "pos_z", "rot_x", "rot_y", "rot_z"), values))
    return folder / "lefthand_movement_T001.csv"


def alyx_table(recording: Recording) -> str:
    """Return a table of Who is Alyx?: centimetres, OpenVR's axes, milliseconds."""
    convention = Convention(unit="cm", time_unit="ms")
    names = ("hmd", "left_controller", "right_controller")
    return wide_table(recording, convention, names, "{}_pos_", "{}_rot_", "delta_time_ms")


def json_lines(recording: Recording) -> bytes:
    """Write what a script that polls OpenVR does, one JSON object a line."""
    lines = []
    for t, positions, wxyz in zip(recording.times_s, recording.positions_m, recording.rotations_wxyz, strict=True):
        poses = [
            {
                "valid": True,
                "position": dict(zip("xyz", p.tolist(), strict=True)),
                "quaternion": dict(zip("wxyz", q.tolist(), strict=True)),
            }
            for p, q in zip(positions, wxyz, strict=True)
        ]
        kinds = ((0, "HMD"), (3, "Controller"), (4, "Controller"))
        devices = [{"index": i, "class": kind, "pose": pose} for (i, kind), pose in zip(kinds, poses, strict=True)]
        lines.append(json.dumps({"timestamp": 1.7e9 + float(t), "player": PLAYER_NAME, "devices": devices}))
    return "\n".join(lines).encode() + b"\n"


def amass_bytes(frames: int = 120) -> bytes:
    """Return an AMASS sequence: somebody who sways."""
    import io  # noqa: PLC0415

    random = np.random.default_rng(3)
    wave = np.sin(np.linspace(0, 6, frames))[:, None]
    poses: NDArray[np.float64] = 0.1 * wave * random.normal(size=(1, 156))
    file = io.BytesIO()
    np.savez(
        file,
        poses=poses,
        trans=0.1 * wave * np.ones((1, 3)),
        betas=np.zeros(16),
        gender="neutral",
        mocap_framerate=120.0,
    )
    return file.getvalue()


def all_samples(recording: Recording) -> dict[str, bytes]:
    """Return a file of every format that is one file."""
    return {
        "take.bsor": BsorFile(recording, pauses=[(2, 0.5)]).to_bytes(),
        "take.xror": xror_bytes(recording),
        "take.dat": scoresaber_bytes(recording),
        "iwer.json": iwer_bytes(recording),
        "aframe.json": aframe_bytes(recording),
        "alyx.csv": alyx_table(recording).encode(),
        "steamvr.csv": long_table(recording).encode(),
        "vrnet.csv": long_table(recording, matrices=True).encode(),
        "amass.npz": amass_bytes(),
        "poll.jsonl": json_lines(recording),
        "headset.jsonl": take_bytes(recording),
    }


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<i", len(data)) + data
