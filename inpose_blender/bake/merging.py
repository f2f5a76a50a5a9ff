# SPDX-License-Identifier: GPL-3.0-or-later
"""Put what a new solve changes into curves that an animator has edited: arithmetic only, does not import bpy.

Three states of a curve are compared: the bake before, the same with the animator's edits, and the bake now. Where the
two bakes agree, the keys stay as they are. Where they differ a little, what the animator has added is added to the new
bake. Where they differ much, the new bake counts: an edit of another pose makes no sense there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..core import (
    BoolArray,
    FloatArray,
    conjugate_quaternion,
    continuous_signs,
    multiply_quaternions,
    quaternion_to_rotvec,
    rotvec_to_quaternion,
    runs,
)
from .channels import Channel

BLEND_ROWS: Final[int] = 8
"""Keys in which a stretch goes over from the animator's values at its ends."""
CLOSE_RAD: Final[float] = float(np.radians(5.0))
CLOSE_SHARE: Final[float] = 0.02
"""Bones that the new bake turns or moves by less keep their edits; the share is of the stature. From twice this on, the
edits are gone."""
SAME: Final[float] = 1e-4
"""Metres, radians and components of quaternions that differ by less are the same."""
_GAP_ROWS: Final[int] = 2 * BLEND_ROWS
"""Stretches that are closer than this are one."""


def is_plain(channels: Sequence[Channel]) -> bool:
    """Return whether each frame has its own key, and straight lines go between them."""
    return all(channel.kept is None and channel.slopes is None and not channel.held for channel in channels)


def changed_rows(before: Sequence[Channel], now: Sequence[Channel]) -> BoolArray | None:
    """Return in which rows each channel differs between two bakes, (channels, F); None if they have not the same
    channels, or a constant one differs."""
    rows = max((len(channel.values) for channel in now), default=0)
    if [one.data_path for one in before] != [one.data_path for one in now]:
        return None
    found = np.zeros((len(now), rows), np.bool_)
    for number, (old, new) in enumerate(zip(before, now, strict=True)):
        if old.values.shape != new.values.shape:
            return None
        found[number] = (abs(_difference(new.data_path, new.values, old.values)) > SAME).any(axis=1)
        if len(new.values) < rows and found[number].any():
            return None
    return found


def changed_stretches(changed: BoolArray) -> tuple[tuple[int, int], ...]:
    """Return the stretches of rows, first and the row after the last, of flags (channels, F)."""
    found: list[tuple[int, int]] = []
    for start, stop in runs(changed.any(axis=0)):
        if found and start - found[-1][1] < _GAP_ROWS:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return tuple(found)


def is_edited(path: str, edited: FloatArray, before: FloatArray) -> BoolArray:
    """Return in which rows (F, components) of a property were edited."""
    flags: BoolArray = (abs(_difference(path, edited, before)) > SAME).any(axis=1)
    return flags


@dataclass(frozen=True)
class Merged:
    """Hold the values of a property in each stretch."""

    values: tuple[FloatArray, ...]
    keeps: tuple[FloatArray, ...]
    """How much of an edit is kept in each row, 0 to 1."""


def merged_values(
    path: str,
    edited: FloatArray,
    before: FloatArray,
    now: FloatArray,
    stretches: Sequence[tuple[int, int]],
    size: float,
) -> Merged | None:
    """Return the values of a property in each stretch.

    What the animator has added everywhere, such as a moved curve, is added in the stretches, too.

    Args:
        path: the property.
        edited: (F, components) as the animator has it.
        before: (F, components) of the bake before.
        now: (F, components) of the bake now.
        stretches: first row and the row after the last of each.
        size: the stature in the units of locations.

    Returns:
        None if a rotation is a whole turn further after a stretch than before it: straight lines between keys would
        turn the bone round.
    """
    deltas = _deltas(path, edited, before)
    deltas = np.where(abs(deltas) > SAME, deltas, 0.0)  # Blender rounds: what nobody has edited stays exact
    outside = np.ones(len(deltas), np.bool_)
    for start, stop in stretches:
        outside[start:stop] = False
    everywhere = np.median(deltas[outside], axis=0) if outside.any() else np.zeros(deltas.shape[1])
    close = CLOSE_SHARE * size if path.endswith("location") else CLOSE_RAD
    keeps = _fading(np.linalg.norm(_deltas(path, now, before), axis=1) / close - 1.0)
    merged = []
    for start, stop in stretches:
        rows = np.arange(start, stop)
        kept = keeps[start:stop, None]
        delta = everywhere + kept * (deltas[start:stop] - everywhere)
        reach = min(BLEND_ROWS, (stop - start + 1) / 2)
        for border, distance in ((start - 1, rows - (start - 1)), (stop, stop - rows)):
            if 0 <= border < len(deltas):
                delta += (1.0 - kept) * _fading(distance / reach)[:, None] * (deltas[border] - everywhere)
        values = _joined(path, _applied(path, now[start:stop], delta), edited, start, stop)
        if values is None:
            return None
        merged.append(values)
    return Merged(tuple(merged), tuple(keeps[start:stop] for start, stop in stretches))


def _fading(way: FloatArray) -> FloatArray:
    """Return a weight that goes smoothly from 1 at 0 to 0 at 1."""
    x = np.clip(way, 0.0, 1.0)
    weight: FloatArray = 1.0 - x * x * (3.0 - 2.0 * x)
    return weight


def _difference(path: str, a: FloatArray, b: FloatArray) -> FloatArray:
    if path.endswith("rotation_quaternion"):
        signs = np.where((a * b).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
        return a * signs - b
    if path.endswith("rotation_euler"):
        wrapped: FloatArray = (a - b + np.pi) % (2 * np.pi) - np.pi
        return wrapped
    return a - b


def _deltas(path: str, edited: FloatArray, before: FloatArray) -> FloatArray:
    """Return what the animator has added: turns as rotation vectors, other values as they are."""
    if path.endswith("rotation_quaternion"):
        unit = edited / np.maximum(np.linalg.norm(edited, axis=1, keepdims=True), 1e-12)
        return quaternion_to_rotvec(multiply_quaternions(unit, conjugate_quaternion(before)))
    return _difference(path, edited, before)


def _applied(path: str, values: FloatArray, deltas: FloatArray) -> FloatArray:
    if path.endswith("rotation_quaternion"):
        return continuous_signs(multiply_quaternions(rotvec_to_quaternion(deltas), values))
    return values + deltas


def _joined(path: str, values: FloatArray, edited: FloatArray, start: int, stop: int) -> FloatArray | None:
    """Return the values of a rotation with the sign, or the whole turns, that it has at the ends of the stretch."""
    ends = [(values[0], edited[start - 1])] if start > 0 else []
    ends += [(values[-1], edited[stop])] if stop < len(edited) else []
    if not ends:
        return values
    if path.endswith("rotation_quaternion"):
        signs = {1.0 if float(inner @ outer) >= 0 else -1.0 for inner, outer in ends}
        return values * signs.pop() if len(signs) == 1 else None
    if path.endswith("rotation_euler"):
        turns = np.round([(outer - inner) / (2 * np.pi) for inner, outer in ends])
        return values + 2 * np.pi * turns[0] if (turns == turns[0]).all() else None
    return values
