# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognise actions that InPose baked and nobody edited since: a new bake may replace only these."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from ..bpy_compat import all_curves
from ..core import FloatArray
from ..layers.strips import is_untouched_strip
from .takes_of_actions import TAKE_KEY

_FINGERPRINT_KEY: Final[str] = "inpose_fingerprint"
_BEZIER: Final[int] = int(bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["BEZIER"].value)
_LINEAR: Final[int] = int(bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value)
_EASING: Final[int] = int(bpy.types.Keyframe.bl_rna.properties["easing"].enum_items["AUTO"].value)
_HANDLE_DIGITS: Final[int] = 3


class Fingerprint:
    """Compute a checksum of curves that changes with any key (its frame, value, interpolation, easing, or a handle in
    use), and with what else somebody can do to a curve: modifiers, extrapolation, muting."""

    def __init__(self) -> None:
        self.value = 0

    def add(self, curve: Any) -> None:
        """Take in one curve, as Blender has it. The order of curves does not matter."""
        keys = curve.keyframe_points
        points = np.empty((len(keys), 2), dtype=np.float32)
        interpolation = np.empty(len(keys), dtype=np.int32)
        keys.foreach_get("co", points.ravel())
        keys.foreach_get("interpolation", interpolation)
        own = _checksum(curve.data_path, curve.array_index, points, interpolation)
        if (interpolation == _BEZIER).any():  # other keys have handles, too, but they have no effect
            own = zlib.crc32(_handles(keys), own)
        if more := _more(curve):
            own = zlib.crc32(more, own)
        self.value = (self.value + own) & 0xFFFFFFFF

    def add_line(self, data_path: str, index: int, frames: FloatArray, values: FloatArray) -> None:
        """Take in a curve as `add` would if it had these keys, with straight lines between them. A constant has one."""
        points = np.stack((frames[: len(values)], values), axis=1).astype(np.float32)
        own = _checksum(data_path, index, points, np.full(len(points), _LINEAR, dtype=np.int32))
        self.value = (self.value + own) & 0xFFFFFFFF

    @property
    def text(self) -> str:
        """Return the checksum as an action keeps it."""
        return f"{self.value:08x}"


def _checksum(path: str, index: int, points: NDArray[np.float32], interpolation: NDArray[np.int32]) -> int:
    own = zlib.crc32(f"{path}[{index}]".encode())
    return zlib.crc32(interpolation.tobytes(), zlib.crc32(points.tobytes(), own))


def _handles(keys: Any) -> bytes:
    """Return types and places of the handles; Blender may move aligned ones by a rounding error."""
    found = []
    for side in ("left", "right"):
        kinds, ends = np.empty(len(keys), dtype=np.int32), np.empty((len(keys), 2), dtype=np.float32)
        keys.foreach_get(f"handle_{side}_type", kinds)
        keys.foreach_get(f"handle_{side}", ends.ravel())
        found += [kinds.tobytes(), (np.round(ends, _HANDLE_DIGITS) + np.float32(0)).tobytes()]
    return b"".join(found)


def _more(curve: Any) -> bytes:
    """Return what shapes a curve beside its keys; nothing for a curve as a bake leaves it."""
    easing = np.empty(len(curve.keyframe_points), dtype=np.int32)
    curve.keyframe_points.foreach_get("easing", easing)
    modifiers = "".join(f"{each.type} {each.mute} {each.influence:g};" for each in curve.modifiers)
    mute = "muted" if curve.mute else ""
    extrapolation = "" if curve.extrapolation == "CONSTANT" else curve.extrapolation
    return f"{modifiers}{mute}{extrapolation}".encode() + (easing.tobytes() if (easing != _EASING).any() else b"")


def mark_again(action: Any) -> None:
    """Store the fingerprint of a baked action once more: InPose itself has changed its curves."""
    fingerprint = Fingerprint()
    for curve in all_curves(action):
        fingerprint.add(curve)
    action[_FINGERPRINT_KEY] = fingerprint.text


def mark_as_baked(action: Any, take_name: str, fingerprint: Fingerprint) -> None:
    """Store the take and a fingerprint of the curves in a new action."""
    action[TAKE_KEY] = take_name
    action[_FINGERPRINT_KEY] = fingerprint.text


def is_as_baked(action: Any) -> bool:
    """Return whether nobody has changed a key of a baked action."""
    fingerprint = Fingerprint()
    for curve in all_curves(action):
        fingerprint.add(curve)
    return bool(action.get(_FINGERPRINT_KEY) == fingerprint.text)


def remembered_fingerprint(action: Any) -> str:
    """Return the fingerprint that the curves of an action had before anybody edited them."""
    return str(action.get(_FINGERPRINT_KEY, ""))


def is_untouched_bake(action: Any, take_name: str, owner: Any) -> bool:
    """Return whether an action is an unedited bake of this take that nothing else uses."""
    steps = look_whether_untouched(action, take_name, owner)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return bool(stop.value)


def look_whether_untouched(action: Any, take_name: str, owner: Any) -> Generator[None, None, bool]:
    """Compute `is_untouched_bake` curve by curve, because a long action takes a tenth of a second to read."""
    if action is None or action.get(TAKE_KEY) != take_name or action.use_fake_user:
        return False
    animation = owner.animation_data
    own_uses = (animation.action == action) + sum(_strips_with(track, action) for track in animation.nla_tracks)
    if action.users > own_uses:
        return False
    fingerprint = Fingerprint()
    for curve in all_curves(action):
        yield
        fingerprint.add(curve)
    return bool(action.get(_FINGERPRINT_KEY) == fingerprint.text)


def own_tracks(owner: Any, take_name: str, but: Any = None) -> tuple[list[Any], list[Any]]:
    """Return the playing NLA tracks that hold nothing but a bake of this take: untouched ones, and edited ones."""
    untouched, edited = [], []
    for track in owner.animation_data.nla_tracks if owner.animation_data else ():
        actions = [strip.action for strip in track.strips]
        if track.mute or len(actions) != 1 or actions[0] is None or actions[0] == but:
            continue
        (action,) = actions
        if is_untouched_bake(action, take_name, owner) and is_untouched_strip(track.strips[0]):
            untouched.append(track)
        elif action.get(TAKE_KEY) == take_name:
            edited.append(track)
    return untouched, edited


def has_edited_strip(owner: Any, take_name: str) -> bool:
    """Return whether somebody has changed an NLA strip that plays a bake of this take."""
    tracks = owner.animation_data.nla_tracks if owner.animation_data else ()
    strips = [strip for track in tracks if not track.mute for strip in track.strips if strip.action is not None]
    return any(strip.action.get(TAKE_KEY) == take_name and not is_untouched_strip(strip) for strip in strips)


def remove_track(owner: Any, track: Any) -> None:
    """Remove an NLA track of one strip, and its action if nothing else uses it."""
    action = track.strips[0].action
    owner.animation_data.nla_tracks.remove(track)
    if action.users == 0:
        bpy.data.actions.remove(action)


def _strips_with(track: Any, action: Any) -> int:
    return sum(strip.action == action for strip in track.strips)
