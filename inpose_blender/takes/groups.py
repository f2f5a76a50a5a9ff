# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy and clear groups of properties, with what they contain."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import bpy


def copy_group(source: Any, target: Any, without: Collection[str] = ()) -> None:
    """Copy all stored values of a group into another group that has properties of the same names.

    Args:
        source: is only read; names that it does not have are left as they are.
        target: collections in it are replaced.
        without: names of properties that are left as they are.
    """
    for name in stored_names(target):
        if name in without or not hasattr(source, name):
            continue
        value, old = getattr(source, name), getattr(target, name)
        if isinstance(old, bpy.types.bpy_prop_collection):
            old.clear()
            for item in value:
                copy_group(item, old.add())
        elif isinstance(old, bpy.types.PropertyGroup):
            copy_group(value, old)
        elif value != old:
            setattr(target, name, value)


def clear_group(group: Any, without: Collection[str] = ()) -> None:
    """Set all stored values of a group to their defaults, except those with these names."""
    for name in stored_names(group):
        if name in without:
            continue
        value = getattr(group, name)
        if isinstance(value, bpy.types.bpy_prop_collection):
            value.clear()
        elif isinstance(value, bpy.types.PropertyGroup):
            clear_group(value)
        else:
            group.property_unset(name)


def stored_names(group: Any) -> list[str]:
    """Return the names of the properties that a group stores: not those that are computed from others."""
    return [
        prop.identifier
        for prop in group.bl_rna.properties
        if prop.identifier not in {"rna_type", "name", *_computed(type(group))}
    ]


def _computed(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        for name, declared in vars(base).get("__annotations__", {}).items():
            if "get" in getattr(declared, "keywords", {}):
                yield name
