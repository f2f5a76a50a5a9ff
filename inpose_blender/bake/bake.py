# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute the channels of a solved motion on a rig, and bake it. Everything is computed before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ..controls.keys import Stances, control_keys
from ..controls.watched import WatchedControls, watched_controls
from ..core import JOINT_INDEX, BoolArray, FloatArray, Motion, RigError, finger_rotations, multiply_quaternions
from ..fingers.rig_fingers import RigFingers
from ..fingers.turns import finger_turns
from ..layers.additive import away_from_first
from ..layers.settings import LayerSettings
from ..layers.upper_body import on_upright_hips
from ..rig.chains import spread_chains
from ..rig.families import RigMapping
from ..rig.measure import RigMeasure
from ..rig.rotation import rotation_of
from .adjust import reduce_keys, resample_motion, resample_rotations
from .channels import Channel, channel_path, rotation_channel
from .control_channels import (
    carried_move,
    control_channels,
    moved_along,
    replaced_bones,
    way_and_height,
)
from .object_motion import object_motion_channels
from .pose_math import bone_moves, bone_turns, joint_path, placed_bones, point_on_bone, pose_rotations, spread_turns
from .reduction import KeyedBody, stands_at, watched_points, with_fewer_keys, with_held_poses
from .rig_facts import RigFacts, rig_facts
from .root_motion import root_motion_channels, without_way
from .settings import BakeResult, BakeSettings
from .writing import finish, write_action

_HEEL_BACK_S: Final[float] = 0.3
"""After a stance, the heel control goes back to its rest in this time at most; the foot does not show it."""
_METRES_PER_RADIAN: Final[float] = 0.3
"""Key reduction treats a shift of the body as the turn of a limb of this length."""


def bake_motion(
    armature_object: Any,
    motion: Motion,
    settings: BakeSettings,
    *,
    scene: Any,
    mapping: RigMapping,
    measure: RigMeasure,
) -> BakeResult:
    """Bake a motion on an armature object as a new action, at the scene's frame rate.

    Everything is computed before anything is written, and an error while writing takes back what was written.

    Raises:
        RigError: the rig cannot be keyed (see `rig.checks`); the scene is then unchanged.
    """
    facts = rig_facts(armature_object, scene=scene, mapping=mapping, over_active_action=settings.layer is not None)
    channels, frames = bake_channels(facts, motion, settings, mapping=mapping, measure=measure)
    result = finish(
        write_action(armature_object, channels, frames, settings, scene=scene, switched_off=facts.switched_off)
    )
    return replace(result, fingers=facts.moved_fingers(motion, settings))


