# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep solved motions in files, for re-baking without solving again. No bpy here.

A take has two files in one folder: ``NAME.npz``, the motion, and ``NAME.sensors.npz``, the calibrated recording.
Without the second file, hand lock has no effect.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import InPoseError, Motion, Sensors, load_sensors


@dataclass(frozen=True)
class SolvedTake:
    """Hold a solved motion and what it was solved from."""

    motion: Motion
    sensors: Sensors | None = None
    scale: float | None = None
    """Size of the character divided by that of the performer; None: as the armature object remembers it."""


def load_take(path: Path) -> SolvedTake:
    """Read a take; its sensors may be missing.

    Raises:
        InPoseError: the motion is missing or damaged.
    """
    motion = Motion.load_npz(path)
    try:
        return SolvedTake(motion, load_sensors(sensors_file_of(path)))
    except InPoseError:
        return SolvedTake(motion)


def sensors_file_of(path: Path) -> Path:
    """Return the path of the sensors file that belongs to a motion file."""
    return path.with_suffix(".sensors.npz")


def take_file_name(stem: str, params: Mapping[str, Any]) -> str:
    """Return a file name that is the same for the same request, readable, and allowed on every system."""
    digest = hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()[:12]
    readable = re.sub(r"[^\w-]+", "_", stem)[:40].strip("_")
    return f"{readable}-{digest}.npz" if readable else f"{digest}.npz"
