# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the pairs of equally built chains of a rig that can be arms or legs. Only lengths are compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .rest_tree import RestTree
from .words import is_decoration

_LENGTH_TOLERANCE: Final[float] = 0.03
"""Largest difference of the bones of left and right, as a part of the body's size."""
_SHORTEST_LIMB: Final[float] = 0.15
"""A limb is at least this part of the body's size long: shorter pairs are eyes, ears, breasts, fingers."""
_SMALLEST_SHARE: Final[float] = 0.6
"""Of the shorter chain of two, how much both have in common. A weapon makes the other one longer."""


@dataclass(frozen=True)
class LimbPair:
    """Hold a pair of equal chains, first bones first."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    parent: str


@dataclass(frozen=True)
class _Twins:
    """Hold the longest chains below two bones that are equal bone by bone, and their length."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    length: float


def limb_pairs(tree: RestTree) -> Iterator[LimbPair]:
    """Yield all pairs of siblings that are equally built and long enough for arms or legs.

    What only one side has, such as a weapon in a hand, does not count, nor do sleeves that are longer than the hand.
    """
    shortest, tolerance = _SHORTEST_LIMB * tree.size, _LENGTH_TOLERANCE * tree.size
    for parent, children in tree.children.items():
        long = [child for child in children if tree.length(child) + tree.reach(child) > shortest]
        for index, a in enumerate(long):
            for b in long[index + 1 :]:
                if abs(tree.length(a) - tree.length(b)) > tolerance:
                    continue
                twins = _twins(tree, a, b, tolerance)
                whole = min(tree.reach(a), tree.reach(b))
                long_enough = tree.length(a) + twins.length > shortest and twins.length > _SMALLEST_SHARE * whole
                if len(twins.a) >= 2 and long_enough and _are_apart(tree, twins, tolerance):
                    yield LimbPair(twins.a, twins.b, parent)


def _twins(tree: RestTree, a: str, b: str, tolerance: float) -> _Twins:
    best = _Twins((a,), (b,), 0.0)
    for child_a, child_b in itertools.product(tree.children[a], tree.children[b]):
        lengths = tree.length(child_a), tree.length(child_b)
        if abs(lengths[0] - lengths[1]) > tolerance or is_decoration(child_a):
            continue
        below = _twins(tree, child_a, child_b, tolerance)
        length = below.length + min(lengths)
        if length > best.length or (length == best.length and len(best.a) == 1):
            best = _Twins((a, *below.a), (b, *below.b), length)
    return best


def _are_apart(tree: RestTree, twins: _Twins, tolerance: float) -> bool:
    """Say whether two chains are in different places: else they are bones and their helpers."""
    return any(np.linalg.norm(tree.head[x] - tree.head[y]) > tolerance for x, y in zip(twins.a, twins.b, strict=True))
