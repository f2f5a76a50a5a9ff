# SPDX-License-Identifier: Apache-2.0
"""Judge a solved case: right, told, misled or silent.

* right: the motion is as good as that of the clean take, where there is tracking and where there is none.
* told: it is not, and a finding of a fitting kind says so, for the right device and roughly the right time.
* misled: it is not, and only findings of other kinds are there; or a repair that is told as certain spoils the rest.
* silent: it is not, and nothing is said.

A clean take is right without findings that alarm, misled with one, and silent if its motion is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from ...arrays import BoolArray, FloatArray
from ...recording.findings import Finding, FindingKind
from .comparison import Errors
from .defects.defect import CLEAN_KINDS, WITHIN_DAMAGE, Damage, Damaged, Defect, Limits

Outcome = Literal["right", "told", "misled", "silent"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""From good to bad."""

INFORMING: Final[frozenset[FindingKind]] = frozenset({"calibration_pose", "hand_poses", "stature", "posture_unsure"})
"""Findings that only say what is not known; on a clean take they are no false alarm."""

_MARGIN_S: Final[float] = 0.4
"""Around a damaged stretch nothing is judged: filters look that far."""
_LEAST_COVERED: Final[float] = 0.5
_LONGEST_BESIDE_S: Final[float] = 2.0
_MOMENT_S: Final[float] = 0.3
_LARGE_PART: Final[float] = 0.6
_LEAST_SOLVED: Final[float] = 0.8


@dataclass(frozen=True)
class Judgement:
    """Hold the outcome of a case, and why."""

    outcome: Outcome
    reason: str
    places_cm: tuple[float, ...]
    """Mean errors of head, left and right wrist, and pelvis outside of the damage, over those of the clean take where
    these count; NaN where nothing can be compared."""
    turn_deg: float
    """Largest of head and wrists."""
    alarms: int
    """Findings that fit no damage and do not only inform."""


def judge(
    defect: Defect, damaged: Damaged, errors: Errors, clean: Errors | None, findings: Sequence[Finding]
) -> Judgement:
    """Return the judgement of a solved case.

    Args:
        defect: the kind.
        damaged: what was done to the take.
        errors: the solution's, by the truth's frames.
        clean: the errors of the clean take's solution; needed where limits count over them.
        findings: what InPose says.
    """
    fits = frozenset[FindingKind]().union(*(damage.fits for damage in damaged.damages))
    usable = usable_places(damaged, len(errors.solved), errors.fps)
    limits = defect.limits
    places, turn = _excess(errors, clean, limits, usable)
    well = _within(places, turn, limits) and _feet_well(errors, limits)
    anywhere = usable.any(axis=1)
    whole = float((errors.solved & anywhere).sum()) >= _LEAST_SOLVED * float(anywhere.sum())
    told_by = [_telling(damage, damaged, findings, errors) for damage in damaged.damages]
    telling = [finding for told in told_by for finding in told]
    alarmed = any(f.kind not in INFORMING and f not in telling for f in findings)
    verdicts: list[tuple[Outcome, str]] = []
    if alarmed and defect.kind in CLEAN_KINDS:
        verdicts.append(("misled", "false alarm"))
    for damage, told in zip(damaged.damages, told_by, strict=True):
        inside_well = _inside_well(damage, damaged, errors, clean, limits)
        long = _length_s(damage, damaged) > _LARGE_PART * damaged.take.duration_s
        verdicts.append(_verdict(well and whole, inside_well, told, alarmed, defect.must_tell, long))
    if not damaged.damages:
        verdicts.append(("right", "") if well else ("silent", "wrong without a defect"))
    outcome, reason = max(verdicts, key=lambda verdict: OUTCOMES.index(verdict[0]))
    if not whole:
        reason += "; a part is not solved"
    return Judgement(
        outcome,
        reason,
        tuple(100 * place for place in places),
        turn,
        sum(f.kind not in fits | INFORMING for f in findings),
    )


def judge_refusal(defect: Defect, told: str) -> Judgement:
    """Return the judgement of a file that InPose refused with a sentence."""
    right = defect.refusal_tells is not None and re.search(defect.refusal_tells, told, re.IGNORECASE)
    outcome: Outcome = "told" if right else "misled"
    return Judgement(outcome, f"refused: {told}", (), float("nan"), 0)


def _verdict(
    outside_well: bool, inside_well: bool, told: Sequence[Finding], alarmed: bool, must_tell: bool, long: bool
) -> tuple[Outcome, str]:
    if outside_well and inside_well and (told or not must_tell):
        return "right", "told as well" if told else ""
    where = "beside the damage" if not outside_well else "within the damage" if not inside_well else "only in part"
    if not told:
        return ("misled", f"wrong {where}, another finding") if alarmed else ("silent", f"wrong {where}, nothing said")
    # A device that is lost for most of the take is missing for the calibration of the rest as well.
    unmended = any(finding.action == "told" or (long and finding.action == "left_to_solver") for finding in told)
    if outside_well or unmended:
        return "told", f"wrong {where}"
    return "misled", f"wrong {where}, told as mended"


