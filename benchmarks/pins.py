# SPDX-License-Identifier: Apache-2.0
"""Measure what pins do to wrong legs: ``python benchmarks/pins.py --data DATA``.

UI-PRMD's test person, who trains no weights: lunges, steps over hurdles, leg raises, squats. In each clip the
simulated animator goes to the frame with the worst legs, and moves the worse foot, or both feet, to their true places.
As in the panel, a foot that stands is held as long as it stands. Prints Markdown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import ANKLE_JOINTS, JOINT_NAMES, KNEE_JOINTS, TOE_JOINTS
from inpose_core.evaluation.clips import load_people
from inpose_core.evaluation.simulation import PERFECT_SENSORS, simulate
from inpose_core.pins import Pin, PinKey, PinSet
from inpose_core.pins.solving import solve_again
from inpose_core.prior.checkpoint import load_prior
from inpose_core.solver.solving import solve

PERSON: Final[str] = "910"
LONGEST_FRAMES: Final[int] = 1200
LEGS: Final[tuple[int, ...]] = (*KNEE_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS)
WRONG_CM: Final[float] = 10.0
"""Clips whose legs are better than this need no pin."""
_NEAR_FRAMES: Final[int] = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    clips = load_people(parser.parse_args().data / "uiprmd.npz", frozenset({PERSON}))
    prior = load_prior()
    print(
        "| clip | legs cm at the frame, solved | one pin | two pins | a second around it, solved | one pin | two pins |"
    )
    print("|---|---|---|---|---|---|---|")
    missed_mm: list[float] = []
    jumps = [0.0]
    seconds: list[float] = []
    sums = []
    for number, clip in enumerate(clips):
        truth = clip.part(slice(0, LONGEST_FRAMES))
        trial = simulate(truth, PERFECT_SENSORS, 0)
        solved = solve(trial.sensors, trial.skeleton, prior=prior)
        before_cm = _legs_cm(solved, truth)
        frame = int(np.argmax(before_cm))
        if before_cm[frame] < WRONG_CM:
            continue
        apart_m = np.linalg.norm(
            solved.joint_positions_m[frame, list(ANKLE_JOINTS)] - truth.joint_positions_m[frame, list(ANKLE_JOINTS)],
            axis=-1,
        )
        row = [before_cm]
        for feet in (ANKLE_JOINTS[int(np.argmax(apart_m)) :][:1], ANKLE_JOINTS):
            pins = PinSet(tuple(_pin(truth, joint, frame) for joint in feet))
            began = time.process_time()
            again = solve_again(solved, trial.sensors, pins, prior=prior)
            seconds.append(time.process_time() - began)
            row.append(_legs_cm(again.motion, truth))
            missed_mm += [_off_mm(again.motion, truth, joint, frame) for joint in feet]
            jumps += _border_jumps(again.motion, solved, again.stretches)
        near = slice(max(0, frame - _NEAR_FRAMES // 2), frame + _NEAR_FRAMES // 2)
        sums.append([*(cm[frame] for cm in row), *(cm[near].mean() for cm in row)])
        print(f"| {number} | " + " | ".join(f"{value:.1f}" for value in sums[-1]) + " |")
    print("| mean | " + " | ".join(f"{value:.1f}" for value in np.mean(sums, axis=0)) + " |\n")
    print(
        f"Pinned ankles are {np.median(missed_mm):.1f} mm from their pins in the median, {max(missed_mm):.1f} at most."
    )
    print(f"Jitter at the borders of stretches over that of the motion before: {max(jumps):.2f} at most.")
    print(f"Solving again: {np.median(seconds):.2f} s of computing time in the median, {max(seconds):.2f} s at most.")


def _pin(truth: Motion, joint: int, frame: int) -> Pin:
    at_s = frame / truth.fps
    x, y, z = truth.joint_positions_m[frame, joint].tolist()
    return Pin(JOINT_NAMES[joint], at_s, at_s, (PinKey(at_s, (x, y, z)),), while_standing=True)


def _legs_cm(motion: Motion, truth: Motion) -> FloatArray:
    apart_m = np.linalg.norm(motion.joint_positions_m - truth.joint_positions_m, axis=-1)
    mean_cm: FloatArray = 100 * apart_m[:, list(LEGS)].mean(axis=1)
    return mean_cm


def _off_mm(motion: Motion, truth: Motion, joint: int, frame: int) -> float:
    off_m = motion.joint_positions_m[frame, joint] - truth.joint_positions_m[frame, joint]
    return float(1000 * np.linalg.norm(off_m))


def _jitter(motion: Motion) -> FloatArray:
    """Return the largest third difference of any joint's angle at each frame, (F - 3,)."""
    speed = geodesic_angle(motion.rotations_wxyz[1:], motion.rotations_wxyz[:-1])
    largest: FloatArray = np.abs(np.diff(speed, 2, axis=0)).max(axis=1)
    return largest


def _border_jumps(motion: Motion, before: Motion, stretches: tuple[tuple[int, int], ...]) -> list[float]:
    """Return the jitter at each border of a stretch over that of the motion before, or over its 99th percentile."""
    after, usual = _jitter(motion), _jitter(before)
    jumps = []
    for border in (border for stretch in stretches for border in stretch if 4 < border < len(motion) - 4):
        part = slice(border - 4, border + 2)
        jumps.append(float(after[part].max() / max(usual[part].max(), np.quantile(usual, 0.99))))
    return jumps


if __name__ == "__main__":
    main()
