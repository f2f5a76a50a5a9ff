# SPDX-License-Identifier: Apache-2.0
"""Pack AMASS and BVH motion files into the format that training and evaluation read."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import geodesic_angle
from ..body.skeleton import FOOT_JOINTS, JOINT_NAMES, PARENTS
from ..errors import InPoseError, OutputError
from ..motion_files.amass import load_amass
from ..motion_files.bvh_motion import load_bvh_motion
from ..motion_files.t_pose_axes import t_pose_to_rest, with_t_pose
from ..recording.folders import array_names, is_solved_motion, written_by_batches
from ..system.output import atomic_output, fault_of_zip
from ..system.same_files import refuse_to_replace

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_MOTION_SUFFIXES: Final[tuple[str, ...]] = (".npz", ".bvh")
_OF_PACKED: Final[frozenset[str]] = frozenset({"floor_y.npy", "generic_skeleton.npy"})
_GLITCH_DEG_PER_S: Final[float] = 2000.0
_GLITCH_MARGIN: Final[int] = 3


def motion_files_below(folder: Path) -> list[Path]:
    """Return the .npz and .bvh files below a folder, sorted; AMASS' files of shapes without motion are left out."""
    named = (path for path in folder.rglob("*") if path.suffix.lower() in _MOTION_SUFFIXES and path.is_file())
    return sorted(path for path in named if path.name != "shape.npz" and not path.name.endswith("_stagei.npz"))


@dataclass(frozen=True)
class MotionFiles:
    """Hold the motion files of a folder."""

    captured: tuple[Path, ...]
    solved: tuple[Path, ...]
    """Motions that InPose solved: its network must not learn from them, nor be measured on them."""


def find_motion_files(folder: Path) -> MotionFiles:
    """Return the captured and the solved motion files below a folder, sorted; packed files are left out.

    Whether a BVH file was solved, only the list of the batch beside it tells.
    """
    files = motion_files_below(folder)
    written = {place: written_by_batches(place) for place in {path.parent for path in files}}
    captured, solved = [], []
    for path in files:
        if path.name in written[path.parent] or is_solved_motion(path):
            solved.append(path)
        elif path.suffix.lower() != ".npz" or not array_names(path) >= _OF_PACKED:
            captured.append(path)
    return MotionFiles(tuple(captured), tuple(solved))


def pack_files(
    files: Sequence[Path],
    output: Path,
    body_models: Path | None = None,
    on_progress: Callable[[int, str], None] | None = None,
    adapt: Callable[[Motion], Motion] | None = None,
) -> int:
    """Write the motion of AMASS ``.npz`` and ``.bvh`` files into one packed file; return the number of files packed.

    The subject is the name of the file's folder, as in AMASS and CMU; the activity is the file's name without numbers.
    Files without motion are skipped.

    Args:
        files: what to pack.
        output: the packed file.
        body_models: folder of SMPL models, or None. They tell how a subject's rest pose differs from our T-pose;
            without them, the rotations of AMASS count from SMPL's rest pose, whose limbs are some degrees off.
        on_progress: gets the index of each file that is done, and its problem, if it has one.
        adapt: changes the motion of each AMASS file; by default, to our T-pose on the subject's bones.

    Raises:
        InPoseError: no file holds motion.
        OutputError: the output cannot be written, or is one of the files; this is reported before any file is read.
    """
    if not output.parent.is_dir():
        raise OutputError(f"The folder {output.parent} does not exist.", "Create it first.")
    refuse_to_replace([output], ((file, "one of the files to pack") for file in files))
    clips: list[_Clip] = []
    for index, file in enumerate(files):
        problem = ""
        try:
            is_bvh = file.suffix.lower() == ".bvh"
            motion = load_bvh_motion(file) if is_bvh else load_amass(file, body_models)
            if len(motion) >= 2:
                if not is_bvh and (adapt is not None or body_models is not None):
                    motion = (adapt or _with_own_t_pose)(motion)
                clips.append(_clip(file, motion, own_bones=is_bvh or body_models is not None))
        except InPoseError as error:
            problem = str(error)
        if on_progress is not None:
            on_progress(index, problem)
    if not clips:
        raise InPoseError("None of these files contains motion.", "Give AMASS .npz or .bvh files.")
    # Stream to disk: the whole of AMASS is too large for memory.
    with atomic_output(output, fault_of_zip) as temporary, _ZipStream(temporary, "xb") as stream:
        np.savez_compressed(stream, **_packed(clips))
        if stream.error is not None:
            raise stream.error
    return len(clips)


