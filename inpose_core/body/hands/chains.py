# SPDX-License-Identifier: Apache-2.0
"""Find the fingers of a hand among the bones below it: by their names, or else by where they are.

The bones of a finger are its phalanges, from the palm to the tip. Bones inside the palm and the ends that exporters add
are left out; what comes after the last phalanx says where the finger ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ...arrays import FloatArray
from .joints import FINGERS, PHALANX_COUNT, Finger

_WORDS: Final[tuple[tuple[Finger, re.Pattern[str]], ...]] = (
    ("thumb", re.compile(r"thumb|pollex|親指")),
    ("index", re.compile(r"index|fore(?!arm)|second|人指|人差|人差し")),
    ("middle", re.compile(r"mid|third(?=pp|mp|dp|mc|$)|中指")),
    ("ring", re.compile(r"ring|薬指|fourth")),
    ("little", re.compile(r"pink|little|小指|fifth")),
)
_NUMBERED: Final[re.Pattern[str]] = re.compile(r"finger[ _.-]?(\d)")
"""``Finger0`` is the thumb of a Biped, ``finger1-1`` that of MakeHuman."""
_ENDS: Final[re.Pattern[str]] = re.compile(r"(end|leaf|tip|nub|先)(?![a-z])|_end")
_IN_PALM: Final[re.Pattern[str]] = re.compile(r"carpal|palm|inhand|in_hand|meta|_base|base(?![a-z])|mc$")
_MITTEN: Final[re.Pattern[str]] = re.compile(r"fingers?(?![ _.-]?\d)|mitten")
"""One chain for all fingers but the thumb: it bends as the middle finger."""
_HAND: Final[re.Pattern[str]] = re.compile(r"hand")
_NO_FINGER: Final[re.Pattern[str]] = re.compile(r"twist|prop|weapon|holder|socket|attach|ik|item|dummy|捩")
_FINGERS_OF_COUNT: Final[dict[int, tuple[Finger, ...]]] = {
    1: ("middle",),
    2: ("index", "ring"),
    3: ("index", "middle", "little"),
    4: ("index", "middle", "ring", "little"),
}
"""Which fingers there are besides the thumb; cartoon hands have less."""
_NEAR_WRIST: Final[float] = 0.4
"""A bone of a finger starts in the palm if it is this near to the wrist, compared with the next bone."""


@dataclass(frozen=True)
class FingerChain:
    """Hold the bones of one finger."""

    bones: tuple[str, ...]
    """At most three, from the palm to the tip."""
    end: str | None
    """The bone that begins where the last one ends; None: there is none."""


def find_chains(
    hand: str, children: Mapping[str, Sequence[str]], heads: Mapping[str, FloatArray]
) -> dict[Finger, FingerChain]:
    """Return the fingers below a hand, as far as there are any.

    Args:
        hand: the bone of the hand.
        children: the bones that hang on each bone.
        heads: (3,) where each bone begins in the rest pose.
    """
    paths = [path for path in _paths(hand, children) if not _NO_FINGER.search(path[0].lower())]
    paths = [path for path in paths if not _ENDS.search(path[0].lower())]
    named = _by_name(paths)
    found = named or _by_place(hand, paths, heads)
    chains = {finger: _phalanges(finger, path, heads, heads[hand]) for finger, path in found.items()}
    return {finger: chains[finger] for finger in FINGERS if finger in chains and chains[finger].bones}


def _paths(bone: str, children: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return all ways from below a bone to a last bone."""
    ways = []
    for child in children.get(bone, ()):
        below = _paths(child, children)
        ways += [[child, *way] for way in below] if below else [[child]]
    return ways


def _by_name(paths: Sequence[list[str]]) -> dict[Finger, list[str]]:
    found: dict[Finger, list[str]] = {}
    numbered: dict[int, list[str]] = {}
    for path in paths:
        finger = next((finger for bone in path for finger, word in _WORDS if word.search(_plain(bone))), None)
        number = next((match[1] for bone in path if (match := _NUMBERED.search(bone.lower()))), None)
        if finger is not None:
            if len(path) > len(found.get(finger, ())):
                found[finger] = path
        elif number is not None and len(path) > len(numbered.get(int(number), ())):
            numbered[int(number)] = path
    if not found and len(numbered) > 1:
        first = 0 if 0 in numbered else 1
        found = {finger: numbered[first + place] for place, finger in enumerate(FINGERS) if first + place in numbered}
    mitten = next((path for path in paths if any(_MITTEN.search(bone.lower()) for bone in path)), None)
    if mitten is not None and not found.keys() - {"thumb"}:
        found["middle"] = mitten
    return found


