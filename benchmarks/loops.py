# SPDX-License-Identifier: Apache-2.0
"""Measure the seams of walk cycles: ``python benchmarks/loops.py --data DATA``.

Walks of the CMU database are recorded with simulated devices and solved. The simulated animator chooses a stretch from
one landing of the left foot to 0.15 seconds after the next one. Prints Markdown.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import runs
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import geodesic_angle
from inpose_core.body.skeleton import JOINT_INDEX, Skeleton
from inpose_core.editing.loops import Loop, make_loop
from inpose_core.evaluation.simulation import PERFECT_SENSORS, simulate
from inpose_core.prior.checkpoint import load_prior
from inpose_core.solver.solving import solve

WALKS: Final[tuple[str, ...]] = ("05_01", "07_05", "16_32", "29_01", "49_01")
LATE_S: Final[float] = 0.15
SCENE_FPS: Final[float] = 24.0
_TOES: Final[tuple[str, str]] = ("left_foot", "right_foot")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    data = parser.parse_args().data
    prior = load_prior()
    print("| walk | frames | way m | seam deg | seam cm | jump of velocity deg/s | usual | toes slide cm | solved |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in WALKS:
        trial = simulate(clip_of(data / "cmu_asf.npz", name), PERFECT_SENSORS, 0)
        solved = solve(trial.sensors, trial.skeleton, prior=prior)
        start_s, stop_s = step_of(solved)
        loop = make_loop(solved, start_s, stop_s + LATE_S, SCENE_FPS)
        print(f"| {name} | {' | '.join(figures(loop, solved, start_s))} |")


def clip_of(path: Path, name: str) -> Motion:
    """Return one clip of a packed file."""
    with np.load(path, allow_pickle=False) as packed:
        index = int(np.flatnonzero(packed["clip"] == name)[0])
        part = slice(int(packed["start"][index]), int(packed["start"][index] + packed["length"][index]))
        wxyz = packed["quat"][part].astype(np.float64)
        wxyz /= np.linalg.norm(wxyz, axis=-1, keepdims=True)
        skeleton = Skeleton(packed["offsets"][index].astype(np.float64))
        return Motion(wxyz, packed["root"][part].astype(np.float64), skeleton, 60.0)


def step_of(motion: Motion) -> tuple[float, float]:
    """Return the times of two landings of the left foot, one after the other, in the middle of a walk."""
    assert motion.foot_stands is not None
    landings = [first for first, _ in runs(motion.foot_stands[:, 0]) if first > 0]
    pairs = [(a, b) for a, b in itertools.pairwise(landings) if 40 < b - a < 120]
    first, last = min(pairs, key=lambda pair: abs(sum(pair) - len(motion)))
    return first / motion.fps, last / motion.fps


def figures(loop: Loop, solved: Motion, start_s: float) -> list[str]:
    """Return what is printed of one loop."""
    motion = loop.motion
    seam_deg = np.degrees(geodesic_angle(motion.rotations_wxyz[0], motion.rotations_wxyz[-1])).max()
    seam_cm = 100 * np.abs(motion.root_translation_m[-1] - loop.way_m - motion.root_translation_m[0]).max()
    several = loop.rounds(3)
    turns = np.degrees(geodesic_angle(several.local_rotations_wxyz[1:], several.local_rotations_wxyz[:-1]))
    change = np.abs(np.diff(turns * motion.fps, axis=0)).max(axis=1)
    period = len(motion) - 1
    seams = [period - 1, 2 * period - 1]
    usual = np.percentile(np.delete(change, seams), 95)
    stop = round((start_s + (loop.stop_s - start_s)) * solved.fps)
    before = solved.part(slice(round(start_s * solved.fps), stop + 1))
    return [
        f"{period}", f"{np.linalg.norm(loop.way_m):.2f}", f"{seam_deg:.4f}", f"{seam_cm:.4f}",
        f"{change[seams].max():.0f}", f"{usual:.0f}", f"{100 * slide_m(several):.2f}", f"{100 * slide_m(before):.2f}",
    ]  # fmt: skip


def slide_m(motion: Motion) -> float:
    """Return how far a planted toe moves over the ground at most."""
    assert motion.foot_stands is not None
    farthest = 0.0
    for side, toe in enumerate(_TOES):
        toe_m = motion.joint_positions_m[:, JOINT_INDEX[toe]][:, [0, 2]]
        for first, last in runs(motion.foot_stands[:, side]):
            farthest = max(farthest, float(np.linalg.norm(toe_m[first:last] - toe_m[first], axis=1).max()))
    return farthest


if __name__ == "__main__":
    main()
