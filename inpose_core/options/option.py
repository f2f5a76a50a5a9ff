# SPDX-License-Identifier: Apache-2.0
"""Describe an option: name, type, default, range or choices, unit, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["flag", "integer", "number", "text", "path", "vector", "choice"]
Unit = Literal["", "m", "s", "deg", "Hz", "frames", "share"]
"""A share goes from 0 to 1. The units m, s and deg end the name of a field, and not that of its flag."""


_NAMED_UNITS: Final[tuple[str, ...]] = ("m", "s", "deg")


@dataclass(frozen=True)
class Choice:
    """Describe one value of an option. New ones go to the end: a .blend file keeps the place, not the name."""

    name: str
    label: str
    sentence: str = ""


@dataclass(frozen=True)
class Custom:
    """Describe what may be given instead of a choice: a number, or text."""

    label: str
    sentence: str
    choice_label: str
    choice_sentence: str
    default: float | str
    """Its type is that of the values: a whole number allows only whole numbers."""
    stored_as: str
    """The name of the field beside the choice, in Blender."""
    minimum: float | None = None
    maximum: float | None = None
    soft_minimum: float | None = None
    soft_maximum: float | None = None

    @property
    def is_number(self) -> bool:
        """Say whether it is a number."""
        return not isinstance(self.default, str)

    @property
    def is_whole(self) -> bool:
        """Say whether it is a whole number."""
        return isinstance(self.default, int)


@dataclass(frozen=True)
class Option:
    """Describe one option of a settings class."""

    sentence: str
    """What it does, without a full stop: help, tooltip and docs."""
    label: str
    """Its name in panels and docs."""
    choices: tuple[Choice, ...] = ()
    custom: Custom | None = None
    minimum: float | None = None
    maximum: float | None = None
    soft_maximum: float | None = None
    """How far a slider goes."""
    unit: Unit = ""
    automatic: str = ""
    """What None means, for options that may be None."""
    automatic_value: float | None = None
    """The value that does what None does while other options have their defaults. Without one, a field that must show
    a number shows 0 for None, and its tooltip tells so."""
    expert: bool = False
    """The panel shows it in a part of its own, which is closed at first."""
    not_in_panel: str = ""
    """Why panels do not show it, as a clause for the docs; empty if they do. Everything else has every option: the
    command lines, Python and the worker's request."""
    flag: str = ""
    """The flag without ``--``, where it does not follow from the name."""
    old_flags: tuple[str, ...] = ()
    """Flags that scripts may still use; the help does not list them."""
    stored_as: str = ""
    """The property in .blend files, where that is not the name."""
    check: Any = None
    """Called with a value that is not None; raises the `InPoseError` that says what is wrong with it."""
    # The following values come from the field itself.
    name: str = ""
    kind: Kind = "text"
    optional: bool = False
    takes_text: bool = False
    """What is given instead of a choice stays text, be it a number."""
    default: Any = None

    def __post_init__(self) -> None:
        if not self.stored_as:
            object.__setattr__(self, "stored_as", self.name)
        if not self.flag:
            words = self.name.split("_")
            named = self.unit in _NAMED_UNITS and words[-1] == self.unit
            object.__setattr__(self, "flag", "-".join(words[:-1] if named else words))

    @property
    def words(self) -> str:
        """Return the name as words that begin a sentence: "Calibration time"."""
        return self.flag.replace("-", " ").capitalize()

    @property
    def choice_names(self) -> tuple[str, ...]:
        """Return the values that there are to choose from."""
        return tuple(choice.name for choice in self.choices)
