# SPDX-License-Identifier: Apache-2.0
"""Measure one performer with one set of devices: the size, and the places of the joints in the devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import Skeleton
from ..noted import Noted
from ..options.calibration import CalibrationSettings, HeadView
from ..recording.findings import Finding
from ..recording.types import PoseType, Recording
from .calibration_pose import CalibrationPose
from .hand_finding import find_hands
from .hand_fusion import join_found, refine_holding
from .head_height import EYE_HEIGHT_RATIO
from .head_pivot import fit_head_pivot
from .holding import declared_deviation_m, declared_wrists
from .holding_choice import choose_holding, likeliest_start
from .lever_arms import BODY, HEAD_JOINT, LEFT_WRIST, RIGHT_WRIST, Evidence
from .performer_body import PerformerBody, standing_head_joint_m
from .presets import HEAD_DEVIATION_M, LEFT_EYE_M, REFERENCE_STATURE_M, head_offset
from .rigid import RigidOffset
from .stature import performer_head_joint_m
from .t_pose import LARGEST_TURN_RAD, head_turn, turn_from_preset, with_pose, wrist_turn
from .wrist_refinement import expect_arms, refined_lever_arms

if TYPE_CHECKING:
    from ..prior.checkpoint import Prior

Source = Literal["presets", "t_pose", "a_pose", "motion"]

_UNSURE_M = 0.05
"""Presets that may be off by more than this per axis are refined by the motion."""
_NOTABLE_SHIFT_M = 0.05
_UNUSUAL_SHIFT_M = 0.13
"""From where the wrist is in usual devices; those of `hand_devices` are closer to each other."""
_FOUND = (
    "The recording does not contain the kind of its hand poses. InPose estimated roughly from the motion how the "
    "controllers are held. Hold a T-pose for a better result."
)
_WITHOUT_FOUND = (
    "The recording does not contain the kind of its hand poses. InPose assumed OpenXR grip poses. Hold a T-pose, or "
    "set the kind of hand poses."
)
_LARGEST_STATURE_ERROR = 0.08
"""Tolerance of the stature that people tell; a larger difference means another floor or another person."""
_REFINED_DEVIATION_M = 0.06
"""Standard deviation of the preset of a hand pose if there is only the motion. With the looser 9 cm of a T-pose,
performers with few gestures get a worse result than the preset."""


@dataclass(frozen=True)
class PerformerCalibration:
    """Hold the calibration of one performer with one set of devices, as it is saved. It contains no name."""

    stature_m: float
    head_joint_height_m: float
    """Of the head joint above the floor when standing and looking ahead."""
    wrist_span_m: float
    """Distance of the wrists in a T-pose."""
    pose: PoseType
    """The kind of the hand poses."""
    head: RigidOffset
    """The head joint in the headset's frame."""
    wrists: tuple[RigidOffset, RigidOffset]
    """Left and right wrist joint in the frames of the recorded hand poses."""
    source: Source = "presets"
    """The source of the offsets."""
    headset: str = ""
    """The headset's name."""

    @property
    def offsets(self) -> tuple[RigidOffset, RigidOffset, RigidOffset]:
        """Return the joints' places in head, left and right device."""
        return self.head, *self.wrists


@dataclass(frozen=True)
class FittedPerformer:
    """Hold a performer, and the findings about how the devices were held."""

    performer: PerformerCalibration
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    """Their sentences are not among the notes."""


