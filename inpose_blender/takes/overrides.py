# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the takes of library overrides: Blender saves only plain properties of objects that are linked.

What a group of properties holds is copied into one plain text before saving, and back after loading. Pins and
edits point to other objects, which a text cannot: while the file is saved, they are in the list of takes, which belongs
to the scene.
"""

from __future__ import annotations

import json
from typing import Any, Final

import bpy
from bpy.app.handlers import persistent

from .groups import clear_group, copy_group
from .listed import entry_anywhere

KEPT_PROPERTY: Final[str] = "inpose_kept_take"
ON_OVERRIDES: Final[frozenset[str]] = frozenset({"LIBRARY_OVERRIDABLE", "USE_INSERTION"})
"""Options of a collection that can get entries on a library override."""
_TAKE: Final[str] = "inpose_take"


@persistent  # type: ignore[untyped-decorator]  # of Blender
def keep_takes(*_: Any) -> None:
    """Copy the takes of library overrides into their texts: the file is about to be saved."""
    for thing in _overrides():
        group = getattr(thing, _TAKE)
        names = _names(group)
        text = json.dumps({name: getattr(group, name) for name in names}) if group.file else ""
        if text != getattr(thing, KEPT_PROPERTY):
            setattr(thing, KEPT_PROPERTY, text)
        if (entry := _entry(thing)) is not None:
            copy_group(thing.inpose_pins, entry.pins)
            copy_group(thing.inpose_edits, entry.edits)


@persistent  # type: ignore[untyped-decorator]  # of Blender
def drop_copies(*_: Any) -> None:
    """Remove the copies in the list of takes: the file was saved."""
    for thing in _overrides():
        if (entry := _entry(thing)) is not None:
            clear_group(entry.pins)
            clear_group(entry.edits)


@persistent  # type: ignore[untyped-decorator]  # of Blender
def restore_takes(*_: Any) -> None:
    """Copy the texts back: a file was loaded."""
    for thing in _overrides():
        text, group = getattr(thing, KEPT_PROPERTY), getattr(thing, _TAKE)
        if not text or group.file:
            continue
        try:
            values = json.loads(text)
            for name in _names(group):
                if name in values:
                    setattr(group, name, values[name])
        except (AttributeError, TypeError, ValueError):  # a script wrote nonsense
            setattr(thing, KEPT_PROPERTY, "")
        if (entry := _entry(thing)) is not None:
            for kept, live in ((entry.pins, thing.inpose_pins), (entry.edits, thing.inpose_edits)):
                copy_group(kept, live)
                clear_group(kept)


def register() -> None:
    """Add the text to objects, and listen to saving and loading."""
    setattr(bpy.types.Object, KEPT_PROPERTY, bpy.props.StringProperty(override={"LIBRARY_OVERRIDABLE"}))
    bpy.app.handlers.save_pre.append(keep_takes)
    bpy.app.handlers.save_post.append(drop_copies)
    bpy.app.handlers.load_post.append(restore_takes)


def unregister() -> None:
    """Stop listening; what is kept stays in the files."""
    bpy.app.handlers.load_post.remove(restore_takes)
    bpy.app.handlers.save_post.remove(drop_copies)
    bpy.app.handlers.save_pre.remove(keep_takes)
    delattr(bpy.types.Object, KEPT_PROPERTY)


def _overrides() -> list[Any]:
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.override_library is not None]


def _entry(thing: Any) -> Any:
    """Return the entry of the take that an armature object shows, or None."""
    return entry_anywhere(bpy.data.scenes[0], thing.inpose_take.take_id, thing)


def _names(group: Any) -> list[str]:
    return [prop.identifier for prop in group.bl_rna.properties if prop.identifier not in {"rna_type", "name"}]
