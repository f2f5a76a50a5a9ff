# SPDX-License-Identifier: Apache-2.0
"""Describe an option: name, type, default, range or choices, unit, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["flag", "integer", "number", "text", "path", "vector", "choice"]
Unit = Literal["", "m", "mm", "s", "deg", "Hz", "frames", "share"]
"""A share is a number from 0 to 1. The name of a field ends with its unit m, mm, s or deg; its flag does not."""


_NAMED_UNITS: Final[tuple[str, ...]] = ("m", "mm", "s", "deg")


@dataclass(frozen=True)
class Choice:
    """Describe one value of an option. Add new ones at the end: a .blend file stores the position, not the name."""

    name: str
    label: str
    sentence: str = ""


@dataclass(frozen=True)
class Custom:
    """Describe the value that the user may give instead of a choice: a number, or text."""

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
    """Highest value of the slider; the user can type a higher one."""
    unit: Unit = ""
    automatic: str = ""
    """Meaning of None, for options that can be None."""
    automatic_value: float | None = None
    """The number that has the same effect as None while the other options have their defaults. Panels show it for None.
    Without it, they show 0, and the tooltip says what 0 means."""
    expert: bool = False
    """The panel shows it under *Expert options*, which are closed at first."""
    not_in_panel: str = ""
    """Why the panel does not show the option, as a clause for the docs; empty if it does. The command lines, Python and
    the worker's request have every option."""
    flag: str = ""
    """The flag without ``--``, if it does not follow from the name."""
    old_flags: tuple[str, ...] = ()
    """Flags that scripts may still use; the help does not list them."""
    stored_as: str = ""
    """The property in .blend files, if its name differs from the field's."""
    check: Any = None
    """A function that is called with a value other than None, and raises an `InPoseError` if the value is wrong."""
    # The following values come from the field itself.
    name: str = ""
    kind: Kind = "text"
    optional: bool = False
    takes_text: bool = False
    """A value that is given instead of a choice stays text, even if it is a number."""
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
        """Return the names of the choices."""
        return tuple(choice.name for choice in self.choices)
