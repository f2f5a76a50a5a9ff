# SPDX-License-Identifier: Apache-2.0
"""A value for each option that is not its default, and that value as it is typed; a new option has them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from inpose_core.options.option import Option

_GIVEN: Final[Mapping[str, Any]] = {"leave_out": "0.5-1.2", "trim_end_s": 7.5}
"""Values of options that allow few, or must fit to those of another option."""


def other_value(option: Option, path: str = "/some/file.json") -> Any:
    """Return a value that fits and is not the default."""
    if option.name in _GIVEN:
        return _GIVEN[option.name]
    if option.kind == "flag":
        return not option.default
    if option.kind == "choice":
        return next(name for name in reversed(option.choice_names) if name != option.default)
    if option.kind in {"text", "path"}:
        return path if option.kind == "path" else "time=t, head_p=Head{xyz}"
    if option.kind == "vector":
        return tuple(number + 0.01 * (index + 1) for index, number in enumerate(option.default))
    low = option.minimum if option.minimum is not None else 0
    high = option.soft_maximum or option.maximum
    high = low + 10 if high is None or high > 1e9 else high
    value = low + (high - low) / 4
    return int(value) + (int(value) == option.default) if option.kind == "integer" else round(value, 4)


def typed(option: Option, value: Any) -> list[str]:
    """Return the words of a command line that give the value."""
    if option.kind == "flag":
        return [f"--{option.flag}" if value else f"--no-{option.flag}"]
    if option.kind == "vector":
        return [f"--{option.flag}", *(str(number) for number in value)]
    return [f"--{option.flag}", str(value).replace("_", "-") if option.kind == "choice" else str(value)]
