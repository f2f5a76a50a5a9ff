# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the panel's fields in sentences that are written for the command line.

The core writes its hints with flags, such as ``--recording-fps 90``. Each option is declared once, with its flag and
its label, so a flag tells which field of the panel is meant.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ..options import TRIM_OPTIONS, CalibrationSettings, LiveOptions, Option, ReadOptions, SolveSettings, options_of
from .translate import tr

_PLACES: Final = (
    (ReadOptions, "Read as"),
    (CalibrationSettings, "Calibration"),
    (SolveSettings, "Solve"),
    (LiveOptions, "Live"),
)
"""The options of the core, and the titles under which the panel shows them."""
_FLAG: Final[re.Pattern[str]] = re.compile(r'--(?P<flag>[a-z][a-z-]*[a-z])(?: (?P<value>"[^"]*"|[\w.+-]*\w))?')
_SENTENCE: Final[re.Pattern[str]] = re.compile(r"[^.!?]+(?:[.!?](?!\s|$)[^.!?]*)*[.!?]*\s*")
_ASIDE: Final[re.Pattern[str]] = re.compile(r" \([^()]*--[^()]*\)")
_LEAVE_OUT: Final[str] = " (leave out "
"""Automatic is a choice of the panel; a command line leaves out the flag."""


def panel_words(text: str) -> str:
    """Return a text of the core with the panel's fields in the place of flags.

    A flag that the panel does not have goes with its brackets, or else with its sentence.
    """
    if "--" not in text:
        return text
    known = _ASIDE.sub(lambda aside: aside[0] if _is_for_panel(aside[0]) else "", text)
    sentences = [each for each in _SENTENCE.findall(known) if _has_fields(each)]
    return _FLAG.sub(_field, "".join(sentences)).strip()


def _is_for_panel(aside: str) -> bool:
    return _has_fields(aside) and not aside.startswith(_LEAVE_OUT)


def _has_fields(text: str) -> bool:
    """Return whether the panel has a field for each flag of a text."""
    return all(found["flag"] in _fields() for found in _FLAG.finditer(text))


def _field(found: re.Match[str]) -> str:
    place, option = _fields()[found["flag"]]
    named = f"{tr(place)} > {tr(option.label)}"
    value = found["value"]
    if value is None:
        return named
    shown = _shown_value(option, value)
    return f"{named} {value}" if shown is None else f"{named}: {shown}"


def _shown_value(option: Option, value: str) -> str | None:
    """Return a value as the panel shows it; None if the word after the flag is no value of the option."""
    choice = next((choice for choice in option.choices if choice.name == value), None)
    if choice is not None:
        return tr(choice.label)
    is_text = value.startswith('"') and option.kind in {"text", "path"}
    is_number = option.kind in {"number", "integer", "choice"} and re.fullmatch(r"[\d.]+", value) is not None
    is_custom = option.custom is not None and value.isupper()
    return value if is_text or is_number or is_custom else None


@cache
def _fields() -> dict[str, tuple[str, Option]]:
    """Return the place and the option of each flag that the panel has."""
    fields = {}
    for table, title in _PLACES:
        for option in options_of(table):
            if not option.not_in_panel:
                fields[option.flag] = ("Trim" if option.name in TRIM_OPTIONS else title, option)
    return fields
