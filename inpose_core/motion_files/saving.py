# SPDX-License-Identifier: Apache-2.0
"""Save a motion in the format that the name of the file asks for. Imports the writers only when they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import OutputError

if TYPE_CHECKING:
    from ..body.motion import Motion

MOTION_SUFFIXES: Final[tuple[str, ...]] = (".npz", ".bvh", ".vrma")
"""Endings of the motion files that InPose writes, in small letters."""


def check_motion_suffix(path: Path) -> None:
    """Check that a motion can be saved under this name, before it is solved.

    Raises:
        OutputError: the ending is none of `MOTION_SUFFIXES`.
    """
    if path.suffix.lower() not in MOTION_SUFFIXES:
        raise OutputError(f'"{path.name}" ends neither in .npz, .bvh nor .vrma.', "Choose one of these endings.")


def save_motion(motion: Motion, path: Path) -> None:
    """Save a motion as .npz, BVH or VRM animation.

    Raises:
        OutputError: the ending is another one, or the file cannot be written.
    """
    check_motion_suffix(path)
    suffix = path.suffix.lower()
    if suffix == ".bvh":
        from .bvh import save_bvh  # noqa: PLC0415

        save_bvh(motion, path)
    elif suffix == ".vrma":
        from .vrma import save_vrma  # noqa: PLC0415

        save_vrma(motion, path)
    else:
        motion.save_npz(path)
