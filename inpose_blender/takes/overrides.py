# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the takes and mappings of library overrides: Blender saves only plain properties of objects that are linked.

While the file is saved or the add-on is disabled, what a group of properties holds is in a text, and pins and edits,
which point to other objects, are in the list of takes. The text is in two places. On the object it follows the object
into other files. But if the file is saved without the add-on, Blender drops it there, so the scene has it, too.
"""

from __future__ import annotations

import json
from typing import Any, Final

import bpy
from bpy.app.handlers import persistent

from ..joint_names import LOCAL_PROPERTY
from .groups import clear_group, copy_group
from .listed import entry_anywhere

KEPT_PROPERTY: Final[str] = "inpose_kept_take"
ON_OVERRIDES: Final[frozenset[str]] = frozenset({"LIBRARY_OVERRIDABLE", "USE_INSERTION"})
"""Options of a collection that can get entries on a library override."""
_TAKE: Final[str] = "inpose_take"


@persistent  # type: ignore[untyped-decorator]  # of Blender
def keep_takes(*_: Any) -> None:
    """Copy what library overrides hold into texts and into the list: the file is about to be saved."""
    _clear_kept()
    for thing in _overrides():
        group = getattr(thing, _TAKE)
        text = json.dumps({name: _plain(getattr(group, name)) for name in _names(group)}) if group.file else ""
        if text != getattr(thing, KEPT_PROPERTY):
            setattr(thing, KEPT_PROPERTY, text)
        mapping = getattr(thing, LOCAL_PROPERTY)
        if text or mapping:
            kept = _local_scenes()[0].inpose_takes.kept.add()
            kept.character, kept.take, kept.mapping = thing, text, mapping
        if (entry := _entry(thing)) is not None:
            copy_group(thing.inpose_pins, entry.pins)
            copy_group(thing.inpose_edits, entry.edits)


@persistent  # type: ignore[untyped-decorator]  # of Blender
def drop_copies(*_: Any) -> None:
    """Remove the copies in the scene: the file was saved."""
    _clear_kept()
    for thing in _overrides():
        if (entry := _entry(thing)) is not None:
            clear_group(entry.pins)
            clear_group(entry.edits)


@persistent  # type: ignore[untyped-decorator]  # of Blender
def restore_takes(*_: Any) -> None:
    """Copy everything back: a file was loaded, or the add-on enabled."""
    kept = {each.character: each for scene in _local_scenes() for each in scene.inpose_takes.kept}
    for thing in _overrides():
        if (own := kept.get(thing)) is not None:
            if own.mapping and not getattr(thing, LOCAL_PROPERTY):
                setattr(thing, LOCAL_PROPERTY, own.mapping)
            _restore_take(thing, own.take)
        elif not getattr(thing, _TAKE).file:  # a file of version 0.1.0, or an appended character
            _restore_take(thing, getattr(thing, KEPT_PROPERTY))
    _clear_kept()


def restore_when_possible() -> None:
    """Do so when the add-on is enabled while a file is open: Blender hides the file until that is done."""
    if isinstance(bpy.data, bpy.types.BlendData):
        restore_takes()
    else:
        bpy.app.timers.register(restore_takes, first_interval=0.0)


def _restore_take(thing: Any, text: str) -> None:
    if not text:
        return
    group = getattr(thing, _TAKE)
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
    if bpy.app.timers.is_registered(restore_takes):
        bpy.app.timers.unregister(restore_takes)
    bpy.app.handlers.load_post.remove(restore_takes)
    bpy.app.handlers.save_post.remove(drop_copies)
    bpy.app.handlers.save_pre.remove(keep_takes)
    delattr(bpy.types.Object, KEPT_PROPERTY)


def _overrides() -> list[Any]:
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.override_library is not None]


def _local_scenes() -> list[Any]:
    return [scene for scene in bpy.data.scenes if scene.is_editable]


def _clear_kept() -> None:
    for scene in _local_scenes():
        scene.inpose_takes.kept.clear()


def _entry(thing: Any) -> Any:
    """Return the entry of the take that an armature object shows, or None."""
    return entry_anywhere(bpy.data.scenes[0], thing.inpose_take.take_id, thing)


def _plain(value: Any) -> Any:
    """Return a value of a property as JSON can hold it."""
    return list(value) if isinstance(value, bpy.types.bpy_prop_array) else value


def _names(group: Any) -> list[str]:
    return [prop.identifier for prop in group.bl_rna.properties if prop.identifier not in {"rna_type", "name"}]
