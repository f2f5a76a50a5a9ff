# SPDX-License-Identifier: Apache-2.0
"""Write takes as JSON: IWER's and A-Frame's recordings, and lines of OpenVR polls."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from ..devices import Take
from .conventions import positions_in, quaternions_in
from .logger import Logger


def write_iwer(take: Take) -> bytes:
    """Return IWER's recording; the target rays are not given, so each entry repeats the grip."""
    schema = [
        [
            index,
            {
                "handedness": side,
                "targetRayMode": "tracked-pointer",
                "profiles": ["meta-quest-touch-plus"],
                "hasGrip": True,
                "hasHand": False,
            },
        ]
        for index, side in enumerate(("left", "right"))
    ]
    poses = np.concatenate((positions_in(take, "RUB", "m"), quaternions_in(take, "RUB", "xyzw")), axis=-1)
    frames = []
    for time_s, frame, seen in zip(take.times_s.tolist(), poses.round(4).tolist(), take.measured.tolist(), strict=True):
        row: list[Any] = [round(1000 * time_s, 1), *frame[0]]
        row += [[hand, *frame[hand + 1], frame[hand + 1]] for hand in (0, 1) if seen[hand + 1]]
        frames.append(row)
    return json.dumps({"schema": schema, "frames": frames}).encode()


def write_aframe(take: Take) -> bytes:
    """Return A-Frame's recording of a Vive: Euler angles in degrees, applied in the order Y, X, Z."""
    positions = positions_in(take, "RUB", "m")
    wxyz = take.rotations_wxyz[..., (1, 2, 3, 0)].reshape(-1, 4)
    yxz = Rotation.from_quat(wxyz).as_euler("YXZ", degrees=True).reshape(len(take), 3, 3)
    document: dict[str, Any] = {}
    for device, name in enumerate(("camera", "left", "right")):
        poses = [
            {
                "position": dict(zip("xyz", positions[frame, device].round(5).tolist(), strict=True)),
                "rotation": dict(zip("yxz", yxz[frame, device].round(4).tolist(), strict=True)),
                "timestamp": 1000 * take.times_s[frame],
            }
            for frame in np.flatnonzero(take.measured[:, device])
        ]
        document[name] = {"poses": poses}
        if device:
            document[name]["gamepad"] = {"id": "OpenVR Gamepad", "hand": name}
    return json.dumps(document).encode()


def write_openvr_lines(take: Take) -> bytes:
    """Return one JSON object per poll, with OpenVR's classes; the controllers have no sides."""
    positions, quaternions = positions_in(take, "RUB", "m"), quaternions_in(take, "RUB", "xyzw")
    lines = []
    for frame, time_s in enumerate(take.times_s.tolist()):
        devices = [
            {
                "index": (0, 3, 4)[device],
                "class": ("HMD", "Controller", "Controller")[device],
                "pose": {
                    "valid": bool(take.measured[frame, device]),
                    "position": dict(zip("xyz", positions[frame, device].round(5).tolist(), strict=True)),
                    "quaternion": dict(zip("xyzw", quaternions[frame, device].round(5).tolist(), strict=True)),
                },
            }
            for device in range(3)
        ]
        lines.append(json.dumps({"timestamp": 1700000000.0 + time_s, "devices": devices}))
    return ("\n".join(lines) + "\n").encode()


IWER: Final[Logger] = Logger("iwer", ".json", write_iwer)
AFRAME: Final[Logger] = Logger("aframe", ".json", write_aframe)
OPENVR_LINES: Final[Logger] = Logger("openvr_lines", ".jsonl", write_openvr_lines)
