# SPDX-License-Identifier: Apache-2.0
"""Decide the axes and the quaternion order: from the user, from the file, or from the most plausible stance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...arrays import FloatArray
from ...options.reading import QUATERNION_ORDERS
from ..conventions import Axes, QuaternionOrder, ReadOptions, convert_positions, convert_rotations
from ..tracks import Declared
from ..types import Guess
from .evidence import Candidate, Stance, best_axes, excerpt, in_order, look_like_joints, stance

_CLEARLY_BETTER: Final[float] = 2.0
"""A score better by this much contradicts the declared axes; it is about the effect of one flipped axis."""
_NARROWLY_BETTER: Final[float] = 0.6


@dataclass(frozen=True)
class Orientation:
    """Hold the axes and quaternion order of a recording, and the evidence for them."""

    axes: Axes
    order: QuaternionOrder
    look_like_joints: bool
    """They look like joint poses (facing +Z) in a file of OpenXR's axes."""
    guesses: tuple[Guess, Guess]
    """Guesses for the axes and for the order."""


def decide_axes_and_order(
    positions: FloatArray,
    quaternions: FloatArray,
    declared: Declared,
    options: ReadOptions,
) -> Orientation:
    """Return the axes of positions and quaternions: from the user, else from the file, else the most likely ones."""
    order = options.quaternion_order or declared.quaternion_order
    text = options.axes or declared.axes
    axes = Axes.parse(text) if text else None
    ranking = (
        []
        if declared.certain or (options.axes and order)
        else best_axes(positions, quaternions, (order,) if order else QUATERNION_ORDERS, not declared.hands)
    )
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
            evidence = f"{chosen.label}: {_told(chosen.stance)}"
            axes_guess = Guess("axes", str(axes), "guessed", evidence, _axes_doubt(ranking))
    elif options.axes:
        axes_guess = Guess("axes", str(axes), "given", "")
    else:
        mine = _of(ranking, axes, order)
        doubt = ""
        if order and str(axes) == "RUB" and not declared.certain:
            posed = look_like_joints(excerpt(positions), in_order(excerpt(quaternions), order))
        if chosen and mine and chosen.score > mine.score + _CLEARLY_BETTER and not posed:
            doubt = (
                f"The axes look like {chosen.axes} ({chosen.label}) instead of {axes}: {_told(chosen.stance)}. "
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
            f"the head's up axis then points up ({mine.stance.upright:.2f} of 1)"
            if mine
            else "there is no movement to compare"
        )
        order_guess = Guess("quaternion order", order, "guessed" if mine else "assumed", evidence)
    return Orientation(axes, order, posed, (axes_guess, order_guess))


def _of(ranking: list[Candidate], axes: Axes, order: QuaternionOrder | None) -> Candidate | None:
    return next((candidate for candidate in ranking if (candidate.axes, candidate.order) == (axes, order)), None)


def _axes_doubt(ranking: list[Candidate]) -> str:
    """Return a sentence that names other axes that are nearly as good, if any."""
    chosen = ranking[0]
    if str(chosen.axes) == "LUF" and not chosen.swapped:
        # These axes and swapped hands are both rare and look the same: each is the mirror image of the other.
        return "If the result is a mirror image, use --axes RUF --swap-hands."
    near = (c for c in ranking if c.axes != chosen.axes and c.score > chosen.score - _NARROWLY_BETTER)
    other = next(near, None)
    return f"The axes can also be {other.axes} ({other.label}): try --axes {other.axes}." if other else ""


def _order_doubt(
    positions: FloatArray, quaternions: FloatArray, axes: Axes, order: QuaternionOrder, declared: Declared
) -> str:
    """Return a sentence if the head is upright only when the quaternion is read in the other order."""
    if declared.certain:
        return ""
    other: QuaternionOrder = "xyzw" if order == "wxyz" else "wxyz"
    read = [
        stance(convert_positions(excerpt(positions), axes), convert_rotations(in_order(excerpt(quaternions), o), axes))
        for o in (order, other)
    ]
    if read[0] and read[1] and read[1].upright > 0.6 and read[0].upright < 0.1:
        return f"The head is upright only if the rotations are read as {other}: try --quaternion-order {other}."
    return ""


def _told(found: Stance) -> str:
    """Describe the evidence of a stance for users."""
    where = "in front of" if found.front >= 0 else "behind"
    side = "to the right" if found.side >= 0 else "to the left"
    return (
        f"the head is {'upright' if found.upright > 0.5 else 'tilted'} ({found.upright:.2f} of 1), "
        f"outstretched hands are {where} it, the right hand is {side} of the left one"
    )
