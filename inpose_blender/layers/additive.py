# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the values of an additive layer, as Blender's blend mode Combine adds them. Does not import bpy.

The layer holds how the body moves away from its first pose. A recorded pose differs from the rest pose by large turns
(the arms hang), and so does the animation below: added from the rest pose, the arms would turn twice.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..core import (
    JOINT_INDEX,
    FloatArray,
    Motion,
    RigError,
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
)

_HANGS: Final[float] = 0.5
"""Cosine between an arm and straight down, above which the arm hangs."""


def first_pose_notes(motion: Motion) -> tuple[str, ...]:
    """Return a note if the motion begins with raised arms, as in a calibration pose: then it adds how they fall."""
    joints_m = motion.part(slice(0, 1)).joint_positions_m[0]
    for side in ("left", "right"):
        arm_m = joints_m[JOINT_INDEX[f"{side}_wrist"]] - joints_m[JOINT_INDEX[f"{side}_shoulder"]]
        if -arm_m[1] > _HANGS * np.linalg.norm(arm_m):
            return ()
    return (
        "The layer adds what changes after the first pose, and there the arms are raised. Trim the recording so that "
        "it begins in a neutral pose.",
    )


def away_from_first(data_path: str, bone: str, values: FloatArray) -> FloatArray | None:
    """Return a channel (F, components) relative to its first frame; None if it is no channel of an additive layer.

    Combine multiplies quaternions, ``below * layer``, and adds locations and Euler angles by component.

    Raises:
        RigError: the bone has axis-angle rotation, which Blender cannot add.
    """
    channel = data_path.rsplit(".", 1)[-1]
    if channel == "rotation_quaternion":
        return continuous_signs(multiply_quaternions(conjugate_quaternion(values[:1]), values))
    if channel == "rotation_axis_angle":
        raise RigError(
            f"Blender cannot add to the bone {bone}: its rotation mode is Axis Angle.",
            "Give it the rotation mode Quaternion or XYZ Euler, or set Layer to Replace.",
        )
    if channel in {"location", "rotation_euler"}:
        return values - values[:1]
    return None  # switches of the rig, and scales: the animation below has them
