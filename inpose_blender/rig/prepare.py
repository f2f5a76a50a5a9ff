# SPDX-License-Identifier: GPL-3.0-or-later
"""Check, map and measure a rig, for a solve or a bake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..core import RigError
from ..remembered import Remembered, remember
from .checks import check_bones, check_object
from .families import RigMapping
from .find import map_rig
from .measure import RigMeasure, measure_rig


@dataclass(frozen=True)
class PreparedRig:
    """Hold a rig that is ready for a solve, without the object itself: Blender's pointers can become invalid."""

    remembered: Remembered
    mapping: RigMapping
    measure: RigMeasure

    @property
    def object_name(self) -> str:
        """Return what the armature object was called when it was prepared."""
        return self.remembered.name

    @property
    def armature_object(self) -> Any:
        """Return the armature object.

        Raises:
            RigError: it was deleted in the meantime.
        """
        armature_object = self.remembered.find(bpy.data.objects)
        if armature_object is None:
            raise RigError(f"The armature {self.object_name} no longer exists.", "Select the armature and solve again.")
        return armature_object


def prepare_rig(armature_object: Any, scene: Any) -> PreparedRig:
    """Check, map and measure an armature object.

    Raises:
        RigError: the rig cannot be used; the message names the object, bone or joint.
        SkeletonError: its size is impossible.
    """
    check_object(armature_object)
    mapping = map_rig(armature_object)
    check_bones(armature_object, mapping)
    return PreparedRig(
        remember(armature_object), mapping, measure_rig(armature_object, mapping, metres_per_unit(scene))
    )


def metres_per_unit(scene: Any) -> float:
    """Return how many metres one Blender unit is."""
    units = scene.unit_settings
    return 1.0 if units.system == "NONE" else float(units.scale_length)