def fit_performer(
    recording: Recording,
    skeleton: Skeleton,
    settings: CalibrationSettings,
    stature_m: float,
    held: CalibrationPose | None,
    prior: Prior | None = None,
) -> FittedPerformer:
    """Return the places of the joints in the devices, from presets, calibration pose and motion.

    Args:
        recording: cleaned, at the solver's rate, its floor at y = 0.
        skeleton: the rig.
        settings: what the user says.
        stature_m: the performer's.
        held: the calibration pose, if one was found.
        prior: the shipped one by default; only loaded where the motion refines the offsets.
    """
    known = settings.pose or recording.pose
    pose: PoseType = known or "grip"
    centred = _centred(head_offset(stature_m), recording, settings.head_view)
    head, notes = centred.value, [*centred.notes]
    wrists, deviation_m = declared_wrists(recording, pose), declared_deviation_m(recording, known)
    found, findings = False, tuple[Finding, ...]()
    if held is None and settings.refine and recording.hand_offsets is None:
        wrists, deviation_m, found, findings = _by_motion(recording, stature_m, head, known)
    elif held is None and known is None:
        findings = (Finding("hand_poses", _WITHOUT_FOUND),)
    if held is not None:
        turned = _turned(wrists, recording, held, known is not None and deviation_m < _UNSURE_M)
        wrists = turned.value
        notes += turned.notes
        level = _levelled(head, recording, held)
        head = level.value
        notes += level.notes
    # Where the network found the wrists, the arms of the prior do not find them better.
    refining = settings.refine and not found and deviation_m > _UNSURE_M
    presets = wrists
    head_joint_m = _head_joint_height_m(stature_m, held, recording)
    span_m = Skeleton.template(stature_m).wrist_span_m
    calibration = PerformerCalibration(
        stature_m, head_joint_m, span_m, pose, head, wrists, "motion" if found else "presets", recording.headset
    )
    if held is None and not refining:
        return FittedPerformer(calibration, tuple(notes), findings)
    same_size = settings.scale == "keep" and settings.body == "rig"
    height_m = standing_head_joint_m(skeleton) if same_size else head_joint_m
    choice = settings.body
    if choice == "auto" and (held is None or deviation_m < _UNSURE_M):
        # Without a pose nothing says that the rig's arms are the performer's; and where the presets are good, a pose
        # tells the performer's own arms.
        choice = "average"
    body = PerformerBody.choose(skeleton, height_m, stature_m, choice)
    if held is None:
        deviation_m = min(deviation_m, _REFINED_DEVIATION_M)
    evidence = _beliefs(calibration, body, deviation_m)
    source: Source = "presets"
    if held is not None:
        evidence = with_pose(evidence, recording, held, body, height_m if same_size else None)
        source = held.kind
    solution = evidence.solve()
    if refining:
        arms = expect_arms(recording, body.skeleton, calibration.offsets, prior)
        if arms is not None:
            solution = refined_lever_arms(evidence, arms, body.skeleton, body, solution)
            source = source if held is not None else "motion"
    notes += _shift_notes(pose, presets, solution.wrists_m, source)
    performer = PerformerCalibration(
        stature_m=stature_m,
        head_joint_height_m=head_joint_m,
        wrist_span_m=body.corrected(solution.body_m).wrist_span_m,
        pose=pose,
        head=RigidOffset(solution.head_joint_m, head.wxyz),
        wrists=(
            RigidOffset(solution.wrists_m[0], wrists[0].wxyz),
            RigidOffset(solution.wrists_m[1], wrists[1].wxyz),
        ),
        source=source,
        headset=recording.headset,
    )
    return FittedPerformer(performer, tuple(notes), findings + _doubted_pose(held, presets, solution.wrists_m))


class _ByMotion(NamedTuple):
    """Hold how the devices lie in the hands, as the motion shows it."""

    wrists: tuple[RigidOffset, RigidOffset]
    deviation_m: float
    found: bool
    findings: tuple[Finding, ...]


def _by_motion(recording: Recording, stature_m: float, head: RigidOffset, known: PoseType | None) -> _ByMotion:
    """Return how the devices probably lie in the hands, without a calibration pose."""
    if known is None:
        found = find_hands(recording, stature_m, head, likeliest_start(recording, stature_m))
        if found is None:
            wrists, deviation_m = declared_wrists(recording, "grip"), declared_deviation_m(recording, None)
            return _ByMotion(wrists, deviation_m, False, (Finding("hand_poses", _WITHOUT_FOUND),))
        wrists, deviation_m = join_found(found, recording), declared_deviation_m(recording, None)
        return _ByMotion(wrists, deviation_m, True, (Finding("hand_poses", _FOUND),))
    holding, findings = choose_holding(recording, stature_m, known)
    # How a saber lies in the hand is its player's choice, of which no recording is in the training.
    found = find_hands(recording, stature_m, head) if known != "saber" else None
    if found is None:
        return _ByMotion(holding.wrists, holding.deviation_m, False, findings)
    wrists = refine_holding(holding, found, recording, stature_m)
    return _ByMotion(wrists, holding.deviation_m, True, findings)


def _centred(head: RigidOffset, recording: Recording, view: HeadView) -> Noted[RigidOffset]:
    """Return the head offset, moved to the middle of the head if one eye was recorded."""
    if view == "left_eye":
        return Noted(RigidOffset(head.position_m + np.array((LEFT_EYE_M, 0.0, 0.0)), head.wxyz))
    if view == "middle":
        return Noted(head)
    seen = recording.measured[:, 0]
    pivot = fit_head_pivot(recording.positions_m[seen, 0], recording.rotations_wxyz[seen, 0], _rate(recording))
    if pivot is None or not pivot.eye_shift_m:
        return Noted(head)
    eye = "left" if pivot.eye_shift_m > 0 else "right"
    note = f"The head was recorded at the {eye} eye. InPose moved it by 32 mm to the middle."
    return Noted(RigidOffset(head.position_m + np.array((pivot.eye_shift_m, 0.0, 0.0)), head.wxyz), (note,))


