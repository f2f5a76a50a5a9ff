# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the curves of an action as channels, and say which of them may lose keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..bake.channels import Channel
from ..bake.keyframes import key_value
from ..bpy_compat import action_curves
from ..core import FloatArray, runs
from ..rig.curves import rotation_property
from ..rig.tree import BoneTree

_SAME: Final[float] = 1e-6
"""Values that differ by less are one value: Blender stores about seven digits."""
_SHORTEST_REST: Final[int] = 3


@dataclass(frozen=True)
class ReadAction:
    """Hold the animated channels of an action in some frames."""

    channels: list[Channel]
    """With a value for each frame; those of bones that only carry others have one value."""
    reducible: frozenset[int]
    """The channels, by their index, that may lose keys."""
    rests: dict[int, tuple[tuple[int, int], ...]]
    """For channels, by their index: the first and the last frame of each stretch with one value."""
    left_alone: int
    """Number of properties that keep their keys though they were asked for: they are locked or muted, have modifiers,
    or keys that hold their value."""


def read_action(armature_object: Any, tree: BoneTree, frames: Sequence[int], wanted: frozenset[str]) -> ReadAction:
    """Read the active action of an armature.

    Args:
        armature_object: the rig.
        tree: the bones of the body: also their poses without keys matter.
        frames: the frames to read.
        wanted: the bones whose keys may be reduced; empty: all bones, and the object itself.
    """
    by_path: dict[str, dict[int, Any]] = {}
    for curve in action_curves(armature_object.animation_data.action, armature_object):
        by_path.setdefault(curve.data_path, {})[curve.array_index] = curve
    channels: list[Channel] = []
    reducible, rests, left_alone = set(), {}, 0
    holders = [("", armature_object), *((bone.name, bone) for bone in armature_object.pose.bones)]
    for name, holder in holders:
        for property_name in ("location", rotation_property(holder.rotation_mode)):
            path = property_name if not name else holder.path_from_id(property_name)
            curves = by_path.get(path, {})
            now = np.array(getattr(holder, property_name), dtype=np.float64)
            if not curves:
                if name in tree:
                    channels.append(Channel(path, name, now[None]))
                continue
            index = len(channels)
            values = _sampled(curves, now, frames)
            channels.append(Channel(path, name, values))
            rests[index] = tuple(_rests(values))
            if wanted and name not in wanted:
                continue
            if any(_keeps_its_keys(curve) for curve in curves.values()):
                left_alone += 1
            else:
                reducible.add(index)
    return ReadAction(channels, frozenset(reducible), rests, left_alone)


def _sampled(curves: dict[int, Any], now: FloatArray, frames: Sequence[int]) -> FloatArray:
    """Return the values of a property at frames, (F, components); a component without a curve stays as it is now."""
    values = np.tile(now, (len(frames), 1))
    for component, curve in curves.items():
        values[:, component] = [curve.evaluate(frame) for frame in frames]
    return values


def _rests(values: FloatArray) -> list[tuple[int, int]]:
    """Return the first and the last frame of each stretch in which all components have one value."""
    size = max(1.0, float(np.abs(values).max()))
    same = np.abs(np.diff(values, axis=0)).max(axis=1) < _SAME * size
    return [(first, end) for first, end in runs(same) if end - first + 1 >= _SHORTEST_REST]


def _keeps_its_keys(curve: Any) -> bool:
    if curve.lock or curve.mute or len(curve.modifiers):
        return True
    interpolation = np.empty(len(curve.keyframe_points), dtype=np.int32)
    curve.keyframe_points.foreach_get("interpolation", interpolation)
    return bool((interpolation[:-1] == key_value("interpolation", "CONSTANT")).any())
