# SPDX-License-Identifier: GPL-3.0-or-later
"""See in an animation when the feet stand: their keys at landing and leaving are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..bake.channels import Channel
from ..bake.reduction import KeyedBody, animated_property
from ..core import BoolArray, runs
from ..keys.properties import bone_moves_of, path_of

_SLOW_M_PER_S: Final[float] = 0.05
"""A foot that stands moves no faster: what a solve or a hand-made walk leaves."""
_SHORTEST_S: Final[float] = 0.1
_FEET: Final[tuple[str, str]] = ("foot", "ankle")
"""The toes stand longer than the ankle; a rig without toes has the ankle."""


def standing_feet(channels: Sequence[Channel], body: KeyedBody, fps: float) -> BoolArray | None:
    """Return when the left and the right foot stand, (F, 2), as far as the bones of FK say it; None without feet.

    Args:
        channels: all channels of the body, with a value for each frame or a single one.
        body: the rig.
        fps: frames per second.
    """
    count = max(len(channel.values) for channel in channels)
    lasting = [
        Channel(each.data_path, each.group, np.broadcast_to(each.values, (count, each.values.shape[1])))
        for each in channels
    ]
    properties = [each for channel in lasting if (each := animated_property(channel, body)) is not None]
    if not properties:
        return None
    moves = bone_moves_of(properties, body.tree, body.location_axes, len(properties[0].values))
    points = {point.joint: point for point in body.points}
    stands = np.zeros((count, 2), np.bool_)
    for foot, side in enumerate(("left", "right")):
        point = next((points[f"{side}_{name}"] for name in _FEET if f"{side}_{name}" in points), None)
        if point is None:
            return None
        path_m = path_of(point, moves, body.tree)[::2] * body.metres_per_unit
        slow = np.linalg.norm(np.diff(path_m, axis=0), axis=1) * fps < _SLOW_M_PER_S
        for first, end in runs(slow):
            if end - first >= _SHORTEST_S * fps:
                stands[first : end + 1, foot] = True
    return stands