def bake_channels(
    facts: RigFacts, motion: Motion, settings: BakeSettings, *, mapping: RigMapping, measure: RigMeasure
) -> tuple[list[Channel], FloatArray]:
    """Compute all channels of a motion, and the scene's frame of each of their values. Asks Blender nothing.

    Raises:
        RigError: root motion is wanted and the rig has no bone for it.
    """
    fps = settings.fps or facts.scene_fps
    rotations, root_m = resample_motion(motion, fps)
    channels: list[Channel] = []
    way_move = None
    if settings.root_motion:
        rotations, root_m, path = without_way(rotations, root_m, fps)
        name, location, turn = root_motion_channels(facts.tree, mapping, measure, facts.world, facts.root_bone, path)
        to_keys = np.linalg.solve(facts.location_axes[name], rotation_of(facts.tree[name].rest_armature))
        channels += [
            Channel(channel_path(name, "location"), name, location @ to_keys.T),
            rotation_channel(name, facts.modes[name], turn),
        ]
        way_move = (name, carried_move(facts.tree[name].rest_armature, location, turn))
    elif settings.object_motion:
        rotations, root_m, path = without_way(rotations, root_m, fps)
        channels += object_motion_channels(facts.place, measure, path)
    if settings.layer is not None and settings.layer.upper_body:
        hips = [joint for joint, bone in mapping.bones.items() if facts.parts[bone] == "hips"]
        rotations = on_upright_hips(rotations, hips)
        if settings.layer.hips_wxyz is not None:
            rotations = multiply_quaternions(settings.layer.hips_wxyz[:, None], rotations)
    turns = _turns(facts, rotations, mapping=mapping, measure=measure, spread=settings.spread)
    shifts, targets = _shifts(facts, turns, rotations, root_m, mapping=mapping, measure=measure)
    stands = stands_at(motion.foot_stands, motion.fps, fps, len(rotations))
    held: dict[str, tuple[tuple[int, int], ...]] = {}
    if facts.controls is None:
        channels += _body_channels(facts, turns, shifts)
    else:
        moves = bone_moves(facts.tree, turns, shifts, targets)
        stances = None if stands is None or not settings.hold_feet else Stances(stands, round(_HEEL_BACK_S * fps))
        solved = control_keys(facts.controls, moves if way_move is None else moved_along(moves, *way_move), stances)
        held = solved.held
        own = _body_channels(facts, {**turns, **solved.turns}, shifts)
        left_out = replaced_bones(facts.controls, mapping) if settings.controls == "ik" else frozenset()
        channels += [channel for channel in own if channel.group not in left_out]
        channels += control_channels(solved, facts.modes)
    rests = facts.rest_channels
    if facts.fingers is not None and settings.fingers != "off":
        rests += facts.fingers_at_rest
        channels += _finger_channels(facts, facts.fingers, turns, motion, settings, measure=measure, fps=fps)
    channels = _of_layer(channels, settings.layer, facts)
    frames = settings.first_frame + np.arange(len(rotations)) * (facts.scene_fps / fps)
    if settings.key_step > 1:
        channels = with_held_poses(channels, frames, settings.key_step, settings.key_step_from)
    else:
        channels = _with_chosen_keys(channels, _keyed_body(facts, mapping, measure), settings, stands, held)
    animated = {channel.data_path for channel in channels}
    channels += _of_layer([channel for channel in rests if channel.data_path not in animated], settings.layer, facts)
    if not channels:
        raise RigError("The layer moves no bone.", "Select bones in Pose Mode, or choose another mask.")
    return channels, frames


def _turns(
    facts: RigFacts, rotations: FloatArray, *, mapping: RigMapping, measure: RigMeasure, spread: bool
) -> dict[str, FloatArray]:
    """Return the turn away from rest of all mapped bones, and of those between them, (F, 4)."""
    turns = bone_turns(measure, mapping.bones, facts.world, rotations)
    if spread and measure.rest_is_human:  # else the bones between the joints are no part of a posture
        turns = spread_turns(spread_chains(facts.tree, mapping), mapping, turns)
    if facts.root_turns:
        turns = {**turns, facts.root_bone: turns[mapping.bones["pelvis"]]}
    return turns


def _finger_channels(
    facts: RigFacts,
    fingers: RigFingers,
    turns: Mapping[str, FloatArray],
    motion: Motion,
    settings: BakeSettings,
    *,
    measure: RigMeasure,
    fps: float,
) -> list[Channel]:
    """Return the rotation channels of the finger bones; an angle that the user has locked stays as it rests."""
    local = finger_rotations(
        motion.fingers,
        len(motion),
        motion.fps,
        relaxed_curl=settings.relaxed_curl,
        use_tracks=settings.fingers == "recorded",
    )
    own = finger_turns(fingers, measure, facts.world, turns, resample_rotations(local, motion.fps, fps))
    tree = {**fingers.tree, **facts.tree}
    channels = []
    for name, basis in pose_rotations(tree, {**turns, **own}).items():
        if name in own:
            channel = rotation_channel(name, fingers.modes[name], basis)
            if channel.values.shape[1] == 3:
                channel = replace(channel, values=np.where(fingers.locked[name], 0.0, channel.values))
            channels.append(channel)
    return channels


