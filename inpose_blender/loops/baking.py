# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake a loop of a take as a new action that repeats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ..bake.adjust import way_back_m
from ..bake.bake import bake_channels
from ..bake.baked_actions import mark_again
from ..bake.channels import Channel
from ..bake.chosen_motion import chosen_motion
from ..bake.edits.applying import edits_for
from ..bake.options import BakeOptions
from ..bake.placement import motion_placement, placed
from ..bake.rig_facts import rig_facts
from ..bake.shared_room import shared_room
from ..bake.writing import finish, write_action
from ..core import FloatArray, RigError, make_loop
from ..layers.options import LayerOptions
from ..rig.prepare import PreparedRig
from ..takes.take import SolvedTake
from .options import LoopOptions
from .repeating import repeat_with_modifiers, repeat_with_strip

LOOP_SUFFIX: Final[str] = " loop"


@dataclass(frozen=True)
class LoopResult:
    """Say what loop was baked."""

    action_name: str
    first_frame: int
    last_frame: int
    """The last pose: it is the first one of the next round."""
    kept_action_name: str
    """The action that is now muted; empty if there is none."""


def bake_loop(
    rig: PreparedRig,
    scene: Any,
    take: SolvedTake,
    take_first_frame: int,
    options: BakeOptions,
    loop_options: LoopOptions,
    name: str,
) -> LoopResult:
    """Bake a loop of a stretch of a take, at the frames of the stretch.

    Args:
        rig: the rig that the take was solved for.
        scene: the scene that is animated.
        take: what was solved.
        take_first_frame: where the take begins in the scene.
        options: how the take is baked; a loop is no layer, and has all keys.
        loop_options: which stretch, and how it repeats.
        name: of the take.

    Raises:
        InPoseError: there is no such stretch, it cannot be closed, or the rig cannot be keyed. Nothing is changed.
    """
    preview = (scene.frame_preview_start, scene.frame_preview_end) if scene.use_preview_range else None
    first, last = loop_options.stretch(preview)
    if first < take_first_frame:
        raise RigError(f"The motion begins at frame {take_first_frame}.", "Start the loop there or later.")
    armature_object = rig.armature_object
    facts = rig_facts(armature_object, scene=scene, mapping=rig.mapping)
    edited, placement = edits_for(take, rig, scene, options)
    # Planted feet are held on the way over the ground: without the way, there would be no steps left.
    motion, _ = chosen_motion(edited().take, replace(options, way="hips"))
    if placement is None:
        shared = shared_room(options, armature_object, scene, take.scale)
        cursor = options.start.cursor_in(scene.cursor.location)
        placement = motion_placement(take.before_pins, options, rig.measure, cursor, shared)
    motion = placed(motion, placement)
    start_s, stop_s = ((frame - take_first_frame) / facts.scene_fps for frame in (first, last))
    stays = options.way == "none"
    in_place = loop_options.loop_way == "in_place" or stays
    loop = make_loop(motion, start_s, stop_s, facts.scene_fps, in_place=in_place)
    if stays:
        loop = loop.moved_by(way_back_m(motion, start_s))
    period = len(loop.motion) - 1
    # Root motion is a smooth path: it needs to know what comes before and after the round.
    several = loop.rounds(3)
    several = replace(several, root_translation_m=several.root_translation_m - loop.way_m)
    every_frame = replace(options, key_rate="scene", key_step=1, key_tolerance_deg=0.0, fewer_keys=False)
    plain = replace(every_frame, layers=LayerOptions(), to_nla_track=False)
    settings = plain.bake_settings(name + LOOP_SUFFIX, motion.fps, first, replace_own=True)
    channels, _ = bake_channels(facts, several, settings, mapping=rig.mapping, measure=rig.measure)
    channels = [_one_round(channel, period) for channel in channels]
    frames = first + np.arange(period + 1, dtype=np.float64)
    result = finish(
        write_action(armature_object, channels, frames, settings, scene=scene, switched_off=facts.switched_off)
    )
    animation = armature_object.animation_data
    looped = animation.action
    if loop_options.repeat == "strip":
        repeat_with_strip(animation, (first, first + period), scene.frame_end, moves_on=not in_place)
    else:
        repeat_with_modifiers(animation.action, (first, first + period), moves_on=not in_place)
    mark_again(looped)
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    return LoopResult(result.action_name, first, first + period, result.kept_action_name)


def _one_round(channel: Channel, period: int) -> Channel:
    """Return the middle one of three rounds. Turns end exactly as they begin; ways go on from where they end."""
    if len(channel.values) == 1:
        return channel
    values: FloatArray = channel.values[period : 2 * period + 1].copy()
    if not channel.data_path.endswith("location"):
        values[-1] = values[0]
    return replace(channel, values=values)
