# SPDX-License-Identifier: Apache-2.0
"""Place the head by the other points where its own position is not measured.

The differences of points do not contain the body's place in the room. The head gives it. Where the head is lost, or its
headset only turns, and trackers are measured, the solved body stands where they are.
"""

from __future__ import annotations

from dataclasses import replace

from ..body.kinematics import forward_kinematics
from ..body.skeleton import SENSOR_JOINTS
from ..numerics import Array, namespace_of
from .in_pieces import in_pieces
from .measurement import Measurement


def place_lost_head(R_world: Array, measurement: Measurement) -> Measurement:
    """Return the measurement with a head that has its place in the solved body, where only trackers are measured.

    Hands do not count: they tell too little about where the body is.

    Args:
        R_world: solved rotations, (F, 22, 3, 3).
        measurement: what was measured.
    """
    first = len(SENSOR_JOINTS)
    trackers = measurement.measured[:, first:]
    lost = ~measurement.measured[:, 0] & trackers.any(axis=-1)
    if not bool(lost.any()):
        return measurement
    xp = namespace_of(R_world)
    joints = [SENSOR_JOINTS[0], *measurement.joints[first:]]
    solved_m = in_pieces(lambda R: forward_kinematics(R, measurement.offsets_m)[:, joints], R_world)
    head_m = measurement.y_m[:, first:] + solved_m[:, :1] - solved_m[:, 1:]
    weight = xp.astype_of(trackers, head_m)[..., None]
    mean_m = (weight * head_m).sum(axis=1) / weight.sum(axis=1).clip(min=1)
    y_m = xp.copy(measurement.y_m)
    y_m[:, 0] = xp.where(lost[:, None], mean_m, y_m[:, 0])
    return replace(measurement, y_m=y_m)
