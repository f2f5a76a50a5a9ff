# SPDX-License-Identifier: Apache-2.0
"""Estimate stature, floor and posture together: the most probable of all that explain the take.

Three things are unknown: how tall the performer is, how far the floor is from y = 0, and whether the performer stands
or sits. Each piece of evidence is a likelihood of these three. The knowledge about people and rooms is the prior. The
posterior is computed on a grid. There are no fixed rules, so contradictions show. For example, a T-pose as wide as an
adult's with eyes as low as a child's means a wrong floor, because this is the most probable explanation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..arrays import FloatArray
from ..options.calibration import PostureChoice
from .calibration_pose import WRIST_SPAN_RATIO
from .head_height import EYE_HEIGHT_RATIO
from .population import (
    SEAT_DEVIATION_M,
    SEAT_HEIGHT_M,
    SEATED_EYES_DEVIATION,
    SEATED_EYES_RATIO,
    beside,
    log_stature,
    normal,
)
from .take_evidence import TakeEvidence

Posture = Literal["standing", "seated"]
TermName = Literal["people", "floor", "given", "eyes", "seat", "rise", "hang", "roam", "span", "arms", "hands"]

_STATURES_M: Final[FloatArray] = np.arange(0.9, 2.31, 0.01)
_LIFTS_M: Final[FloatArray] = np.arange(-0.9, 0.901, 0.01)
_EYE_LEVEL_LIFTS_M: Final[FloatArray] = np.arange(0.3, 2.301, 0.01)

_SEATED_SHARE: Final[float] = 0.2
"""Share of takes of seated performers, before any evidence."""
_WRONG_FLOOR_SHARE: Final[float] = 0.08
_WRONG_DECLARED_FLOOR_SHARE: Final[float] = 0.03
_FLOOR_DEVIATION_M: Final[float] = 0.35
"""Share of floors that are set wrong, before any evidence."""
_GIVEN_DEVIATION_M: Final[float] = 0.025
_MISTYPED_SHARE, _MISTYPED_DEVIATION_M = 0.03, 0.2

_HELD_EYES_DEVIATION_M: Final[float] = 0.025
_EYES_RISE_M, _EYES_FALL_M = 0.02, 0.04
"""Of the top eyes against those of an upright stance: players jump, but more of them lean."""
_ODD_SHARE, _ODD_DEVIATION_M = 0.02, 0.15
"""Of takes in which nobody stands upright, or that climb."""
_SEATED_RISE_M: Final[float] = 0.10
"""How much higher than usual the eyes of a seated performer get: they slump, and sit up again."""
_STANDING_RISE_M, _LOW_SHARE, _LOW_RISE_M = 0.06, 0.25, 0.3
"""The same of a standing one; a share of takes is about crouching and picking up."""
_SEATED_POSE_SHARE: Final[float] = 0.05
"""Of the calibration poses that standing people strike, seated people strike so many."""
_SEATED_ROAM_M, _STANDING_ROAM_M = 0.2, 0.5
_ROLLING_SHARE: Final[float] = 0.005
"""Of chairs that roll as far as people walk."""
_LONG_TAKE_S: Final[float] = 20.0
"""A shorter take says less of where the performer goes and how far they reach."""
_SPAN_DEVIATION: Final[float] = 0.027
"""Of the span over the stature: measured people."""
_BENT_SHARE, _BENT_FALL = 0.1, 0.03
"""Of T-poses with bent arms, and how much of the stature these lack."""
_REACH: Final[dict[str, float]] = {"from_eyes": 0.475, "apart": 0.77, "below": 0.445}
"""How far wrists get from the eyes, from each other, and below the eyes, over the stature: as captured people do."""
_HANGING, _HANGING_DEVIATION = 0.40, 0.03
"""How far the wrists of hanging arms are below the eyes, over the stature."""
_HANG_SHARES: Final[dict[Posture, float]] = {"standing": 0.3, "seated": 0.05}
"""Of takes in which the arms mostly hang: a seated performer's rest on the lap."""
_USUAL_STRETCH: Final[float] = 0.95
_STRETCH_RISE, _STRETCH_FALL = 0.035, 0.13
_TELLING: Final[tuple[TermName, ...]] = ("people", "given", "span", "arms", "hands")
_TELLING_GAIN: Final[float] = 1.0
_TOUCH_SHARE, _TOUCH_DEVIATION_M = 0.15, 0.02
"""Hands that get to the floor stop there."""


