# SPDX-License-Identifier: GPL-3.0-or-later
"""Put root motion on the armature object itself. The bones keep the movement of the body around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..core import (
    FloatArray,
    RigError,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    quaternion_to_matrix,
)
from ..layers.masks import OBJECT_GROUP
from ..rig.home import home_basis, home_world
from ..rig.measure import RigMeasure
from ..rig.rotation import rotation_of
from .adjust import RootPath
from .channels import Channel, rotation_channel

_MOVED: Final[float] = 1e-6


@dataclass(frozen=True)
class ObjectPlace:
    """Hold where an armature object stands without root motion."""

    basis: FloatArray
    """(4, 4) its own matrix."""
    world: FloatArray
    """(4, 4) its matrix in the world: its parent's, times its own."""
    rotation_mode: str


def object_place(armature_object: Any) -> ObjectPlace:
    """Return where an armature object stands without root motion."""
    basis = home_basis(armature_object)
    if basis is None:
        basis = np.array(armature_object.matrix_basis, dtype=np.float64)
    return ObjectPlace(basis, home_world(armature_object), armature_object.rotation_mode)


def check_object_motion(armature_object: Any) -> None:
    """Check that keyframes of an object move it.

    Raises:
        RigError: a constraint, a driver or a delta transform does, too.
    """
    name = armature_object.name
    held = [constraint.name for constraint in armature_object.constraints if not constraint.mute]
    if held:
        raise RigError(
            f"{name} has the constraint {held[0]}, so root motion on the object would not be seen.",
            "Mute the constraint, or set Root motion to Hips.",
        )
    animation = armature_object.animation_data
    driven = {driver.data_path for driver in (animation.drivers if animation else ()) if not driver.mute}
    if any(path.startswith(("location", "rotation_")) for path in driven):
        raise RigError(f"A driver moves {name}.", "Mute the driver, or set Root motion to Hips.")
    turned = armature_object.delta_rotation_quaternion.angle + sum(map(abs, armature_object.delta_rotation_euler))
    if armature_object.delta_location.length > _MOVED or turned > _MOVED:
        raise RigError(
            f"{name} has a delta transform, which would move its root motion.",
            "Clear the delta transform, or set Root motion to Hips.",
        )


def object_motion_channels(place: ObjectPlace, measure: RigMeasure, path: RootPath) -> list[Channel]:
    """Return location and rotation of the object, so that it moves by ``x -> Q x + t`` about the recorded floor."""
    Q_world = measure.R_world_core @ quaternion_to_matrix(path.wxyz) @ measure.R_world_core.T
    shift = path.ground_m @ measure.R_world_core.T / measure.metres_per_unit
    stands = place.world[:3, 3] - measure.origin_world
    in_world = measure.origin_world + Q_world @ stands + shift
    parent = place.world @ np.linalg.inv(place.basis)
    location = (in_world - parent[:3, 3]) @ np.linalg.inv(parent[:3, :3]).T
    R_parent = rotation_of(parent)
    turn = matrix_to_quaternion(R_parent.T @ Q_world @ R_parent)
    own = np.broadcast_to(matrix_to_quaternion(rotation_of(place.basis)), turn.shape)
    turned = rotation_channel("", place.rotation_mode, continuous_signs(multiply_quaternions(turn, own)))
    return [
        Channel("location", OBJECT_GROUP, location),
        replace(turned, data_path=turned.data_path.rsplit(".", 1)[-1], group=OBJECT_GROUP),
    ]
