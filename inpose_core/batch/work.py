# SPDX-License-Identifier: Apache-2.0
"""Do one job: read, solve, write, and summarise for the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.motion import Motion
from ..body.quaternions import conjugate_quaternion, rotate_vector
from ..body.skeleton import Skeleton
from ..errors import InPoseError
from ..motion_files.saving import save_motion
from ..prior.checkpoint import Prior
from ..recording_to_motion import SolvedRecording, SolvePlan, solve_recording
from .fingerprint import hash_of_file
from .jobs import Job
from .joint_network import Ask, with_card
from .places import companions_at, fetched, is_remote, stored
from .result import JobResult

_PARTS: Final[int] = 60
_POSES: Final[int] = 8


def do_job(job: Job, prior: Prior, on_progress: Callable[[float], None], ask: Ask | None = None) -> JobResult:
    """Return the outcome of a job; it contains any problem with its files.

    Args:
        job: what to do.
        prior: the shipped one.
        on_progress: called before each denoising step.
        ask: asks a graphics card to denoise.
    """
    started_s = time.monotonic()
    settings = job.solve
    if ask is not None:
        prior, settings = with_card(prior, settings, ask)
    try:
        skeleton = Skeleton.from_json_file(job.skeleton) if job.skeleton else None
        beside = companions_at(job.recording, job.reading).values() if is_remote(job.recording) else ()
        with fetched(job.recording, beside) as recording:
            plan = SolvePlan(recording, skeleton, job.calibration, settings, job.reading)
            solved = solve_recording(plan, prior, on_progress)
        with stored(job.output) as output:
            save_motion(solved.motion, output)
        return _summary(job, solved, time.monotonic() - started_s)
    except InPoseError as error:
        return failed(job, error.message, error.hint)
    except MemoryError:
        return failed(
            job, "There is not enough memory.", "Run fewer processes (--processes 1), or solve a part of the recording."
        )


def failed(job: Job, message: str, hint: str = "") -> JobResult:
    """Return the outcome of a job that has no motion."""
    return JobResult(str(job.recording), str(job.output), "failed", message, hint)


def _summary(job: Job, solved: SolvedRecording, solve_s: float) -> JobResult:
    motion = solved.motion
    trust = np.ones(len(motion)) if motion.confidence is None else motion.confidence
    parts = np.array_split(trust, min(_PARTS, len(trust)))
    return JobResult(
        recording=str(job.recording),
        output=str(job.output),
        status="solved",
        frames=len(motion),
        seconds=round(len(motion) / motion.fps, 3),
        solve_s=round(solve_s, 3),
        stature_m=round(solved.calibrated.stature_m, 3),
        mean_hand_error_m=solved.mean_hand_error_m,
        mean_confidence=round(float(trust.mean()), 3),
        confidence=tuple(round(float(part.mean()), 2) for part in parts),
        notes=solved.notes,
        findings=tuple(finding.to_dict() for finding in solved.findings),
        poses_m=tuple(tuple((float(x), float(y)) for x, y in pose) for pose in _poses_m(motion)),
        output_sha256=hash_of_file(job.output),
    )


def _poses_m(motion: Motion) -> FloatArray:
    """Return some poses from the front of the pelvis, (N, 22, 2), heights above the floor."""
    frames = np.linspace(0, len(motion) - 1, min(_POSES, len(motion))).round().astype(int)
    shown = motion.part(frames)
    p = shown.joint_positions_m
    forward = rotate_vector(shown.rotations_wxyz[:, 0], (0.0, 0.0, 1.0))
    half = 0.5 * np.arctan2(forward[:, 0], forward[:, 2])
    facing = np.stack((np.cos(half), 0 * half, np.sin(half), 0 * half), axis=-1)
    about = (p - p[:, :1] * (1.0, 0.0, 1.0)).reshape(len(p), -1, 3)
    return np.round(rotate_vector(conjugate_quaternion(facing)[:, None], about)[..., :2], 3)
