# SPDX-License-Identifier: Apache-2.0
"""Make small recordings for tests: a BSOR writer, a moving person, and the real files where they are."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inpose_core.body.quaternions import continuous_signs, normalize_quaternion, xyzw_from_wxyz
from inpose_core.recording.formats.bsor import FRAME_DTYPE, MAGIC
from inpose_core.recording.types import Recording
from tests.shared_files import shared_or_skip

PLAYER_NAME = "Secret Player"
PLAYER_ID = "76561190000000000"


def real_recording(name: str) -> Path:
    """Return the path of a real recording beside the repository, or skip the test, saying so."""
    return shared_or_skip(f"recordings/{name}")


def moving_person(frames: int = 200, rate_hz: float = 90.0, seed: int = 0, eye_m: float = 1.63) -> Recording:
    """Return smooth motion of a head and two hands in OpenXR axes, facing -Z, everything measured."""
    rng = np.random.default_rng(seed)
    times_s = np.arange(frames) / rate_hz
    positions_m = np.array([[0.0, eye_m, 0.0], [-0.25, 1.1, -0.3], [0.25, 1.1, -0.3]]) + np.zeros((frames, 3, 3))
    waves = np.sin(times_s[:, None, None] * rng.uniform(1, 4, (3, 4)) + rng.uniform(0, 6, (3, 4)))
    positions_m[:, 1:] += 0.1 * waves[:, 1:, :3]
    positions_m[:, 0] += 0.02 * waves[:, 0, :3]
    rotations_wxyz = normalize_quaternion(np.array([1.0, 0, 0, 0]) + 0.3 * waves)
    return Recording(
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=continuous_signs(rotations_wxyz),
        measured=np.ones((frames, 3), dtype=np.bool_),
        format="test",
    )


@dataclass
class BsorFile:
    """A replay to be written; only what the reader looks at can be chosen."""

    recording: Recording
    tracking: str = "OpenVR"
    headset: str = "Test Headset"
    title: str = "A song"
    miscount_title: bool = False
    """Count UTF-16 units instead of bytes, as old recorders did."""
    speed: float = 0.0
    modifiers: str = ""
    fps: int = 90
    pauses: list[tuple[int, float]] = field(default_factory=list)
    offsets: NDArray[np.float32] | None = None
    """(2, 7) in Unity's axes: position, then x, y, z, w."""
    custom_data: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the file."""
        return MAGIC + b"\x01" + self.info() + self.frames() + self.tail()

    def info(self) -> bytes:
        """Return section 0."""
        title = _string(self.title)
        if self.miscount_title:
            title = struct.pack("<i", len(self.title.encode("utf-16-le")) // 2) + self.title.encode()
        return b"".join(
            (
                b"\x00",
                *map(_string, ("0.9.9", "1.29.1", "1700000000", PLAYER_ID, PLAYER_NAME, "steam")),
                *map(_string, (self.tracking, self.headset, "Controllers", "ABCDEF")),
                title,
                *map(_string, ("Mapper", "Expert")),
                struct.pack("<i", 123456),
                *map(_string, ("Standard", "The First", self.modifiers)),
                struct.pack("<f?ffff", 16.0, False, 1.7, 0.0, 0.0, self.speed),
            )
        )

    def frames(self) -> bytes:
        """Return section 1, the poses turned into Unity's left-handed axes."""
        frames = np.zeros(len(self.recording), FRAME_DTYPE)
        frames["time"] = self.recording.times_s
        frames["fps"] = self.fps
        frames["poses"][..., :3] = self.recording.positions_m * (1, 1, -1)
        frames["poses"][..., 3:] = xyzw_from_wxyz(self.recording.rotations_wxyz) * (-1, -1, 1, 1)
        return b"\x01" + struct.pack("<i", len(frames)) + frames.tobytes()

    def tail(self) -> bytes:
        """Return all sections behind the frames."""
        notes = struct.pack("<iffi", 1, 0.5, 0.1, 2) + struct.pack("<iffi", 1, 0.5, 0.1, 0) + bytes(72)
        parts = [b"\x02", struct.pack("<i", 2), notes, b"\x03", struct.pack("<i", 1), bytes(16)]
        parts += [b"\x04", struct.pack("<i", 1), bytes(8), b"\x05", struct.pack("<i", len(self.pauses))]
        parts += [struct.pack("<qf", *pause) for pause in self.pauses]
        if self.offsets is not None:
            parts += [b"\x06", self.offsets.astype("<f4").tobytes()]
        if self.custom_data:
            parts += [b"\x07", struct.pack("<i", 1), _string("mod:key"), _string(self.custom_data.decode())]
        return b"".join(parts)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<i", len(data)) + data
