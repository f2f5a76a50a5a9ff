# SPDX-License-Identifier: Apache-2.0
"""Give a take one device per hand: where a bare hand replaces a controller, put the controller's pose in its place.

The table of devices knows the wrist in both, so the poses of the one become those of the other, and one offset serves
the whole take.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..body.quaternions import continuous_signs, multiply_quaternions, rotate_vector
from ..recording.types import PoseType, Recording
from .hand_devices import device_named


def with_one_device(recording: Recording, pose: PoseType | None) -> Recording:
    """Return the recording as if each hand had held the recording's controllers all the time.

    Stretches of devices that are not in the table stay as they are, and so does everything if the kind of the hand
    poses is unknown.

    Args:
        recording: cleaned, on its own clock.
        pose: the kind of its hand poses.
    """
    usual = device_named(recording.controllers, recording.headset)
    usual_wrist = usual.wrist(pose) if usual is not None and pose is not None else None
    if usual_wrist is None or pose is None:
        return recording
    positions_m, rotations_wxyz = recording.positions_m.copy(), recording.rotations_wxyz.copy()
    times_s = recording.times_s - recording.times_s[0] if len(recording) else recording.times_s
    for stretch in recording.other_devices:
        device = device_named(stretch.controllers, "")
        wrist = device.wrist(pose) if device is not None else None
        if wrist is None:
            continue
        usual_in_device = wrist.then(usual_wrist.inverse())
        if stretch.hand == 2:
            usual_in_device = usual_in_device.mirrored()
        frames = np.flatnonzero((times_s >= stretch.start_s) & (times_s <= stretch.stop_s))
        turned = rotations_wxyz[frames, stretch.hand]
        positions_m[frames, stretch.hand] += rotate_vector(turned, usual_in_device.position_m)
        rotations_wxyz[frames, stretch.hand] = multiply_quaternions(turned, usual_in_device.wxyz)
    return replace(
        recording, positions_m=positions_m, rotations_wxyz=continuous_signs(rotations_wxyz), other_devices=()
    )
