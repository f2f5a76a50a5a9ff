# SPDX-License-Identifier: Apache-2.0
"""Say before the solve what calibration will find in a recording: the performer, the floor, the posture, the hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..calibration.calibrating import measure_performer, performer_stature_m, pose_note
from ..calibration.calibration_pose import CalibrationPose
from ..calibration.hand_devices import device_named
from ..calibration.performer import PerformerCalibration
from ..calibration.room import Posture
from ..calibration.storage import calibration_document
from ..calibration.trim import findings_inside
from ..errors import InPoseError
from ..options.calibration import CalibrationSettings
from ..recording.findings import Finding
from ..recording.types import PoseType, Recording

HandSource = Literal["presets", "t_pose", "a_pose", "motion", "file", "joints"]
"""Where the places of the wrists in the devices come from."""


@dataclass(frozen=True)
class CalibrationOutlook:
    """Hold what calibration will find."""

    stature_m: float | None
    """The performer's; None if it cannot be estimated."""
    stature_deviation_m: float | None = None
    """Standard deviation of the estimate; None if the user gave the stature."""
    lift_m: float = 0.0
    """How far the recording is lifted, so that its floor is at y = 0."""
    lift_deviation_m: float = 0.0
    posture: Posture | None = None
    """What the performer does most of the time; None if nothing is asked of it."""
    seat_height_m: float | None = None
    """Of the seat, if the performer sits most of the time."""
    hands: HandSource = "presets"
    preset_words: str = "a preset"
    """The preset of the wrists in words."""
    calibration_pose: CalibrationPose | None = None
    performer: PerformerCalibration | None = None
    """None if the recording needs no calibration, or cannot be calibrated."""
    findings: tuple[Finding, ...] = ()
    """Calibration's own; the recording's are not repeated."""
    notes: tuple[str, ...] = ()
    """What else calibration tells, beside the findings' sentences and the calibration pose."""
    problem: InPoseError | None = None
    """Why the recording cannot be calibrated as it is."""

    @property
    def performer_words(self) -> str:
        """Return the performer's height and posture in words."""
        if self.stature_m is None:
            return "height unknown"
        about = "" if self.stature_deviation_m is None else f" (± {100 * self.stature_deviation_m:.0f} cm)"
        sits = "" if self.seat_height_m is None else f" on a seat {100 * self.seat_height_m:.0f} cm high"
        does = {"standing": ", stands", "seated": f", sits{sits}"}.get(self.posture or "", "")
        return f"{self.stature_m:.2f} m tall{about}{does}"

    @property
    def floor_words(self) -> str:
        """Return in words where the floor is."""
        if not self.lift_m:
            return "as recorded"
        where = "lower" if self.lift_m > 0 else "higher"
        return f"{100 * abs(self.lift_m):.0f} cm {where} than recorded (± {100 * self.lift_deviation_m:.0f} cm)"

    @property
    def hands_words(self) -> str:
        """Return in words how the wrists are found."""
        return {
            "presets": f"placed by {self.preset_words}",
            "t_pose": "placed by the T-pose",
            "a_pose": "placed by the A-pose",
            "motion": "estimated from the motion",
            "file": "placed by the calibration file",
            "joints": "the wrists themselves are recorded",
        }[self.hands]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON, numbers rounded to their precision; ``performer`` is what a calibration file
        contains."""
        known = self.performer
        return {
            "stature_m": _rounded(self.stature_m),
            "stature_deviation_m": _rounded(self.stature_deviation_m),
            "lift_m": _rounded(self.lift_m),
            "lift_deviation_m": _rounded(self.lift_deviation_m),
            "posture": self.posture,
            "seat_height_m": _rounded(self.seat_height_m),
            "hands": self.hands,
            "head_joint_height_m": None if known is None else _rounded(known.head_joint_height_m),
            "wrist_span_m": None if known is None else _rounded(known.wrist_span_m),
            "offsets": [
                {"position_m": offset.position_m.round(4).tolist(), "wxyz": offset.wxyz.round(5).tolist()}
                for offset in (known.offsets if known is not None else ())
            ],
            "performer": None if known is None else calibration_document(known),
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": list(self.notes),
            "problem": self.problem and {"message": self.problem.message, "hint": self.problem.hint},
        }


def calibration_outlook(recording: Recording, settings: CalibrationSettings) -> CalibrationOutlook:
    """Return what calibration will find with these settings, for a rig of average proportions.

    Args:
        recording: as `load_recording` returns it, at least two frames.
        settings: what the user says.
    """
    if (settings.pose or recording.pose) == "joint":
        return CalibrationOutlook(performer_stature_m(recording, settings), hands="joints")
    try:
        found = measure_performer(recording, None, settings)
    except InPoseError as error:
        return CalibrationOutlook(stature_m=settings.stature_m, problem=error)
    stance, told = found.stance, set(recording.notes)
    if found.calibration_pose is not None:
        told.add(pose_note(found.calibration_pose))
    findings = tuple(finding for finding in found.findings if finding not in recording.findings)
    sentences = {finding.sentence for finding in findings}
    is_saved = settings.calibration_file is not None
    return CalibrationOutlook(
        stature_m=found.performer.stature_m,
        stature_deviation_m=None if is_saved or settings.stature_m else stance.stature_deviation_m,
        lift_m=stance.lift_m,
        lift_deviation_m=stance.lift_deviation_m,
        posture=stance.posture,
        seat_height_m=stance.seat_height_m,
        hands="file" if is_saved else found.performer.source,
        preset_words=_preset_words(recording, settings, found.performer.pose),
        calibration_pose=found.calibration_pose,
        performer=found.performer,
        findings=findings_inside(findings, recording),
        notes=tuple(note for note in found.notes if note not in told and note not in sentences),
    )


def _preset_words(recording: Recording, settings: CalibrationSettings, pose: PoseType) -> str:
    """Return in words whose preset places the wrists, and what else does."""
    device = device_named(recording.controllers, recording.headset)
    whose = f"the preset of the {device.name}" if device else "a general preset; the file does not name the controllers"
    if pose != "saber":
        return whose
    if recording.hand_offsets is not None:
        return f"{whose}; the file tells how the sabers are turned"
    return f"{whose}; the motion shows how the sabers are held" if settings.refine else whose


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
