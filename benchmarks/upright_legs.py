# SPDX-License-Identifier: Apache-2.0
"""Measure how straight the legs of standing people are: ``python benchmarks/upright_legs.py --data DATA``.

The people who train the prior, in the frames in which head and toes are still, by the height of the head over its
height in the rest pose. The solver straightens legs by this table (`sampling/upright_legs.py`). Prints Markdown.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import BoolArray, FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.skeleton import JOINT_INDEX, LEG_CHAINS, TOE_JOINTS
from inpose_core.evaluation.clips import motions_of
from inpose_core.training.packed_files import read_packed
from inpose_core.training.split import role_of
from inpose_core.training.upright import straighten_legs

FILES: Final[dict[str, str]] = {"cmu_asf": "cmu", "uiprmd": "uiprmd", "accad": "accad", "soma_apache": "soma"}
BORDERS: Final[tuple[float, ...]] = (0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0, 1.005, 1.01)
STILL_M_S: Final[float] = 0.12
HEAD: Final[int] = JOINT_INDEX["head"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    ratio, extension = np.concatenate([standing(motion) for motion in training_people(parser.parse_args().data)]).T
    knee_deg = 2 * np.degrees(np.arccos(np.clip(extension, 0, 1)))
    print("| head height | frames | leg's extension, 10 / 50 / 90 % | knee flexion °, 10 / 50 / 90 % |")
    print("|---|---|---|---|")
    for low, high in pairwise(BORDERS):
        inside = (ratio >= low) & (ratio < high)
        shares = " / ".join(f"{value:.4f}" for value in np.percentile(extension[inside], (10, 50, 90)))
        knees = " / ".join(f"{value:.0f}" for value in np.percentile(knee_deg[inside], (10, 50, 90)))
        print(f"| {low:g} to {high:g} | {inside.sum()} | {shares} | {knees} |")


def training_people(data: Path) -> list[Motion]:
    """Return the clips of the people who train, with their legs straightened as for training."""
    motions: list[Motion] = []
    for name, family in FILES.items():
        clips = straighten_legs(read_packed(data / f"{name}.npz")).clips
        motions += motions_of(clips.filtered(lambda _, subject, family=family: role_of(family, subject) == "train"))
    return motions


def standing(motion: Motion) -> FloatArray:
    """Return the head's height over its rest height, and the mean extension of the legs, in still frames, (N, 2)."""
    p = motion.joint_positions_m
    still = _still(p[:, [HEAD]], motion.fps) & _still(p[:, list(TOE_JOINTS)], motion.fps)
    rest_m = motion.skeleton.standing_head_height_m + motion.skeleton.sole_height_m
    lengths_m = np.linalg.norm(motion.skeleton.offsets_m, axis=-1)
    shares = [np.linalg.norm(p[:, hip] - p[:, ankle], axis=-1) / (lengths_m[knee] + lengths_m[ankle])
              for hip, knee, ankle in LEG_CHAINS]  # fmt: skip
    return np.stack((p[:, HEAD, 1] / rest_m, np.mean(shares, axis=0)), axis=-1)[still]


def _still(p: FloatArray, fps: float) -> BoolArray:
    speed_m_s = np.linalg.norm(np.gradient(p, axis=0), axis=-1) * fps
    return np.asarray(speed_m_s.max(axis=1) < STILL_M_S)


if __name__ == "__main__":
    main()