@dataclass(frozen=True)
class RoomEstimate:
    """Hold the most probable performer and room."""

    stature_m: float
    stature_deviation_m: float
    lift_m: float
    """How far the recording must be lifted to stand on y = 0; 0 where the floor is right."""
    lift_deviation_m: float
    posture: Posture
    """What the performer does most of the time."""
    posture_probability: float
    seat_height_m: float | None
    """Of a seated performer, above the floor."""
    floor_probability: float
    """Probability that the floor is wrong if it was moved, or right if it was not."""
    other_lift_m: float
    """The lift of the floor in the less probable explanation."""
    standing_lift_m: float
    """The lift of the floor if the performer of a take that counts as seated stood."""
    standing_probability: float
    """The probability of that, if it needs another floor than the recorded one; else 0."""
    because: tuple[TermName, ...]
    """The evidence for this estimate and against a standing performer on the recorded floor, the strongest first."""


@dataclass(frozen=True)
class _Explanation:
    """Hold one way to explain the take: a posture on the recorded floor, or on another one."""

    posture: Posture
    floor_moved: bool
    lifts_m: FloatArray
    terms: dict[TermName, FloatArray]
    """Logarithms of prior and likelihoods on the grid, (L, S) or what broadcasts to it."""

    @property
    def log_posterior(self) -> FloatArray:
        """Return the sum of all terms, (L, S)."""
        total = np.zeros((len(self.lifts_m), len(_STATURES_M)))
        for term in self.terms.values():
            total = total + term
        return total

    @property
    def log_probability(self) -> float:
        """Return the log probability of the explanation, up to a constant of all explanations."""
        log = self.log_posterior
        return float(log.max() + np.log(np.exp(log - log.max()).sum()))


def estimate_room(
    seen: TakeEvidence,
    given_m: float | None = None,
    posture: PostureChoice = "auto",
    *,
    declared_floor: bool = False,
    eye_level: bool = False,
) -> RoomEstimate:
    """Return the most probable stature, floor and posture.

    If the floor is right and the performer stands, the stature follows from the height of the eyes; a given stature is
    kept.

    Args:
        seen: the evidence of the take.
        given_m: the stature that the user gave.
        posture: "standing" or "seated" where the user said so.
        declared_floor: the file says that heights count from the floor.
        eye_level: heights count from the eyes, so nothing is known of the floor.
    """
    explanations = [
        _explain(seen, given_m, kind, moved, declared_floor, eye_level)
        for kind in (("standing", "seated") if posture == "auto" else (posture,))
        for moved in ((True,) if eye_level else (False, True))
    ]
    log = np.array([one.log_probability for one in explanations])
    probability = np.exp(log - log.max())
    probability /= probability.sum()
    by_posture = {
        kind: sum(p for p, one in zip(probability, explanations, strict=True) if one.posture == kind)
        for kind in {one.posture for one in explanations}
    }
    likelier = max(by_posture, key=lambda kind: by_posture[kind])
    of_posture = [(p, one) for p, one in zip(probability, explanations, strict=True) if one.posture == likelier]
    share, best = max(of_posture, key=lambda pair: pair[0])
    stood_share, stood = max(
        ((p, one) for p, one in zip(probability, explanations, strict=True) if one.posture == "standing"),
        key=lambda pair: pair[0],
        default=(0.0, best),
    )
    stature_m, stature_deviation_m, lift_m, lift_deviation_m = _values(best, seen, given_m)
    return RoomEstimate(
        stature_m=stature_m,
        stature_deviation_m=stature_deviation_m,
        lift_m=lift_m,
        lift_deviation_m=lift_deviation_m,
        posture=best.posture,
        posture_probability=float(by_posture[likelier]),
        seat_height_m=_seat_m(best, seen, stature_m, lift_m),
        floor_probability=float(share / by_posture[likelier]),
        other_lift_m=_other_lift_m([one for _, one in of_posture if one is not best], seen, given_m),
        standing_lift_m=_values(stood, seen, given_m)[2],
        standing_probability=float(stood_share) if stood.floor_moved else 0.0,
        because=_reasons(best, explanations[0], seen),
    )


