# SPDX-License-Identifier: Apache-2.0
"""Read what headsets record: head and two hands, from several formats, cleaned.

Importing this package needs numpy alone; `resample` and `stature` are imported where they are used.
"""

from .conventions import ReadOptions
from .registry import load_recording
from .types import DEVICE_NAMES, POSE_TYPES, SOLVER_FPS, Guess, HandOffsets, Origin, PoseType, Recording, Sensors

__all__ = [
    "DEVICE_NAMES",
    "POSE_TYPES",
    "SOLVER_FPS",
    "Guess",
    "HandOffsets",
    "Origin",
    "PoseType",
    "ReadOptions",
    "Recording",
    "Sensors",
    "load_recording",
]
