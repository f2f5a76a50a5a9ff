# SPDX-License-Identifier: Apache-2.0
"""Make the example recording: a choreographed head, with hands from the prior unless the script prescribes them.

So the project owns the recording that it ships. The script is fixed: a T-pose, a walk along a curve, a wave,
a crouch with both hands near the floor. The prior samples the motion. It is then recorded as by a headset and two
controllers: grip poses at 72 Hz on an uneven clock.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.euler import euler_to_quaternion
from ..body.motion import SOLVER_FPS, Motion
from ..body.quaternions import (
    conjugate_quaternion,
    continuous_signs,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
    slerp_at,
)
from ..body.skeleton import SENSOR_JOINTS, Skeleton
from ..calibration import head_offset, wrist_offset
from ..options.solve import SolveSettings
from ..prior.checkpoint import Prior
from ..recording.tables.csv_format import write_csv
from ..recording.types import Recording, Sensors
from ..solver.solving import solve

EXAMPLE_STATURE_M: Final[float] = 1.75
_RECORDED_HZ: Final[float] = 72.0
_CLOCK_JITTER_S: Final[float] = 0.001
_STEP_HZ: Final[float] = 1.85

_WALK_S: Final[tuple[float, float]] = (2.6, 8.4)
_WAVE_S: Final[tuple[float, float]] = (9.6, 11.8)
_CROUCH_S: Final[tuple[float, float]] = (12.8, 15.2)
_DURATION_S: Final[float] = 17.0

_PALM_FORWARD_WXYZ: Final[NDArray[np.float64]] = matrix_to_quaternion([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
"""A raised right hand: fingers (-X) up, back of the hand (+Y) to the rear, thumb (+Z) to the left."""


def write_example(path: Path, prior: Prior | None = None, seed: int = 5) -> None:
    """Write the example recording as a CSV of grip poses.

    Raises:
        OutputError: the file cannot be written.
        WeightsError: the prior's weights are missing.
    """
    body = Skeleton.template(EXAMPLE_STATURE_M)
    motion = solve(choreograph(body), body, SolveSettings(seed=seed, device="cpu"), prior)
    write_csv(record_motion(motion, np.random.default_rng(seed)), path)


def choreograph(body: Skeleton) -> Sensors:
    """Return the prescribed head, and the hands only when the script needs them."""
    time_s = np.arange(0.0, _DURATION_S, 1.0 / SOLVER_FPS)
    height_m = body.standing_head_height_m + body.sole_height_m
    walking = _between(time_s, *_WALK_S, ease_s=0.7)
    crouching = _between(time_s, *_CROUCH_S, ease_s=0.9)
    waving = _between(time_s, *_WAVE_S, ease_s=0.4)

    speed = 1.25 * walking
    heading = np.cumsum(0.45 * walking * np.sin(0.9 * (time_s - _WALK_S[0]))) / SOLVER_FPS
    forward = np.stack((np.sin(heading), np.zeros_like(heading), np.cos(heading)), axis=-1)
    sideways = np.stack((np.cos(heading), np.zeros_like(heading), -np.sin(heading)), axis=-1)
    phase = 2 * np.pi * _STEP_HZ * time_s
    head_m = np.cumsum(forward * speed[:, None], axis=0) / SOLVER_FPS
    head_m += sideways * (0.018 * walking * np.sin(phase / 2))[:, None]
    # The standing head is a little lower than in the T-pose; walking bobs twice per stride; a crouch leans forward.
    head_m[:, 1] = height_m * (0.985 - 0.40 * crouching) + walking * (0.015 * np.sin(phase) - 0.015)
    head_m += forward * (0.18 * crouching)[:, None]
    pitch = 0.06 * walking + 0.55 * crouching
    glance = 0.25 * waving * np.sin(2.0 * time_s)
    roll = 0.03 * walking * np.sin(phase / 2)
    head_wxyz = euler_to_quaternion(np.stack((heading + glance, pitch, roll), axis=-1), "YXZ")

    head_alone = Sensors(
        positions_m=np.repeat(head_m[:, None], 3, axis=1),
        rotations_wxyz=np.repeat(head_wxyz[:, None], 3, axis=1),
        measured=np.broadcast_to([True, False, False], (len(time_s), 3)),
        fps=SOLVER_FPS,
    )
    sensors = _with_wave(_with_t_pose(head_alone, time_s, body), time_s, forward, sideways, body)
    return replace(sensors, rotations_wxyz=continuous_signs(sensors.rotations_wxyz))


def record_motion(motion: Motion, random: np.random.Generator) -> Recording:
    """Return what a headset and two controllers held by the solved body would have recorded (grip poses)."""
    joints = list(SENSOR_JOINTS)
    device_m = motion.joint_positions_m[:, joints]
    device_wxyz = motion.rotations_wxyz[:, joints].copy()
    offsets = (head_offset(EXAMPLE_STATURE_M), wrist_offset("grip", 0), wrist_offset("grip", 1))
    for device, offset in enumerate(offsets):
        # joint = device * offset, so device = joint * inverse(offset).
        wxyz = multiply_quaternions(device_wxyz[:, device], conjugate_quaternion(offset.wxyz))
        device_m[:, device] -= rotate_vector(wxyz, offset.position_m)
        device_wxyz[:, device] = wxyz
    solved_s = np.arange(len(motion)) / motion.fps
    times_s = np.arange(0.0, solved_s[-1], 1.0 / _RECORDED_HZ)
    times_s[1:-1] += random.uniform(-_CLOCK_JITTER_S, _CLOCK_JITTER_S, len(times_s) - 2)
    return Recording(
        times_s=times_s,
        positions_m=_cubic_at(device_m, times_s * motion.fps),
        rotations_wxyz=continuous_signs(slerp_at(solved_s, device_wxyz, times_s)),
        measured=np.ones((len(times_s), 3), dtype=bool),
        format="CSV",
        pose="grip",
    )


def _cubic_at(track: NDArray[np.float64], frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a track (F, ...) at fractions of frames (N,), by cubic Hermite interpolation."""
    slope = np.gradient(track, axis=0)
    before = np.clip(np.floor(frames).astype(np.int64), 0, len(track) - 2)
    after = before + 1
    x = (frames - before).reshape(-1, *(1,) * (track.ndim - 1))
    to_after = x * x * (3 - 2 * x)
    cubic: NDArray[np.float64] = (
        (1 - to_after) * track[before]
        + to_after * track[after]
        + x * (1 - x) * ((1 - x) * slope[before] - x * slope[after])
    )
    return cubic


