# SPDX-License-Identifier: Apache-2.0
"""Measure how often BVH files with a folded rest pose are read rightly: ``python benchmarks/folded_bvh.py --data DIR``.

In such files, as in LaFAN1, all bones of the rest pose lie in one line: each bone's own X axis points to its child.
Takes of captured people are written in this way and read again. Prints how many takes have all joints right (within one
degree), how many have a joint wrong, and how many are refused. The constants of `motion_files.bone_axes` were chosen on
takes of the first data sets; those of the others chose nothing.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from inpose_core.arrays import FloatArray
from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import (
    conjugate_quaternion,
    geodesic_angle,
    matrix_to_quaternion,
    multiply_quaternions,
    rotate_vector,
)
from inpose_core.body.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from inpose_core.errors import InPoseError
from inpose_core.evaluation.clips import choose_clips, load_packed_clips
from inpose_core.motion_files.bone_axes import with_body_as_rest
from inpose_core.motion_files.bvh import BvhAnimation

CHOOSING: Final[tuple[str, ...]] = ("accad", "cmu_asf", "hdm05", "soma_apache")
OTHERS: Final[tuple[str, ...]] = ("uiprmd", "cmu_daz", "cmu_fbx", "cmu_long", "cmu_neo", "cmu_expmap")
_SHORTEST: Final[int] = 300
_LONGEST: Final[int] = 3600
_LARGEST_ERROR_DEG: Final[float] = 1.0


def main() -> None:
    """Fold takes, read them, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--clips", type=int, default=25, help="clips of each data set")
    options = parser.parse_args()
    print("| data | takes | right | a joint wrong | refused |\n|---|---|---|---|---|")
    for title, names in (("chose the constants", CHOOSING), ("chose nothing", OTHERS)):
        counts: Counter[str] = Counter()
        for name in names:
            clips = [clip for clip in load_packed_clips(options.data / f"{name}.npz") if len(clip) >= _SHORTEST]
            counts.update(outcome(clip) for clip in choose_clips(clips, options.clips, _LONGEST))
        total = sum(counts.values())
        print(f"| {title} | {total} | {counts['right']} | {counts['wrong']} | {counts['refused']} |")


def outcome(motion: Motion) -> str:
    """Return whether a folded take is read right, wrong, or refused."""
    try:
        read = with_body_as_rest(folded(motion), dict(JOINT_INDEX), "the take").value
    except InPoseError:
        return "refused"
    errors_deg = np.degrees(geodesic_angle(read.global_rotations_wxyz, motion.rotations_wxyz)).mean(axis=0)
    return "right" if (errors_deg < _LARGEST_ERROR_DEG).all() else "wrong"


def folded(motion: Motion) -> BvhAnimation:
    """Return a motion whose bones have axes of their own, so that its rest pose is folded."""
    own = matrix_to_quaternion(np.stack([_own_axes(joint).T for joint in JOINT_NAMES]))
    turned = multiply_quaternions(motion.rotations_wxyz, conjugate_quaternion(own))
    local, offsets = turned.copy(), motion.skeleton.offsets_m.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = multiply_quaternions(conjugate_quaternion(turned[:, parent]), turned[:, joint])
            offsets[joint] = rotate_vector(own[parent], offsets[joint])
    return BvhAnimation(JOINT_NAMES, PARENTS, offsets, {}, local, motion.root_translation_m, motion.fps)


def _own_axes(joint: str) -> FloatArray:
    """Return a bone's axes as columns: X to the child, Z to the body's left, or forward for the arms."""
    if any(part in joint for part in ("hip", "knee")):
        x, z = (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)
    elif any(part in joint for part in ("ankle", "foot")):
        x, z = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
    elif joint.startswith(("left_", "right_")):
        side = 1.0 if joint.startswith("left") else -1.0
        x, z = (side, 0.0, 0.0), (0.0, 0.0, side)
    else:
        x, z = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)
    return np.stack((x, np.cross(z, x), z), axis=1)


if __name__ == "__main__":
    main()
