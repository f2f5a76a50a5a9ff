# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the list of takes with the scene. `takes.listed` says where the data of each take are."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

from typing import Any, Final

import bpy

from ..bake.edits.properties import INPOSE_PG_edits
from ..options import CalibrationSettings, ReadOptions, SolveSettings
from ..pins.properties import INPOSE_PG_pins
from ..takes.naming import parsed_name
from ..takes.properties import INPOSE_PG_take
from ..ui.option_properties import add_properties

SOURCES: Final[tuple[tuple[str, str, str, int], ...]] = (
    ("FILE", "File", "A file that you chose", 0),
    ("HEADSET", "Headset", "Recorded in the browser of a headset", 1),
    ("LIVE", "Live", "Recorded while the character moved live", 2),
    ("SCENE", "Scene", "Recorded from objects of the scene", 3),
    ("EXAMPLE", "Example", "The example that comes with InPose", 4),
)


class INPOSE_PG_kept_settings(bpy.types.PropertyGroup):
    """Hold the settings of a take while another one is chosen."""


for _table in (ReadOptions, CalibrationSettings, SolveSettings):
    add_properties(INPOSE_PG_kept_settings, _table)


def _title(entry: Any) -> str:
    return str(entry.name)


def _rename(entry: Any, title: str) -> None:
    from .renaming import rename

    rename(entry.id_data, entry, title)


def _slate(entry: Any) -> str:
    return parsed_name(entry.name).slate


def _set_slate(entry: Any, slate: str) -> None:
    from .renaming import rename_parts

    rename_parts(entry.id_data, entry, slate=slate)


def _number(entry: Any) -> int:
    return parsed_name(entry.name).number or 0


def _set_number(entry: Any, number: int) -> None:
    from .renaming import rename_parts

    rename_parts(entry.id_data, entry, number=number)


def _is_armature(_entry: Any, candidate: Any) -> bool:
    return bool(candidate.type == "ARMATURE")


def _character_changed(entry: Any, _context: Any) -> None:
    from ..takes.swapping import bring_along

    bring_along(entry.id_data, entry)


class INPOSE_PG_listed_take(bpy.types.PropertyGroup):
    """Hold one take. While it is shown or chosen, its data are elsewhere: see `takes.listed`."""

    take_id: bpy.props.StringProperty(options={"HIDDEN"})
    title: bpy.props.StringProperty(
        name="Name", description="Name of the take: its slate and number", get=_title, set=_rename
    )
    slate: bpy.props.StringProperty(
        name="Slate", description="Name of the take without its number", get=_slate, set=_set_slate
    )
    number: bpy.props.IntProperty(
        name="Number", description="Number of the take; 0 if it has none", get=_number, set=_set_number, min=0
    )
    file: bpy.props.StringProperty(name="Recording", description="A VR recording of head and two hands")
    source: bpy.props.EnumProperty(name="Source", description="Where the recording comes from", items=SOURCES)
    character: bpy.props.PointerProperty(
        name="Character",
        description="The armature that gets the motion",
        type=bpy.types.Object,
        poll=_is_armature,
        update=_character_changed,
    )
    recorded: bpy.props.StringProperty(options={"HIDDEN"})
    """Date and time of the recording, as ISO 8601 writes them, to the minute."""
    star: bpy.props.BoolProperty(name="Star", description="Mark the take as a good one")
    length_s: bpy.props.FloatProperty(options={"HIDDEN"})
    """Of the recording; 0 if it was not read yet."""
    stature_m: bpy.props.FloatProperty(options={"HIDDEN"})
    """The performer's height as measured; 0 if it was not read yet."""
    settings: bpy.props.PointerProperty(type=INPOSE_PG_kept_settings, options={"HIDDEN"})
    solved: bpy.props.PointerProperty(type=INPOSE_PG_take, options={"HIDDEN"})
    pins: bpy.props.PointerProperty(type=INPOSE_PG_pins, options={"HIDDEN"})
    edits: bpy.props.PointerProperty(type=INPOSE_PG_edits, options={"HIDDEN"})


class INPOSE_PG_kept_override(bpy.types.PropertyGroup):
    """Hold what `takes.overrides` keeps of a character that is a library override, while the file is saved."""

    character: bpy.props.PointerProperty(type=bpy.types.Object, options={"HIDDEN"})
    take: bpy.props.StringProperty(options={"HIDDEN"})
    """What the character shows, as JSON; empty: nothing."""
    mapping: bpy.props.StringProperty(options={"HIDDEN"})
    """The user's own bone mapping; empty: none."""


def _chosen(takes: Any) -> int:
    ids = [entry.take_id for entry in takes.entries]
    return ids.index(takes.current) if takes.current in ids else -1


def _choose(takes: Any, index: int) -> None:
    from .choosing import choose_take

    if 0 <= index < len(takes.entries):
        choose_take(bpy.context, takes.id_data, takes.entries[index])


class INPOSE_PG_take_list(bpy.types.PropertyGroup):
    """Hold the takes of a scene."""

    entries: bpy.props.CollectionProperty(
        name="Takes", description="The takes of the scene", type=INPOSE_PG_listed_take
    )
    kept: bpy.props.CollectionProperty(type=INPOSE_PG_kept_override, options={"HIDDEN"})
    current: bpy.props.StringProperty(options={"HIDDEN"})
    """The id of the chosen take; empty if none is chosen."""
    chosen: bpy.props.IntProperty(
        name="Take", description="Click a take to work on it", get=_chosen, set=_choose, min=-1
    )
    next_slate: bpy.props.StringProperty(
        name="Slate", description="Name of the next recordings; they get numbers. If empty, the name of the file"
    )
    only_starred: bpy.props.BoolProperty(
        name="Only starred", description="Solve all and Bake all take only the takes with a star"
    )
    gap: bpy.props.IntProperty(
        name="Gap", description="Frames between two takes in a row of NLA strips", default=0, min=0, soft_max=250
    )
    folder: bpy.props.StringProperty(
        name="Folder",
        description="Folder for solved motions, and for missing files. If empty, a folder beside the .blend file",
        subtype="DIR_PATH",
    )


CLASSES = (INPOSE_PG_kept_settings, INPOSE_PG_listed_take, INPOSE_PG_kept_override, INPOSE_PG_take_list)
