# SPDX-License-Identifier: GPL-3.0-or-later
"""Find which properties of an object the NLA tracks animate that a new action will lie over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..bpy_compat import action_curves, all_curves


def paths_below(armature_object: Any, over_active_action: bool) -> frozenset[str]:
    """Return the data paths of everything that goes on playing under a new action.

    A new action hides only what it has curves for. Where it has none, the tracks below move the rig.

    Args:
        armature_object: the object.
        over_active_action: a new layer lies over the active action, too; any other bake puts it aside.
    """
    animation = armature_object.animation_data
    if animation is None:
        return frozenset()
    has_solo = any(track.is_solo for track in animation.nla_tracks)
    curves: list[Any] = []
    if animation.use_nla:
        for track in animation.nla_tracks:
            if not track.mute and (track.is_solo or not has_solo):
                curves += curves_of_track(track)
    if over_active_action and animation.action is not None:
        curves += action_curves(animation.action, armature_object)
    return frozenset(curve.data_path for curve in curves)


def curves_of_track(track: Any) -> list[Any]:
    """Return the F-curves of all actions in a track."""
    return [curve for action in _actions(track.strips) for curve in all_curves(action)]


def _actions(strips: Iterable[Any]) -> Iterator[Any]:
    """Yield the actions of strips, also of those within meta strips."""
    for strip in strips:
        if strip.mute:
            continue
        if strip.action is not None:
            yield strip.action
        yield from _actions(strip.strips)
