# SPDX-License-Identifier: Apache-2.0
"""Write other conventions than the reader may expect: axes, units, angles, frames, sides, joints instead of devices."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ....body.quaternions import conjugate_quaternion, continuous_signs, multiply_quaternions, rotate_vector
from ....recording.findings import FindingKind
from ..devices import Take
from ..loggers.body_files import BVH, BVH_Z_UP, SCENE_CSV
from ..loggers.logger import Logger
from ..loggers.tables import UNITY, TableStyle, table_logger
from .defect import Damage, Damaged, Defect, Inflict, Limits, fitting

_PLAIN: Final[TableStyle] = replace(
    UNITY,
    devices=("head", "left_hand", "right_hand"),
    position="{device}_pos_{axis}",
    rotation="{device}_rot_{axis}",
    time="time",
    position_axes="xyz",
    rotation_axes=(),
)
"""A header that says nothing about axes."""


def _written(logger: Logger, *fits: FindingKind) -> Inflict:
    return lambda take, _logger, _random: Damaged(take, logger, (Damage(fitting(*fits)),))


def _table(name: str, style: TableStyle, *fits: FindingKind) -> Inflict:
    return _written(table_logger(name, style), *fits)


def _head_local(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """Hands as Unity's InverseTransformPoint gives them."""
    back = conjugate_quaternion(take.rotations_wxyz[:, :1])
    positions_m, rotations_wxyz = take.positions_m.copy(), take.rotations_wxyz.copy()
    positions_m[:, 1:] = rotate_vector(back, take.positions_m[:, 1:] - take.positions_m[:, :1])
    rotations_wxyz[:, 1:] = continuous_signs(multiply_quaternions(back, take.rotations_wxyz[:, 1:]))
    damage = Damage(fitting("hands_in_head_frame"))
    return Damaged(take.with_poses(positions_m, rotations_wxyz), table_logger("head_local", UNITY), (damage,))


def _axes(kind: str, sentence: str, axes: str, **changed: str) -> Defect:
    style = replace(_PLAIN, axes=axes, **changed)  # type: ignore[arg-type]  # fields by name
    return Defect(
        kind, "meaning", sentence, _table(kind, style, "axes", "left_and_right"), hanging_arms=True, calibration="none"
    )


_JOINTS: Final[Limits] = Limits(0.06, 12.0, over_clean=False)

DEFECTS: Final[tuple[Defect, ...]] = (
    _axes("axes_unity", "a table along Unity's axes, arms hanging, no T-pose", "RUF"),
    _axes("axes_openxr", "a table along OpenXR's axes, arms hanging, no T-pose", "RUB"),
    _axes("axes_unreal", "a table along Unreal's axes in cm, arms hanging, no T-pose", "FRU", unit="cm"),
    _axes("axes_ros", "a table along ROS' axes, arms hanging, no T-pose", "FLU", rotations="wxyz"),
    _axes("axes_blender", "a table along Blender's axes, arms hanging, no T-pose", "RFU/RFU/RUB", rotations="wxyz"),
    Defect(
        "axes_unity_posed",
        "meaning",
        "a table along Unity's axes, with a T-pose",
        _table("unity", _PLAIN, "axes", "left_and_right"),
        calibration="good",
    ),
    Defect(
        "sides_exchanged",
        "meaning",
        "left and right hand have each other's names",
        _table("exchanged", replace(_PLAIN, axes="RUB", exchanged=True), "left_and_right", "axes"),
    ),
    Defect(
        "unit_cm",
        "meaning",
        "positions in centimetres",
        _table("cm", replace(_PLAIN, unit="cm"), "unit"),
        calibration="good",
    ),
    Defect(
        "unit_mm",
        "meaning",
        "positions in millimetres",
        _table("mm", replace(_PLAIN, unit="mm"), "unit"),
        calibration="good",
    ),
    Defect(
        "unit_ft",
        "meaning",
        "positions in feet",
        _table("ft", replace(_PLAIN, unit="ft"), "unit", "stature"),
        calibration="good",
        refusal_tells="metres|unit",
    ),
    Defect(
        "euler_degrees",
        "meaning",
        "Unity's Euler angles in degrees",
        _table("degrees", replace(UNITY, rotations="unity_degrees", rotation_axes=("X", "Y", "Z")), "axes", "unit"),
    ),
    Defect(
        "radians",
        "meaning",
        "Unity's Euler angles in radians",
        _table("radians", replace(UNITY, rotations="unity_radians", rotation_axes=("X", "Y", "Z")), "unit", "axes"),
        refusal_tells="radian",
    ),
    Defect(
        "head_local_hands",
        "meaning",
        "the hands are written in the headset's frame",
        _head_local,
        refusal_tells="headset's (own )?frame|relative to the head",
    ),
    Defect("bvh", "meaning", "a body's BVH, Y up", _written(BVH, "axes"), limits=_JOINTS, pose_said=False),
    Defect("bvh_z_up", "meaning", "a body's BVH, Z up", _written(BVH_Z_UP, "axes"), limits=_JOINTS, pose_said=False),
    Defect(
        "scene_joints",
        "meaning",
        "the add-on's CSV of a scene, with joints",
        _written(SCENE_CSV, "hand_poses"),
        limits=_JOINTS,
        pose_said=False,
    ),
)
