# SPDX-License-Identifier: Apache-2.0
"""Pack motion files of AMASS and BVH into the one format that training and evaluation read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import InPoseError
from ..motion import Motion, atomic_output
from ..quaternions import geodesic_angle
from ..recording.types import SOLVER_FPS
from ..skeleton import FOOT_JOINTS, JOINT_NAMES, PARENTS
from .amass import load_amass
from .bvh_source import load_bvh_motion

_GLITCH_DEG_PER_S: Final[float] = 2000.0
_GLITCH_MARGIN: Final[int] = 3


def find_motion_files(folder: Path) -> list[Path]:
    """Return the AMASS and BVH files below a folder, sorted; AMASS' ``shape.npz`` and packed files are none."""
    files = [*folder.rglob("*.npz"), *folder.rglob("*.bvh")]
    return sorted(file for file in files if file.name != "shape.npz")


def pack_files(
    files: Sequence[Path],
    output: Path,
    body_models: Path | None = None,
    on_progress: Callable[[int, str], None] | None = None,
) -> int:
    """Write the motion of AMASS ``.npz`` and ``.bvh`` files into one packed file and return how many were taken.

    The subject is the name of the file's folder, as AMASS and CMU lay theirs out; the activity is the file's name,
    without the numbers. Files that are no motion are told by ``on_progress(index, problem)`` and left out.

    Raises:
        InPoseError: no file holds motion.
        OutputError: the output cannot be written.
    """
    clips: list[tuple[Path, Motion]] = []
    for index, file in enumerate(files):
        problem = ""
        try:
            motion = load_bvh_motion(file) if file.suffix.lower() == ".bvh" else load_amass(file, body_models)
            if len(motion) >= 2:
                clips.append((file, motion))
        except InPoseError as error:
            problem = str(error)
        if on_progress is not None:
            on_progress(index, problem)
    if not clips:
        raise InPoseError("None of these files holds motion.", "Give AMASS .npz or .bvh files.")
    names = [(file.parent.name, file.stem) for file, _ in clips]
    own_bones = [file.suffix.lower() == ".bvh" or body_models is not None for file, _ in clips]
    with atomic_output(output) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **_packed([motion for _, motion in clips], names, own_bones))
    return len(clips)


def _packed(
    motions: Sequence[Motion], names: Sequence[tuple[str, str]], own_bones: Iterable[bool]
) -> dict[str, NDArray[np.generic]]:
    lengths = np.array([len(motion) for motion in motions])
    floors = [np.percentile(m.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1), 3) for m in motions]
    return {
        "quat": np.round(np.concatenate([m.rotations_wxyz for m in motions]) * 32767).astype(np.int16),
        "root": np.concatenate([m.root_translation_m for m in motions]).astype(np.float32),
        "valid": np.concatenate([_without_glitches(motion) for motion in motions]),
        "start": np.cumsum(lengths) - lengths,
        "length": lengths,
        "offsets": np.stack([m.skeleton.offsets_m for m in motions]).astype(np.float32),
        "floor_y": np.array(floors, np.float32),
        "subject": np.array([subject for subject, _ in names]),
        "activity": np.array(["".join(c for c in name if not c.isdigit()).strip("_- ").lower() for _, name in names]),
        "clip": np.array([name for _, name in names]),
        "family": np.array(["packed"] * len(motions)),
        "generic_skeleton": ~np.array(list(own_bones), dtype=bool),
        "joints": np.array(JOINT_NAMES),
        "parents": np.array(PARENTS),
        "fps": np.int64(SOLVER_FPS),
    }


def _without_glitches(motion: Motion) -> NDArray[np.bool_]:
    """Return which frames are not near a jump: any joint turning by more than 2000 degrees a second."""
    local = motion.local_rotations_wxyz
    turn_deg = np.rad2deg(geodesic_angle(local[1:], local[:-1])).max(axis=1)
    valid = np.ones(len(motion), dtype=bool)
    for frame in np.flatnonzero(turn_deg * motion.fps > _GLITCH_DEG_PER_S):
        valid[max(0, frame - _GLITCH_MARGIN) : frame + 2 + _GLITCH_MARGIN] = False
    return valid
