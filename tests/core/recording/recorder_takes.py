# SPDX-License-Identifier: Apache-2.0
"""Write a recording as the recorder page does, for tests of everything but the page."""

from __future__ import annotations

import json

import numpy as np

from inpose_core.body.quaternions import multiply_quaternions, rotate_vector, xyzw_from_wxyz
from inpose_core.recording import Recording
from inpose_core.recording.formats.webxr_recorder import (
    _WRIST_IN_GRIP_M,
    _WRIST_IN_GRIP_WXYZ,
    EYES_M,
    NAME,
)

HEADER: dict[str, object] = {
    "format": NAME,
    "version": 1,
    "take": 1,
    "started": "2026-11-28T15:07:52.132Z",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; Quest 3) OculusBrowser/33.0 Chrome/126.0 VR Safari/537.36",
    "reference_space": "local-floor",
    "frame_rate": 90,
    "guessed": [],
}
TOUCH = ["meta-quest-touch-plus", "generic-trigger-squeeze-thumbstick"]
HAND = ["generic-hand", "generic-trigger"]


def line(value: object) -> str:
    """Return a value as the page writes it."""
    return json.dumps(value, separators=(",", ":"))


def take_lines(
    recording: Recording,
    *,
    pose: str = "grip",
    bare_from: int | None = None,
    emulated: np.ndarray | None = None,
    header: dict[str, object] | None = None,
    body: dict[str, np.ndarray] | None = None,
) -> list[str]:
    """Return the lines of a take.

    Args:
        recording: what was tracked; lost devices are not in the file.
        pose: kind of the inputs' poses; the recording has grips.
        bare_from: the frame from which bare hands replace the controllers.
        emulated: (F, 3) whether the headset guesses the position.
        header: what differs in the first line.
        body: positions (F, 3) of joints that the headset tracks.
    """
    raised_m = EYES_M if (header or {}).get("reference_space") == "local" else 0.0
    lines = [line({**HEADER, **(header or {})})]
    lines += [
        line({"input": index, "at": 0, "hand": hand, "bare": pose == "wrist", "pose": pose, "profiles": TOUCH})
        for index, hand in enumerate(("left", "right"))
    ]
    for frame, time_s in enumerate(recording.times_s):
        if frame == bare_from:
            lines += [
                line({"input": 2 + index, "at": 0, "hand": hand, "bare": True, "pose": pose, "profiles": HAND})
                for index, hand in enumerate(("left", "right"))
            ]
        entries: list[object] = [round(1000 * time_s, 1)]
        for device in range(3):
            position, wxyz = recording.positions_m[frame, device], recording.rotations_wxyz[frame, device]
            if device and pose == "wrist":
                position = position + rotate_vector(wxyz, _WRIST_IN_GRIP_M[device - 1])
                wxyz = multiply_quaternions(wxyz, _WRIST_IN_GRIP_WXYZ[device - 1])
            flag = 0 if emulated is None else int(emulated[frame, device])
            numbers: list[int] = [
                flag,
                *_integers(position + np.array((0.0, raised_m, 0.0)), 1e4),
                *_integers(xyzw_from_wxyz(wxyz), 1e5),
            ]
            if device == 0:
                entries.append(numbers)
            elif not recording.measured[frame, device]:
                entries.append(0)
            else:
                bare = bare_from is not None and frame >= bare_from
                entries.append([device - 1 + (2 if bare else 0), *numbers, 0, 0, 0])
        if body:
            entries.append([0, 0])
            entries.append(
                [[name, 0, *_integers(places[frame], 1e4), 0, 0, 0, 100000] for name, places in body.items()]
            )
        lines.append(line(entries))
    lines.append(line({"event": "end", "at": round(1000 * recording.times_s[-1]), "frames": len(recording)}))
    return lines


def take_bytes(recording: Recording) -> bytes:
    """Return a whole take."""
    return ("\n".join(take_lines(recording)) + "\n").encode()


def _integers(values: np.ndarray, scale: float) -> list[int]:
    return [int(value) for value in np.round(scale * values)]
