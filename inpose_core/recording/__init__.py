# SPDX-License-Identifier: Apache-2.0
"""Read recordings of head and two hands from several formats, and clean them.

Each name is imported on first use. Blender needs only the formats' suffixes at start-up, and that import must not load
numpy or the readers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..body.motion import SOLVER_FPS
    from ..options.reading import Origin, ReadOptions
    from .registry import load_recording
    from .types import DEVICE_NAMES, POSE_TYPES, Guess, HandOffsets, PoseType, Recording, Sensors

_LOADED_LATER = {
    "DEVICE_NAMES": ".types",
    "POSE_TYPES": ".types",
    "SOLVER_FPS": "..body.motion",
    "Guess": ".types",
    "HandOffsets": ".types",
    "Origin": "..options.reading",
    "PoseType": ".types",
    "ReadOptions": "..options.reading",
    "Recording": ".types",
    "Sensors": ".types",
    "load_recording": ".registry",
}

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
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LOADED_LATER[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
