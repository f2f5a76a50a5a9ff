# SPDX-License-Identifier: Apache-2.0
"""Decide the axes and the quaternion order: from the user, from the file, or from the most plausible reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...arrays import FloatArray
from ...options.reading import QUATERNION_ORDERS
from ..conventions import Axes, QuaternionOrder, ReadOptions
from ..tracks import Declared
from ..types import Guess
from .evidence import BodySigns, look_like_joints, uprightness
from .excerpts import in_order
from .readings import WEIGHTS, Reading, rank_readings, read_in_orders

_CLEARLY_BETTER: Final[float] = 4.0
"""Other axes contradict the declared ones if their log-odds are better by this much. It is said of 0.5 % of rightly
declared tables of people who were not used to choose it, and of 93 % of the wrongly declared ones with hanging arms."""
_SURE: Final[float] = 0.8
"""Probability from which guessed axes are not doubted."""


@dataclass(frozen=True)
class Orientation:
    """Hold the axes and quaternion order of a recording, and the evidence for them."""

    axes: Axes
    order: QuaternionOrder
    look_like_joints: bool
    """They look like joint poses (facing +Z) in a file of OpenXR's axes."""
    guesses: tuple[Guess, Guess]
    """Guesses for the axes and for the order."""
    signs: BodySigns | None
    """The person's, with the hands as the file names them; None if these axes were not compared with others."""


def decide_axes_and_order(
    positions: FloatArray,
    quaternions: FloatArray,
    declared: Declared,
    options: ReadOptions,
) -> Orientation:
    """Return the axes of the tracks: from the user, else from the file, else the most likely ones.

    Args:
        positions: an excerpt (`excerpts.excerpt`) of the positions, (F, 3, 3).
        quaternions: the same of the quaternions in the file's order, (F, 3, 4).
        declared: what the file declares.
        options: what the user says.
    """
    order = options.quaternion_order or declared.quaternion_order
    text = options.axes or declared.axes
    axes = Axes.parse(text) if text else None
    compared = () if declared.certain or (options.axes and order) else (order,) if order else QUATERNION_ORDERS
    samples = read_in_orders(positions, quaternions, compared)
    ranking = rank_readings(samples, not declared.hands) if samples else []
    if axes is not None and not order:
        same = [candidate for candidate in ranking if candidate.axes == axes]
        order = same[0].order if same else "xyzw"
    chosen = ranking[0] if ranking else None
    posed = False
    if axes is None:
        if chosen is None:
            axes, order = Axes("RUB"), order or "xyzw"
            axes_guess = Guess("axes", "RUB", "assumed", "there is no movement to compare")
        else:
            axes, order = chosen.axes, order or chosen.order
            evidence = f"{chosen.label}: {_told(chosen.signs)}"
            axes_guess = Guess("axes", str(axes), "guessed", evidence, _axes_doubt(ranking))
    elif options.axes:
        axes_guess = Guess("axes", str(axes), "given", "")
    else:
        mine = _of(ranking, axes, order)
        doubt = ""
        if order and str(axes) == "RUB" and not declared.certain:
            found = _signs(ranking, axes, order)
            posed = declared.pose == "joint" or (
                declared.pose is None and found is not None and look_like_joints(samples[order], found)
            )
        if chosen and mine and chosen.log_odds > mine.log_odds + _CLEARLY_BETTER and not posed:
            doubt = (
                f"The axes look like {chosen.axes} ({chosen.label}) instead of {axes}: {_told(chosen.signs)}. "
                f"If the result is upside down or mirrored, use --axes {chosen.axes}."
            )
        axes_guess = Guess("axes", str(axes), "file", declared.by, doubt)
    order = order or "xyzw"
    if options.quaternion_order:
        order_guess = Guess("quaternion order", order, "given", "")
    elif declared.quaternion_order:
        doubt = _order_doubt(positions, quaternions, axes, order, declared)
        order_guess = Guess("quaternion order", order, "file", declared.by, doubt)
    else:
        mine = _of(ranking, axes, order)
        evidence = (
            f"the head's up axis then points up ({mine.signs.upright:.2f} of 1)"
            if mine
            else "there is no movement to compare"
        )
        order_guess = Guess("quaternion order", order, "guessed" if mine else "assumed", evidence)
    return Orientation(axes, order, posed, (axes_guess, order_guess), _signs(ranking, axes, order))


def _of(ranking: list[Reading], axes: Axes, order: QuaternionOrder | None) -> Reading | None:
    return next((candidate for candidate in ranking if (candidate.axes, candidate.order) == (axes, order)), None)


def _signs(ranking: list[Reading], axes: Axes, order: QuaternionOrder) -> BodySigns | None:
    return next((r.signs for r in ranking if (r.axes, r.order, r.swapped) == (axes, order, False)), None)


def _axes_doubt(ranking: list[Reading]) -> str:
    """Return a sentence that names the next best reading if the best one is not sure."""
    chosen = ranking[0]
    if chosen.probability >= _SURE:
        return ""
    other = next((r for r in ranking if (r.axes, r.swapped) != (chosen.axes, chosen.swapped)), None)
    if other is None:
        return ""
    if other.swapped and not chosen.swapped:
        # Unusual axes and swapped hands are both rare and look the same: each is the mirror image of the other.
        return f"If the result is a mirror image, use --axes {other.axes} and --swap-hands."
    return (
        f"The axes can also be {other.axes} ({other.label}): if the performer walks backwards or is mirrored, "
        f"use --axes {other.axes}."
    )


def _order_doubt(
    positions: FloatArray, quaternions: FloatArray, axes: Axes, order: QuaternionOrder, declared: Declared
) -> str:
    """Return a sentence if the head is upright only when the quaternion is read in the other order."""
    if declared.certain:
        return ""
    other: QuaternionOrder = "xyzw" if order == "wxyz" else "wxyz"
    own, swapped = (uprightness(positions, in_order(quaternions, each), axes) for each in (order, other))
    if swapped > 0.6 and own < 0.1:
        return f"The head is upright only if the rotations are read as {other}: try --quaternion-order {other}."
    return ""


def _told(found: BodySigns) -> str:
    """Describe the evidence for users: the head, the sides, and the clearest signs of front and back."""
    upright = f"the head is {'upright' if found.upright > 0.5 else 'tilted'} ({found.upright:.2f} of 1)"
    side = f"the right hand is {'to the right' if found.side >= 0 else 'to the left'} of the left one"
    strength = {name: getattr(found, name) * WEIGHTS[name] for name in _SIGNS}
    clearest = sorted(_SIGNS, key=lambda name: -strength[name])[:2]
    return ", ".join([upright, side, *(_SIGNS[name] for name in clearest if strength[name] > _CLEAR_SIGN)])


_SIGNS: Final[dict[str, str]] = {
    "walking": "the head moves in the direction in which it looks",
    "neck": "the head turns about a neck behind it",
    "elbow": "the hands turn about points behind them",
    "shoulder": "the arms hang from points behind the eyes",
    "bending": "the head moves forward when it sinks",
    "lifting": "rising hands move forward",
    "looking_down": "the head looks down rather than up",
    "middle": "the hands are in front of the head",
}
_CLEAR_SIGN: Final[float] = 0.15
