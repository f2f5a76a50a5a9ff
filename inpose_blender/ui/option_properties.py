# SPDX-License-Identifier: GPL-3.0-or-later
"""Make Blender's properties from a table of options, and read the settings from them.

None has its own form: a list has the item "Automatic", a number shows the value that stands for None, and a text is
empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import bpy

from ..bpy_compat import BLEND_RELATIVE
from ..options import Option, OptionTable, options_of

Table = TypeVar("Table", bound=OptionTable)
Update = Callable[[bpy.types.PropertyGroup, bpy.types.Context], None]

AUTOMATIC: Final[str] = "auto"
CUSTOM: Final[str] = "custom"
_LARGEST_INTEGER: Final[int] = 2**31 - 1
_SUBTYPES: Final[dict[str, str]] = {"m": "DISTANCE", "mm": "DISTANCE_CAMERA", "s": "TIME_ABSOLUTE", "share": "FACTOR"}
"""Blender's distances of cameras are the only ones that are stored in millimetres."""
_DIGITS: Final[int] = 7
"""Digits that float32 keeps: Blender returns 1.7 as 1.7000000476837158."""


def panel_options(table: type[OptionTable]) -> tuple[Option, ...]:
    """Return the options that panels show, in their order."""
    return tuple(option for option in options_of(table) if not option.not_in_panel)


def add_properties(group: type, table: type[OptionTable], update: Update | None = None) -> None:
    """Give a property group, before it is registered, a property for each option of the table.

    Args:
        group: the group, or a class that is mixed into one.
        table: the settings class.
        update: called when one of them changes.
    """
    for option in panel_options(table):
        group.__annotations__[option.stored_as] = property_of(option, update)
        if option.custom is not None:
            group.__annotations__[option.custom.stored_as] = _custom_property(option, update)
        if shown_as(option) != option.stored_as:
            group.__annotations__[shown_as(option)] = _degrees_shown(option)


def shown_as(option: Option) -> str:
    """Return the name of the property that panels draw: of an angle, the one that shows the unit."""
    return f"{option.stored_as}_shown" if option.unit == "deg" and option.kind == "number" else option.stored_as


def angle_property(stored_as: str, limits: Mapping[str, float], name: str, description: str) -> Any:
    """Return a property that shows with its unit an angle that is stored in degrees: Blender's angles are in radians.

    Args:
        stored_as: the property with the degrees.
        limits: its default and limits in degrees, with Blender's names for them.
        name: its label.
        description: its tooltip.
    """

    def shown(group: Any) -> float:
        return math.radians(getattr(group, stored_as))

    def store(group: Any, radians: float) -> None:
        setattr(group, stored_as, float(f"{math.degrees(radians):.{_DIGITS - 1}g}"))

    in_radians: dict[str, Any] = {limit: math.radians(degrees) for limit, degrees in limits.items()}
    return bpy.props.FloatProperty(
        name=name, description=description, subtype="ANGLE", precision=2, get=shown, set=store, **in_radians
    )


def property_of(option: Option, update: Update | None = None) -> Any:
    """Return the property of one option; what may be given instead of a choice has a property of its own."""
    common: dict[str, Any] = {"name": option.label, "description": _description(option)}
    if update is not None:
        common["update"] = update
    if option.choices:
        default = AUTOMATIC if option.default is None else CUSTOM if _is_custom(option) else option.default
        return bpy.props.EnumProperty(items=_items(option), default=default, **common)
    if option.kind == "flag":
        return bpy.props.BoolProperty(default=option.default, **common)
    if option.kind in {"text", "path"}:
        if option.kind == "path":
            common |= {"subtype": "FILE_PATH", "options": set(BLEND_RELATIVE)}
        return bpy.props.StringProperty(default=str(option.default or ""), **common)
    common |= _limits(option)
    default = _shown_for_none(option) if option.default is None else option.default
    if option.kind == "integer":
        return bpy.props.IntProperty(default=int(default), **common)
    if option.kind == "vector":
        return bpy.props.FloatVectorProperty(default=default, size=len(option.default), precision=3, **common)
    return bpy.props.FloatProperty(
        default=default, precision=_decimals(default), subtype=_SUBTYPES.get(option.unit, "NONE"), **common
    )


