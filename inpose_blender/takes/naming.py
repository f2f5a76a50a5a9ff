# SPDX-License-Identifier: GPL-3.0-or-later
"""Read slate and number from the name of a take, and find the next name. Does not import bpy."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

_NUMBERED: Final[re.Pattern[str]] = re.compile(r"(?P<slate>.*?)(?P<gap>[ _.-]*)(?P<number>[0-9]{1,6})")
_GAP: Final[str] = " "


@dataclass(frozen=True)
class TakeName:
    """Hold the parts of a name: ``fight_003`` has the slate ``fight`` and the number 3."""

    slate: str
    number: int | None = None
    gap: str = _GAP
    digits: int = 1

    def __str__(self) -> str:
        """Return the name; the number has at least as many digits as it was read with."""
        return self.slate if self.number is None else f"{self.slate}{self.gap}{self.number:0{self.digits}}"


def parsed_name(name: str) -> TakeName:
    """Return the parts of a name; one without a number at its end is all slate."""
    found = _NUMBERED.fullmatch(name)
    if found is None or not found["slate"]:
        return TakeName(name)
    return TakeName(found["slate"], int(found["number"]), found["gap"], len(found["number"]))


def next_name(slate: str, names: Collection[str]) -> str:
    """Return the name of the next take of a slate, written as the last take of this slate among the names."""
    parts = [parsed_name(name) for name in names]
    same = [one for one in parts if one.slate == slate and one.number is not None]
    if same:
        last = max(same, key=lambda one: one.number or 0)
        return str(replace(last, number=(last.number or 0) + 1))
    return str(TakeName(slate, 2 if slate in names else 1))


def free_name(name: str, names: Collection[str]) -> str:
    """Return a name that is not among the names: the name itself, or the name with the next number."""
    if name not in names:
        return name
    number = 2
    while f"{name} ({number})" in names:
        number += 1
    return f"{name} ({number})"
