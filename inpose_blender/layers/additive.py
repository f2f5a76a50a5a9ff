# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the values of an additive layer, as Blender's blend mode Combine adds them. Does not import bpy.

The layer holds how the body moves away from its first pose. A recorded pose differs from the rest pose by large turns
(the arms hang), and so does the animation below: added from the rest pose, the arms would turn twice.
"""

from __future__ import annotations

from ..core import FloatArray, RigError, conjugate_quaternion, continuous_signs, multiply_quaternions


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