def _shifts(
    facts: RigFacts,
    turns: Mapping[str, FloatArray],
    rotations: FloatArray,
    root_m: FloatArray,
    *,
    mapping: RigMapping,
    measure: RigMeasure,
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Return which bones are shifted and by how much, (F, 3), and the places of the loose ones among them, (F, 3)."""
    tree = facts.tree
    pelvis = mapping.bones["pelvis"]
    needed = joint_path(measure, facts.world, root_m) - point_on_bone(tree, turns, pelvis, facts.pelvis_rest)
    shifts = {facts.root_bone: needed}
    if facts.controls is not None and facts.controls.centre:
        up = np.linalg.inv(facts.world[:3, :3]) @ measure.R_world_core[:, 1]
        shifts = way_and_height(facts.controls.centre, needed, up)
    targets: dict[str, FloatArray] = {}
    if facts.loose_bones:
        # The solver's body, not the rig's parents, says where these bones are.
        joints_m = Motion(rotations, root_m, measure.skeleton, 1.0).joint_positions_m
        targets = {
            name: joint_path(measure, facts.world, joints_m[:, JOINT_INDEX[joint]])
            for name, joint in facts.loose_bones.items()
        }
        shifts |= placed_bones(tree, turns, shifts, targets)
    return shifts, targets


def _body_channels(facts: RigFacts, turns: Mapping[str, FloatArray], shifts: dict[str, FloatArray]) -> list[Channel]:
    """Return the rotation channels of all bones that turn, and the location channels of those that are shifted."""
    channels = [
        rotation_channel(name, facts.modes[name], basis) for name, basis in pose_rotations(facts.tree, turns).items()
    ]
    for name, shift in shifts.items():
        location = shift @ np.linalg.inv(facts.location_axes[name]).T
        channels.append(Channel(channel_path(name, "location"), name, location))
    return channels


def _of_layer(channels: list[Channel], layer: LayerSettings | None, facts: RigFacts) -> list[Channel]:
    """Return what a layer has of the channels: those of its bones, and for an additive one what it adds."""
    if layer is None:
        return channels
    channels = [channel for channel in channels if channel.group in layer.bones]
    # A loose bone is where the other animation has it, unless the layer moves what carries it, too.
    left = {bone for bone in facts.loose_bones if facts.tree[bone].carrier not in layer.bones}
    channels = [each for each in channels if each.group not in left or not each.data_path.endswith("location")]
    if not layer.adds:
        return channels
    added = [(channel, away_from_first(channel.data_path, channel.group, channel.values)) for channel in channels]
    return [replace(channel, values=values) for channel, values in added if values is not None]


def _keyed_body(facts: RigFacts, mapping: RigMapping, measure: RigMeasure) -> KeyedBody:
    """Return what the choice of keys must know of the rig."""
    return KeyedBody(
        facts.tree,
        facts.modes,
        watched_points(mapping, facts.tree, facts.pelvis_rest),
        facts.location_axes,
        facts.metres_per_unit(measure),
        watched_controls(facts.controls, facts.tree) if facts.controls is not None else WatchedControls(),
    )


def _with_chosen_keys(
    channels: list[Channel],
    body: KeyedBody,
    settings: BakeSettings,
    stands: BoolArray | None,
    held: Mapping[str, Sequence[tuple[int, int]]],
) -> list[Channel]:
    """Return the channels with the keys that the settings ask for: all of them, or fewer."""
    if settings.fewer_keys is not None:
        return with_fewer_keys(channels, body, settings.fewer_keys, stands, held)
    if settings.key_tolerance_deg > 0:
        return [_reduce(channel, np.radians(settings.key_tolerance_deg), body.metres_per_unit) for channel in channels]
    return channels


def _reduce(channel: Channel, tolerance_rad: float, metres_per_unit: float) -> Channel:
    """Choose the keys of a channel: a quaternion's components change by half the angle, a location by a lever."""
    if channel.data_path.endswith("location"):
        tolerance = tolerance_rad * _METRES_PER_RADIAN / metres_per_unit
    elif channel.data_path.endswith("quaternion"):
        tolerance = tolerance_rad / 2
    else:
        tolerance = tolerance_rad
    return replace(channel, kept=reduce_keys(channel.values, tolerance))