def _levelled(head: RigidOffset, recording: Recording, held: CalibrationPose) -> Noted[RigidOffset]:
    turn, tilt = head_turn(recording, held, head)
    told = turn is not head.wxyz and tilt > np.radians(10.0)
    note = f"The headset was tilted by {np.degrees(tilt):.0f} degrees in the {held.label}."
    return Noted(RigidOffset(head.position_m, turn), (note,) if told else ())


def _turned(
    wrists: tuple[RigidOffset, RigidOffset],
    recording: Recording,
    held: CalibrationPose,
    preset_known: bool,
) -> Noted[tuple[RigidOffset, RigidOffset]]:
    turned, notes = [], []
    for side, preset in enumerate(wrists):
        turn = wrist_turn(recording, held, side)
        angle = turn_from_preset(turn, preset)
        if preset_known and angle > LARGEST_TURN_RAD:
            notes.append(
                f"In the {held.label}, the palm of the {('left', 'right')[side]} hand did not face down: it is "
                f"turned by {np.degrees(angle):.0f} degrees. InPose used the preset for this hand."
            )
            turn = preset.wxyz
        turned.append(RigidOffset(preset.position_m, turn))
    return Noted((turned[0], turned[1]), tuple(notes))


def _beliefs(calibration: PerformerCalibration, body: PerformerBody, deviation_m: float) -> Evidence:
    evidence = Evidence()
    for unknown, wrist in zip((LEFT_WRIST, RIGHT_WRIST), calibration.wrists, strict=True):
        evidence = evidence.believing(unknown, wrist.position_m, deviation_m)
    size = calibration.stature_m / REFERENCE_STATURE_M
    evidence = evidence.believing(HEAD_JOINT, calibration.head.position_m, np.array(HEAD_DEVIATION_M) * size)
    return evidence.believing(BODY, np.zeros(5), body.deviation_m)


def _doubted_pose(
    held: CalibrationPose | None, presets: tuple[RigidOffset, RigidOffset], wrists_m: tuple[FloatArray, FloatArray]
) -> tuple[Finding, ...]:
    """Return a finding if the pose puts the wrists where no usual device has them."""
    if held is None:
        return ()
    moved_m = max(float(np.linalg.norm(new - old.position_m)) for new, old in zip(wrists_m, presets, strict=True))
    if moved_m < _UNUSUAL_SHIFT_M:
        return ()
    sentence = (
        f"The {held.label} at {held.start_s:.1f} s puts the wrists {100 * moved_m:.0f} cm away from their usual place "
        "behind the controllers. If the arms were not straight, or the palms not down, hold the pose again."
    )
    return (Finding("calibration_pose", sentence, "told", None, held.start_s, held.stop_s),)


def _shift_notes(
    pose: PoseType,
    presets: tuple[RigidOffset, RigidOffset],
    wrists_m: tuple[FloatArray, FloatArray],
    source: Source,
) -> tuple[str, ...]:
    moved_m = [float(np.linalg.norm(new - old.position_m)) for new, old in zip(wrists_m, presets, strict=True)]
    if max(moved_m) <= _NOTABLE_SHIFT_M:
        return ()
    by = {"t_pose": "T-pose", "a_pose": "A-pose"}.get(source, "motion")
    return (
        f"Calibration with the {by} moved the wrists by {100 * moved_m[0]:.0f} cm (left) and "
        f"{100 * moved_m[1]:.0f} cm (right) from the preset of {pose} poses.",
    )


def _head_joint_height_m(stature_m: float, held: CalibrationPose | None, recording: Recording) -> float:
    """Return the height of the standing performer's head joint: as seen in the calibration pose, else by the stature.

    A headset is tracked to the centimetre, and people say their stature to the nearest five.
    """
    if held is not None:
        # The recording was lifted to its floor since the pose was found.
        eye_height_m = float(np.median(recording.positions_m[held.frames, 0, 1]))
        if abs(eye_height_m / (EYE_HEIGHT_RATIO * stature_m) - 1) < _LARGEST_STATURE_ERROR:
            return eye_height_m + float(head_offset(stature_m).position_m[1])
    return performer_head_joint_m(stature_m)


def _rate(recording: Recording) -> float:
    return (len(recording) - 1) / recording.duration_s if recording.duration_s > 0 else 60.0
