# SPDX-License-Identifier: Apache-2.0
"""Find the performer's height, the floor and the posture, and describe the evidence in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..errors import CalibrationError
from ..options.calibration import LARGEST_STATURE_M, SMALLEST_STATURE_M, PostureChoice
from ..recording.findings import Finding
from ..recording.types import PoseType, Recording
from .calibration_pose import CalibrationPose
from .head_height import EYE_HEIGHT_RATIO, has_eye_level_origin
from .presets import head_offset
from .room import Posture, RoomEstimate, estimate_room
from .take_evidence import TakeEvidence, take_evidence

_NOTABLE_LIFT_M: Final[float] = 0.05
_SURE_LIFT_M: Final[float] = 0.03
"""A floor that was moved less surely is told: the user has to say the performer's height."""
_LARGEST_LIFT_M: Final[float] = 0.9
_HUMAN_REACH_M: Final[tuple[float, float]] = (0.15, 1.2)
"""How far a person's hands get from the eyes. Outside of this, the unit is wrong, or a device is parked."""
_LYING_EYES_M: Final[float] = 0.25
"""Eyes that are always lower than this have a floor below zero, whatever the file declares."""
_SURE: Final[float] = 0.85
"""A posture that is less probable than this is reported as doubtful."""
_SURE_OF_FLOOR: Final[float] = 0.7
_NOTABLE_DOUBT_M: Final[float] = 0.1
_NOTABLE_RIVAL: Final[float] = 0.1
_LARGEST_MISFIT: Final[tuple[float, float]] = (-0.15, 0.08)
"""Of the stature that the eyes' height fits against the one that was given: players lean, but they do not grow."""

_USUAL_STATURES_M: Final[tuple[float, float]] = (1.45, 2.0)


@dataclass(frozen=True)
class PerformerStance:
    """Hold the performer's height, the floor and the posture."""

    stature_m: float
    stature_deviation_m: float
    """Of the estimate; it says nothing of a stature that was given."""
    lift_m: float
    """How far the recording must be lifted to stand on y = 0."""
    lift_deviation_m: float
    posture: Posture
    """What the performer does most of the time."""
    seat_height_m: float | None = None
    """Of the seat above the floor, if the performer sits most of the time."""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Findings about contradictions. Their sentences are not among the notes."""


def find_stance(
    recording: Recording,
    held: CalibrationPose | None = None,
    given_m: float | None = None,
    posture: PostureChoice = "auto",
    pose: PoseType | None = None,
) -> PerformerStance:
    """Return the performer's stature, the floor and the posture: the most probable of all that explain the recording.

    Args:
        recording: cleaned, heights as recorded.
        held: the calibration pose, if one was found.
        given_m: the stature that the user gave.
        posture: what the user says of the posture.
        pose: what the hand poses are, if known.

    Raises:
        CalibrationError: the head is never measured, or nobody could be that tall.
    """
    seen = take_evidence(recording, held, pose)
    if seen is None:
        raise CalibrationError("The head is never tracked.", "Record with the headset on.")
    eye_level = has_eye_level_origin(recording)
    if eye_level and given_m is None:
        _require_fitting_unit(recording)
        raise CalibrationError(
            "Heights in this recording count from the eyes, not from the floor.",
            "Set the performer's height (--performer-height 1.75).",
        )
    if not eye_level and _is_on_a_level(seen):
        return _on_a_level(seen, given_m, posture)
    if given_m is None:
        _require_person(seen, recording)
    room = estimate_room(seen, given_m, posture, declared_floor=recording.origin == "floor", eye_level=eye_level)
    if not eye_level and (abs(room.lift_m) > _LARGEST_LIFT_M or seen.eyes_top_m > EYE_HEIGHT_RATIO * LARGEST_STATURE_M):
        # No floor is that wrong: the unit, or the stature that was given.
        room = replace(room, lift_m=0.0, posture_probability=1.0)
    notes: tuple[str, ...] = ()
    findings: list[Finding] = []
    if eye_level:
        notes = ("Heights count from the eyes. InPose computed the floor from the performer's height that you set.",)
    elif abs(room.lift_m) > _NOTABLE_LIFT_M:
        findings.append(_floor_finding(room, seen, given_m))
    elif given_m is None and room.floor_probability < _SURE_OF_FLOOR and abs(room.other_lift_m) > _NOTABLE_DOUBT_M:
        findings.append(_doubted_floor(room, seen))
    if room.posture == "seated":
        findings.append(_seated_finding(room, seen, given_m, posture))
        if room.standing_probability > _NOTABLE_RIVAL and not eye_level:
            findings.append(_standing_rival(room))
    elif not eye_level and not room.lift_m:
        findings += _misfit(seen, given_m) if given_m is not None else _unusual(room, seen)
    if posture == "auto" and room.posture_probability < _SURE:
        findings.append(_unsure(room))
    lift_m = room.lift_m if eye_level or abs(room.lift_m) > _NOTABLE_LIFT_M else 0.0
    return PerformerStance(
        stature_m=room.stature_m,
        stature_deviation_m=room.stature_deviation_m,
        lift_m=lift_m,
        lift_deviation_m=room.lift_deviation_m,
        posture=room.posture,
        seat_height_m=room.seat_height_m,
        notes=notes,
        findings=tuple(findings),
    )


def _is_on_a_level(seen: TakeEvidence) -> bool:
    """Return whether a person of normal size is at heights that no person has: those of a game's level."""
    if _LYING_EYES_M < seen.eyes_top_m < EYE_HEIGHT_RATIO * LARGEST_STATURE_M:
        return False
    bends_m = seen.eyes_top_m - seen.seated_eyes_m
    near, far = _HUMAN_REACH_M
    return near < seen.hand_from_eyes_m < far and seen.hands_apart_m < 2 * far and bends_m < far


