# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the scene in which each recording begins, and find its character."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake.rig_facts import check_root_motion
from ..core import RigError, Skeleton, signals_wait
from ..rig.find import find_mapping
from ..rig.prepare import PreparedRig, prepare_rig
from ..rig.stick_figure import add_stick_figure
from .outputs import check_rig_file
from .settings import BatchSettings


class SceneStart:
    """Restore the scene in which each recording begins."""

    def __init__(self, settings: BatchSettings) -> None:
        self._dirty = settings.blend is not None
        self._file = str(settings.blend.resolve()) if settings.blend else bpy.data.filepath
        if settings.blend is not None and not settings.blend.is_file():
            raise RigError(f"The rig file {settings.blend} does not exist.", "Give a .blend file with an armature.")
        check_rig_file(settings, self._file)
        self._make_figure = not self._file and not _armatures(bpy.context.scene)

    def restore(self) -> None:
        """Open the rig file again, or make a new stick figure. The first recording uses the open file."""
        if self._make_figure:
            bpy.ops.wm.read_homefile(use_empty=True)
            add_stick_figure(bpy.context.scene, Skeleton.template())
        elif self._dirty:
            if not self._file:
                raise RigError(
                    "The rig was never saved, so InPose cannot open it again for each recording.",
                    "Save it, or solve one recording at a time.",
                )
            try:
                bpy.ops.wm.open_mainfile(filepath=self._file)
            except RuntimeError as error:
                raise RigError(f"{self._file} cannot be opened as a .blend file.", str(error).strip()) from error
        self._dirty = True


def prepared_rig(settings: BatchSettings, start: SceneStart) -> PreparedRig:
    """Open the scene in which a recording begins, and return its rig.

    Raises:
        RigError: the file cannot be opened, or has no character that can be keyed.
    """
    with signals_wait():  # while Blender works, a signal comes to its own code and other add-ons', and is dropped
        start.restore()
        scene = bpy.context.scene
        if settings.scene_fps is not None:
            scene.render.fps = max(1, round(settings.scene_fps))
            scene.render.fps_base = scene.render.fps / settings.scene_fps
        rig = prepare_rig(_find_armature(scene, settings.armature), scene)
        check_root_motion(rig.armature_object, settings.bake.way, scene=scene, mapping=rig.mapping)
    return rig


def _armatures(scene: Any) -> list[Any]:
    return [candidate for candidate in scene.objects if candidate.type == "ARMATURE"]


def _find_armature(scene: Any, name: str) -> Any:
    """Return the named armature object. Without a name, return the only one in the scene, or the only one whose bones
    are recognised, or the only control rig: a generated rig is often beside the metarig that it was made from.

    Raises:
        RigError: there is none, or more than one.
    """
    armatures = _armatures(scene)
    if name:
        armatures = [candidate for candidate in armatures if candidate.name == name]
        if not armatures:
            raise RigError(f"The scene has no armature {name}.", "Check the name after --armature.")
    elif len(armatures) > 1:
        mappings = {rig: find_mapping(rig) for rig in armatures}
        known = [rig for rig, mapping in mappings.items() if mapping and not mapping.missing_required]
        controls = [rig for rig in known if (mapping := mappings[rig]) and mapping.family.is_control_rig]
        armatures = controls or known or armatures
    if not armatures:
        raise RigError("The scene has no armature.", "Open a file with a rig.")
    if len(armatures) > 1:
        names = ", ".join(sorted(candidate.name for candidate in armatures))
        raise RigError(f"The scene has several armatures: {names}.", "Choose one with --armature.")
    return armatures[0]