def _names_finger(bone: str) -> bool:
    plain = _plain(bone)
    return any(word.search(plain) for _, word in _WORDS) or bool(_NUMBERED.search(plain) or _MITTEN.search(plain))


def _plain(bone: str) -> str:
    """Return a bone's name in small letters, without the word for the whole hand, which has "and" in many languages."""
    return bone.lower().replace("middlehand", "")


def _by_place(hand: str, paths: Sequence[list[str]], heads: Mapping[str, FloatArray]) -> dict[Finger, list[str]]:
    """Name the fingers by where they begin: the thumb begins nearest to the wrist, and the others are side by side."""
    longest: dict[str, list[str]] = {}
    for path in paths:
        key = path[0] if len({each[0] for each in paths}) > 1 else path[min(1, len(path) - 1)]
        if len(path) > len(longest.get(key, ())):
            longest[key] = path
    # A single bone may be anything: a part of the hand, or what it holds.
    candidates = [path for path in longest.values() if len(path) > 1]
    if not 1 <= len(candidates) <= len(FINGERS):
        return {}
    if len(candidates) == 1:
        return {"middle": candidates[0]}
    wrist = heads[hand]
    distance = [float(np.linalg.norm(heads[path[0]] - wrist)) for path in candidates]
    ends = np.array([heads[path[-1]] for path in candidates])
    apart = [float(np.linalg.norm(end - np.median(np.delete(ends, n, 0), axis=0))) for n, end in enumerate(ends)]
    thumb = int(np.argmax(np.array(apart) - np.array(distance)))
    others = [path for number, path in enumerate(candidates) if number != thumb]
    others.sort(key=lambda path: float(np.linalg.norm(heads[path[0]] - heads[candidates[thumb][0]])))
    names: Sequence[Finger] = _FINGERS_OF_COUNT[len(others)]
    return {"thumb": candidates[thumb], **dict(zip(names, others, strict=True))}


def _phalanges(finger: Finger, path: Sequence[str], heads: Mapping[str, FloatArray], wrist: FloatArray) -> FingerChain:
    bones = list(path)
    ends: list[str] = []
    while len(bones) > 1 and _ENDS.search(bones[-1].lower()):
        ends.insert(0, bones.pop())
    while len(bones) > 1 and _HAND.search(bones[0].lower()) and not _names_finger(bones[0]):
        bones.pop(0)
    if finger != "thumb":
        while len(bones) > 1 and _IN_PALM.search(bones[0].lower()):
            bones.pop(0)
        while len(bones) > PHALANX_COUNT and _starts_in_palm(bones, heads, wrist):
            bones.pop(0)
    rest = bones[PHALANX_COUNT:] + ends
    return FingerChain(tuple(bones[:PHALANX_COUNT]), rest[0] if rest else None)


def _starts_in_palm(bones: Sequence[str], heads: Mapping[str, FloatArray], wrist: FloatArray) -> bool:
    first, second = (float(np.linalg.norm(heads[bone] - wrist)) for bone in bones[:2])
    return first < _NEAR_WRIST * second


def chain_places(
    chain: FingerChain, heads: Mapping[str, FloatArray], ends: Mapping[str, FloatArray] | None = None
) -> FloatArray:
    """Return where the bones of a finger begin, and where it ends, (B + 1, 3).

    A finger whose end is unknown goes on as it came.

    Args:
        chain: the finger.
        heads: (3,) where each bone begins.
        ends: (3,) where a last bone ends, for those where that is known.
    """
    places = [heads[bone] for bone in chain.bones]
    if chain.end is not None:
        places.append(heads[chain.end])
    elif ends is not None and chain.bones[-1] in ends:
        places.append(ends[chain.bones[-1]])
    else:
        places.append(2 * places[-1] - places[-2] if len(places) > 1 else places[-1])
    return np.array(places, dtype=np.float64)
