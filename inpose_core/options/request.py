# SPDX-License-Identifier: Apache-2.0
"""Convert settings to JSON and back: only values that differ from the default; unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from .table import OptionTable, options_of

Table = TypeVar("Table", bound=OptionTable)


def settings_to_json(settings: OptionTable) -> dict[str, Any]:
    """Return the values that differ from the defaults, as JSON values."""
    values = {option.name: (getattr(settings, option.name), option.default) for option in options_of(type(settings))}
    return {name: _plain(value) for name, (value, default) in values.items() if value != default}


def settings_from_json(table: type[Table], values: object) -> Table:
    """Return the settings that a JSON object describes. Null and missing keys mean the default.

    Raises:
        InPoseError: of the table's kind; a key is no option, or a value does not fit.
    """
    if not isinstance(values, Mapping):
        raise table.error(f"The {table.title.lower()} options are not a JSON object.", 'Write {"name": value, ...}.')
    refuse_unknown(values, tuple(option.name for option in options_of(table)), f"{table.title.lower()} option", table)
    return table(**{name: value for name, value in values.items() if value is not None})


def refuse_unknown(values: Mapping[str, object], known: tuple[str, ...], what: str, table: type[OptionTable]) -> None:
    """Refuse unknown keys, and suggest similar ones.

    Raises:
        InPoseError: of the table's kind.
    """
    for key in values:
        if key not in known:
            raise table.error(f'There is no {what} "{str(key)[:40]}".', near_names(str(key), known))


def near_names(name: str, known: tuple[str, ...]) -> str:
    """Return a hint with similar names, or with all names."""
    near = get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(near)}?" if near else f"The possible names are {', '.join(known)}."


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())  # who reads it may be at home in another folder
    return list(value) if isinstance(value, tuple) else value