def _explain(
    seen: TakeEvidence, given_m: float | None, posture: Posture, moved: bool, declared_floor: bool, eye_level: bool
) -> _Explanation:
    lifts_m = (_EYE_LEVEL_LIFTS_M if eye_level else _LIFTS_M) if moved else np.zeros(1)
    lift, stature = lifts_m[:, None], _STATURES_M[None]
    wrong = _WRONG_DECLARED_FLOOR_SHARE if declared_floor else _WRONG_FLOOR_SHARE
    terms: dict[TermName, FloatArray] = {"people": log_stature(stature)}
    seated_share = _SEATED_SHARE if posture == "seated" else 1 - _SEATED_SHARE
    if eye_level:
        terms["floor"] = np.full((1, 1), np.log(seated_share))
    elif moved:
        step_m = float(lifts_m[1] - lifts_m[0])
        terms["floor"] = np.log(seated_share * wrong * step_m * normal(lift, _FLOOR_DEVIATION_M))
    else:
        terms["floor"] = np.full((1, 1), np.log(seated_share * (1 - wrong)))
    if given_m is not None:
        said = (1 - _MISTYPED_SHARE) * normal(stature - given_m, _GIVEN_DEVIATION_M)
        terms["given"] = np.log(said + _MISTYPED_SHARE * normal(stature - given_m, _MISTYPED_DEVIATION_M))
    if posture == "standing":
        terms["eyes"] = _log_standing_eyes(seen.eyes_top_m + lift - EYE_HEIGHT_RATIO * stature, seen)
    else:
        seat_m = seen.seated_eyes_m + lift - SEATED_EYES_RATIO * stature
        deviation_m = np.hypot(SEAT_DEVIATION_M, SEATED_EYES_DEVIATION * stature)
        terms["seat"] = np.log(normal(seat_m - SEAT_HEIGHT_M, deviation_m) + 1e-30)
    terms["rise"] = np.full((1, 1), _log_rise(seen, posture))
    hanging = normal(seen.hand_usually_below_m / stature - _HANGING, _HANGING_DEVIATION)
    terms["hang"] = np.log(_HANG_SHARES[posture] * hanging + (1 - _HANG_SHARES[posture])) - np.log(stature)
    terms["roam"] = np.full((1, 1), _log_roam(seen, posture))
    if seen.pose_span_m:
        terms["span"] = _log_span(seen, stature)
    else:
        terms["arms"] = _log_arms(seen, stature)
    if seen.lowest_hand_m is not None:
        above_m = seen.lowest_hand_m + lift
        reaches = np.where(above_m > 0, 1.0, np.exp(-0.5 * np.square(above_m / _TOUCH_DEVIATION_M)))
        touches = normal(above_m, _TOUCH_DEVIATION_M)
        terms["hands"] = np.log((1 - _TOUCH_SHARE) * reaches + _TOUCH_SHARE * touches + 1e-12)
    return _Explanation(posture, moved, lifts_m, terms)


def _log_standing_eyes(above_m: FloatArray, seen: TakeEvidence) -> FloatArray:
    if seen.pose_label:
        upright = normal(above_m, _HELD_EYES_DEVIATION_M)
    else:
        upright = beside(above_m, _EYES_RISE_M, _EYES_FALL_M)
    return np.log((1 - _ODD_SHARE) * upright + _ODD_SHARE * normal(above_m, _ODD_DEVIATION_M) + 1e-30)


def _log_rise(seen: TakeEvidence, posture: Posture) -> float:
    if seen.pose_label:
        return float(np.log(_SEATED_POSE_SHARE)) if posture == "seated" else 0.0
    rise_m = seen.eyes_top_m - seen.seated_eyes_m
    if posture == "seated":
        return float(np.log(2 * normal(rise_m, _SEATED_RISE_M) + 1e-12))
    upright = (1 - _LOW_SHARE) * np.exp(-rise_m / _STANDING_RISE_M) / _STANDING_RISE_M
    return float(np.log(upright + _LOW_SHARE * np.exp(-rise_m / _LOW_RISE_M) / _LOW_RISE_M))


def _log_roam(seen: TakeEvidence, posture: Posture) -> float:
    standing = np.exp(-seen.roam_m / _STANDING_ROAM_M) / _STANDING_ROAM_M
    seated = 2 * (1 - _ROLLING_SHARE) * float(normal(seen.roam_m, _SEATED_ROAM_M)) + _ROLLING_SHARE * standing
    share = min(1.0, seen.duration_s / _LONG_TAKE_S)
    return share * float(np.log(seated if posture == "seated" else standing))