def _excess(errors: Errors, clean: Errors | None, limits: Limits, usable: BoolArray) -> tuple[tuple[float, ...], float]:
    """Return each place's mean error minus the one it is compared with, in metres, and the largest such angle.

    Args:
        errors: the solution's.
        clean: the clean take's.
        limits: whether to compare with the clean take.
        usable: (F, 4) frames that count for head, wrists and pelvis. Without any, a place's error is NaN; where the
            solution has none of them, it is infinite.
    """
    reference = clean if limits.over_clean else None
    assert reference is not None or not limits.over_clean
    places, turn = [float("nan")] * usable.shape[1], -float("inf")
    for joint in range(usable.shape[1]):
        if not usable[:, joint].any():
            continue
        seen = errors.solved & usable[:, joint]
        if reference is not None:
            seen = seen & reference.solved
        if not seen.any():
            return (float("inf"),) * usable.shape[1], float("inf")
        usual_m = 0.0 if reference is None else float(reference.place_m[seen, joint].mean())
        places[joint] = float(errors.place_m[seen, joint].mean()) - usual_m
        if joint < errors.turn_deg.shape[1]:
            usual_deg = 0.0 if reference is None else float(reference.turn_deg[seen, joint].mean())
            turn = max(turn, float(errors.turn_deg[seen, joint].mean()) - usual_deg)
    return tuple(places), turn


def _within(places: Sequence[float], turn: float, limits: Limits) -> bool:
    return turn <= limits.turn_deg and not any(
        place > limit_m for place, limit_m in zip(places, limits.places_m, strict=True)
    )


def _feet_well(errors: Errors, limits: Limits) -> bool:
    return limits.feet_m is None or bool(errors.legs_m[errors.solved].mean(axis=0).max() <= limits.feet_m)


def _inside_well(damage: Damage, damaged: Damaged, errors: Errors, clean: Errors | None, limits: Limits) -> bool:
    if damage.start_s is None:
        return True
    frames = np.zeros((len(errors.solved), 4), dtype=np.bool_)
    frames[_frames(damage, damaged, errors.fps, 0.0)] = True
    if not (frames[:, 0] & errors.solved).any():
        return True  # cut away, or before the truth begins
    within = Limits(WITHIN_DAMAGE.place_m, WITHIN_DAMAGE.turn_deg, limits.over_clean)
    return _within(*_excess(errors, clean, within, frames), within)


def usable_places(damaged: Damaged, count: int, fps: float) -> BoolArray:
    """Return the truth's frames in which head, wrists and pelvis are not damaged, (F, 4).

    A hand that is damaged spoils its own wrist, and may move the pelvis. Without the headset nothing has its place.
    """
    usable = np.ones((count, 4), dtype=np.bool_)
    for damage in damaged.damages:
        if damage.start_s is not None:
            frames = _frames(damage, damaged, fps, _MARGIN_S)
            usable[frames, 3] = False
            usable[frames, damage.device or slice(None)] = False
    return usable if usable.any() else ~usable


def _frames(damage: Damage, damaged: Damaged, fps: float, margin_s: float) -> slice:
    """Return a damage's frames of the truth."""
    assert damage.start_s is not None
    stop_s = damage.stop_s if damage.stop_s is not None else float("inf")
    first = (damage.start_s - damaged.truth_from_s - margin_s) * fps
    last = (min(stop_s, 1e6) - damaged.truth_from_s + margin_s) * fps
    return slice(max(0, round(first)), max(0, round(last)))


def _telling(damage: Damage, damaged: Damaged, findings: Sequence[Finding], errors: Errors) -> list[Finding]:
    """Return the findings that tell a damage; together they must cover half of it and not much else."""
    own = [
        f for f in findings if f.kind in damage.fits and (damage.device is None or f.device in (None, damage.device))
    ]
    if not own or damage.start_s is None or any(finding.start_s is None for finding in own):
        long = damage.start_s is None or _length_s(damage, damaged) > _LARGE_PART * damaged.take.duration_s
        return own if long or all(finding.start_s is not None for finding in own) else []
    # A reader that cuts a file may count times from the cut.
    return own if any(_covers(damage, own, damaged, by_s) for by_s in {0.0, errors.cut_s}) else []


def _covers(damage: Damage, findings: Sequence[Finding], damaged: Damaged, by_s: float) -> bool:
    step_s = 0.02
    times_s = np.arange(-2.0, damaged.take.times_s[-1] + 2.0, step_s)
    assert damage.start_s is not None
    stop_s = damage.stop_s if damage.stop_s is not None else float(times_s[-1])
    spoilt = (times_s >= max(0.0, damage.start_s)) & (times_s <= min(stop_s, damaged.take.times_s[-1]))
    said: FloatArray = np.zeros(len(times_s))
    for finding in findings:
        assert finding.start_s is not None
        end_s = finding.stop_s if finding.stop_s is not None else float(times_s[-1])
        said[(times_s >= finding.start_s + by_s) & (times_s <= end_s + by_s)] = 1.0
    others = np.zeros(len(times_s), dtype=np.bool_)
    for other in damaged.damages:
        if other.start_s is not None:
            others |= (times_s >= other.start_s - _MARGIN_S) & (times_s <= (other.stop_s or 1e9) + _MARGIN_S)
    covered = said[spoilt].mean() if spoilt.any() else 0.0
    if _marks_begin(damage, findings, by_s):
        return True
    beside_s = float(said[~others].sum()) * step_s
    return bool(covered >= _LEAST_COVERED and beside_s <= max(_LONGEST_BESIDE_S, _length_s(damage, damaged)))


def _marks_begin(damage: Damage, findings: Sequence[Finding], by_s: float) -> bool:
    """Return whether a finding names the moment from which a take is spoilt."""
    assert damage.start_s is not None
    return any(
        finding.start_s is not None
        and (finding.stop_s or finding.start_s) - finding.start_s < _MOMENT_S
        and abs(finding.start_s + by_s - damage.start_s) < 2 * _MOMENT_S
        for finding in findings
    )


def _length_s(damage: Damage, damaged: Damaged) -> float:
    if damage.start_s is None:
        return damaged.take.duration_s
    stop_s = damage.stop_s if damage.stop_s is not None else damaged.take.duration_s
    return min(stop_s, damaged.take.duration_s) - max(0.0, damage.start_s)
