# SPDX-License-Identifier: Apache-2.0
"""Convert poses of devices to poses of joints, scaled to the body that will be solved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..body.motion import SOLVER_FPS
from ..body.quaternions import multiply_quaternions, rotate_vector
from ..body.skeleton import Skeleton
from ..errors import CalibrationError
from ..options.calibration import CalibrationSettings
from ..recording.cleaning.resample import resample_recording
from ..recording.findings import Finding
from ..recording.types import PoseType, Recording, Sensors
from .calibration_pose import CalibrationPose, find_calibration_pose
from .device_stretches import with_one_device
from .head_height import estimate_stature_m
from .performer import PerformerCalibration, fit_performer
from .performer_body import standing_head_joint_m
from .postures import SeatedStretch, seat_finding, seated_frames, seated_stretches
from .recorded_joints import findings_of_size, given_stature_m, notes_of_scale, scale_of_joints, scaled_sensors
from .rigid import from_rotvec_deg, place_all
from .stature import PerformerStance, find_stance
from .storage import load_calibration
from .tracker_points import Worn, joint_points, strapped_points
from .trim import cut_sensors, findings_inside, notes_inside
from .upright_stance import upright_head_joint_m

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior


@dataclass(frozen=True)
class Calibrated:
    """Hold the solver's measurement, and how it was calibrated."""

    sensors: Sensors
    pose: PoseType
    stature_m: float
    """The performer's."""
    scale: float
    """Skeleton size over performer size."""
    notes: tuple[str, ...]
    calibration_pose: CalibrationPose | None = None
    """The T-pose or A-pose by which the performer was measured, if one was found."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the recording, and what calibration found. Each sentence is also among the notes."""
    seats: tuple[SeatedStretch, ...] = ()
    """When the performer sits, and how high, in the performer's metres."""
    lift_m: float = 0.0
    """How far calibration lifted the recording, so that the floor is at y = 0, in the performer's metres."""
    pivot_m: NDArray[np.float64] | None = None
    """(3,) The place on the floor about which the recording was scaled; None: the origin."""

    @property
    def performer_positions_m(self) -> NDArray[np.float64]:
        """Return the sensors' positions in the performer's own metres, where they were recorded, (F, P, 3)."""
        pivot_m = np.zeros(3) if self.pivot_m is None else self.pivot_m
        return np.asarray((self.sensors.positions_m - pivot_m) / self.scale + pivot_m)

    @property
    def seat_height_m(self) -> float | None:
        """Return the height of the seat on which the performer sits longest; None if the performer never sits."""
        if not self.seats:
            return None
        return max(self.seats, key=lambda seat: seat.last_frame - seat.first_frame).seat_height_m


@dataclass(frozen=True)
class MeasuredPerformer:
    """Hold a performer, and the recording in which they were measured, standing on y = 0."""

    performer: PerformerCalibration
    recording: Recording
    """At the solver's rate."""
    calibration_pose: CalibrationPose | None
    """The calibration pose, if one was struck."""
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    """The recording's and calibration's own; each sentence is also among the notes."""
    seats: tuple[SeatedStretch, ...] = ()
    """When the performer sits."""
    stance: PerformerStance = field(kw_only=True)
    """The performer's height, the floor and the posture, as they were found."""

    @property
    def lift_m(self) -> float:
        """Return how far the recording was lifted."""
        return self.stance.lift_m


def calibrate(
    recording: Recording,
    skeleton: Skeleton,
    settings: CalibrationSettings | None = None,
    prior: Prior | None = None,
) -> Calibrated:
    """Return joint poses at a constant rate, scaled to the skeleton about the performer's own place on the floor.

    A recording of "joint" poses gets no offsets, its floor stays where it is, and it is scaled only if the settings
    say the performer's height or a factor. The whole recording calibrates; the sensors, findings and notes are those
    of its trim.

    Args:
        recording: as `load_recording` returns it.
        skeleton: the body that will be solved.
        settings: what the user says.
        prior: a loaded prior, for uncertain offsets; the shipped one by default.

    Raises:
        CalibrationError: the performer's stature cannot be told from the recording.
    """
    whole = _calibrate_whole(recording, skeleton, settings or CalibrationSettings(), prior)
    return replace(
        whole,
        sensors=cut_sensors(whole.sensors, recording),
        notes=notes_inside(whole.notes, whole.findings, recording),
        findings=findings_inside(whole.findings, recording),
    )


