# SPDX-License-Identifier: Apache-2.0
"""Read AMASS motion, for people who have it: rotations from the file, bones from their SMPL body model.

AMASS (Mahmood et al. 2019) stores SMPL-H or SMPL-X parameters, Z up. Neither it nor the body models may be shipped:
both are read by path. With ``smplx`` and a folder of models each subject gets its own bones from ``betas``; without,
everybody gets the template's, which is enough for a prior of rotations.

SMPL's own zero pose counts as the T-pose here. Other sources align theirs bone by bone (arms horizontal, feet flat), so
a prior should be trained on one or the other.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..body.motion import Motion
from ..body.quaternions import continuous_signs
from ..body.skeleton import FOOT_JOINTS, JOINT_COUNT, PARENTS, Skeleton
from ..errors import InPoseError
from .resampling import to_solver_rate

_Z_UP_TO_Y_UP: Final[Rotation] = Rotation.from_euler("x", -90, degrees=True)


def load_amass(path: Path, body_models: Path | None = None) -> Motion:
    """Return one AMASS sequence at 60 Hz, Y up, its lowest foot on y = 0.

    Args:
        path: an AMASS ``.npz`` with ``poses``, ``trans``, ``betas``, ``gender`` and ``mocap_framerate``.
        body_models: folder of SMPL models as ``smplx`` wants it (``smplh/SMPLH_MALE.npz`` and so on), or None for the
            template's bones.

    Raises:
        InPoseError: the file is not AMASS motion, or the body model is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            rate_key = "mocap_framerate" if "mocap_framerate" in arrays else "mocap_frame_rate"
            fps = float(arrays[rate_key])
            poses = arrays["poses"][:, : 3 * JOINT_COUNT].astype(np.float64)
            trans_m = arrays["trans"].astype(np.float64)
            betas = arrays["betas"].astype(np.float64)
            gender = _text(arrays["gender"])
        if not (fps > 0 and len(poses) == len(trans_m) > 0 and poses.shape[1] == 3 * JOINT_COUNT):
            raise ValueError(f"{len(poses)} poses of {poses.shape[1:]} at {fps} Hz")
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile) as error:
        raise InPoseError(f"{path} is not AMASS motion ({error}).", "Give the .npz files of AMASS.") from error
    skeleton, pelvis_m = _body(body_models, gender, betas)
    local = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(len(poses), JOINT_COUNT, 3, 3)
    R_world = np.empty_like(local)
    R_world[:, 0] = _Z_UP_TO_Y_UP.as_matrix() @ local[:, 0]
    for joint in range(1, JOINT_COUNT):
        R_world[:, joint] = R_world[:, PARENTS[joint]] @ local[:, joint]
    wxyz = Rotation.from_matrix(R_world.reshape(-1, 3, 3)).as_quat().reshape(len(poses), JOINT_COUNT, 4)
    # SMPL turns about the pelvis joint, which its template holds beside the origin.
    root_m = _Z_UP_TO_Y_UP.apply(trans_m + pelvis_m)
    motion = to_solver_rate(Motion(continuous_signs(wxyz[..., [3, 0, 1, 2]]), root_m, skeleton, fps))
    lowest_m = float(np.percentile(motion.joint_positions_m[:, list(FOOT_JOINTS), 1].min(axis=1), 3))
    motion.root_translation_m[:, 1] += skeleton.sole_height_m - lowest_m
    return motion


def _body(body_models: Path | None, gender: str, betas: NDArray[np.float64]) -> tuple[Skeleton, NDArray[np.float64]]:
    if body_models is None:
        return Skeleton.template(), np.zeros(3)
    model = _body_model(body_models, gender, len(betas))
    import torch  # noqa: PLC0415 (as smplx below)
    from smplx.lbs import blend_shapes, vertices2joints  # noqa: PLC0415

    shape = torch.tensor(betas[None, : model.num_betas], dtype=model.v_template.dtype)
    vertices = model.v_template + blend_shapes(shape, model.shapedirs[..., : shape.shape[1]])
    joints_m = vertices2joints(model.J_regressor, vertices)[0, :JOINT_COUNT].double().numpy()
    offsets_m = np.zeros((JOINT_COUNT, 3))
    offsets_m[1:] = joints_m[1:] - joints_m[list(PARENTS[1:])]
    return Skeleton(offsets_m), joints_m[0]


@cache
def _body_model(folder: Path, gender: str, betas: int) -> Any:
    try:
        import smplx  # noqa: PLC0415 (only people with AMASS need it)
    except ImportError as error:
        raise InPoseError("Body models need the package smplx.", 'Install it: pip install "inpose[amass]".') from error
    for kind in ("smplh", "smplx", "smpl"):
        if (folder / kind).is_dir():
            try:
                return smplx.create(str(folder), model_type=kind, gender=gender, num_betas=betas, ext="npz")
            except (OSError, AssertionError, ValueError, KeyError) as error:
                raise InPoseError(
                    f"The {kind} body model for {gender} in {folder} cannot be read ({error}).",
                    "Download the models as .npz from their makers.",
                ) from error
    raise InPoseError(f"{folder} holds no body models.", "It must have a folder smplh, smplx or smpl of .npz models.")


def _text(value: NDArray[Any]) -> str:
    text = value.item() if value.ndim == 0 else str(value)
    return text.decode() if isinstance(text, bytes) else str(text)
