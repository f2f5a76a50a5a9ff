# SPDX-License-Identifier: Apache-2.0
"""Describe an option (`Option`), declare it (`option`), and list those of a settings class (`options_of`)."""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Literal, Union, get_args, get_origin, get_type_hints

from ..errors import InPoseError

Kind = Literal["flag", "integer", "number", "text", "path", "vector", "choice"]
Unit = Literal["", "m", "s", "deg", "Hz", "frames", "share"]
"""A share goes from 0 to 1. The units m, s and deg end the name of a field, and not that of its flag."""

TERMINAL: Final[str] = "terminal"
"""Both command lines: ``inpose`` and ``blender --command inpose``."""
PANEL: Final[str] = "panel"
PROGRAM: Final[frozenset[str]] = frozenset()
"""Neither of them: the option is for Python and for the worker's request, which have every option."""

_METADATA_KEY: Final[str] = "option"
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
    appears: frozenset[str] = frozenset((TERMINAL, PANEL))
    flag: str = ""
    """The flag without ``--``, where it does not follow from the name."""
    old_flags: tuple[str, ...] = ()
    """Flags that scripts may still use; no help tells them."""
    stored_as: str = ""
    """The property in .blend files, where that is not the name."""
    check: Any = None
    """Called with a value that is not None; raises the `InPoseError` that says what is wrong with it."""
    # What follows is told by the field itself.
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


class OptionTable:
    """Be a frozen dataclass whose fields are options; what does not fit is refused where it is made."""

    title: ClassVar[str]
    sentence: ClassVar[str]
    """What the table as a whole is about."""
    error: ClassVar[type[InPoseError]] = InPoseError
    """What is raised for a value that does not fit."""

    def __post_init__(self) -> None:
        from .values import fitting  # noqa: PLC0415 (which needs Option)

        for described in options_of(type(self)):
            value = getattr(self, described.name)
            object.__setattr__(self, described.name, fitting(described, value, self.error))


def option(
    default: Any,
    sentence: str,
    *,
    label: str,
    choices: tuple[Choice, ...] = (),
    custom: Custom | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    soft_maximum: float | None = None,
    unit: Unit = "",
    automatic: str = "",
    automatic_value: float | None = None,
    expert: bool = False,
    appears: frozenset[str] = frozenset((TERMINAL, PANEL)),
    flag: str = "",
    old_flags: tuple[str, ...] = (),
    stored_as: str = "",
    check: Any = None,
) -> Any:
    """Declare an option as a field of an `OptionTable`; the arguments are the fields of `Option`."""
    described = Option(
        sentence, label, choices, custom, minimum, maximum, soft_maximum, unit, automatic, automatic_value, expert,
        appears, flag, old_flags, stored_as, check,
    )  # fmt: skip
    return field(default=default, metadata={_METADATA_KEY: (described, flag, stored_as)})


def options_of(table: type[OptionTable]) -> tuple[Option, ...]:
    """Return the options of a settings class in their order. Fields that are no options are passed over."""
    return _options_of(table)  # type: ignore[arg-type]  # mypy takes a class for something without a hash


@cache
def _options_of(table: type[OptionTable]) -> tuple[Option, ...]:
    assert dataclasses.is_dataclass(table), f"{table} is a dataclass"
    types = get_type_hints(table)
    return tuple(_named(entry, types[entry.name]) for entry in fields(table) if _METADATA_KEY in entry.metadata)


def _named(entry: dataclasses.Field[Any], annotation: Any) -> Option:
    described, flag, stored_as = entry.metadata[_METADATA_KEY]
    assert entry.default is not MISSING
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    given = [member for member in members if member is not NoneType]
    optional = len(given) < len(members)
    kind = _kind(given)
    if described.choices and kind != "flag":
        names = tuple(name for member in given if get_origin(member) is Literal for name in get_args(member))
        assert not names or names == described.choice_names, f"{entry.name}: the type and the choices name the same"
        kind = "choice"
    assert not optional or described.automatic, f"{entry.name}: None has a meaning"
    return replace(
        described,
        name=entry.name,
        kind=kind,
        optional=optional,
        takes_text=str in given,
        default=entry.default,
        flag=flag,
        stored_as=stored_as,
    )


def _kind(members: list[Any]) -> Kind:
    kinds: dict[Any, Kind] = {bool: "flag", int: "integer", float: "number", str: "text", Path: "path"}
    for member in members:
        if member in kinds:
            return kinds[member]
        if get_origin(member) is tuple:
            return "vector"
    return "choice"