def _calibrate_whole(
    recording: Recording, skeleton: Skeleton, settings: CalibrationSettings, prior: Prior | None
) -> Calibrated:
    if (settings.pose or recording.pose) == "joint":
        return _scaled_joints(recording, skeleton, settings)
    found = measure_performer(recording, skeleton, settings, prior)
    performer = found.performer
    scale = scale_to(skeleton, performer, settings)
    positions_m, rotations_wxyz = move_hands(*place_joints(found.recording, performer), settings)
    seated = seated_frames(found.seats, len(positions_m)) if found.seats else None
    sensors = Sensors(
        positions_m * scale,
        rotations_wxyz,
        found.recording.measured,
        SOLVER_FPS,
        seated=seated,
        rotation_measured=found.recording.rotation_measured,
        fingers=found.recording.fingers,
    )
    notes, findings = found.notes, found.findings
    if (trackers := found.recording.trackers) is not None:
        tracked = strapped_points(trackers, Worn(sensors, skeleton, scale), found.calibration_pose, prior)
        sensors, findings = sensors.with_points(*tracked.points), (*findings, *tracked.findings)
        notes = (*notes, *tracked.notes, *(finding.sentence for finding in tracked.findings))
    pivot_m = own_place_m(positions_m[:, 0], found.recording.measured[:, 0])
    sensors = replace(sensors, positions_m=sensors.positions_m + (1 - scale) * pivot_m)
    return Calibrated(
        sensors,
        performer.pose,
        performer.stature_m,
        scale,
        notes,
        found.calibration_pose,
        findings,
        found.seats,
        found.lift_m,
        pivot_m,
    )


def _scaled_joints(recording: Recording, skeleton: Skeleton, settings: CalibrationSettings) -> Calibrated:
    resampled = resample_recording(recording, SOLVER_FPS)
    given_m = given_stature_m(settings)
    scale = scale_of_joints(skeleton, settings, given_m)
    placed = move_hands(resampled.positions_m, resampled.rotations_wxyz, settings)
    # The joints of somebody who is said to sit do so from beginning to end; nothing else is asked of them.
    seated = np.ones(len(resampled), np.bool_) if settings.posture == "seated" else None
    sensors = Sensors(
        *placed,
        resampled.measured,
        SOLVER_FPS,
        seated=seated,
        rotation_measured=resampled.rotation_measured,
        fingers=resampled.fingers,
    )
    sensors = sensors.with_points(*joint_points(resampled.trackers))
    pivot_m = own_place_m(resampled.positions_m[:, 0], resampled.measured[:, 0])
    recording = recording.with_findings(*findings_of_size(recording, skeleton, settings, given_m))
    return Calibrated(
        scaled_sensors(sensors, scale, pivot_m),
        "joint",
        given_m or skeleton.stature_m / scale,
        scale,
        (*recording.notes, *notes_of_scale(scale, settings, given_m)),
        findings=recording.findings,
        pivot_m=pivot_m,
    )


def measure_performer(
    recording: Recording,
    skeleton: Skeleton | None = None,
    settings: CalibrationSettings | None = None,
    prior: Prior | None = None,
) -> MeasuredPerformer:
    """Return the performer of a recording: measured here, or read from the settings' file.

    Without a skeleton the performer is measured by average proportions, good for any rig.

    Raises:
        CalibrationError: the stature is unknown, the file is no calibration, or the recording holds the
            joints themselves.
    """
    settings = settings or CalibrationSettings()
    known_pose = settings.pose or recording.pose
    if known_pose == "joint":
        raise CalibrationError(
            "This recording contains the joints themselves, so it needs no calibration.",
            "Solve it with --hand-poses joint.",
        )
    saved = load_calibration(settings.calibration_file) if settings.calibration_file is not None else None
    recording = with_one_device(recording, known_pose)
    resampled = resample_recording(recording, SOLVER_FPS)
    given_m = settings.stature_m or (saved.stature_m if saved else None)
    # A saved calibration is not asked for a pose, which would measure the performer anew.
    held, stance = _pose_and_stance(recording, resampled, settings, given_m, looks_for_pose=saved is None)
    stature_m = stance.stature_m
    recording = replace(recording, notes=(*recording.notes, *stance.notes)).with_findings(*stance.findings)
    lifted = replace(
        resampled,
        positions_m=resampled.positions_m + np.array((0.0, stance.lift_m, 0.0)),
        trackers=None if resampled.trackers is None else resampled.trackers.lifted(stance.lift_m),
    )
    seats = seated_stretches(lifted, stature_m, stance.posture, settings.posture, SOLVER_FPS)
    if stance.posture == "standing":
        recording = recording.with_findings(*map(seat_finding, seats))
    notes = recording.notes
    if held is not None:
        notes = (*notes, pose_note(held))
    if saved is not None:
        if known_pose is not None and saved.pose != known_pose:
            note = f"The calibration is for {saved.pose} poses, but this recording contains {known_pose} poses."
            notes = (*notes, note)
        if settings.stature_m is not None:
            size = stature_m / saved.stature_m
            saved = replace(saved, stature_m=stature_m, head_joint_height_m=saved.head_joint_height_m * size)
        return MeasuredPerformer(
            _standing_upright(saved, lifted), lifted, None, notes, recording.findings, seats, stance=stance
        )
    if skeleton is None:
        skeleton, settings = Skeleton.template(stature_m), replace(settings, body="average")
    fitted = fit_performer(lifted, skeleton, settings, stature_m, held, prior)
    notes = (*notes, *fitted.notes, *(finding.sentence for finding in fitted.findings))
    findings = (*recording.findings, *fitted.findings)
    return MeasuredPerformer(
        _standing_upright(fitted.performer, lifted, held), lifted, held, notes, findings, seats, stance=stance
    )


