# SPDX-License-Identifier: Apache-2.0
"""Offer the options of a settings class on a command line, and read them back.

Values are read as text and checked when the settings are made. So a wrong value has the same message on the command
line, in the worker and in Python.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from .option import Option
from .table import OptionTable, options_of
from .values import custom_words, range_of, shown, value_from_text

Table = TypeVar("Table", bound=OptionTable)

_METAVARS: Final[dict[str, str]] = {
    "m": "METRES",
    "s": "SECONDS",
    "deg": "DEGREES",
    "Hz": "RATE",
    "frames": "FRAMES",
}


def add_options(
    parser: argparse.ArgumentParser,
    table: type[Table],
    defaults: Table | None = None,
    without: Collection[str] = (),
) -> None:
    """Add a group with an option for each field. An option that is not given is not in the namespace.

    Args:
        parser: gets the group.
        table: the settings class.
        defaults: the defaults that the help shows; by default the table's own.
        without: names of fields that make no sense for this command.
    """
    group = parser.add_argument_group(table.title.lower(), table.sentence)
    for option in options_of(table):
        if option.name not in without:
            default = option.default if defaults is None else getattr(defaults, option.name)
            _add_option(group, option, default)


def settings_from_arguments(table: type[Table], options: argparse.Namespace, defaults: Table | None = None) -> Table:
    """Return the settings that were given.

    Raises:
        InPoseError: of the table's kind; a value does not fit.
    """
    given = given_values(table, options)
    return replace(table() if defaults is None else defaults, **given)  # type: ignore[type-var]  # tables are dataclasses


def given_values(table: type[OptionTable], options: argparse.Namespace) -> dict[str, Any]:
    """Return the values that were given, by the names of the table's fields; they are not checked."""
    return {
        option.name: _value(option, getattr(options, option.name))
        for option in options_of(table)
        if hasattr(options, option.name)
    }


def help_of(option: Option, default: Any) -> str:
    """Return the sentence with the possible values and the default."""
    limits = range_of(option) if option.custom is None else f"or {custom_words(option.custom)}"
    taken = option.automatic if default is None else str(shown(option, default)).strip('"').replace("_", "-")
    details = "; ".join(filter(None, (limits, f"default: {taken}")))
    experts = "For experts: " if option.expert else ""
    sentence = option.sentence if not experts else option.sentence[0].lower() + option.sentence[1:]
    return f"{experts}{sentence} ({details})"


def _add_option(group: Any, option: Option, default: Any) -> None:
    text = help_of(option, default).replace("%", "%%")
    absent = argparse.SUPPRESS
    flags = [(f"--{option.flag}", text), *((f"--{flag}", absent) for flag in option.old_flags)]
    for flag, words in flags:
        if option.kind == "flag":
            group.add_argument(
                flag, dest=option.name, action=argparse.BooleanOptionalAction, default=absent, help=words
            )
        elif option.kind == "vector":
            names = tuple("XYZW"[: len(option.default)])
            group.add_argument(flag, dest=option.name, nargs=len(names), metavar=names, default=absent, help=words)
        else:
            group.add_argument(flag, dest=option.name, metavar=_metavar(option), default=absent, help=words)


def _metavar(option: Option) -> str:
    if option.kind == "choice":
        names = [name.replace("_", "-") for name in option.choice_names]
        return f"{{{','.join(names + (['...'] if option.custom else []))}}}"
    if option.kind == "path":
        return "FILE"
    return _METAVARS.get(option.unit, "TEXT" if option.kind == "text" else "N")


def _value(option: Option, given: Any) -> Any:
    if isinstance(given, bool):
        return given
    if option.kind == "path":
        return Path(given).resolve()  # the solver may work in another folder
    if isinstance(given, list):
        return tuple(value_from_text(option, text) for text in given)
    return value_from_text(option, given)