def _with_own_t_pose(motion: Motion) -> Motion:
    """Return a motion whose rotations count from the T-pose of its own bones, as those of BVH files do."""
    return with_t_pose(motion, t_pose_to_rest(motion.skeleton.rest_positions_m))


class _ZipStream(io.FileIO):
    """Store the first error instead of raising it: zipfile would otherwise raise a second one for its half archive."""

    error: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        """Write all the data, or nothing after the disk is full."""
        rest = memoryview(data).cast("B")
        count = len(rest)
        try:
            while rest and self.error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.error = error
        return count


@dataclass(frozen=True)
class _Clip:
    """Hold one clip in its stored form, or the whole of AMASS would not fit into memory."""

    quat: NDArray[np.int16]
    root: NDArray[np.float32]
    valid: NDArray[np.bool_]
    offsets: NDArray[np.float32]
    floor_y: float
    subject: str
    name: str
    own_bones: bool


def _clip(file: Path, motion: Motion, *, own_bones: bool) -> _Clip:
    lowest_m = motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1)
    return _Clip(
        quat=np.round(motion.rotations_wxyz * 32767).astype(np.int16),
        root=motion.root_translation_m.astype(np.float32),
        valid=frames_without_glitches(motion),
        offsets=motion.skeleton.offsets_m.astype(np.float32),
        floor_y=float(np.percentile(lowest_m, 3)),
        subject=file.parent.name,
        name=file.stem,
        own_bones=own_bones,
    )


def _packed(clips: Sequence[_Clip]) -> dict[str, NDArray[Any]]:
    lengths = np.array([len(clip.root) for clip in clips])
    activities = ["".join(c for c in clip.name if not c.isdigit()).strip("_- ").lower() for clip in clips]
    return {
        "quat": np.concatenate([clip.quat for clip in clips]),
        "root": np.concatenate([clip.root for clip in clips]),
        "valid": np.concatenate([clip.valid for clip in clips]),
        "start": np.cumsum(lengths) - lengths,
        "length": lengths,
        "offsets": np.stack([clip.offsets for clip in clips]),
        "floor_y": np.array([clip.floor_y for clip in clips], np.float32),
        "subject": np.array([clip.subject for clip in clips]),
        "activity": np.array(activities),
        "clip": np.array([clip.name for clip in clips]),
        "family": np.array(["packed"] * len(clips)),
        "generic_skeleton": ~np.array([clip.own_bones for clip in clips], dtype=bool),
        "joints": np.array(JOINT_NAMES),
        "parents": np.array(PARENTS),
        "fps": np.int64(SOLVER_FPS),
    }


def frames_without_glitches(motion: Motion) -> NDArray[np.bool_]:
    """Return which frames are not near a jump, where a joint rotates by more than 2000 degrees per second, (F,)."""
    local = motion.local_rotations_wxyz
    turn_deg = np.rad2deg(geodesic_angle(local[1:], local[:-1])).max(axis=1)
    valid = np.ones(len(motion), dtype=bool)
    for frame in np.flatnonzero(turn_deg * motion.fps > _GLITCH_DEG_PER_S):
        valid[max(0, frame - _GLITCH_MARGIN) : frame + 2 + _GLITCH_MARGIN] = False
    return valid
