# SPDX-License-Identifier: GPL-3.0-or-later
"""Say what words in the names of bones tell, where no family of rigs is known by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_ARM: Final[tuple[str, ...]] = ("arm", "elbow", "hand", "wrist", "clav", "shoulder", "腕", "手", "肩", "ひじ")
_LEG: Final[tuple[str, ...]] = ("leg", "thigh", "knee", "shin", "calf", "foot", "ankle", "足", "脚", "ひざ")
_NEITHER: Final[tuple[str, ...]] = (
    "wing", "hair", "skirt", "cape", "cloak", "cloth", "tail", "ribbon", "sleeve", "breast", "weapon", "sword",
    "羽", "翼", "髪", "スカート", "袖",
)  # fmt: skip
_SPLIT: Final[tuple[str, ...]] = ("twist", "roll", "捩")


def arm_words(names: Iterable[str]) -> float:
    """Return how far the names of two chains are those of arms: 1 if all are, -1 if all are those of other parts."""
    return _share(names, _ARM, (*_LEG, *_NEITHER))


def leg_words(names: Iterable[str]) -> float:
    """Return how far the names of two chains are those of legs: 1 if all are, -1 if all are those of other parts."""
    return _share(names, _LEG, (*_ARM, *_NEITHER))


def is_split(name: str) -> bool:
    """Say whether a name is that of a bone between two joints, which only twists."""
    return _has(name, _SPLIT)


def is_decoration(name: str) -> bool:
    """Say whether a name is that of clothes, hair and other things that are no limbs."""
    return _has(name, _NEITHER)


def _share(names: Iterable[str], words: Iterable[str], others: Iterable[str]) -> float:
    votes = [float(_has(name, words)) - float(_has(name, others)) for name in names]
    return sum(votes) / max(len(votes), 1)


def _has(name: str, words: Iterable[str]) -> bool:
    return any(word in name.casefold() for word in words)