def _on_a_level(seen: TakeEvidence, given_m: float | None, posture: PostureChoice) -> PerformerStance:
    """Return the stance if nothing is known about the floor, as for recordings whose heights count from the eyes."""
    up_m = seen.eyes_top_m
    lowest_m = None if seen.lowest_hand_m is None else seen.lowest_hand_m - up_m
    from_eyes = replace(seen, eyes_top_m=0.0, seated_eyes_m=seen.seated_eyes_m - up_m, lowest_hand_m=lowest_m)
    room = estimate_room(from_eyes, given_m, posture, eye_level=True)
    about = "" if given_m is not None else f" (± {100 * room.stature_deviation_m:.0f} cm)"
    ask = "" if given_m is not None else " Set the performer's height to make it exact."
    verb = "sits" if room.posture == "seated" else "stands"
    finding = Finding(
        "floor_wrong",
        f"The eyes are at {up_m:.2f} m, so zero is not the floor: heights count from a game's level, or from the eyes. "
        f"InPose puts the floor at "
        f"{up_m - room.lift_m:.2f} m, below a performer of {room.stature_m:.2f} m{about} who {verb}.{ask}",
        "repaired" if given_m is not None else "told",
    )
    return PerformerStance(
        stature_m=room.stature_m,
        stature_deviation_m=room.stature_deviation_m,
        lift_m=room.lift_m - up_m,
        lift_deviation_m=room.lift_deviation_m,
        posture=room.posture,
        seat_height_m=room.seat_height_m,
        findings=(finding,),
    )


def performer_head_joint_m(stature_m: float) -> float:
    """Return the height of a performer's head joint above the floor when standing and looking ahead."""
    return EYE_HEIGHT_RATIO * stature_m + float(head_offset(stature_m).position_m[1])


def _require_fitting_unit(recording: Recording) -> None:
    """Refuse a unit that the user set and that the data contradict: then all heights are wrong."""
    for guess in recording.guesses:
        if guess.name == "unit" and guess.source == "given" and guess.doubt:
            raise CalibrationError("The performer's height cannot be measured.", guess.doubt)


def _require_person(seen: TakeEvidence, recording: Recording) -> None:
    """Refuse heights that cannot be a person's, with any floor within a metre."""
    below_m = max(0.0, -(seen.lowest_hand_m or 0.0))
    estimated_m = (seen.eyes_top_m + below_m) / EYE_HEIGHT_RATIO
    if not SMALLEST_STATURE_M <= estimated_m <= LARGEST_STATURE_M:
        _require_fitting_unit(recording)
        raise CalibrationError(
            f"The headset is {seen.eyes_top_m:.3g} m high, so the performer would be {estimated_m:.3g} m tall.",
            "Set the performer's height (--performer-height 1.75), and check the unit and the axes of the file.",
        )


