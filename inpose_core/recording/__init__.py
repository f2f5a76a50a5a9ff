# SPDX-License-Identifier: Apache-2.0
"""Read what headsets record: head and two hands, from several formats, cleaned.

Importing this package needs numpy alone; `resample` and `stature` are imported where they are used, and the readers of
the formats with the first recording: Blender's start should not wait for them.
"""

from typing import TYPE_CHECKING, Any

from ..body.motion import SOLVER_FPS
from .conventions import ReadOptions
from .types import DEVICE_NAMES, POSE_TYPES, Guess, HandOffsets, Origin, PoseType, Recording, Sensors

if TYPE_CHECKING:
    from .registry import load_recording

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


def __getattr__(name: str) -> Any:
    if name != "load_recording":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .registry import load_recording  # noqa: PLC0415

    return load_recording
