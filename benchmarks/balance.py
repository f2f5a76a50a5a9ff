# SPDX-License-Identifier: Apache-2.0
"""Measure how often captured people who stand still are out of balance: ``python benchmarks/balance.py --data DATA``.

Counts the frames in which somebody stands upright and still, and those of them in which the centre of mass is beside
the feet. This is what `sampling.balance` takes for impossible. Prints Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from inpose_core import Motion
from inpose_core.arrays import BoolArray, FloatArray
from inpose_core.body.skeleton import ANKLE_JOINTS, SENSOR_JOINTS, TOE_JOINTS
from inpose_core.evaluation.clips import load_hdm05_clips, load_people, load_test_clips
from inpose_core.numerics.filters import gaussian_filter
from inpose_core.sampling.balance import BalanceSettings, StandingBody, distance_outside, joint_masses

SETTINGS = BalanceSettings()
UIPRMD = frozenset({"907", "908", "909", "910"})
SMOOTHING_FRAMES = 15.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    data = parser.parse_args().data
    sets = {
        "CMU test people": load_test_clips(data),
        "UI-PRMD, four people": load_people(data / "uiprmd.npz", UIPRMD),
        "HDM05": load_hdm05_clips(data),
    }
    print("| | frames upright and still | beside the feet | farthest, cm |\n|---|---|---|---|")
    for name, clips in sets.items():
        outside_m = np.concatenate([outside_of(clip)[stands_still(clip)] for clip in clips])
        print(f"| {name} | {len(outside_m)} | {100 * (outside_m > 0).mean():.2f} % | {100 * outside_m.max():.1f} |")


def stands_still(motion: Motion) -> BoolArray:
    """Return the frames, (F,), in which somebody stands upright, and the head moves slowly."""
    joints_m, skeleton = motion.joint_positions_m, motion.skeleton
    head_m = joints_m[:, SENSOR_JOINTS[0]]
    floor_m = joints_m[:, list(TOE_JOINTS), 1].min(axis=1)
    ratio = (head_m[:, 1] - floor_m) / skeleton.standing_head_height_m
    level_m = np.asarray(gaussian_filter(head_m[:, [0, 2]], SMOOTHING_FRAMES, "nearest"))
    speed = np.linalg.norm(np.gradient(level_m, axis=0), axis=1) * motion.fps / skeleton.leg_length_m
    return np.asarray((ratio > SETTINGS.upright[1]) & (speed < SETTINGS.still))


def outside_of(motion: Motion) -> FloatArray:
    """Return how far the centre of mass is beside the feet, in metres, (F,)."""
    joints_m, leg_m = motion.joint_positions_m, motion.skeleton.leg_length_m
    mass_m = (joint_masses()[:, None] * joints_m).sum(axis=1)
    body = StandingBody(joints_m[:, list(TOE_JOINTS)], joints_m[:, list(ANKLE_JOINTS)], mass_m)
    return leg_m * distance_outside(body, leg_m)


if __name__ == "__main__":
    main()
