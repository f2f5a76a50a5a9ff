# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the switches of a rig as they are where a layer does not play.

A layer keys the influence of IK constraints and the switches between IK and FK. An animation below often has no keys
for them: they are just set. But Blender gives a property that a strip animates its *default* value outside of the
strip, so IK would be off in the whole scene. A track below the layer holds the values that were set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from ..bpy_compat import ActionWriter, all_curves, shortened
from ..layers.below import curves_of_track
from ..layers.strips import new_strip, remember_strip
from ..rig.action_marks import SWITCHES_KEY
from ..rig.switched_off import SwitchedOff
from .baked_actions import Fingerprint, mark_as_baked
from .channels import AT_REST
from .keyframes import write_keys
from .takes_of_actions import switches_name, take_of


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
    tracks = list(animation.nla_tracks)
    below = [track for track in tracks[: tracks.index(layer)] if not track.mute and track not in replaced]
    keyed = {curve.data_path for track in below if not _is_short_layer(track) for curve in curves_of_track(track)}
    paths = [
        curve.data_path for curve in all_curves(strip.action) if _is_switch(curve) and curve.data_path not in keyed
    ]
    if not paths or not below:  # a layer over nothing holds its own values
        return None
    set_before = {each.data_path: each.influence for each in off}
    for track in replaced:
        if SWITCHES_KEY in track.strips[0].action:
            set_before |= {curve.data_path: curve.evaluate(0.0) for curve in curves_of_track(track)}
    writer = ActionWriter(switches_name(take_name), armature_object)
    writer.action[SWITCHES_KEY] = True
    fingerprint = Fingerprint()
    first = float(strip.action_frame_start)
    for path in paths:
        value = set_before.get(path, float(armature_object.path_resolve(path)))
        curve = writer.new_curve(path, 0, path.split('"')[1])
        write_keys(curve, np.array([[first, value]], dtype=np.float32), None, held=False)
        fingerprint.add(curve)
    track = animation.nla_tracks.new(prev=tracks[tracks.index(layer) - 1])
    track.name = switches_name(take_name)
    held = new_strip(track, writer.action, writer.slot, (first, first))
    held.extrapolation = "HOLD"
    mark_as_baked(writer.action, take_name, fingerprint)
    remember_strip(held)
    return track


def name_switches(track: Any) -> None:
    """Give the action of such a track the track's name: that of an earlier one may have had it until now."""
    (strip,) = track.strips
    strip.action.name = shortened(track.name)
    strip.name = strip.action.name


def _is_short_layer(track: Any) -> bool:
    """Return whether a track is a layer of InPose that holds nothing beyond its ends."""
    return all(strip.action and take_of(strip.action) and strip.extrapolation == "NOTHING" for strip in track.strips)


def _is_switch(curve: Any) -> bool:
    return len(curve.keyframe_points) == 1 and curve.data_path.rpartition(".")[2] not in AT_REST