def _between(time_s: NDArray[np.float64], start_s: float, end_s: float, ease_s: float) -> NDArray[np.float64]:
    """Return 0 outside a span and 1 inside it, with smooth transitions inside its borders."""
    rise = np.clip((time_s - start_s) / ease_s, 0, 1)
    fall = np.clip((end_s - time_s) / ease_s, 0, 1)
    x = np.minimum(rise, fall)
    return x * x * (3 - 2 * x)


def _with_hand(
    sensors: Sensors,
    device: int,
    span: NDArray[np.bool_],
    positions_m: NDArray[np.float64],
    wxyz: NDArray[np.float64],
) -> Sensors:
    """Return the sensors with one hand measured in the frames of a span, at positions (N, 3) and rotations (N, 4)."""
    all_m, all_wxyz = sensors.positions_m.copy(), sensors.rotations_wxyz.copy()
    measured = sensors.measured.copy()
    all_m[span, device], all_wxyz[span, device], measured[span, device] = positions_m, wxyz, True
    return Sensors(all_m, all_wxyz, measured, sensors.fps)


def _with_t_pose(sensors: Sensors, time_s: NDArray[np.float64], body: Skeleton) -> Sensors:
    """Return the sensors with both hands in a T-pose at the beginning."""
    span = time_s < 1.2
    head, *wrists = (body.rest_positions_m[joint] for joint in SENSOR_JOINTS)
    for device, wrist_m in enumerate(wrists, start=1):
        places_m = sensors.positions_m[span, 0] + 0.99 * (wrist_m - head)
        sensors = _with_hand(sensors, device, span, places_m, np.array((1.0, 0.0, 0.0, 0.0)))
    return sensors


def _with_wave(
    sensors: Sensors,
    time_s: NDArray[np.float64],
    forward: NDArray[np.float64],
    sideways: NDArray[np.float64],
    body: Skeleton,
) -> Sensors:
    """Return the sensors with the right hand waving; the body faces along ``forward`` (F, 3)."""
    start_s, end_s = _WAVE_S
    span = (time_s > start_s + 0.5) & (time_s < end_s - 0.5)
    swing = np.sin(2 * np.pi * 1.6 * (time_s[span] - start_s))
    side = -(0.62 + 0.13 * swing) * body.arm_length_m
    places_m = (
        sensors.positions_m[span, 0]
        + sideways[span] * side[:, None]
        + forward[span] * (0.35 * body.arm_length_m)
        + np.array((0.0, 0.10 * body.arm_length_m, 0.0))
    )
    heading = np.arctan2(forward[span, 0], forward[span, 2])
    tilted_wxyz = euler_to_quaternion(np.stack((heading, 0.35 * swing), axis=-1), "YZ")
    return _with_hand(sensors, 2, span, places_m, multiply_quaternions(tilted_wxyz, _PALM_FORWARD_WXYZ))