def settings_of(table: type[Table], group: Any) -> Table:
    """Return the settings of a property group; options that no panel shows have their defaults.

    Raises:
        InPoseError: of the table's kind; a text does not fit, for example axes that do not exist.
    """
    return table(**{option.name: _value(option, group) for option in panel_options(table)})


def is_automatic(option: Option, group: Any) -> bool:
    """Return whether InPose chooses the value."""
    return option.optional and _value(option, group) is None


def is_custom(option: Option, group: Any) -> bool:
    """Return whether the value is in the field beside the choice."""
    return option.custom is not None and getattr(group, option.stored_as) == CUSTOM


def _value(option: Option, group: Any) -> Any:
    raw = getattr(group, option.stored_as)
    if option.choices:
        return _chosen(option, group, raw)
    if option.kind == "path":
        return bpy.path.abspath(raw) or None
    if option.kind == "text":
        return raw if raw or not option.optional else None
    if option.kind == "vector":
        return tuple(_rounded(number) for number in raw)
    value = _rounded(raw) if option.kind == "number" else raw
    return None if option.optional and value == _shown_for_none(option) else value


def _chosen(option: Option, group: Any, name: str) -> Any:
    if name == AUTOMATIC and option.optional:
        return None
    if option.custom is not None and name == CUSTOM:
        value = getattr(group, option.custom.stored_as)
        if not option.custom.is_number or option.custom.is_whole:
            return value
        return f"{value:.{_DIGITS}g}" if option.takes_text else _rounded(value)
    # The choices of a flag are its names for False and True.
    return bool(option.choice_names.index(name)) if option.kind == "flag" else name


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _items(option: Option) -> list[tuple[str, str, str]]:
    items = [(choice.name, choice.label, choice.sentence) for choice in option.choices]
    if option.optional:
        items.insert(0, (AUTOMATIC, "Automatic", option.automatic[0].upper() + option.automatic[1:]))
    if option.custom is not None:
        items.append((CUSTOM, option.custom.choice_label, option.custom.choice_sentence))
    return items


def _is_custom(option: Option) -> bool:
    return option.kind == "choice" and option.default not in option.choice_names


def _custom_property(option: Option, update: Update | None) -> Any:
    custom = option.custom
    assert custom is not None
    common: dict[str, Any] = {"name": custom.label, "description": custom.sentence}
    if update is not None:
        common["update"] = update
    if not custom.is_number:
        return bpy.props.StringProperty(default=custom.default, **common)
    limits = {"min": custom.minimum, "max": custom.maximum, "soft_min": custom.soft_minimum}
    limits["soft_max"] = custom.soft_maximum
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    if custom.is_whole:
        whole = {name: int(limit) for name, limit in given.items()}
        return bpy.props.IntProperty(default=int(custom.default), **whole, **common)
    return bpy.props.FloatProperty(default=custom.default, precision=3, **given, **common)


def _description(option: Option) -> str:
    if not option.optional or option.choices:
        return option.sentence
    if option.kind in {"text", "path"}:
        return f"{option.sentence}; empty: {option.automatic}"
    return f"{option.sentence}; 0: {option.automatic}" if option.automatic_value is None else option.sentence


def _degrees_shown(option: Option) -> Any:
    default = _shown_for_none(option) if option.default is None else option.default
    limits = _limits(option) | {"default": default}
    return angle_property(option.stored_as, limits, option.label, _description(option))


def _decimals(default: float) -> int:
    """Return how many decimals a field shows: two, or as many as a small default needs."""
    return 2 if default == 0.0 or abs(default) >= 0.01 else 1 - math.floor(math.log10(abs(default)))


def _shown_for_none(option: Option) -> float:
    return 0.0 if option.automatic_value is None else option.automatic_value


def _limits(option: Option) -> dict[str, Any]:
    minimum = option.minimum
    if option.optional and minimum is not None:
        minimum = min(minimum, _shown_for_none(option))
    limits = {"min": minimum, "max": option.maximum, "soft_max": option.soft_maximum}
    kept = {name: limit for name, limit in limits.items() if limit is not None}
    return (
        {name: min(int(limit), _LARGEST_INTEGER) for name, limit in kept.items()} if option.kind == "integer" else kept
    )
