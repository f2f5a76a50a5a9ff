# SPDX-License-Identifier: Apache-2.0
"""Solve one recording file: shared by the command line, the worker and batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from .body.expected_error import unsure_stretches
from .body.motion import Motion
from .body.skeleton import Skeleton
from .calibration import (
    LARGEST_STATURE_M,
    SMALLEST_STATURE_M,
    Calibrated,
    CalibrationSettings,
    calibrate,
    performer_stature_m,
)
from .editing.applying import apply_edits
from .editing.edit import EditList
from .editing.storage import load_edits
from .options.solve import SolveSettings
from .pins import PinSet, load_pins
from .pins.solving import solve_again
from .prior.checkpoint import Prior
from .recording import ReadOptions, Recording, load_recording
from .recording.findings import Finding
from .solver.solving import ProgressCallback, solve

_NOTABLE_RATIO: Final[float] = 0.06
"""Mean hand error over arm length (3 cm for an adult) from which the user is told."""

_SHORTEST_DOUBT_S: Final[float] = 0.5
"""A terminal names no shorter stretch: there is no timeline to look at it."""


@dataclass(frozen=True)
class SolvePlan:
    """Say what to solve and how."""

    recording: Path
    skeleton: Skeleton | None = None
    """The body to solve for; None is an adult of average proportions and the performer's stature."""
    calibration: CalibrationSettings = CalibrationSettings()
    solve: SolveSettings = SolveSettings()
    reading: ReadOptions = ReadOptions()
    """How to read the recording; overrides the file and the guesses."""


@dataclass(frozen=True)
class SolvedRecording:
    """Hold the motion, and how it was solved."""

    motion: Motion
    calibrated: Calibrated
    pin_notes: tuple[str, ...] = ()
    """About pins that the motion does not meet, or that lie outside of it."""

    @property
    def mean_hand_error_m(self) -> float | None:
        """Return the mean distance of the solved wrists from their targets; None where no hand was measured."""
        error_m = self.motion.sensor_error_m
        if error_m is None or not np.isfinite(error_m[:, 1:3]).any():
            return None
        return float(np.nanmean(error_m[:, 1:3]))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the recording: kind, device, time span and sentence."""
        return self.calibrated.findings

    @property
    def doubts(self) -> tuple[str, ...]:
        """Say where the legs are probably wrong and by how much, one sentence for each of the longest stretches."""
        motion, start_s = self.motion, self.calibrated.sensors.start_s
        if motion.confidence is None:
            return ()
        return tuple(
            f"From {start_s + stretch.first / motion.fps:.1f} to {start_s + stretch.last / motion.fps:.1f} s, "
            f"the legs are probably off by about {stretch.legs_off_cm} cm."
            for stretch in unsure_stretches(motion.confidence, motion.fps, motion.skeleton)
            if stretch.last - stretch.first > _SHORTEST_DOUBT_S * motion.fps
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Return notes for the user, one sentence each."""
        error_m = self.mean_hand_error_m
        notes = (*self.calibrated.notes, *self.pin_notes)
        if error_m is None or error_m < _NOTABLE_RATIO * self.motion.skeleton.arm_length_m:
            return notes
        what, check = (
            ("recorded wrists", "performer's height or the scale, the skeleton, and that the file contains joints")
            if self.calibrated.pose == "joint"
            else ("controllers", "performer's height, the kind of hand poses, and the skeleton")
        )
        return (*notes, f"On average, the hands are {100 * error_m:.0f} cm away from the {what}. Check the {check}.")


def solve_recording(
    plan: SolvePlan, prior: Prior | None = None, on_progress: ProgressCallback | None = None
) -> SolvedRecording:
    """Read, calibrate and solve one recording.

    Raises:
        InPoseError: the recording, the calibration, the skeleton or the weights are not usable.
    """
    # A mistake in pins or edits is told before the solve, which takes seconds.
    pins = load_pins(plan.solve.pins_file) if plan.solve.pins_file is not None else PinSet()
    edits = load_edits(plan.solve.edits_file) if plan.solve.edits_file is not None else EditList()
    recording = load_recording(plan.recording, plan.reading)
    skeleton = plan.skeleton or _template_for(recording, plan.calibration)
    calibrated = calibrate(recording, skeleton, plan.calibration, prior)
    motion = solved = solve(calibrated.sensors, skeleton, plan.solve, prior, on_progress)
    pin_notes: tuple[str, ...] = ()
    if pins:
        pinned = solve_again(motion, calibrated.sensors, pins, plan.solve, prior=prior)
        motion, pin_notes = pinned.motion, pinned.notes
    if edits:
        edited = apply_edits(motion, calibrated.sensors, edits, before_pins=solved)
        assert edited.sensors is not None, "they were given"
        motion, calibrated = edited.motion, replace(calibrated, sensors=edited.sensors)
    return SolvedRecording(motion, calibrated, pin_notes)


def _template_for(recording: Recording, settings: CalibrationSettings) -> Skeleton:
    stature_m = performer_stature_m(recording, settings)
    if stature_m is None or not SMALLEST_STATURE_M <= stature_m <= LARGEST_STATURE_M:
        # `calibrate` tells what is wrong and asks for the stature; until then any body will do.
        return Skeleton.template()
    return Skeleton.template(stature_m)
