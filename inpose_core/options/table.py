# SPDX-License-Identifier: Apache-2.0
"""Declare options as the fields of a settings class (`option`), and list them (`options_of`)."""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, field, fields, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Literal, Union, get_args, get_origin, get_type_hints

from ..errors import InPoseError
from .option import Choice, Custom, Kind, Option, Unit
from .values import fitting

_METADATA_KEY: Final[str] = "option"


class OptionTable:
    """Base class of settings: a frozen dataclass whose fields are options. Its constructor refuses wrong values."""

    title: ClassVar[str]
    sentence: ClassVar[str]
    """A sentence about the whole table."""
    error: ClassVar[type[InPoseError]] = InPoseError
    """The kind of error that a wrong value raises."""

    def __post_init__(self) -> None:
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
    not_in_panel: str = "",
    flag: str = "",
    old_flags: tuple[str, ...] = (),
    stored_as: str = "",
    check: Any = None,
) -> Any:
    """Declare an option as a field of an `OptionTable`; the arguments are the fields of `Option`."""
    described = Option(
        sentence, label, choices, custom, minimum, maximum, soft_maximum, unit, automatic, automatic_value, expert,
        not_in_panel, flag, old_flags, stored_as, check,
    )  # fmt: skip
    return field(default=default, metadata={_METADATA_KEY: (described, flag, stored_as)})


def options_of(table: type[OptionTable]) -> tuple[Option, ...]:
    """Return the options of a settings class in their order. Other fields are skipped."""
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