def _floor_finding(room: RoomEstimate, seen: TakeEvidence, given_m: float | None) -> Finding:
    high = "high" if room.lift_m > 0 else "low"
    down = "down" if room.lift_m > 0 else "up"
    fits_m = seen.eyes_top_m / EYE_HEIGHT_RATIO
    where = f"in the {seen.pose_label}" if seen.pose_label else "at their highest"
    said = {
        "span": f"the hands are {seen.pose_span_m:.2f} m apart in the {seen.pose_label}, as in a person of "
        f"{room.stature_m:.2f} m",
        "given": f"the performer's height that you set is {room.stature_m:.2f} m",
        "hands": f"the hands are up to {100 * max(0.0, -(seen.lowest_hand_m or 0.0)):.0f} cm below it",
        "arms": f"the reach of the arms is that of a person of more than {seen.hand_from_eyes_m / 0.5:.2f} m",
        "people": f"few people are that {'small' if room.lift_m > 0 else 'tall'}",
    }
    reasons = [said[name] for name in room.because[:2] if name in said] or [said["people"]]
    because = (
        f"the eyes are {seen.eyes_top_m:.2f} m above it {where}, as in a person of {fits_m:.2f} m, but "
        + " and ".join(reasons)
    )
    about = "" if given_m is not None else f" (± {100 * max(room.lift_deviation_m, 0.01):.0f} cm)"
    todo = "" if given_m is not None else " Set the performer's height to make it exact."
    return Finding(
        "floor_wrong",
        f"The floor of this recording is too {high}: {because}. InPose moved the floor {down} by "
        f"{100 * abs(room.lift_m):.0f} cm{about}.{todo}",
        "repaired" if given_m is not None or room.lift_deviation_m < _SURE_LIFT_M else "told",
    )


def _doubted_floor(room: RoomEstimate, seen: TakeEvidence) -> Finding:
    high = "high" if room.other_lift_m > 0 else "low"
    return Finding(
        "floor_wrong",
        f"The floor of this recording may be too {high}, by about {100 * abs(room.other_lift_m):.0f} cm "
        f"({100 * (1 - room.floor_probability):.0f} % likely): the eyes are {seen.eyes_top_m:.2f} m above it, and "
        f"the reach of the arms fits that only roughly. InPose left the floor where it is. Set the performer's height.",
    )


def _standing_rival(room: RoomEstimate) -> Finding:
    high = "high" if room.standing_lift_m > 0 else "low"
    return Finding(
        "floor_wrong",
        f"Perhaps the performer stood, and the floor of this recording is too {high} by about "
        f"{100 * abs(room.standing_lift_m):.0f} cm ({100 * room.standing_probability:.0f} % likely). Then set the "
        "posture to standing.",
    )


def _seated_finding(room: RoomEstimate, seen: TakeEvidence, given_m: float | None, posture: PostureChoice) -> Finding:
    eyes_m, seat_m = seen.seated_eyes_m + room.lift_m, room.seat_height_m or 0.0
    tall = f"of {room.stature_m:.2f} m"
    if given_m is None:
        tall += f" (± {100 * room.stature_deviation_m:.0f} cm)"
    todo = "" if posture == "seated" else " If the performer stood, set the posture to standing."
    ask = "" if given_m is not None else " Set the performer's height to make it exact."
    return Finding(
        "seated",
        f"The performer sits: the eyes are {eyes_m:.2f} m above the floor and stay within {100 * seen.roam_m:.0f} cm. "
        f"InPose solves a person {tall} on a seat {100 * seat_m:.0f} cm high.{ask}{todo}",
    )


def _misfit(seen: TakeEvidence, given_m: float) -> list[Finding]:
    fits_m = seen.eyes_top_m / EYE_HEIGHT_RATIO
    if _LARGEST_MISFIT[0] < fits_m / given_m - 1 < _LARGEST_MISFIT[1]:
        return []
    return [
        Finding(
            "stature",
            f"The headset's height fits a performer of {fits_m:.2f} m, not {given_m:.2f} m: check the floor, the unit "
            "and the performer's height.",
        )
    ]


def _unusual(room: RoomEstimate, seen: TakeEvidence) -> list[Finding]:
    if _USUAL_STATURES_M[0] < room.stature_m < _USUAL_STATURES_M[1] or seen.pose_label:
        return []
    return [
        Finding(
            "stature",
            f"InPose estimated the performer's height from the eyes, {seen.eyes_top_m:.2f} m above the floor: "
            f"{room.stature_m:.2f} m. Few people are that {'small' if room.stature_m < 1.7 else 'tall'}: set the "
            "performer's height, and check the floor.",
        )
    ]


def _unsure(room: RoomEstimate) -> Finding:
    other = "sat" if room.posture == "standing" else "stood"
    option = "seated" if room.posture == "standing" else "standing"
    return Finding(
        "posture_unsure",
        f"It is not certain that the performer {'stood' if room.posture == 'standing' else 'sat'} "
        f"({100 * room.posture_probability:.0f} %). If the performer {other}, set the posture to {option}, and the "
        "performer's height.",
    )
