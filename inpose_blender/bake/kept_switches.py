# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the switches of a rig as they are where a layer does not play.

A layer keys the influence of IK constraints and the switches between IK and FK. An animation below often has no keys
for them: they are just set. But Blender gives a property that a strip animates its *default* value outside of the
strip, so IK would be off in the whole scene. A track below the layer holds the values that were set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import numpy as np

from ..bpy_compat import ActionWriter, all_curves
from ..layers.below import curves_of_track
from ..layers.strips import new_strip, remember_strip
from ..rig.switched_off import SwitchedOff
from .baked_actions import Fingerprint, mark_as_baked
from .channels import AT_REST
from .keyframes import write_keys

_SUFFIX: Final[str] = " switches"


def keep_switches(
    armature_object: Any, layer: Any, take_name: str, replaced: Collection[Any], off: Iterable[SwitchedOff]
) -> Any:
    """Add a track below a new layer that holds what the layer switches and nothing below it keys, and return it.

    Returns None if there is no need of one.

    Args:
        armature_object: the object.
        layer: the NLA track with the layer.
        take_name: of the layer.
        replaced: tracks of earlier layers of the take, which are about to be removed.
        off: what earlier bakes have switched off.
    """
    animation = armature_object.animation_data
    (strip,) = layer.strips
    below = [track for track in animation.nla_tracks if not track.mute and track != layer and track not in replaced]
    keyed = {curve.data_path for track in below for curve in curves_of_track(track)}
    paths = [
        curve.data_path for curve in all_curves(strip.action) if _is_switch(curve) and curve.data_path not in keyed
    ]
    if not paths or not below:  # a layer over nothing holds its own values
        return None
    set_before = {each.data_path: each.influence for each in off}
    for track in replaced:
        if track.name == take_name + _SUFFIX:
            set_before |= {curve.data_path: curve.evaluate(0.0) for curve in curves_of_track(track)}
    writer = ActionWriter(take_name + _SUFFIX, armature_object)
    fingerprint = Fingerprint()
    first = float(strip.action_frame_start)
    for path in paths:
        value = set_before.get(path, float(armature_object.path_resolve(path)))
        curve = writer.new_curve(path, 0, path.split('"')[1])
        write_keys(curve, np.array([[first, value]], dtype=np.float32), None, held=False)
        fingerprint.add(curve)
    tracks = list(animation.nla_tracks)
    track = animation.nla_tracks.new(prev=tracks[tracks.index(layer) - 1])
    track.name = take_name + _SUFFIX
    held = new_strip(track, writer.action, writer.slot, (first, first))
    held.extrapolation = "HOLD"
    mark_as_baked(writer.action, take_name, fingerprint)
    remember_strip(held)
    return track


def name_switches(track: Any) -> None:
    """Give the action of such a track the track's name: that of an earlier one may have had it until now."""
    (strip,) = track.strips
    strip.action.name = track.name
    strip.name = strip.action.name


def _is_switch(curve: Any) -> bool:
    return len(curve.keyframe_points) == 1 and curve.data_path.rpartition(".")[2] not in AT_REST
