# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the keys of a bake: fewer keys with smooth handles, or poses that are held for some frames."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from ..controls.watched import WatchedControls
from ..core import BoolArray, FloatArray, IndexArray, runs
from ..keys.body import END_JOINTS, MIDDLE_JOINTS, body_effects
from ..keys.choosing import choose_keys
from ..keys.ends import CurveToKey, Tolerance
from ..keys.properties import AnimatedProperty, EndPoint
from ..keys.turning import turning_points
from ..rig.families import RigMapping
from ..rig.tree import BoneTree
from .channels import Channel
from .held_feet import resting_feet
from .settings import KeyTolerance

_MARGIN: Final[float] = 0.95
"""Of the tolerance: handles are rounded to single precision, and large turns do more than small ones."""
_MOMENTS: Final[int] = 2
"""The curves must be right at the frames and in the middle between them, or motion blur would show it."""
_SWING: Final[float] = 40.0
"""Tolerances by which a movement must go back and forth, so that it has keys where it turns back."""


@dataclass(frozen=True)
class KeyedBody:
    """Hold what the choice of keys must know of a rig."""

    tree: BoneTree
    modes: Mapping[str, str]
    points: tuple[EndPoint, ...]
    location_axes: Mapping[str, FloatArray]
    metres_per_unit: float
    """Metres of one unit of the armature frame."""
    controls: WatchedControls = field(default_factory=WatchedControls)
    """Its IK controls."""


def watched_points(mapping: RigMapping, tree: BoneTree, pelvis_rest: FloatArray) -> tuple[EndPoint, ...]:
    """Return the joints of a rig that stay where they are.

    Args:
        mapping: the rig's joints.
        tree: the bones of the body.
        pelvis_rest: (3,) the pelvis at rest, in the armature frame.
    """
    bones = {joint: mapping.bones[joint] for joint in (*END_JOINTS, *MIDDLE_JOINTS) if joint in mapping.bones}
    heads = {joint: tree[bone].rest_armature[:3, 3] for joint, bone in bones.items()} | {"pelvis": pelvis_rest}
    return tuple(EndPoint(joint, bone, heads[joint]) for joint, bone in bones.items())


def with_fewer_keys(
    channels: Sequence[Channel],
    body: KeyedBody,
    tolerance: KeyTolerance,
    stands: BoolArray | None,
    held: Mapping[str, Sequence[tuple[int, int]]] = MappingProxyType({}),
) -> list[Channel]:
    """Return the channels with smooth curves through as few keys as the tolerance allows.

    Channels that are no location or rotation, and constant ones, stay as they are. Each foot has keys where it lands
    and where it leaves, and large movements have keys where they turn back. The IK control of a foot rests while the
    foot is planted, and has no keys between the ends of the rest.

    Args:
        channels: the channels of a bake, with a value for each frame.
        body: the rig.
        tolerance: how far the end joints may be off.
        stands: (F, 2) whether the left and the right foot stand; None if it is unknown.
        held: for controls that are held already the first and the last frame of each time.
    """
    channels, rests = _resting(channels, body, stands, held)
    return with_chosen_keys(channels, body, tolerance, stands, rests)


