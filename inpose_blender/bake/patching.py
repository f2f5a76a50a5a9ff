# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep an animator's edits of a bake when some of its frames are solved again: patch a copy of the edited action.

Only plain bakes are patched: FK keys on all frames. What the bake before was is computed again, and must have the
fingerprint that the action remembers: then nothing but the solved motion has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..bpy_compat import ActionWriter, action_curves
from ..core import FloatArray
from ..rig.curves import values_of_keys
from .baked_actions import Fingerprint, is_as_baked, mark_as_baked, remembered_fingerprint
from .channels import AT_REST, Channel
from .keyframes import Keys, read_keys, replace_keys
from .merging import changed_rows, changed_stretches, is_edited, is_plain, merged_values
from .play_action import play_action
from .settings import BakeSettings
from .takes_of_actions import take_of

KEYS_DIFFER: Final[str] = "InPose keeps edits only in bakes with FK keys on all frames, without layers and NLA tracks."
BAKE_DIFFERS: Final[str] = (
    "InPose keeps edits only if the bake has the same options, place and clean-up as before, and the same rig."
)
TURNS_ROUND: Final[str] = "After the solve, a bone has turned once more, so edited and new keys do not fit together."
SAME_FRAME: Final[float] = 1e-3
_KEEPS_ALL: Final[float] = 0.99


@dataclass(frozen=True)
class Patch:
    """Hold the new values of some frames of an edited action."""

    values: dict[tuple[str, int], tuple[FloatArray, ...]]
    """For each curve (its property and index) the values of each stretch; curves that stay are left out."""
    stretches: tuple[tuple[float, float], ...]
    """First and last frame of each stretch."""
    frames: tuple[FloatArray, ...]
    """The frames of the keys in each stretch."""
    fingerprint: Fingerprint
    """Of the new bake without the edits."""
    replaces_edits: bool
    """Some of the edits are lost, or are no longer in the keys that they were in."""


def edited_bake(armature_object: Any, take_name: str) -> Any:
    """Return the active action if it is a bake of a take that somebody has edited; else None."""
    animation = armature_object.animation_data
    action = animation.action if animation else None
    if action is None or take_of(action) != take_name or is_as_baked(action):
        return None
    return action


def can_patch(settings: BakeSettings) -> bool:
    """Return whether bakes with these settings have a key of their own in every frame."""
    return (
        settings.layer is None
        and not settings.to_nla_track
        and settings.controls == "fk"
        and settings.fewer_keys is None
        and settings.key_tolerance_deg == 0.0
        and settings.key_step == 1
    )


def make_patch(
    armature_object: Any, before: Sequence[Channel], now: Sequence[Channel], frames: FloatArray, size: float
) -> Patch | str:
    """Return the patch for the active action of an object, or why there is none: a sentence.

    Args:
        armature_object: the object, whose active action is an edited bake.
        before: the channels of the bake that was edited.
        now: the channels of the new bake.
        frames: the scene's frame of each of their rows.
        size: the stature of the character in the units of its bones.
    """
    action = armature_object.animation_data.action
    if not (is_plain(before) and is_plain(now)):
        return KEYS_DIFFER
    curves = {(curve.data_path, curve.array_index): curve for curve in action_curves(action, armature_object)}
    if remembered_fingerprint(action) != _fingerprint(before, frames).text:
        before, now = (_with_rests_of(curves, channels) for channels in (before, now))
    changed = changed_rows(before, now)
    if changed is None or remembered_fingerprint(action) != _fingerprint(before, frames).text:
        return BAKE_DIFFERS
    rows = changed_stretches(changed)
    values: dict[tuple[str, int], tuple[FloatArray, ...]] = {}
    replaces_edits = False
    for old, new, own in zip(before, now, changed, strict=True):
        here = [curves.get((new.data_path, index)) for index in range(new.values.shape[1])]
        if not own.any() or all(curve is None for curve in here):  # it stays, or the animator has removed it
            continue
        edited = np.stack([_sampled(curve, frames, old.values[:, i]) for i, curve in enumerate(here)], axis=1)
        merged = merged_values(new.data_path, edited, old.values, new.values, rows, size)
        if merged is None:
            return TURNS_ROUND
        flags = is_edited(new.data_path, edited, old.values)
        keys = [read_keys(curve) for curve in here if curve is not None]
        for (start, stop), keeps in zip(rows, merged.keeps, strict=True):
            lost = bool((flags[start:stop] & (keeps < _KEEPS_ALL)).any())
            replaces_edits |= lost or _has_other_keys(keys, frames[start:stop])
        for index, curve in enumerate(here):
            if curve is not None:
                values[new.data_path, index] = tuple(part[:, index] for part in merged.values)
    spans = tuple((float(frames[start]), float(frames[stop - 1])) for start, stop in rows)
    parts = tuple(frames[start:stop] for start, stop in rows)
    return Patch(values, spans, parts, _fingerprint(now, frames), replaces_edits)


