# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep solved motions in files, for re-baking without solving again. No bpy here.

A take has two files in one folder: ``NAME.npz``, the motion, and ``NAME.sensors.npz``, the calibrated recording.
Without the second file, hand lock has no effect.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..core import InPoseError, Motion, Sensors, load_sensors
from ..options import __version__

_SENSORS: Final[str] = ".sensors"
_DIGEST: Final[str] = r"(?=[0-9]{0,11}[a-f])[0-9a-f]{12}"
"""With a letter: twelve digits may be a date in the name of a file of the user."""
_TAKE_FILE: Final[re.Pattern[str]] = re.compile(rf"([\w-]{{1,40}}-)?{_DIGEST}({re.escape(_SENSORS)})?\.npz")


@dataclass(frozen=True)
class SolvedTake:
    """Hold a solved motion and what it was solved from."""

    motion: Motion
    sensors: Sensors | None = None
    scale: float | None = None
    """Size of the character divided by that of the performer; None: as the armature object remembers it."""
    unpinned: Motion | None = None
    """The motion before any pin; None: this is it."""

    @property
    def before_pins(self) -> Motion:
        """Return the motion that says where the room of the take is: a pin must not move the whole character."""
        return self.unpinned or self.motion


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
    return path.with_suffix(f"{_SENSORS}.npz")


def take_file_name(stem: str, request: Mapping[str, Any]) -> str:
    """Return a file name that is readable and allowed on every system, and the same only where the motion is the same.

    It depends on the request, on the version of InPose, and on size and time of the files that the request names:
    programs that record often write each take into a file of one name, and the motion of an earlier take must stay.
    """
    depends_on = {"request": request, "version": __version__, "files": dict(_states_of_files(request))}
    hashed = hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode()).hexdigest()
    digest = re.findall(_DIGEST, hashed)[0]
    readable = re.sub(r"[^\w-]+", "_", stem)[:40].strip("_")
    return f"{readable}-{digest}.npz" if readable else f"{digest}.npz"


def _states_of_files(request: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield path, size and time of each file that a request and its options name; all its paths are absolute."""
    for value in request.values():
        if isinstance(value, Mapping):
            yield from _states_of_files(value)
        elif isinstance(value, str) and Path(value).is_absolute():
            with suppress(OSError, ValueError):  # a text that is no path, or a file that the solver will miss
                state = Path(value).stat()
                if stat.S_ISREG(state.st_mode):
                    yield value, (state.st_size, state.st_mtime_ns)


def is_take_file_name(name: str) -> bool:
    """Return whether InPose gives such a name to a motion file or its sensors file."""
    return _TAKE_FILE.fullmatch(name) is not None
