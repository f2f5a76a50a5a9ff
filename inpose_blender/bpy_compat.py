# SPDX-License-Identifier: GPL-3.0-or-later
"""Hide the differences between Blender 4.2 and 5.2, so that no other module asks for the version.

4.4 brought actions with slots; 5.0 removed the old way (``Action.fcurves``) and gave curves a group by name.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import bpy

from .errors import RigError

HAS_SLOTS: Final[bool] = bpy.app.version >= (4, 4, 0)
CURVES_TAKE_GROUP_NAME: Final[bool] = bpy.app.version >= (5, 0, 0)
LONGEST_NAME: Final[int] = 255 if bpy.app.version >= (5, 0, 0) else 63
"""Bytes that the name of a data-block may have."""
LONGEST_STRIP_NAME: Final[int] = 63
"""Bytes that the name of an NLA track or strip may have, in all versions."""
BLEND_RELATIVE: Final[frozenset[str]] = frozenset(
    {"ANIMATABLE", "PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (5, 0, 0) else {"ANIMATABLE"}
)
"""Options of a property for a path that may begin with ``//``; before 5.0, no option is needed."""


def end_old_wheel(code: int) -> None:
    """End the process with an exit code where Blender is a Python package that cannot end by itself; else return.

    The 4.2 package crashes at exit once a class with a Python function has been registered, as the exporter for glTF
    does: it frees the classes after Python has ended. The 4.5 package may wait for ever for a thread of its own.
    """
    if bpy.app.binary_path or bpy.app.version >= (5, 0, 0):
        return
    atexit._run_exitfuncs()  # what an exit in order begins with
    temporary = Path(bpy.app.tempdir)
    if temporary.name.startswith("blender_"):  # the folder of this process, and not the one of the system
        shutil.rmtree(temporary, ignore_errors=True)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it
            stream.flush()
    os._exit(code)


def _has_strip(action: Any) -> bool:
    return bool(action.layers and action.layers[0].strips)


class ActionWriter:
    """Make a new action for one object, with its curves."""

    def __init__(self, name: str, owner: Any) -> None:
        self.action = bpy.data.actions.new(shortened(name))
        self._name = self.action.name
        self.slot: Any = None
        self._groups: dict[str, Any] = {}
        if HAS_SLOTS:
            self.slot = self.action.slots.new(id_type="OBJECT", name=owner.name)
            strip = self.action.layers.new("Layer").strips.new(type="KEYFRAME")
            self._channels = strip.channelbag(self.slot, ensure=True)
        else:
            self.action.id_root = "OBJECT"
            self._channels = self.action

    @classmethod
    def of_copy(cls, animation_data: Any) -> ActionWriter:
        """Copy the active action of an object, to change the copy; it is not made active.

        Raises:
            RigError: the action has no keys for the object: no slot is chosen, or it has no layer.
        """
        if HAS_SLOTS and (animation_data.action_slot is None or not _has_strip(animation_data.action)):
            raise RigError(
                f"The action {animation_data.action.name} has no keys of {animation_data.id_data.name}.",
                "Choose its slot in the Action editor, or choose another action.",
            )
        writer = cls.__new__(cls)
        writer.action = animation_data.action.copy()
        writer._name = writer.action.name
        writer.slot, writer._channels = None, writer.action
        writer._groups = {}
        if HAS_SLOTS:
            writer.slot = next(each for each in writer.action.slots if each.handle == animation_data.action_slot.handle)
            writer._channels = writer.action.layers[0].strips[0].channelbag(writer.slot, ensure=True)
            writer._groups = {group.name: group for group in writer._channels.groups}
        return writer

    @property
    def curves(self) -> list[Any]:
        """Return the F-curves of the object."""
        return list(self._channels.fcurves)

    def remove_curve(self, curve: Any) -> None:
        """Remove an F-curve of the object."""
        self._channels.fcurves.remove(curve)

    def look_up_again(self) -> bool:
        """Find the action anew after a pause: an undo replaces it, and a pointer to the old one would crash Blender.

        Returns whether it is still there, with its slot.
        """
        self._groups.clear()
        self.action = bpy.data.actions.get(self._name)
        if self.action is None:
            return False
        if not HAS_SLOTS:
            self._channels = self.action
            return True
        if not (self.action.slots and _has_strip(self.action)):
            return False
        self.slot = self.action.slots[0]
        self._channels = self.action.layers[0].strips[0].channelbag(self.slot)
        if self._channels is None:
            return False
        self._groups = {group.name: group for group in self._channels.groups}
        return True

    def new_curve(self, data_path: str, index: int, group: str) -> Any:
        """Return a new, empty F-curve within the named group of channels."""
        if not HAS_SLOTS:
            return self._channels.fcurves.new(data_path, index=index, action_group=group)
        if CURVES_TAKE_GROUP_NAME:
            return self._channels.fcurves.new(data_path, index=index, group_name=group)
        curve = self._channels.fcurves.new(data_path, index=index)
        if group not in self._groups:
            self._groups[group] = self._channels.groups.new(group)
        curve.group = self._groups[group]
        return curve

    def rename(self, name: str) -> None:
        """Give the action a name that has become free; where it has not, Blender keeps them apart."""
        if self.action.name != shortened(name):
            self.action.name = shortened(name)


