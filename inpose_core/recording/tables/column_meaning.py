# SPDX-License-Identifier: Apache-2.0
"""Say what the name of one column means: its device, its kind, its axis."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .column_vocabulary import (
    AXES,
    EULER,
    HEAD,
    LEFT,
    NEUTRAL,
    OTHER,
    POSITION,
    RIGHT,
    ROTATION,
    TIME,
    corrected,
    split_words,
)

_GLUED: Final[re.Pattern[str]] = re.compile(
    r"(pos|rot|quat|euler|ang|loc|ori|[pqtr])([xyzw])|(q|quat|rot)([ijk])|([xyzw])(pos|rot|ang|loc|quat)"
)
_UNIT: Final[re.Pattern[str]] = re.compile(
    r"[(\[{<]\s*([^)\]}>]{0,12})[)\]}>]|_(?:in_)?(m|cm|mm|deg|rad|degrees|radians|meters|metres)$"
)
_LOCAL: Final[frozenset[str]] = frozenset({"local", "relative", "rel", "filtered", "smoothed", "predicted", "previous"})
ANGLES: Final[tuple[str, ...]] = ("pitch", "yaw", "roll")
"""Angles by name, in the order in which they are read."""
_HEADING: Final[str] = "heading"
_TIME_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("s", "sec", "secs", "seconds", "sekunden", "secondes", "segundos"), "s"),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds", "millisekunden"), "ms"),
    **dict.fromkeys(("us", "µs", "usec", "micros", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanoseconds"), "ns"),
}
_TIME_JOINED: Final[frozenset[str]] = frozenset(
    {"deltatimems", "recordingtime", "gametime", "realtime", "systemtime", "frametimeseconds", "unitytime", "simtime"}
    | {"marcadetiempo", "dataeora", "timestampms", "timestampns", "timestampus", "timems", "timesec", "elapsedseconds"}
)


@dataclass(frozen=True)
class ColumnMeaning:
    """Hold what a column's name says."""

    device: str
    """head, left or right."""
    kind: str
    """p for a position, q for a quaternion or any rotation, e for Euler angles; empty if the name has no such word."""
    axis: str
    """x, y, z, w, pitch, yaw or roll; empty for a column of whole vectors."""
    base: str
    """The rest of the name, by which columns belong together."""
    strangers: int
    """Words without a known meaning."""


def meaning_of(column: str, *, correct: bool = False) -> ColumnMeaning | None:
    """Return what a column's name means; None if it names no device or something else, such as a speed."""
    words = words_of(column)
    if correct:
        words = [corrected(word) for word in words]
    axis, kind, rest = component_of(words)
    device = device_of(rest)
    if not device:
        return None
    for word in reversed(rest):
        # "r" is the right hand before it is a rotation.
        if not kind and word not in LEFT | RIGHT:
            kind = kind_of(word)
    if not kind and (axis == "w" or ("r" in rest and device != "right")):
        kind = "q"
    if axis in ANGLES or axis == _HEADING:
        kind = "e"
    elif axis and axis not in "xyzw" and kind != "q":
        return None
    axis = AXES.get(axis, axis)
    known = HEAD | LEFT | RIGHT | NEUTRAL | POSITION | ROTATION | EULER
    strangers = sum(word not in known and not word.isdigit() for word in rest) + 3 * bool(_LOCAL & set(rest))
    return ColumnMeaning(device, kind, axis, " ".join(rest), strangers)


def component_of(words: Sequence[str]) -> tuple[str, str, list[str]]:
    """Return a name's axis, its kind if both are one word, and the other words."""
    axis, kind = "", ""
    rest: list[str] = []
    for place, word in enumerate(words):
        glued = _GLUED.fullmatch(word) if len(words) > 1 and not axis else None
        if (
            not axis
            and len(words) > 1
            and word in AXES
            and (place == len(words) - 1 or (place == 0 and word in "xyzw"))
        ):
            axis = word
        elif glued:
            axis, part = glued[2] or glued[4] or glued[5], glued[1] or glued[3] or glued[6]
            kind = kind_of(part)
            rest.append(part)
        else:
            rest.append(word)
    return axis, kind, rest


def device_of(words: Sequence[str]) -> str:
    """Return head, left or right; empty if the words name none of them, or something beside them."""
    joined = "".join(words)
    centre = "centereye" in joined
    if OTHER & set(words) and not centre:
        return ""
    head = centre or bool(HEAD & set(words))
    named = {word for word in words if len(word) > 1 or not word.isascii()}
    sides = [side for side, names in (("left", LEFT), ("right", RIGHT)) if names & named]
    if not sides and not head:
        # A single letter is a side only beside nothing better: r may be a rotation.
        sides = [side for side, names in (("left", LEFT), ("right", RIGHT)) if names & set(words)]
    if len(sides) == 1:
        return sides[0]
    return "head" if not sides and head else ""


def device_named(text: str) -> str:
    """Return head, left or right for the name of a device in a cell; empty if it is none of them."""
    return device_of(split_words(text))


def is_time(column: str, *, correct: bool = False) -> bool:
    """Return whether a column's name says that it holds times."""
    words = words_of(column)
    if correct:
        words = [corrected(word) for word in words]
    text = "".join(words)
    return (
        text in TIME | _TIME_JOINED
        or (bool(words) and words[0] in TIME - {"t"} and len(words) <= 3)
        or (
            len(words) == 2
            and words[1] in {"time", "timestamp", "seconds", "zeit"}
            and words[0] not in {"delta", "reaction"}
        )
    )


def is_time_step(column: str) -> bool:
    """Return whether a column's name says that it holds the time since the row before."""
    return "".join(words_of(column)) in {"dt", "deltatime", "deltat", "timedelta", "framedelta"}


def unit_in(column: str) -> str:
    """Return the unit that a column's name gives in brackets or at its end, in lower case; empty if none."""
    found = _UNIT.search(column)
    return (found[1] or found[2] or "").strip().lower() if found else ""


def time_unit_in(column: str) -> str | None:
    """Return the unit of times that a column's name gives in brackets or as its last word; None if it gives none."""
    words = [*split_words(column), unit_in(column)]
    return next((unit for word in words[:-3:-1] if (unit := _TIME_UNITS.get(word)) is not None), None)


def words_of(column: str) -> list[str]:
    """Return the words of a column's name without its unit."""
    return split_words(_UNIT.sub(" ", column))


def kind_of(word: str) -> str:
    """Return p, q or e for a word that names positions, rotations or Euler angles; else nothing."""
    if word in POSITION:
        return "p"
    if word in ROTATION:
        return "q"
    return "e" if word in EULER else ""
