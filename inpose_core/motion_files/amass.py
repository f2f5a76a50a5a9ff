# SPDX-License-Identifier: Apache-2.0
"""Read AMASS motion: rotations from the file, bones from the SMPL body model.

AMASS (Mahmood et al. 2019) stores SMPL-H or SMPL-X parameters (see `amass_convention`). AMASS and the body models may
not be shipped, so users give the paths of both. With a folder of models, each subject gets its own bones and rest
pelvis from ``betas``. Without one, all subjects get the template's bones, which is enough for a prior of rotations, and
the rest pelvis of SMPL's average body, which is right to a few centimetres.

SMPL's zero pose counts as the T-pose here. Other sources align their T-pose bone by bone (arms horizontal, feet flat),
so train a prior on one or the other; `t_pose_axes.with_t_pose` converts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray
from ..body.amass_convention import SMPL_REST_PELVIS_M, Z_UP_FROM_Y_UP_WXYZ
from ..body.hands.tracks import FingerTracks
from ..body.motion import Motion
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
    rotate_vector,
    rotvec_to_quaternion,
)
from ..body.skeleton import FOOT_JOINTS, JOINT_COUNT, PARENTS, Skeleton
from ..errors import InPoseError
from ..system.safe_files import numbers, one_number, read_arrays
from .resampling import check_motion_length, to_solver_rate
from .smpl_bodies import BodyKind, smpl_body
from .smpl_fingers import fingers_of_smpl

_LARGEST_ARRAY_BYTES: Final[int] = 512 * 2**20
_LARGEST_NUMBER: Final[float] = 1e6
_SMPLX_COLUMNS: Final[int] = 165
"""Width of ``poses`` with SMPL-X: body, jaw, eyes and hands; with SMPL-H it is 156."""
_EARLY_INPOSE_COLUMNS: Final[int] = 3 * JOINT_COUNT
"""Width of ``poses`` in the first files of InPose, which wrote AMASS's keys Y up and without the rest pelvis."""


def load_amass(path: Path, body_models: Path | None = None) -> Motion:
    """Return one AMASS sequence at 60 Hz, Y up, its lowest foot on y = 0.

    Args:
        path: an AMASS ``.npz`` with ``poses``, ``trans``, ``betas``, ``gender`` and ``mocap_framerate``, or a file that
            `Motion.save_npz` wrote.
        body_models: folder of SMPL models (`smpl_body`), or None for the template's bones.

    Raises:
        InPoseError: the file is not AMASS motion, or its body model is missing.
    """
    try:
        sequence = _read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InPoseError(f"{path} is not AMASS motion ({reason}).", "Give the .npz files of AMASS.") from error
    skeleton, pelvis_m = Skeleton.template(), np.array(SMPL_REST_PELVIS_M)
    if body_models is not None:
        skeleton, pelvis_m = smpl_body(body_models, sequence.gender, sequence.betas, sequence.kinds)
    is_y_up, poses = sequence.is_y_up, sequence.poses
    to_y_up_wxyz = np.array((1.0, 0.0, 0.0, 0.0)) if is_y_up else conjugate_quaternion(Z_UP_FROM_Y_UP_WXYZ)
    wxyz = np.empty((len(poses), JOINT_COUNT, 4))
    for joint in range(JOINT_COUNT):
        turn_wxyz = rotvec_to_quaternion(poses[:, 3 * joint : 3 * joint + 3])
        above_wxyz = wxyz[:, PARENTS[joint]] if joint else to_y_up_wxyz
        wxyz[:, joint] = multiply_quaternions(above_wxyz, turn_wxyz)
    root_m = sequence.trans_m if is_y_up else rotate_vector(to_y_up_wxyz, sequence.trans_m + pelvis_m)
    fps = sequence.fps
    motion = to_solver_rate(Motion(continuous_signs(wxyz), root_m, skeleton, fps, fingers=sequence.fingers))
    lowest_m = float(np.percentile(motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1), 3))
    motion.root_translation_m[:, 1] += skeleton.sole_height_m - lowest_m
    return motion


@dataclass(frozen=True)
class _Sequence:
    """Hold what an AMASS file contains."""

    gender: str
    fps: float
    poses: FloatArray
    """(F, 66) axis-angles of the 22 body joints."""
    trans_m: FloatArray
    betas: FloatArray
    is_y_up: bool
    """Whether the first versions of InPose wrote it."""
    kinds: tuple[BodyKind, ...]
    """The body models that ``betas`` can belong to."""
    fingers: FingerTracks | None


def _read(path: Path) -> _Sequence:
    rates = ("mocap_framerate", "mocap_frame_rate")
    optional = (*rates, "format_version")
    arrays = read_arrays(path, ("poses", "trans", "betas", "gender"), optional, most_bytes=_LARGEST_ARRAY_BYTES)
    rate = next((arrays[name] for name in rates if name in arrays), None)
    if rate is None:
        raise ValueError("it has no mocap_framerate")
    poses, fps = arrays["poses"], one_number(rate)
    frames = len(poses) if poses.ndim else 0
    check_motion_length(frames, fps)
    trans_m, betas = numbers(arrays["trans"]), numbers(arrays["betas"])
    if poses.ndim != 2 or frames < 1 or poses.shape[1] < 3 * JOINT_COUNT:
        raise ValueError(f"poses of the shape {poses.shape}")
    if trans_m.shape != (frames, 3) or betas.ndim != 1:
        raise ValueError(f"translations of the shape {trans_m.shape}")
    columns = poses.shape[1]
    every = numbers(poses)
    poses = every[:, : 3 * JOINT_COUNT]
    # Joints rotate by a few radians and rooms measure a few metres; squares of huge numbers overflow.
    if any(not (np.abs(values) < _LARGEST_NUMBER).all() for values in (every, trans_m, betas)):
        raise ValueError("numbers that are impossible for a body")
    return _Sequence(
        gender=_text(arrays["gender"]).lower(),
        fps=fps,
        poses=poses,
        trans_m=trans_m,
        betas=betas,
        is_y_up="format_version" in arrays and columns == _EARLY_INPOSE_COLUMNS,
        kinds=("smplx",) if columns == _SMPLX_COLUMNS else ("smplh", "smpl"),
        fingers=fingers_of_smpl(every),
    )


def _text(value: NDArray[Any]) -> str:
    text = value.item() if value.ndim == 0 else str(value)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