def set_gltf_rate(scene: Any, fps: float) -> None:
    """Set the frame rate of a scene for the glTF exporter: in all versions up to 5.2, it multiplies by the base of the
    rate, by which Blender divides."""
    scene.render.fps = max(1, round(fps))
    scene.render.fps_base = fps / scene.render.fps


def selected_bones(armature_object: Any) -> frozenset[str]:
    """Return the names of the bones that are selected in Pose Mode; since 5.0 the pose keeps them."""
    if bpy.app.version >= (5, 0, 0):
        return frozenset(bone.name for bone in armature_object.pose.bones if bone.select)
    return frozenset(bone.name for bone in armature_object.data.bones if bone.select)


def new_strip_of(track: Any, action: Any, slot: Any, start: int) -> Any:
    """Return a new NLA strip that plays an action. Blender itself cuts a long name within a letter, so that nobody can
    read it."""
    strip = track.strips.new(shortened(action.name, LONGEST_STRIP_NAME), start, action)
    set_strip_slot(strip, slot)
    return strip


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """Cut a name to what Blender can hold, between characters."""
    return name.encode()[:most].decode(errors="ignore")


def action_curves(action: Any, owner: Any) -> list[Any]:
    """Return the F-curves that an action holds for an object (for its assigned slot where there are slots)."""
    if not HAS_SLOTS:
        return list(action.fcurves)
    slot = assigned_slot(owner.animation_data)
    if slot is None or not action.layers or not action.layers[0].strips:
        return []
    channels = action.layers[0].strips[0].channelbag(slot)
    return list(channels.fcurves) if channels else []


def all_curves(action: Any) -> list[Any]:
    """Return the F-curves that an action holds for anything."""
    if not HAS_SLOTS:
        return list(action.fcurves)
    strips = [strip for layer in action.layers for strip in layer.strips]
    return [curve for strip in strips for channels in strip.channelbags for curve in channels.fcurves]


def remove_curves(action: Any, data_paths: Collection[str]) -> None:
    """Remove the F-curves of some properties from an action."""
    if HAS_SLOTS:
        strips = [strip for layer in action.layers for strip in layer.strips]
        holders = [channels for strip in strips for channels in strip.channelbags]
    else:
        holders = [action]
    for holder in holders:
        for curve in [curve for curve in holder.fcurves if curve.data_path in data_paths]:
            holder.fcurves.remove(curve)


def assigned_slot(animation_data: Any) -> Any:
    """Return the slot in use of the assigned action, or None (always before 4.4)."""
    return animation_data.action_slot if HAS_SLOTS and animation_data.action else None


def assign_action(animation_data: Any, action: Any, slot: Any) -> None:
    """Make an action the active one, with its slot: without it Blender 4.4 and newer play nothing, silently."""
    animation_data.action = action
    if HAS_SLOTS and action is not None:
        animation_data.action_slot = slot


def strip_slot(strip: Any) -> Any:
    """Return the slot of its action that an NLA strip plays, or None (always before 4.4)."""
    return strip.action_slot if HAS_SLOTS else None


def set_strip_slot(strip: Any, slot: Any) -> None:
    """Let an NLA strip play the given slot of its action."""
    if HAS_SLOTS and slot is not None:
        strip.action_slot = slot


def vr_view_scale(settings: Any) -> float:
    """Return the scale at which a VR session shows the scene beside the landmark's own (1 where Blender has none)."""
    return float(getattr(settings, "view_scale", 1.0))