def pose_note(held: CalibrationPose) -> str:
    """Return the note that names the calibration pose."""
    return f"Calibrated with the {held.label} at {held.start_s:.1f} to {held.stop_s:.1f} s."


def _pose_and_stance(
    recording: Recording,
    resampled: Recording,
    settings: CalibrationSettings,
    given_m: float | None,
    *,
    looks_for_pose: bool = True,
) -> tuple[CalibrationPose | None, PerformerStance]:
    """Return the calibration pose, if there is one, and the performer's stature, floor and posture."""
    pose = settings.pose or recording.pose

    def struck(stature_m: float | None) -> CalibrationPose | None:
        choice, time_s = settings.calibration_pose, settings.calibration_time_s
        return find_calibration_pose(resampled, pose, choice, time_s, stature_m) if looks_for_pose else None

    held = struck(given_m)
    stance = find_stance(recording, held, given_m, settings.posture, pose)
    if held is None and given_m is None and (stance.lift_m or stance.posture == "seated"):
        # What is looked for is as wide as the performer is tall, which a wrong floor told wrongly.
        held = struck(stance.stature_m)
        if held is not None:
            stance = find_stance(recording, held, given_m, settings.posture, pose)
    return held, stance


def performer_stature_m(recording: Recording, settings: CalibrationSettings) -> float | None:
    """Return the stature that calibration uses for the performer; None if it cannot be estimated.

    Raises:
        InPoseError: the calibration file cannot be used, or the time of the calibration pose is wrong.
    """
    given_m = given_stature_m(settings)
    if given_m is not None:
        return given_m
    if (settings.pose or recording.pose) == "joint":
        return estimate_stature_m(recording, "joint")
    recording = with_one_device(recording, settings.pose or recording.pose)
    try:
        return _pose_and_stance(recording, resample_recording(recording, SOLVER_FPS), settings, None)[1].stature_m
    except CalibrationError:
        # `calibrate` says what is wrong.
        return None


def _standing_upright(
    performer: PerformerCalibration, recording: Recording, held: CalibrationPose | None = None
) -> PerformerCalibration:
    """Return the performer with the head's height as it is in the upright moments of this recording."""
    height_m = upright_head_joint_m(recording, performer.head, performer.head_joint_height_m, posed=held is not None)
    return replace(performer, head_joint_height_m=height_m)


def place_joints(
    recording: Recording, performer: PerformerCalibration
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions (F, 3, 3) and rotations (F, 3, 4) of head joint and wrists, in the performer's metres."""
    return place_all(recording.positions_m, recording.rotations_wxyz, performer.offsets)


def move_hands(
    positions_m: NDArray[np.float64], rotations_wxyz: NDArray[np.float64], settings: CalibrationSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return head and wrists, (F, 3, 3) and (F, 3, 4), after the user's own correction of the hands.

    It is said for the left hand, in the axes that the wrist has in a T-pose; the right hand gets its mirror image. It
    comes after everything that is measured, in the performer's metres.
    """
    if not any((*settings.hand_offset_m, *settings.hand_turn_deg)):
        return positions_m, rotations_wxyz
    mirrored = np.array((-1.0, 1.0, 1.0))  # by the plane between the hands; an axis of rotation the other way round
    moved_m, turned_wxyz = positions_m.copy(), rotations_wxyz.copy()
    for hand, side in ((1, np.ones(3)), (2, mirrored)):
        moved_m[:, hand] += rotate_vector(rotations_wxyz[:, hand], side * settings.hand_offset_m)
        if any(settings.hand_turn_deg):
            turn_wxyz = from_rotvec_deg(side.prod() * side * settings.hand_turn_deg)
            turned_wxyz[:, hand] = multiply_quaternions(rotations_wxyz[:, hand], turn_wxyz)
    return moved_m, turned_wxyz


def own_place_m(head_m: NDArray[np.float64], measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the middle of the floor on which a performer moves, (3,): a scaled performer stays there.

    Scaled about the room's origin, a performer who stands two metres from it would be moved by 20 cm for a rig that is
    a tenth larger. About the middle, nobody moves more than the steps get longer.

    Args:
        head_m: (F, 3) positions of the head.
        measured: (F,) where they are measured.
    """
    if not measured.any():
        return np.zeros(3)
    return np.asarray(np.median(head_m[measured], axis=0) * (1.0, 0.0, 1.0))


def scale_to(skeleton: Skeleton, performer: PerformerCalibration, settings: CalibrationSettings) -> float:
    """Return the factor from the performer's metres to the skeleton's."""
    if not isinstance(settings.scale, str):
        return float(settings.scale)
    if settings.scale == "keep":
        return 1.0
    if settings.scale == "arm_span":
        return skeleton.wrist_span_m / performer.wrist_span_m
    return standing_head_joint_m(skeleton) / performer.head_joint_height_m
