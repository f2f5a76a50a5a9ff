# SPDX-License-Identifier: Apache-2.0
"""Measure how close solved bodies are to captured ones: ``python benchmarks/quality.py --data FOLDER``.

Head and wrists of captured motion are the measurement (perfect, pose "joint"); the whole body is the truth. Clips are
those of people whom no prior was trained on, up to ten seconds each. Changed bodies have other bones and the same
rotations, as in the paper.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from inpose_core import Motion, Sensors, Skeleton, load_prior, solve
from inpose_core.quaternions import normalize_quaternion
from inpose_core.skeleton import LEG_JOINTS, SENSOR_JOINTS
from inpose_core.solver import SolveSettings
from inpose_core.training.run import HELD_OUT_SUBJECTS

UPPER_BODY: Final[tuple[int, ...]] = (6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
"""Joints whose offsets the paper scales."""
UPPER_ERROR: Final[tuple[int, ...]] = (3, *UPPER_BODY)
MOST_FRAMES: Final[int] = 600
FEWEST_FRAMES: Final[int] = 100

SYSTEMS: Final[dict[str, SolveSettings]] = {
    "no positions": SolveSettings(guidance="none"),
    "default": SolveSettings(),
    "default, 1 step": SolveSettings(steps=1),
    "default, 2 steps": SolveSettings(steps=2),
    "default, 10 steps": SolveSettings(steps=10),
    "default, no floor": SolveSettings(use_floor=False),
    "default, no smoothing": SolveSettings(smoothing_frames=0.0),
    "default, no head motion, no floor": SolveSettings(use_floor=False, use_head_motion=False),
    "pigdm, 50 steps": SolveSettings(guidance="pigdm"),
}
BODIES: Final[dict[str, float]] = {"default body": 1.0, "upper body x 1.4": 1.4, "upper body x 0.7": 0.7}


def main() -> int:
    """Measure every system on every set and body; print rows and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--clips", type=int, default=16, help="clips of each set")
    parser.add_argument("--system", action="append", choices=list(SYSTEMS), help="default: all")
    options = parser.parse_args()
    prior = load_prior()
    sets = {
        "held-out subjects": list(load_clips(options.data, held_out=True)),
        "hdm05": list(load_clips(options.data, held_out=False)),
    }
    rows = []
    for set_name, clips in sets.items():
        chosen = np.sort(np.random.default_rng(0).permutation(len(clips))[: options.clips])
        for system in options.system or SYSTEMS:
            for body, factor in BODIES.items():
                if factor != 1.0 and system not in {"no positions", "default"}:
                    continue
                truths = [on_body(clips[index], factor) for index in chosen]
                began = time.perf_counter()
                solved = [solve(sensors_of(truth), truth.skeleton, SYSTEMS[system], prior) for truth in truths]
                elapsed_s = time.perf_counter() - began
                figures = np.nanmean([list(errors(t, s).values()) for t, s in zip(truths, solved, strict=True)], axis=0)
                row = {"set": set_name, "body": body, "system": system}
                row |= dict(zip(errors(truths[0], solved[0]), figures.round(3).tolist(), strict=True))
                row["frames_per_s"] = round(sum(map(len, truths)) / elapsed_s)
                rows.append(row)
                print(json.dumps(row), flush=True)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def load_clips(folder: Path, *, held_out: bool) -> Iterator[Motion]:
    """Yield captured motions on their own skeletons, standing on y = 0."""
    names = ("cmu_asf", "cmu_fbx") if held_out else ("hdm05",)
    for name in names:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as packed:
            arrays = {key: packed[key] for key in packed.files}
        for clip, (start, length) in enumerate(zip(arrays["start"], arrays["length"], strict=True)):
            if held_out and str(arrays["subject"][clip]) not in HELD_OUT_SUBJECTS:
                continue
            if length < FEWEST_FRAMES:
                continue
            part = slice(start, start + min(length, MOST_FRAMES))
            body = Skeleton(arrays["offsets"][clip])
            root_m = arrays["root"][part].astype(np.float64)
            root_m[:, 1] += body.sole_height_m - float(arrays["floor_y"][clip])
            yield Motion(normalize_quaternion(arrays["quat"][part] / 32767.0), root_m, body, 60.0)


def on_body(motion: Motion, factor: float) -> Motion:
    """Return the same rotations and root on a body whose upper part is ``factor`` times as long."""
    offsets_m = motion.skeleton.offsets_m.copy()
    offsets_m[list(UPPER_BODY)] *= factor
    return replace(motion, skeleton=Skeleton(offsets_m))


def sensors_of(motion: Motion) -> Sensors:
    """Return head and wrists as if measured without error."""
    joints = list(SENSOR_JOINTS)
    return Sensors(
        motion.joint_positions_m[:, joints],
        motion.rotations_wxyz[:, joints],
        np.ones((len(motion), 3), dtype=bool),
        motion.fps,
    )


def errors(truth: Motion, solved: Motion) -> dict[str, float]:
    """Return the literature's errors: positions in cm (the root is the solved one), MPJRE in degrees, jitter.

    MPJRE is the mean absolute axis-angle component of the 21 local rotations, without wrapping, as AvatarPoser's code
    has it. Jitter is the mean third difference in 10^2 m/s^3. Foot skate is the horizontal speed of solved toes, in
    cm/s, while the captured ones stand.
    """
    p, p_hat = truth.joint_positions_m, solved.joint_positions_m
    distance_cm = 100 * np.linalg.norm(p - p_hat, axis=-1)
    toes_speed = np.linalg.norm(np.diff(p[:, [10, 11]], axis=0), axis=-1) * truth.fps
    solved_speed = np.linalg.norm(np.diff(p_hat[:, [10, 11]], axis=0)[..., [0, 2]], axis=-1) * solved.fps
    standing = toes_speed < 0.15
    return {
        "mpjpe_cm": float(distance_cm.mean()),
        "mpjre_deg": float(np.rad2deg(np.abs(_axis_angle(truth) - _axis_angle(solved)).mean())),
        "upper_cm": float(distance_cm[:, list(UPPER_ERROR)].mean()),
        "lower_cm": float(distance_cm[:, list(LEG_JOINTS)].mean()),
        "hand_cm": float(distance_cm[:, list(SENSOR_JOINTS[1:])].mean()),
        "jitter": jitter(p_hat, solved.fps),
        "jitter_of_truth": jitter(p, truth.fps),
        "foot_skate_cm_s": float(100 * solved_speed[standing].mean()) if standing.any() else float("nan"),
        "below_floor_cm": float(100 * np.clip(-p_hat[..., 1].min(axis=1), 0, None).mean()),
    }


def jitter(positions_m: NDArray[np.float64], fps: float) -> float:
    """Return the mean jerk in 10^2 m/s^3."""
    return float(np.linalg.norm(np.diff(positions_m, 3, axis=0), axis=-1).mean() * fps**3 / 100)


def _axis_angle(motion: Motion) -> NDArray[np.float64]:
    local = motion.local_rotations_wxyz[:, 1:].reshape(-1, 4)
    return np.asarray(Rotation.from_quat(local[:, [1, 2, 3, 0]]).as_rotvec())


if __name__ == "__main__":
    sys.exit(main())
