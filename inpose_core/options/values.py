# SPDX-License-Identifier: Apache-2.0
"""Check whether a value fits an option, in one place for command line, request, panel and Python."""

from __future__ import annotations

import math
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final

from ..errors import InPoseError
from .option import Custom, Option

_LONGEST_QUOTE: Final[int] = 40
_ANY: Final[float] = 1e12
"""A larger limit comes from the number format; users need not know it."""
_WANTED: Final[dict[str, str]] = {
    "flag": "Give true or false.",
    "integer": "Give a whole number.",
    "number": "Give a number.",
    "text": "Give text.",
    "path": "Give the path of a file.",
}


def fitting(option: Option, value: Any, error: type[InPoseError] = InPoseError) -> Any:
    """Return the value in the option's type: a path from text, a tuple from a list, a float from a whole number.

    Raises:
        InPoseError: of the given kind; the value is of another type, out of range, or none of the choices.
    """
    if value is None and option.optional:
        return None
    fitted = _typed(option, value)
    if fitted is None or not _is_in_range(option, fitted):
        raise error(f"{option.words} cannot be {shown(option, value)}.", advice(option))
    if option.check is not None:
        option.check(fitted)
    return fitted


def value_from_text(option: Option, text: str) -> Any:
    """Return the value of a text that the user typed. Text that is no value stays text, and `fitting` refuses it."""
    if option.kind == "choice":
        name = text.strip().lower().replace("-", "_")
        if name in option.choice_names:
            return name
        return text if option.takes_text else _number_of(text)
    if option.kind == "integer":
        return int(text) if text.strip().lstrip("+-").isdecimal() else text
    return _number_of(text) if option.kind in {"number", "vector"} else text


def advice(option: Option) -> str:
    """Return an imperative sentence with the possible values."""
    if option.choices and option.kind == "choice":
        names = [choice.name.replace("_", "-") for choice in option.choices]
        custom = option.custom
        if custom is not None:
            return f"Choose {', '.join(names)}, or give {custom_words(custom)}."
        return f"Choose {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}."
    if option.kind == "vector":
        return f"Give {len(option.default)} numbers{range_of(option, ' from ')}."
    limits = range_of(option)
    return f"Choose {limits}." if limits else _WANTED[option.kind]


def range_of(option: Option, before: str = "") -> str:
    """Return the range in words, "0.5 to 2.6 m"; empty without one."""
    unit = "" if option.unit in {"", "share"} else f" {option.unit}"
    return _range_words(option.minimum, option.maximum, before, unit)


def custom_words(custom: Custom) -> str:
    """Return what a value instead of a choice is, as a noun: "the number of keys per second, 1 to 240"."""
    limits = _range_words(custom.minimum, custom.maximum, ", ") if custom.is_number else ""
    return f"the {custom.sentence[0].lower()}{custom.sentence[1:]}{limits}"


def shown(option: Option, value: Any) -> str:
    """Return a value as messages, help and docs show it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Real):
        unit = f" {option.unit}" if option.unit not in {"", "share"} else ""
        return f"{float(value):.12g}{unit}" if not isinstance(value, Integral) else f"{int(value)}{unit}"
    if isinstance(value, (tuple, list)):
        return " ".join(f"{item:g}" if isinstance(item, Real) else str(item) for item in value)[:_LONGEST_QUOTE]
    return f'"{str(value)[:_LONGEST_QUOTE]}"'


def _typed(option: Option, value: Any) -> Any:
    """Return the value in the option's type, or None if it is of another one."""
    fitted: Any = None
    match option.kind:
        case "flag" if isinstance(value, bool):
            fitted = value
        case "integer" if isinstance(value, Integral) and not isinstance(value, bool):
            fitted = int(value)
        case "number" if _is_number(value):
            fitted = float(value)
        case "text" if isinstance(value, str):
            fitted = value
        case "path" if isinstance(value, (str, Path)) and "\0" not in str(value):
            fitted = Path(value)
        case "vector" if _is_vector(value, len(option.default)):
            fitted = tuple(float(item) for item in value)
        case "choice":
            fitted = _typed_choice(option, value)
    return fitted


def _typed_choice(option: Option, value: Any) -> Any:
    if isinstance(value, str) and value in option.choice_names:
        return value
    custom = option.custom
    if custom is None or isinstance(value, bool):
        return None
    if not custom.is_number:
        return value if isinstance(value, str) else None
    number = _number_of(value) if isinstance(value, str) and option.takes_text else value
    if not _is_number(number) or not _is_within(float(number), custom.minimum, custom.maximum):
        return None
    if custom.is_whole:
        return int(number) if float(number).is_integer() else None
    return str(value) if option.takes_text else float(number)


def _is_in_range(option: Option, value: Any) -> bool:
    if option.kind == "vector":
        return all(_is_within(item, option.minimum, option.maximum) for item in value)
    return option.kind not in {"integer", "number"} or _is_within(value, option.minimum, option.maximum)


def _is_within(value: float, minimum: float | None, maximum: float | None) -> bool:
    return math.isfinite(value) and (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_vector(value: object, length: int) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == length and all(map(_is_number, value))


def _number_of(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _range_words(minimum: float | None, maximum: float | None, before: str = "", unit: str = "") -> str:
    if maximum is not None and maximum > _ANY:
        maximum = None
    if minimum is not None and maximum is not None:
        return f"{before}{_decimal(minimum)} to {_decimal(maximum)}{unit}"
    if minimum is not None:
        return f"{before}{_decimal(minimum)}{unit} or more"
    return "" if maximum is None else f"{before}{_decimal(maximum)}{unit} or less"


def _decimal(number: float) -> str:
    """Return a number without an exponent: 0.000001, not 1e-06."""
    return f"{number:f}".rstrip("0").rstrip(".")
