# SPDX-License-Identifier: Apache-2.0
"""Get the bones of AMASS subjects from SMPL body models, which the user downloads.

A model's ``.npz`` is read directly; only a ``.pkl`` needs the package ``smplx`` (and torch), which is imported then.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import JOINT_COUNT, PARENTS, Skeleton
from ..errors import InPoseError
from ..system.safe_files import numbers, read_arrays

BodyKind = Literal["smplh", "smplx", "smpl"]
_LARGEST_ARRAY_BYTES: Final[int] = 2**30
_MOST_SHAPES: Final[int] = 300
"""Directions of shape in the largest models; what follows in SMPL-X are expressions."""


class SmplBody(NamedTuple):
    """Hold a person's bones, and where SMPL's rest pose has its pelvis (``J_pelvis``), (3,)."""

    skeleton: Skeleton
    pelvis_m: FloatArray


class _ShapedJoints(NamedTuple):
    """Hold where a model's joints are, as a linear function of the shape."""

    mean_m: FloatArray
    """(22, 3)"""
    per_beta_m: FloatArray
    """(22, 3, B)"""


def smpl_body(folder: Path, gender: str, betas: FloatArray, kinds: tuple[BodyKind, ...]) -> SmplBody:
    """Return the body of a shape.

    Args:
        folder: SMPL models as their authors or ``smplx`` name them: ``smplh/SMPLH_MALE.npz``, ``smplh/male/model.npz``,
            and so on.
        gender: as in AMASS: female, male or neutral.
        betas: (B,) the subject's shape.
        kinds: the models that the shape belongs to; the first one that the folder has is taken.

    Raises:
        InPoseError: the folder lacks the model, or it cannot be read.
    """
    joints = _shaped_joints(folder, gender, kinds)
    count = min(len(betas), joints.per_beta_m.shape[-1])
    joints_m = joints.mean_m + joints.per_beta_m[..., :count] @ betas[:count]
    offsets_m = np.zeros((JOINT_COUNT, 3))
    offsets_m[1:] = joints_m[1:] - joints_m[list(PARENTS[1:])]
    return SmplBody(Skeleton(offsets_m), joints_m[0])


@cache
def _shaped_joints(folder: Path, gender: str, kinds: tuple[BodyKind, ...]) -> _ShapedJoints:
    for kind in kinds:
        for path in _places(folder, kind, gender):
            if path.with_suffix(".npz").is_file():
                return _read(path.with_suffix(".npz"))
            if path.with_suffix(".pkl").is_file():
                return _read_by_smplx(path.with_suffix(".pkl"), kind, gender)
    names = " or ".join(kind.upper().replace("SMPLH", "SMPL-H").replace("SMPLX", "SMPL-X") for kind in kinds)
    raise InPoseError(
        f"{folder} contains no {names} body model for {gender}.",
        f"It must have a file like {_places(Path(), kinds[0], gender)[0]}.npz.",
    )


def _places(folder: Path, kind: BodyKind, gender: str) -> list[Path]:
    """Return where a model may be, without its suffix."""
    name = f"{kind.upper()}_{gender.upper()}"
    return [folder / kind / name, folder / kind / gender / "model", folder / name, folder / gender / "model"]


def _read(path: Path) -> _ShapedJoints:
    try:
        names = ("v_template", "shapedirs", "J_regressor")
        arrays = read_arrays(path, names, most_bytes=_LARGEST_ARRAY_BYTES)
        template_m, directions_m, regressor = (numbers(arrays[name]) for name in names)
        vertices = len(template_m)
        shapes_fit = template_m.shape == (vertices, 3) and directions_m.shape[:2] == (vertices, 3)
        if not shapes_fit or regressor.ndim != 2 or len(regressor) < JOINT_COUNT or regressor.shape[1] != vertices:
            raise ValueError(f"shapes {template_m.shape}, {directions_m.shape} and {regressor.shape}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InPoseError(
            f"The body model {path} cannot be read ({reason}).", "Download the models as .npz from their authors."
        ) from error
    return _joints(template_m, directions_m, regressor)


def _read_by_smplx(path: Path, kind: BodyKind, gender: str) -> _ShapedJoints:
    try:
        import smplx  # noqa: PLC0415 (only body models as .pkl need it)
    except ImportError as error:
        raise InPoseError(
            f"The body model {path} needs the package smplx.",
            'Download the models as .npz, or install it: pip install "inpose[amass]".',
        ) from error
    try:
        model = smplx.create(str(path), model_type=kind, gender=gender, num_betas=16, ext="pkl")
    # Unpickling runs foreign code, which fails in every way.
    except Exception as error:
        raise InPoseError(
            f"The body model {path} cannot be read ({error}).", "Download the models as .npz from their authors."
        ) from error
    return _joints(*(_array(getattr(model, name)) for name in ("v_template", "shapedirs", "J_regressor")))


def _array(tensor: Any) -> FloatArray:
    return np.asarray(tensor.detach().cpu(), dtype=np.float64)


def _joints(template_m: FloatArray, directions_m: FloatArray, regressor: FloatArray) -> _ShapedJoints:
    first = regressor[:JOINT_COUNT]
    shapes = directions_m[..., :_MOST_SHAPES].reshape(len(template_m), -1)
    return _ShapedJoints(first @ template_m, (first @ shapes).reshape(JOINT_COUNT, 3, -1))
