# SPDX-License-Identifier: Apache-2.0
"""Measure how well calibration finds the wrists, on recordings simulated from captured motion.

The performer's proportions decide how well a T-pose locates the wrists at the ends of the arms. So two populations are
measured: people as captured, and people with measured proportions. Each is solved with a rig of the performer's own
proportions, and with an unrelated rig.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.motion import Motion
from ..body.quaternions import geodesic_angle
from ..body.skeleton import JOINT_INDEX, Skeleton
from ..calibration import CalibrationSettings, calibrate
from ..calibration.lever_arms import BODY_DEVIATION_M
from ..prior.checkpoint import Prior
from ..recording.cleaning.clean import clean_recording
from ..recording.cleaning.resample import resample_recording
from .bodies import DEFAULT_BODY
from .clips import load_held_out_clips, load_packed_clips
from .headset import Carelessness, HeadsetSettings, simulate_headset, with_t_pose
from .simulation import on_body

_FILES: Final[tuple[str, ...]] = ("cmu_asf", "cmu_fbx", "accad")
_FEWEST_FRAMES: Final[int] = 600
_MOST_FRAMES: Final[int] = 1500
_STANDING_RATIO: Final[float] = 0.75
"""Least median head height over the standing height: a recording of lying on the floor does not show the stature."""
_CLIMBING_RATIO: Final[float] = 1.1
"""Largest 95th percentile of head height over the standing height: nor does climbing on a playground."""
T_POSE_S: Final[float] = 2.5


@dataclass(frozen=True)
class CalibrationTrial:
    """Hold the mean distance of the calibrated wrists from the ground truth in one recording."""

    position_error_m: NDArray[np.float64]
    """(2,) of left and right wrist, in the room."""
    rotation_error_deg: NDArray[np.float64]
    """(2,)"""
    pose_found: bool


def load_calibration_clips(data: Path) -> list[Motion]:
    """Return the captured clips of at least ten seconds in which the performer mostly stands on the floor.

    Raises:
        InPoseError: the folder lacks them.
    """
    clips = [clip for name in _FILES for clip in load_packed_clips(data / f"{name}.npz")]
    return [clip for clip in clips if len(clip) >= _FEWEST_FRAMES and _mostly_stands(clip)]


def load_held_out_calibration_clips(data: Path) -> list[Motion]:
    """Return the clips of held-out people; few are as long.

    Raises:
        InPoseError: the folder lacks them.
    """
    return [clip for clip in load_held_out_clips(data) if len(clip) >= _FEWEST_FRAMES and _mostly_stands(clip)]


def run_calibration_trials(
    clips: Sequence[Motion],
    count: int,
    settings: CalibrationSettings,
    *,
    t_pose: bool,
    measured_bodies: bool,
    headset: HeadsetSettings | None = None,
    careless: bool = False,
    prior: Prior | None = None,
    seed: int = 0,
) -> Iterator[CalibrationTrial]:
    """Yield ``count`` trials; the same seed draws the same trials for any settings.

    Args:
        clips: captured motion, reused if there are fewer than ``count``.
        count: number of recordings to simulate.
        settings: calibration settings; the rig is the performer's own body in its own size.
        t_pose: begin each recording with a T-pose.
        measured_bodies: replace the performers' bodies by random ones with measured proportions.
        headset: errors of the simulated devices.
        careless: simulate a T-pose of 0.25 to 1.2 s with arms up to 20 degrees low, 15 forward and 20 bent. The more
            careless it is, the longer it lasts.
        prior: the prior for the refinement, loaded once.
        seed: random seed of all draws.
    """
    order = np.random.default_rng(seed).permutation(len(clips))
    for index in range(count):
        random = np.random.default_rng((seed, index))
        clip = _cut(clips[int(order[index % len(clips)])], random)
        # Everything is always drawn, so one choice does not change the other draws.
        body = draw_body(clip.skeleton.stature_m, random)
        motion = on_body(clip, DEFAULT_BODY, body) if measured_bodies else clip
        posed = _carelessly(motion, random) if careless else with_t_pose(motion, T_POSE_S, random)
        take = simulate_headset(posed if t_pose else motion, random, headset or HeadsetSettings())
        recording = clean_recording(take.recording)
        calibrated = calibrate(recording, motion.skeleton, settings, prior)
        truth = resample_recording(replace(recording, positions_m=take.joints_m, rotations_wxyz=take.joints_wxyz))
        found = calibrated.sensors
        yield CalibrationTrial(
            np.linalg.norm(found.positions_m[:, 1:] - truth.positions_m[:, 1:], axis=-1).mean(axis=0),
            np.degrees(geodesic_angle(found.rotations_wxyz[:, 1:], truth.rotations_wxyz[:, 1:])).mean(axis=0),
            calibrated.calibration_pose is not None,
        )


def _carelessly(motion: Motion, random: np.random.Generator) -> Motion:
    how = float(random.random())
    drop, forward, bend = how * random.random(3) * (20.0, 15.0, 20.0)
    return with_t_pose(motion, 0.25 + 0.95 * how, random, Carelessness(drop, forward, bend))


def draw_body(stature_m: float, random: np.random.Generator) -> Skeleton:
    """Return an adult whose shoulders and arms vary from the average as in measured people."""
    offsets_m = Skeleton.template().offsets_m.copy()
    width, height, depth, upper_arm, forearm = np.array(BODY_DEVIATION_M) * random.standard_normal(5)
    for side, across in (("left", 1.0), ("right", -1.0)):
        offsets_m[JOINT_INDEX[f"{side}_shoulder"]] += (across * width, height, depth)
        offsets_m[JOINT_INDEX[f"{side}_elbow"], 0] += across * upper_arm
        offsets_m[JOINT_INDEX[f"{side}_wrist"], 0] += across * forearm
    body = Skeleton(offsets_m)
    return body.scaled(stature_m / body.stature_m)


def _mostly_stands(clip: Motion) -> bool:
    heights = clip.joint_positions_m[:, JOINT_INDEX["head"], 1] / clip.skeleton.standing_head_height_m
    return bool(np.median(heights) > _STANDING_RATIO and np.percentile(heights, 95) < _CLIMBING_RATIO)


def _cut(clip: Motion, random: np.random.Generator) -> Motion:
    first = int(random.integers(0, max(1, len(clip) - _MOST_FRAMES)))
    part = slice(first, first + _MOST_FRAMES)
    return replace(clip, rotations_wxyz=clip.rotations_wxyz[part], root_translation_m=clip.root_translation_m[part])