def _log_span(seen: TakeEvidence, stature: FloatArray) -> FloatArray:
    error = seen.pose_span_m / stature - WRIST_SPAN_RATIO
    deviation = np.hypot(_SPAN_DEVIATION, np.sqrt(2.0) * seen.hand_deviation_m / stature)
    straight = (1 - _BENT_SHARE) * normal(error, deviation)
    return np.log(straight + _BENT_SHARE * beside(error, _SPAN_DEVIATION, _BENT_FALL)) - np.log(stature)


def _log_arms(seen: TakeEvidence, stature: FloatArray) -> FloatArray:
    """Return the log probability of the arms' reach for each stature: never much more than the arms allow, often
    less."""
    stretch_m = max(
        seen.hand_from_eyes_m / _REACH["from_eyes"],
        seen.hands_apart_m / _REACH["apart"],
        seen.hand_below_eyes_m / _REACH["below"],
    )
    if stretch_m <= 0:
        return np.zeros_like(stature)
    rise = _STRETCH_RISE + seen.hand_deviation_m / (_REACH["from_eyes"] * 1.7)
    # In a short take the arms need not be stretched once.
    fall = _STRETCH_FALL * max(1.0, _LONG_TAKE_S / max(seen.duration_s, 1.0))
    return np.log(beside(stretch_m / stature - _USUAL_STRETCH, rise, fall) + 1e-12) - np.log(stature)


def _values(best: _Explanation, seen: TakeEvidence, given_m: float | None) -> tuple[float, float, float, float]:
    """Return stature and lift, each with its standard deviation."""
    log = best.log_posterior
    weight = np.exp(log - log.max())
    stature_m, stature_deviation_m = _moments(_STATURES_M, weight.sum(axis=0))
    lift_m, lift_deviation_m = _peak(best.lifts_m, weight.sum(axis=1))
    if best.posture == "seated":
        if given_m is not None:
            stature_m = given_m
        if best.floor_moved:
            lift_m = SEAT_HEIGHT_M + SEATED_EYES_RATIO * stature_m - seen.seated_eyes_m
    elif given_m is not None:
        stature_m = given_m
        if best.floor_moved:
            lift_m = EYE_HEIGHT_RATIO * given_m - seen.eyes_top_m
    else:
        # The eyes are seen better than anything else of a standing performer.
        stature_m = (seen.eyes_top_m + lift_m) / EYE_HEIGHT_RATIO
    return stature_m, stature_deviation_m, lift_m, lift_deviation_m


def _other_lift_m(others: list[_Explanation], seen: TakeEvidence, given_m: float | None) -> float:
    return _values(others[0], seen, given_m)[2] if others else 0.0


def _seat_m(best: _Explanation, seen: TakeEvidence, stature_m: float, lift_m: float) -> float | None:
    if best.posture == "standing":
        return None
    return seen.seated_eyes_m + lift_m - SEATED_EYES_RATIO * stature_m


def _moments(values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    share = weight / weight.sum()
    mean = float((share * values).sum())
    return mean, float(np.sqrt((share * np.square(values - mean)).sum()))


def _peak(values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Return the mean around the highest peak, finer than the grid, and the standard deviation of the whole
    distribution."""
    top = int(np.argmax(weight))
    near = slice(max(0, top - 2), top + 3)
    return _moments(values[near], weight[near])[0], _moments(values, weight)[1]


def _reasons(best: _Explanation, usual: _Explanation, seen: TakeEvidence) -> tuple[TermName, ...]:
    """Return the evidence against a standing performer on the recorded floor, as tall as the eyes' height says."""
    if best is usual:
        return ()
    log = best.log_posterior
    place = int(np.argmax(log))
    naive = int(np.argmin(np.abs(_STATURES_M - seen.eyes_top_m / EYE_HEIGHT_RATIO)))
    gains: dict[TermName, float] = {}
    for name in _TELLING:
        if name in best.terms and name in usual.terms:
            term = np.broadcast_to(usual.terms[name], usual.log_posterior.shape)
            gains[name] = float(np.broadcast_to(best.terms[name], log.shape).reshape(-1)[place] - term[0, naive])
    return tuple(name for name in sorted(gains, key=lambda name: -gains[name]) if gains[name] > _TELLING_GAIN)
