# SPDX-License-Identifier: Apache-2.0
"""Takes of performers of known stature, posture and floor, for the tests of calibration."""

from __future__ import annotations

import numpy as np

from inpose_core.body.quaternions import rotate_vector
from inpose_core.calibration.presets import wrist_offset
from inpose_core.recording import Recording

RATE_HZ = 60.0


def take(
    stature_m: float = 1.75,
    *,
    seat_m: float | None = None,
    sits_s: tuple[float, float] | None = None,
    floor_m: float = 0.0,
    seconds: float = 30.0,
    roam_m: float = 0.0,
    stretch: float = 0.95,
    seed: int = 0,
) -> Recording:
    """Return somebody who looks about and moves the hands before the chest, once as far as the arms reach.

    Args:
        stature_m: the performer's.
        seat_m: height of the seat, or None for somebody who stands.
        sits_s: when the performer sits; None: all the time.
        floor_m: where the recording's zero is above the floor.
        seconds: length.
        roam_m: radius of a walk.
        stretch: how far the arms reach once, over what people reach.
        seed: of the small movements.
    """
    random = np.random.default_rng(seed)
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    waves = np.sin(times_s[:, None, None] * random.uniform(0.3, 2, (3, 3)) + random.uniform(0, 6, (3, 3)))
    eyes_m = np.zeros((len(times_s), 3))
    eyes_m[:, 1] = 0.93 * stature_m
    if seat_m is not None:
        first_s, last_s = sits_s or (-10.0, seconds + 10.0)
        down = np.clip(times_s - first_s, 0, 1) * np.clip(last_s - times_s, 0, 1)
        eyes_m[:, 1] += down * (seat_m + 0.44 * stature_m - eyes_m[:, 1])
    turn = 2 * np.pi * times_s / 12.0
    eyes_m += roam_m * np.stack((np.cos(turn), 0 * turn, np.sin(turn)), axis=-1) + 0.01 * waves[:, 0]
    hands_m = np.array(((-0.12, -0.2, -0.2), (0.12, -0.2, -0.2))) * stature_m + 0.03 * waves[:, 1:]
    far = np.exp(-0.5 * np.square((times_s - 0.4 * seconds) / 0.8))[:, None]
    hands_m[:, 1] += far * (0.475 * stretch * stature_m * np.array((0.3, -0.3, -0.9055)) - hands_m[:, 1])
    rotations_wxyz = np.zeros((len(times_s), 3, 4))
    rotations_wxyz[..., 0] = 1.0
    positions_m = np.concatenate((eyes_m[:, None], eyes_m[:, None] + hands_m), axis=1)
    for side in (0, 1):
        positions_m[:, 1 + side] -= rotate_vector(rotations_wxyz[:, 1 + side], wrist_offset("grip", side).position_m)
    positions_m[..., 1] -= floor_m
    return Recording(
        times_s=times_s,
        positions_m=positions_m,
        rotations_wxyz=rotations_wxyz,
        measured=np.ones((len(times_s), 3), dtype=np.bool_),
        format="test",
        pose="grip",
    )