def play_patch(
    armature_object: Any, patch: Patch, settings: BakeSettings, seen: tuple[float, float]
) -> tuple[Any, str]:
    """Write a patch into a copy of the active action, and let the object play it.

    Returns:
        The new action, and the name of the action before it, which is kept in a muted NLA track; an empty name if none
        of its edits were replaced.
    """
    animation = armature_object.animation_data
    writer = ActionWriter.of_copy(animation)
    for curve in writer.curves:
        values = patch.values.get((curve.data_path, curve.array_index))
        if values is not None:
            replace_keys(curve, patch.stretches, np.concatenate(patch.frames), np.concatenate(values))
    mark_as_baked(writer.action, settings.action_name, patch.fingerprint)
    replaceable = "" if patch.replaces_edits else animation.action.name
    return writer.action, play_action(armature_object, writer, settings, replaceable, seen)


def _with_rests_of(curves: Mapping[tuple[str, int], Any], channels: Sequence[Channel]) -> list[Channel]:
    """Return channels with those that hold bones at rest as an action has them.

    A bake holds the bones that did not rest before it. Afterwards others may rest, or be posed.
    """
    one_key = {path for path, index in curves if index == 0 and len(curves[path, index].keyframe_points) == 1}
    rests = {path: AT_REST.get(path.rpartition(".")[2]) for path in one_key if path.startswith("pose.bones")}
    found = [channel for channel in channels if not _rests(channel) or channel.data_path in rests]
    known = {channel.data_path for channel in channels}
    held = [(path, rest) for path, rest in rests.items() if rest is not None and path not in known]
    return found + [Channel(path, "", np.array([rest])) for path, rest in sorted(held)]


def _rests(channel: Channel) -> bool:
    rest = AT_REST.get(channel.data_path.rpartition(".")[2])
    return rest is not None and channel.values.shape == (1, len(rest)) and bool((channel.values[0] == rest).all())


def _fingerprint(channels: Sequence[Channel], frames: FloatArray) -> Fingerprint:
    fingerprint = Fingerprint()
    for channel in channels:
        for index in range(channel.values.shape[1]):
            fingerprint.add_line(channel.data_path, index, frames, channel.values[:, index])
    return fingerprint


def _sampled(curve: Any, frames: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Return the values of a curve's keys at frames, (F,); of no curve, those of the bake."""
    return otherwise if curve is None else values_of_keys(curve, frames.tolist())


def _has_other_keys(keys: Sequence[Keys], wanted: FloatArray) -> bool:
    """Return whether curves have keys at other frames than these between the first and the last of them."""

    def has(own: NDArray[np.float32]) -> bool:
        inside = own[(own >= wanted[0] - SAME_FRAME) & (own <= wanted[-1] + SAME_FRAME)]
        return len(inside) != len(wanted) or bool(abs(inside - wanted).max() > SAME_FRAME)

    return any(has(own.points[:, 0]) for own in keys)
