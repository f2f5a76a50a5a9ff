# SPDX-License-Identifier: Apache-2.0
"""Write takes as BeatLeader's replays (BSOR): sabers in Unity's axes, at song time."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from ....recording.formats.bsor import FRAME_DTYPE, MAGIC
from ..devices import Take
from .conventions import positions_in, quaternions_in
from .logger import Logger


def write_bsor(take: Take) -> bytes:
    """Return a replay without pauses and without the sabers' offsets."""
    words = ("0.9.9", "1.29.1", "1700000000", "1", "player", "steam", "OpenVR", "VIVE Pro 2", "Knuckles", "ABCDEF")
    info = b"\x00" + b"".join(map(_string, (*words, "Song", "Mapper", "Expert"))) + struct.pack("<i", 1)
    info += b"".join(map(_string, ("Standard", "The First", ""))) + struct.pack("<f?ffff", 16.0, False, 1.7, 0, 0, 0)
    frames = np.zeros(len(take), FRAME_DTYPE)
    frames["time"], frames["fps"] = take.times_s, 90
    frames["poses"][..., :3] = positions_in(take, "RUF", "m")
    frames["poses"][..., 3:] = quaternions_in(take, "RUF", "xyzw")
    frames["poses"][~take.measured] = 0.0
    empty = b"".join(bytes((section,)) + struct.pack("<i", 0) for section in (2, 3, 4, 5))
    return MAGIC + b"\x01" + info + b"\x01" + struct.pack("<i", len(frames)) + frames.tobytes() + empty


def _string(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


BSOR: Final[Logger] = Logger("bsor", ".bsor", write_bsor)
