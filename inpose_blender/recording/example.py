# SPDX-License-Identifier: GPL-3.0-or-later
"""Load the example recording that comes with InPose, and a figure for it where no character is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import bpy
from mathutils import Vector

from ..errors import CORE_FOLDER
from ..rig.properties import chosen_armature
from ..takes.arrival import arrive
from ..ui.status import clear_error
from ..ui.translate import tr

EXAMPLE: Final[Path] = CORE_FOLDER / "examples" / "walk_wave_crouch.csv"
_ROOM_M: Final[float] = 1.5
"""Distance of the figure from other objects: its arms are stretched out, and it walks."""


class INPOSE_OT_load_example(bpy.types.Operator):
    """Choose the example recording. If no armature is chosen, add a figure and let the bake set the frame range"""

    bl_idname = "inpose.load_example"
    bl_label = "Load example"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The figure is made in Object Mode, and the example comes with the zip."""
        if not EXAMPLE.is_file():
            cls.poll_message_set(tr("This installation contains no example. Choose a recording of your own"))
        elif context.mode != "OBJECT":
            cls.poll_message_set(tr("Switch to Object Mode"))
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Choose both."""
        scene = context.scene
        armature = chosen_armature(context)
        arrive(scene, EXAMPLE, "EXAMPLE", armature)
        if armature is None or armature.type != "ARMATURE":
            scene.inpose.armature = _add_figure(scene)
            scene.inpose_bake.set_frame_range = True  # else playing would stop before the example ends
        clear_error(context)
        return {"FINISHED"}


def _add_figure(scene: Any) -> Any:
    """Add a figure beside whatever is in the scene."""
    from ..core import Skeleton
    from ..rig.stick_figure import add_stick_figure

    edge = _edge_of(scene)
    for selected in bpy.context.selected_objects:
        selected.select_set(False)
    figure = add_stick_figure(scene, Skeleton.template())
    figure.select_set(True)
    if edge is not None:
        figure.location.x = edge + _ROOM_M
    return figure


def _edge_of(scene: Any) -> float | None:
    """Return how far meshes reach to the side, in the scene's units; None if there are none."""
    meshes = [thing for thing in scene.objects if thing.type == "MESH"]
    return max(
        (float((mesh.matrix_world @ Vector(corner)).x) for mesh in meshes for corner in mesh.bound_box), default=None
    )


CLASSES = (INPOSE_OT_load_example,)
