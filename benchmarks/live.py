# SPDX-License-Identifier: Apache-2.0
"""Measure the live solver: ``python benchmarks/live.py --data DATA [--people choose] [--clips N]``.

Two things: how far its poses are from the truth, against the solve of the whole recording, on people who do not train
the prior (perfect sensors, own bodies, the first ten seconds of each clip, without the first second); and how long a
pose takes while the example arrives at 60 Hz by the clock. Time it on a quiet machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from speed import EXAMPLE

from inpose_core import Motion, Sensors, Skeleton, calibrate, load_prior, load_recording, solve
from inpose_core.arrays import BoolArray, FloatArray
from inpose_core.body.skeleton import ANKLE_JOINTS, KNEE_JOINTS, TOE_JOINTS
from inpose_core.evaluation.clips import load_choosing_clips, load_test_clips
from inpose_core.evaluation.metrics import jitter
from inpose_core.evaluation.simulation import PERFECT_SENSORS, simulate
from inpose_core.live import LivePoints, LivePose, LiveSettings, LiveSolver
from inpose_core.prior.checkpoint import Prior

LOOKAHEADS_S: Final[tuple[float, ...]] = (0.0, 0.1, 0.2)
_LEGS: Final[list[int]] = [*KNEE_JOINTS, *ANKLE_JOINTS, *TOE_JOINTS]
_FRAMES: Final[int] = 600
_BEGIN: Final[int] = 60
_LATE: Final[int] = 2
"""Frames after which a solve is used, as where it takes 33 ms."""
_SLOWEST_S: Final[float] = 12.0


@dataclass(frozen=True)
class LiveFigures:
    """Hold the figures of some clips."""

    mpjpe_cm: float
    legs_cm: float
    jitter_over_truth: float
    slide_cm_s: float
    """Of the toes that are planted."""

    def __str__(self) -> str:
        return (
            f"MPJPE {self.mpjpe_cm:.2f} cm, legs {self.legs_cm:.1f} cm, jitter {self.jitter_over_truth:.2f} of the "
            f"truth's, planted feet {self.slide_cm_s:.1f} cm/s"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of packed motion")
    parser.add_argument("--people", choices=("test", "choose"), default="test")
    parser.add_argument("--clips", type=int, default=16)
    options = parser.parse_args()
    prior = load_prior()
    for name, timing in timings(prior).items():
        print(f"{name}: {timing}", flush=True)
    clips = (load_test_clips if options.people == "test" else load_choosing_clips)(options.data)
    chosen = np.random.default_rng(0).permutation(len(clips))[: options.clips]
    rows = accuracy([clips[index].part(slice(0, _FRAMES)) for index in chosen], prior)
    whole = rows["the whole recording"]
    for name, row in rows.items():
        print(f"{name}: {row} ({row.mpjpe_cm / whole.mpjpe_cm - 1:+.0%})")


def accuracy(clips: Sequence[Motion], prior: Prior) -> dict[str, LiveFigures]:
    """Return the figures of the whole solve, and of live ones with more and more lookahead."""
    found: dict[str, list[LiveFigures]] = {}
    for clip in clips:
        trial = simulate(clip, PERFECT_SENSORS, 0)
        motion = solve(trial.sensors, trial.skeleton, prior=prior)
        stands = np.zeros((len(motion), 2), np.bool_) if motion.foot_stands is None else motion.foot_stands
        figures = {"the whole recording": _figures(clip, np.arange(len(clip)), motion.joint_positions_m, stands)}
        for lookahead_s in LOOKAHEADS_S:
            solver = LiveSolver(
                trial.skeleton, LiveSettings(lookahead_s=lookahead_s, beside=False, late_frames=_LATE), prior
            )
            poses = list(solver.steps(iter(moments_of(trial.sensors))))
            frames = np.array([round(pose.time_s * clip.fps) for pose in poses])
            figures[f"live, {1000 * lookahead_s:.0f} ms lookahead"] = _figures(
                clip, frames, _joints_m(poses, trial.skeleton), np.stack([pose.foot_stands for pose in poses])
            )
        for name, row in figures.items():
            found.setdefault(name, []).append(row)
    return {name: _mean(rows) for name, rows in found.items()}


def timings(prior: Prior) -> Mapping[str, str]:
    """Return how long poses take while the example arrives at 60 Hz."""
    body = Skeleton.template()
    sensors = calibrate(load_recording(EXAMPLE), body, prior=prior).sensors
    solver = LiveSolver(body, prior=prior)
    waited_ms: list[float] = []
    late_ms: list[float] = []
    began_s = time.monotonic()
    for time_s, points in moments_of(sensors):
        if time_s > _SLOWEST_S:
            break
        while time.monotonic() - began_s < time_s:
            time.sleep(0.0005)
        heard_s = time.monotonic()
        solver.step(points, time_s)
        waited_ms.append(1000 * (time.monotonic() - heard_s))
        late_ms.append(1000 * (time.monotonic() - began_s - time_s))
    solver.close()
    return {
        f"{name}, first second left out": f"median {np.median(row[_BEGIN:]):.1f} ms, "
        f"99 % {np.quantile(row[_BEGIN:], 0.99):.1f} ms, slowest {max(row[_BEGIN:]):.1f} ms"
        for name, row in (("from a moment to its pose", waited_ms), ("behind the clock", late_ms))
    }


def moments_of(sensors: Sensors) -> list[tuple[float, LivePoints]]:
    """Return the moments of a recording at their times."""
    return [
        (frame / sensors.fps, LivePoints(sensors.positions_m[frame], sensors.rotations_wxyz[frame], measured))
        for frame, measured in enumerate(sensors.measured)
    ]


def _joints_m(poses: Sequence[LivePose], skeleton: Skeleton) -> FloatArray:
    return np.stack([pose.joints_m(skeleton) for pose in poses])


def _figures(truth: Motion, frames: FloatArray, joints_m: FloatArray, stands: BoolArray) -> LiveFigures:
    kept = frames >= _BEGIN
    p, p_hat, planted = truth.joint_positions_m[frames[kept]], joints_m[kept], stands[kept]
    away_m = np.linalg.norm(p - p_hat, axis=-1)
    toes_m_s = truth.fps * np.linalg.norm(np.diff(p_hat[:, list(TOE_JOINTS)], axis=0), axis=-1)
    both = planted[1:] & planted[:-1]
    return LiveFigures(
        100 * float(away_m.mean()),
        100 * float(away_m[:, _LEGS].mean()),
        jitter(p_hat, truth.fps) / jitter(p, truth.fps),
        100 * float(toes_m_s[both].mean()) if both.any() else np.nan,
    )


def _mean(rows: Sequence[LiveFigures]) -> LiveFigures:
    means = [
        float(np.nanmean([getattr(row, name) for row in rows]))
        for name in ("mpjpe_cm", "legs_cm", "jitter_over_truth", "slide_cm_s")
    ]
    return replace(rows[0], **dict(zip(LiveFigures.__dataclass_fields__, means, strict=True)))


if __name__ == "__main__":
    main()
