# SPDX-License-Identifier: GPL-3.0-or-later
"""Play a written file as an engine would, and compare it with the poses in Blender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..core import FileClip, FloatArray, InPoseError, read_fbx_clips, read_gltf_clips
from .sampling import BLENDER_FROM_CORE, SampledClip
from .skeleton import GameSkeleton

TOLERANCES_M: Final[Mapping[str, float]] = {".glb": 5e-5, ".fbx": 2e-3}
"""How far a joint may be from its place, in a character of usual size."""
_SAME_RATE: Final[float] = 1e-3


@dataclass(frozen=True)
class FileCheck:
    """Say how well a written file agrees with the poses in Blender."""

    fault: str
    """What is wrong; empty if nothing is."""
    largest_error_m: float
    """Distance of the worst joint from its place."""
    is_damaged: bool = False
    """The file cannot even be read: the disk is to blame, and not the exporter."""


def check_file(path: Path, skeleton: GameSkeleton, clips: Sequence[SampledClip], size: float) -> FileCheck:
    """Compare clips, frame range, rate, and the place of each joint in each frame.

    Args:
        path: a .glb or .fbx file.
        skeleton: the bones it should have.
        clips: the clips it should have.
        size: stature of the character over that of a person; errors grow with it.
    """
    suffix = path.suffix.lower()
    try:
        found, fps = _played(path)
    except InPoseError as error:
        return FileCheck(error.message, 0.0, is_damaged=True)
    by_name = {clip.name: clip for clip in found}
    wanted = [sampled.clip.name for sampled in clips]
    if sorted(by_name) != sorted(wanted) or len(found) != len(wanted):
        return FileCheck(f"it has the clips {', '.join(sorted(by_name)) or 'none'} instead of {', '.join(wanted)}", 0.0)
    worst, fault = 0.0, ""
    for sampled in clips:
        if fps is not None and abs(fps / sampled.fps - 1.0) > _SAME_RATE:
            return FileCheck(f"it has {fps:g} frames per second instead of {sampled.fps:g}", 0.0)
        clip = by_name[sampled.clip.name]
        missing = set(skeleton.names) - set(clip.places_m)
        if missing:
            return FileCheck(f"it has no bone {sorted(missing)[0]}", 0.0)
        error_m, said = _compare(clip, skeleton, sampled)
        if said:
            return FileCheck(said, error_m)
        worst = max(worst, error_m)
    if worst > TOLERANCES_M[suffix] * max(1.0, size):
        fault = f"its joints are up to {1000 * worst:.2f} mm from their places"
    return FileCheck(fault, worst)


def _played(path: Path) -> tuple[tuple[FileClip, ...], float | None]:
    if path.suffix.lower() == ".glb":
        return read_gltf_clips(path), None
    read = read_fbx_clips(path)
    return read.clips, read.fps


def _compare(clip: FileClip, skeleton: GameSkeleton, sampled: SampledClip) -> tuple[float, str]:
    """Return the largest distance of a joint from its place, and what is wrong with the times."""
    frames = clip.times_s * sampled.fps
    rows = np.round(frames).astype(int)
    last = len(sampled.heads_m) - 1
    if np.abs(frames - rows).max() > 0.01:
        return 0.0, f"the clip {clip.name} has keys between the frames"
    if rows[0] != 0 or (rows[-1] != last and last > 0):
        return 0.0, f"the clip {clip.name} has the frames {rows[0]} to {rows[-1]} instead of 0 to {last}"
    rows = np.minimum(rows, last)
    worst = 0.0
    for place, name in enumerate(skeleton.names):
        wanted_m: FloatArray = sampled.heads_m[rows, place] @ BLENDER_FROM_CORE
        worst = max(worst, float(np.linalg.norm(clip.places_m[name] - wanted_m, axis=1).max()))
    return worst, ""
