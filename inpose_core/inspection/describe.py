# SPDX-License-Identifier: Apache-2.0
"""Describe a recording for people and for scripts: the content of ``inpose info``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.hands.joints import SIDES
from ..body.hands.tracks import BUTTONS
from ..calibration.calibration_pose import CalibrationPose
from ..options.calibration import CalibrationSettings
from ..recording.cleaning_report import CleaningReport
from ..recording.findings import Finding
from ..recording.trimming import proposed_trim
from ..recording.types import DEVICE_NAMES, Guess, PoseType, Recording
from .outlook import CalibrationOutlook, calibration_outlook
from .stretches import Stretch, unmeasured_stretches

_GAP_FRAMES: Final[float] = 2.5
"""Measured frames further apart than this many usual intervals have a gap between them."""


@dataclass(frozen=True)
class TrackGaps:
    """Count the losses of one device."""

    count: int
    longest_s: float
    measured_fraction: float
    """Share of the recording's time, not of its frames."""

    @property
    def words(self) -> str:
        """Return the losses in words."""
        if not self.count:
            return "no gaps"
        return (
            f"1 gap of {self.longest_s:.2f} s"
            if self.count == 1
            else (f"{self.count} gaps, the longest {self.longest_s:.2f} s")
        )


@dataclass(frozen=True)
class RecordingInfo:
    """Hold the facts about a recording before the solve."""

    format: str
    headset: str
    duration_s: float
    frames: int
    mean_rate_hz: float
    gaps: dict[str, TrackGaps]
    """For head, left and right."""
    unit: str
    pose: PoseType | None
    stature_estimate_m: float | None
    """None if the heights are not relative to the floor."""
    notes: tuple[str, ...]
    guesses: tuple[Guess, ...] = ()
    """The guesses: what the file does not declare, the chosen value, and the reason."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the recording: kind, device, time span and sentence."""
    cleaning: CleaningReport | None = None
    """What was repaired and what could not be, in seconds per device."""
    outlook: CalibrationOutlook | None = None
    """What calibration will find; None for less than two frames."""
    unmeasured: dict[str, tuple[Stretch, ...]] = field(default_factory=dict)
    """For head, left and right: where each is bridged or lost."""
    trim_s: tuple[float, float] | None = None
    """Start and end of what is solved; None: all of it."""
    left_out_s: tuple[tuple[float, float], ...] = ()
    """The stretches that the user leaves out."""
    proposed_trim_s: tuple[float, float] | None = None
    """Start and end that InPose proposes, because the headset is not worn before or after."""
    trackers: dict[str, TrackGaps] = field(default_factory=dict)
    """For each further tracker, by the name in the file."""
    fingers: dict[str, TrackGaps] = field(default_factory=dict)
    """For the fingers of the left and of the right hand, if they are tracked."""
    buttons: tuple[str, ...] = ()
    """The buttons of the controllers that the file has: ``left trigger`` and so on."""

    @property
    def calibration_pose(self) -> CalibrationPose | None:
        """Return the T-pose or A-pose that calibration will use."""
        return None if self.outlook is None else self.outlook.calibration_pose

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, numbers rounded to their precision."""
        document = asdict(replace(self, cleaning=None, outlook=None))
        del document["outlook"]
        document["calibration"] = self.outlook and self.outlook.to_dict()
        document["calibration_pose"] = None
        document["cleaning"] = self.cleaning.to_dict() if self.cleaning else None
        if self.calibration_pose is not None:
            document["calibration_pose"] = {
                "kind": self.calibration_pose.kind,
                "start_s": round(self.calibration_pose.start_s, 2),
                "stop_s": round(self.calibration_pose.stop_s, 2),
            }
        document["duration_s"] = round(self.duration_s, 3)
        document["mean_rate_hz"] = round(self.mean_rate_hz, 2)
        document["stature_estimate_m"] = self.stature_estimate_m and round(self.stature_estimate_m, 3)
        document["unmeasured"] = {
            name: [
                {"start_s": round(each.start_s, 3), "stop_s": round(each.stop_s, 3), "state": each.state}
                for each in own
            ]
            for name, own in self.unmeasured.items()
        }
        document["trim_s"] = self.trim_s and _rounded(self.trim_s)
        document["left_out_s"] = [_rounded(span) for span in self.left_out_s]
        document["proposed_trim_s"] = self.proposed_trim_s and _rounded(self.proposed_trim_s)
        document["notes"] = list(self.notes)
        document["guesses"] = list(document["guesses"])
        document["findings"] = [finding.to_dict() for finding in self.findings]
        for gaps in (*document["gaps"].values(), *document["trackers"].values(), *document["fingers"].values()):
            gaps["longest_s"] = round(gaps["longest_s"], 3)
            gaps["measured_fraction"] = round(gaps["measured_fraction"], 4)
        return document


def describe_recording(
    recording: Recording,
    settings: CalibrationSettings = CalibrationSettings(),  # noqa: B008 (frozen)
) -> RecordingInfo:
    """Return length, rate, losses and unit, and what calibration will find with these settings."""
    outlook = calibration_outlook(recording, settings) if len(recording) > 1 else None
    return RecordingInfo(
        format=recording.format,
        headset=recording.headset,
        duration_s=recording.duration_s,
        frames=len(recording),
        mean_rate_hz=(len(recording) - 1) / recording.duration_s if recording.duration_s > 0 else 0.0,
        gaps={
            name: _gaps(recording.times_s, recording.measured[:, device]) for device, name in enumerate(DEVICE_NAMES)
        },
        unit=recording.unit,
        pose=recording.pose,
        stature_estimate_m=None if outlook is None else outlook.stature_m,
        notes=recording.notes,
        guesses=recording.guesses,
        findings=recording.findings,
        cleaning=recording.cleaning,
        outlook=outlook,
        unmeasured=unmeasured_stretches(recording),
        trim_s=recording.trim_s,
        left_out_s=recording.left_out_s,
        proposed_trim_s=proposed_trim(recording),
        trackers={}
        if (worn := recording.trackers) is None
        else {name: _gaps(recording.times_s, worn.measured[:, index]) for index, name in enumerate(worn.names)},
        fingers=_finger_gaps(recording),
        buttons=_buttons(recording),
    )


def _finger_gaps(recording: Recording) -> dict[str, TrackGaps]:
    if recording.fingers is None:
        return {}
    measured = recording.fingers.measured
    return {
        f"{side} fingers": _gaps(recording.times_s, measured[:, hand])
        for hand, side in enumerate(SIDES)
        if measured[:, hand].any()
    }


def _buttons(recording: Recording) -> tuple[str, ...]:
    if recording.fingers is None:
        return ()
    known = np.isfinite(recording.fingers.pressed).any(axis=0)
    return tuple(
        f"{side} {button}"
        for hand, side in enumerate(SIDES)
        for number, button in enumerate(BUTTONS)
        if known[hand, number]
    )


def _rounded(span: tuple[float, float]) -> list[float]:
    return [round(span[0], 3), round(span[1], 3)]


def _gaps(times_s: NDArray[np.float64], measured: NDArray[np.bool_]) -> TrackGaps:
    if not measured.any():
        return TrackGaps(
            count=1, longest_s=float(times_s[-1] - times_s[0]) if len(times_s) else 0.0, measured_fraction=0.0
        )
    # A loss at the beginning or end extends to the recording's first or last frame.
    known_s = np.unique(np.concatenate((times_s[:1], times_s[measured], times_s[-1:])))
    between_s = np.diff(known_s)
    usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    duration_s = float(times_s[-1] - times_s[0])
    gaps_s = between_s[between_s > _GAP_FRAMES * usual_s]
    return TrackGaps(
        count=len(gaps_s),
        longest_s=float(gaps_s.max(initial=0.0)),
        measured_fraction=1.0 - float(gaps_s.sum() / duration_s) if duration_s > 0 else 1.0,
    )