def with_chosen_keys(
    channels: Sequence[Channel],
    body: KeyedBody,
    tolerance: KeyTolerance,
    stands: BoolArray | None,
    rests: Mapping[int, Sequence[tuple[int, int]]],
    *,
    part: tuple[int, int] | None = None,
    only: Collection[int] | None = None,
) -> list[Channel]:
    """Return the channels with few keys, as `with_fewer_keys`, or some of them in a part of their frames.

    Args:
        channels: with a value for each frame; a constant one with a single value only carries others.
        body: the rig.
        tolerance: how far the end joints may be off.
        stands: (F, 2) whether the left and the right foot stand; None if it is unknown.
        rests: for channels by their index the first and the last frame of each stretch with one value.
        part: the first and the last frame in which keys are chosen; the curves go on smoothly before and after. None:
            all frames.
        only: the indices of the channels whose keys are chosen; the others stay as they are. None: all channels.
    """
    properties = {index: each for index, channel in enumerate(channels) if (each := animated_property(channel, body))}
    chosen = [index for index in properties if only is None or index in only]
    if not chosen:
        return list(channels)
    count = len(next(iter(properties.values())).values)
    still = [_still(channel, body, count) for channel in channels if len(channel.values) == 1]
    limit = Tolerance(1e-3 * _MARGIN * tolerance.distance_mm, float(np.radians(_MARGIN * tolerance.angle_deg)))
    reach = body_effects(
        list(properties.values()),
        {**body.tree, **body.controls.tree},
        (*body.points, *body.controls.points),
        {**body.location_axes, **body.controls.location_axes},
        body.metres_per_unit,
        limit,
        float(np.radians(_MARGIN * tolerance.bone_angle_deg)),
        still=[each for each in still if each is not None],
        bends=body.controls.bends,
    )
    curves = []
    first, last = part or (0, (count - 1) // _MOMENTS)
    for (index, each), effect_of_all, foot in zip(properties.items(), reach.reaches, reach.feet, strict=True):
        if index not in chosen:
            continue
        effect = effect_of_all.with_bends_every(_MOMENTS)
        limits = [reach.tolerances[end] for end in effect.ends]
        strength = np.abs(effect.effects(len(each.values), limits)).max(axis=(1, 2)).mean(axis=-1)
        turns = [turning_points(row * scale, _SWING) for row, scale in zip(each.values.T, strength, strict=True)]
        steps = _changes(stands, foot)
        fixed = np.concatenate((*(turn - turn % _MOMENTS for turn in turns), _MOMENTS * steps)).astype(np.int64)
        held = tuple((_MOMENTS * start, _MOMENTS * stop) for start, stop in rests.get(index, ()))
        for start, stop in held:  # the moments beside its ends were computed from what is outside, too
            each.values[start : stop + 1] = each.values[start]
        curve = CurveToKey(each.values, effect, np.unique(fixed), held, stride=_MOMENTS)
        curves.append(curve.part(_MOMENTS * first, _MOMENTS * last + 1))
    result = list(channels)
    for index, choice in zip(chosen, choose_keys(curves, reach.tolerances), strict=True):
        result[index] = replace(
            channels[index],
            values=choice.values[::_MOMENTS],
            kept=choice.kept // _MOMENTS,
            slopes=choice.slopes * _MOMENTS,
        )
    return result


def with_held_poses(channels: Sequence[Channel], frames: FloatArray, step: int, first: int) -> list[Channel]:
    """Return the channels with a held key on every ``step``-th frame, counted from the scene's first frame.

    The first and the last frame of the motion have a key in any case: an action without its last frame would be too
    short for its NLA strip, and as a clip of an exported file.
    """
    on_step = (np.round(frames).astype(np.int64) - first) % step == 0
    on_step[[0, -1]] = True
    kept = np.flatnonzero(on_step)
    return [
        channel if len(channel.values) == 1 else replace(channel, kept=kept, slopes=None, held=True)
        for channel in channels
    ]


def stands_at(stands: BoolArray | None, motion_fps: float, fps: float, count: int) -> BoolArray | None:
    """Return which feet stand in each frame of a bake, (count, 2), from those of the motion, (F, 2)."""
    if stands is None:
        return None
    source = np.minimum(np.round(np.arange(count) * (motion_fps / fps)).astype(np.int64), len(stands) - 1)
    return stands[source]


def _resting(
    channels: Sequence[Channel],
    body: KeyedBody,
    stands: BoolArray | None,
    held: Mapping[str, Sequence[tuple[int, int]]],
) -> tuple[Sequence[Channel], dict[int, tuple[tuple[int, int], ...]]]:
    """Return the channels with resting feet, and the rests of each channel by its index."""
    own = {index: tuple(held[each.group]) for index, each in enumerate(channels) if each.group in held}
    feet = {bone: foot for bone, foot in body.controls.feet.items() if bone not in body.tree and bone not in held}
    if stands is None or not feet:
        return channels, own
    found = resting_feet(channels, feet, body.modes, stands, body.metres_per_unit)
    return found.channels, {**found.rests, **own}


def _changes(stands: BoolArray | None, foot: str) -> IndexArray:
    """Return the frames in which a foot lands, and the last ones in which it stands."""
    if stands is None or not foot:
        return np.zeros(0, np.int64)
    spans = runs(stands[:, int(foot == "right")])
    return np.array([frame for first, end in spans for frame in (first, end - 1)], np.int64)


def animated_property(channel: Channel, body: KeyedBody) -> AnimatedProperty | None:
    """Return a channel for the choice of keys, with the moments between frames; None: keys of such a channel stay."""
    name = channel.data_path.rpartition(".")[2]
    if len(channel.values) < 3 or name not in {"location", *_ROTATIONS}:
        return None
    bone = channel.group if channel.data_path.startswith("pose.bones[") else ""
    mode = _ROTATIONS.get(name) or body.modes.get(bone, "XYZ")
    return AnimatedProperty(bone, name == "location", mode, _with_moments_between(channel.values))


def _still(channel: Channel, body: KeyedBody, count: int) -> AnimatedProperty | None:
    """Return a constant channel for all moments."""
    lasting = animated_property(replace(channel, values=np.tile(channel.values, (3, 1))), body)
    return lasting and replace(lasting, values=np.tile(channel.values, (count, 1)))


def _with_moments_between(values: FloatArray) -> FloatArray:
    """Return the values of a smooth curve at all frames and in the middle between them, (2 F - 1, C)."""
    before, after = values[:-1], values[1:]
    earlier, later = np.concatenate((values[:1], values[:-2])), np.concatenate((values[2:], values[-1:]))
    result = np.empty((_MOMENTS * len(values) - 1, values.shape[1]))
    result[::2], result[1::2] = values, (9 * (before + after) - earlier - later) / 16
    return result


_ROTATIONS: Final[Mapping[str, str]] = {
    "rotation_quaternion": "QUATERNION",
    "rotation_axis_angle": "AXIS_ANGLE",
    "rotation_euler": "",
}
