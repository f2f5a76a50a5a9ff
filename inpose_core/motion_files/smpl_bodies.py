# SPDX-License-Identifier: Apache-2.0
"""Get the bones of AMASS subjects from SMPL body models, which the user downloads.

The ``smplx`` package reads the models and imports torch; it is imported only if the user gives a folder of models.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import JOINT_COUNT, PARENTS, Skeleton
from ..errors import InPoseError


def smpl_body(folder: Path, gender: str, betas: FloatArray) -> tuple[Skeleton, FloatArray]:
    """Return a subject's bones, and the position of the pelvis in SMPL's rest pose (``J_pelvis``), (3,).

    Args:
        folder: SMPL models as ``smplx`` expects them (``smplh/SMPLH_MALE.npz`` and so on).
        gender: as in AMASS: female, male or neutral.
        betas: (B,) the subject's shape.

    Raises:
        InPoseError: the smplx package is not installed, or the folder lacks the model.
    """
    model = _body_model(folder, gender, len(betas))
    template, directions, regressor = (
        np.asarray(tensor.detach().cpu(), dtype=np.float64)
        for tensor in (model.v_template, model.shapedirs, model.J_regressor)
    )
    shape = betas[: model.num_betas]
    vertices_m = template + directions[..., : len(shape)] @ shape
    joints_m = (regressor @ vertices_m)[:JOINT_COUNT]
    offsets_m = np.zeros((JOINT_COUNT, 3))
    offsets_m[1:] = joints_m[1:] - joints_m[list(PARENTS[1:])]
    return Skeleton(offsets_m), joints_m[0]


@cache
def _body_model(folder: Path, gender: str, betas: int) -> Any:
    try:
        import smplx  # noqa: PLC0415 (only AMASS motion needs it)
    except ImportError as error:
        raise InPoseError("Body models need the package smplx.", 'Install it: pip install "inpose[amass]".') from error
    for kind in ("smplh", "smplx", "smpl"):
        if (folder / kind).is_dir():
            try:
                return smplx.create(str(folder), model_type=kind, gender=gender, num_betas=betas, ext="npz")
            except (OSError, AssertionError, ValueError, KeyError) as error:
                raise InPoseError(
                    f"The {kind} body model for {gender} in {folder} cannot be read ({error}).",
                    "Download the models as .npz from their authors.",
                ) from error
    raise InPoseError(
        f"{folder} contains no body models.", "It must have a folder smplh, smplx or smpl of .npz models."
    )
