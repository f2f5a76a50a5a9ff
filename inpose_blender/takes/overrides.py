# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep takes, pins and edits of library overrides: Blender saves only plain properties of objects that are linked.

What these groups of properties hold is copied into one plain text before saving, and back after loading.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import bpy
from bpy.app.handlers import persistent

from .groups import stored_names

KEPT_PROPERTY: Final[str] = "inpose_kept_take"
EXTENDABLE: Final[set[str]] = {"LIBRARY_OVERRIDABLE", "USE_INSERTION"}
"""What a list in a group needs so that entries can be added to it in a library override. Blender saves them only if the
group itself could be overridden, too; that fails for groups in Blender 5.0, so the text keeps them."""
_GROUPS: Final[tuple[str, ...]] = ("inpose_take", "inpose_pins", "inpose_edits")
"""Groups of armature objects. The take comes first: frames of the others count from it."""
_VERSION: Final[int] = 2


@persistent  # type: ignore[untyped-decorator]  # of Blender
def keep_takes(*_: Any) -> None:
    """Copy the groups of library overrides into their texts: the file is about to be saved."""
    for thing in _overrides():
        groups = {name: _values_of(getattr(thing, name)) for name in _GROUPS}
        text = json.dumps({"version": _VERSION, **groups}) if any(groups.values()) else ""
        if text != getattr(thing, KEPT_PROPERTY):
            setattr(thing, KEPT_PROPERTY, text)


@persistent  # type: ignore[untyped-decorator]  # of Blender
def restore_takes(*_: Any) -> None:
    """Copy the texts back: a file was loaded."""
    for thing in _overrides():
        text = getattr(thing, KEPT_PROPERTY)
        if not text:
            continue
        try:
            kept = json.loads(text)
            if "version" not in kept:  # of the time when only the take was kept
                kept = {_GROUPS[0]: kept}
            for name in _GROUPS:
                _fill(getattr(thing, name), kept.get(name, {}))
        except (AttributeError, TypeError, ValueError):  # a script wrote nonsense
            setattr(thing, KEPT_PROPERTY, "")


def register() -> None:
    """Add the text to objects, and listen to saving and loading."""
    setattr(bpy.types.Object, KEPT_PROPERTY, bpy.props.StringProperty(override={"LIBRARY_OVERRIDABLE"}))
    bpy.app.handlers.save_pre.append(keep_takes)
    bpy.app.handlers.load_post.append(restore_takes)


def unregister() -> None:
    """Stop listening; what is kept stays in the files."""
    bpy.app.handlers.load_post.remove(restore_takes)
    bpy.app.handlers.save_pre.remove(keep_takes)
    delattr(bpy.types.Object, KEPT_PROPERTY)


def _overrides() -> list[Any]:
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.override_library is not None]


def _values_of(group: Any) -> dict[str, Any]:
    """Return what was set in a group of properties, as JSON can hold it: defaults are left out."""
    values: dict[str, Any] = {}
    for prop in _stored(group):
        name, value = prop.identifier, getattr(group, prop.identifier)
        if prop.type == "COLLECTION":
            kept: Any = [_values_of(entry) for entry in value]
        elif prop.type == "POINTER":
            kept = None if value is None else _name_of(value)
        elif getattr(prop, "is_array", False):
            kept = list(value)
            kept = kept if kept != list(prop.default_array) else None
        else:
            kept = value if value != prop.default else None
        if kept not in (None, []):
            values[name] = kept
    return values


def _fill(group: Any, values: dict[str, Any]) -> None:
    """Set a group of properties to what `_values_of` has returned, whatever its library holds."""
    for prop in _stored(group):
        name = prop.identifier
        value = values.get(name)
        if prop.type == "COLLECTION":
            _fill_list(getattr(group, name), value or ())
        elif value is None:
            group.property_unset(name)
        elif prop.type == "POINTER":
            setattr(group, name, bpy.data.objects.get((value[0], value[1] or None)))
        else:
            setattr(group, name, value)


def _fill_list(entries: Any, values: Sequence[dict[str, Any]]) -> None:
    """Set the entries of a list. Those of the library cannot be removed: what is too much is muted."""
    entries.clear()
    for index in range(max(len(values), len(entries))):
        entry = entries[index] if index < len(entries) else entries.add()
        _fill(entry, values[index] if index < len(values) else {"muted": True})


def _stored(group: Any) -> list[Any]:
    """Return the properties of a group that hold something."""
    return [group.bl_rna.properties[name] for name in stored_names(group)]


def _name_of(thing: Any) -> list[str]:
    """Return the name of an object, and the file of its library if it is linked: two files may use one name."""
    return [thing.name, thing.library.filepath if thing.library else ""]
