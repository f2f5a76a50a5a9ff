# SPDX-License-Identifier: Apache-2.0
"""Decide about which axes in turn Euler angles rotate: as told, or so that head and hands move like a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from ...options.reading import ReadOptions
from ..conventions import TIME_UNITS_S, Axes
from ..tables.rotation_columns import PITCH_YAW_ROLL, UNITY_EULER_ORDER
from ..tracks import RawTracks
from ..types import Guess
from .excerpts import excerpt, sampling_stride
from .parked import find_parked, find_unmoved
from .readings import Reading, rank_readings, read_in_orders
from .seconds import likely_unit

_LOG_PRIORS: Final[Mapping[str, float]] = {
    UNITY_EULER_ORDER: 0.0,
    "XYZ": -1.5,
    "ZYX": -1.5,
    "ZXY": -3.0,
    "XZY": -3.5,
    "YZX": -3.5,
}
"""How usual the orders are: that of Unity, those of three.js and Blender, the others. In 40 takes that did not choose
them (`benchmarks/euler_orders.py`), Unity's order is right 40 times, that of three.js 36, ZYX 37 and 38, ZXY 28 times.
One wrong order of these 200 was not doubted."""
_SURE: Final[float] = 0.8
"""Probability from which a guessed order is not doubted."""
_UPRIGHT: Final[float] = 0.5


class OrderedTracks(NamedTuple):
    """Hold tracks whose Euler angles are read in one order."""

    raw: RawTracks
    guess: Guess | None
    """How the order was decided; None if the file has no Euler angles."""


def in_likely_order(raw: RawTracks, options: ReadOptions) -> OrderedTracks:
    """Return the tracks with their Euler angles in the order of the user, of the file, or else the most likely one."""
    euler = raw.euler
    if euler is None:
        return OrderedTracks(raw, None)
    if euler.order == PITCH_YAW_ROLL or (euler.order is not None and options.euler_order is None):
        return OrderedTracks(raw, Guess("Euler order", euler.order, "file", raw.declared.by))
    if options.euler_order is not None:
        guess = Guess("Euler order", options.euler_order, "given", "")
    else:
        axes = options.axes or raw.declared.axes
        rankings = {order: _ranking(euler.read_in(order), axes) for order in _LOG_PRIORS}
        guess = _likely({order: ranking[0] for order, ranking in rankings.items() if ranking})
    read = euler.read_in(guess.value)
    return OrderedTracks(
        replace(raw, positions=read.positions, quaternions=read.quaternions, trackers=read.trackers), guess
    )


def _ranking(raw: RawTracks, axes: str | None) -> list[Reading]:
    stride = sampling_stride(raw.times * TIME_UNITS_S[likely_unit(raw.times) or "s"])
    tracked = ~(find_parked(raw.positions) | find_unmoved(raw.positions))[..., None]
    p, q = (excerpt(np.where(tracked, each, np.nan), stride) for each in (raw.positions, raw.quaternions))
    ranking = rank_readings(read_in_orders(p, q, ("xyzw",)))
    told = [] if axes is None else [reading for reading in ranking if reading.axes == Axes.parse(axes)]
    return told or ranking


def _likely(best: Mapping[str, Reading]) -> Guess:
    """Return the guess, from the most probable reading in each order."""
    if not best:
        return Guess("Euler order", UNITY_EULER_ORDER, "assumed", "there is no movement to compare")
    log_odds = {order: reading.log_odds + _LOG_PRIORS[order] for order, reading in best.items()}
    first, second = sorted(log_odds, key=lambda order: -log_odds[order])[:2]
    probability = 1.0 / sum(np.exp(each - log_odds[first]) for each in log_odds.values())
    upright = best[first].signs.upright
    evidence = f"with it, head and hands move most like a person's, and the head is upright ({upright:.2f} of 1)"
    doubt = ""
    if upright < _UPRIGHT:
        evidence = f"no order makes the head upright ({upright:.2f} of 1)"
        doubt = (
            "The head is tilted, in whatever order the Euler angles are read. If the performer stands, set the order "
            "(--euler-order) and the axes (--axes)."
        )
    elif probability < _SURE:
        doubt = (
            f"The Euler angles can also have the order {second}: if the hands are twisted, use --euler-order {second}."
        )
    return Guess("Euler order", first, "guessed", evidence, doubt)
