# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what the dialog shows: the table's columns, and which of them are which. It belongs to the session."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy

from ..options import ReadOptions, options_of
from ..ui.option_properties import property_of
from .dialog_state import choices_of

ROTATION_KINDS = (
    ("quaternion", "Quaternion", "Four numbers"),
    ("euler", "Euler angles", "Three angles, about X, Y and Z"),
    ("rotator", "Pitch, yaw, roll", "Three angles in this order, as Unreal writes them"),
    ("matrix_12", "Matrix 3x4", "Twelve numbers, row by row. The matrix may hold the position, too"),
    ("matrix_16", "Matrix 4x4", "Sixteen numbers, row by row. The matrix may hold the position, too"),
    ("matrix_1", "Matrix in one cell", "All numbers are in one cell. The matrix may hold the position, too"),
)
ANGLE_UNITS = (
    ("auto", "Automatic", "Degrees, unless no angle is larger than a turn in radians"),
    ("deg", "Degrees", "The angles are in degrees"),
    ("rad", "Radians", "The angles are in radians"),
)
PLACES = (
    ("auto", "Automatic", "InPose finds where the tracker is worn, from the T-pose and the motion"),
    ("hips", "Hips", ""),
    ("chest", "Chest", ""),
    ("left_elbow", "Left elbow", ""),
    ("right_elbow", "Right elbow", ""),
    ("left_knee", "Left knee", ""),
    ("right_knee", "Right knee", ""),
    ("left_foot", "Left foot or ankle", ""),
    ("right_foot", "Right foot or ankle", ""),
    ("left_toe", "Left toes", ""),
    ("right_toe", "Right toes", ""),
)
"""Where trackers are worn, as `TRACKER_PLACES` in the core."""
ROW_KINDS = (
    ("frame", "One row per frame", "Each row holds head and hands"),
    ("device", "One row per device", "Each row holds one device, and a column names it"),
)
_OPTIONS = {option.name: option for option in options_of(ReadOptions)}
_UNITS = [("auto", "Automatic", "Guessed from the data")]
_UNITS += [(choice.name, choice.label, choice.sentence) for choice in _OPTIONS["unit"].choices]


def _on_change(_choices: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from .preview import show_choices

    if not choices_of(context).is_filling:
        show_choices(context)


def _on_detail(choices: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from .choices import spread_blocks

    if not choices.is_filling:
        spread_blocks(choices)
        _on_change(choices, context)


def _column(name: str, description: str) -> bpy.props.StringProperty:
    return bpy.props.StringProperty(name=name, description=description, update=_on_change)


class INPOSE_PG_table_column(bpy.types.PropertyGroup):
    """Hold one column for the list; its name begins with its number."""

    cells: bpy.props.StringProperty(options={"SKIP_SAVE"})
    use: bpy.props.StringProperty(options={"SKIP_SAVE"})


class INPOSE_PG_table_word(bpy.types.PropertyGroup):
    """Hold one name of a device, in a table with a row for each device."""


class INPOSE_PG_device_columns(bpy.types.PropertyGroup):
    """Hold the columns of one device."""

    position: _column("Position", "First of the three columns of the position: X, Y and Z follow each other")
    rotation: _column("Rotation", "First of the columns of the rotation; the others follow it")
    x: _column("X", "Column of the position along X")
    y: _column("Y", "Column of the position along Y")
    z: _column("Z", "Column of the position along Z")
    first: _column("1", "First column of the rotation")
    second: _column("2", "Second column of the rotation")
    third: _column("3", "Third column of the rotation")
    fourth: _column("4", "Fourth column of the rotation, for quaternions")
    word: _column("Name", "Name of this device in the column of the devices' names")


class INPOSE_PG_tracker_columns(bpy.types.PropertyGroup):
    """Hold the columns of one tracker, and where it is worn."""

    place: bpy.props.EnumProperty(
        name="Place", description="Where the tracker is worn", items=PLACES, update=_on_change
    )
    pose: bpy.props.PointerProperty(type=INPOSE_PG_device_columns, options={"SKIP_SAVE"})


class INPOSE_PG_columns(bpy.types.PropertyGroup):
    """Hold the table that is shown, and the columns that are chosen; never saved."""

    columns: bpy.props.CollectionProperty(type=INPOSE_PG_table_column, options={"SKIP_SAVE"})
    words: bpy.props.CollectionProperty(type=INPOSE_PG_table_word, options={"SKIP_SAVE"})
    chosen: bpy.props.IntProperty(name="Column", description="A column of the table", default=-1)
    is_filling: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    is_guess: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    pose: bpy.props.StringProperty(options={"SKIP_SAVE"})
    rows: bpy.props.EnumProperty(name="Rows", description="What a row holds", items=ROW_KINDS, update=_on_change)
    time: _column("Time", "Column of the times")
    fps: bpy.props.FloatProperty(
        name="Frame rate",
        description="Frames per second of a table without times",
        min=1.0,
        max=2000.0,
        default=90.0,
        update=_on_change,
    )
    key: _column("Device column", "Column that names the device of a row")
    head: bpy.props.PointerProperty(type=INPOSE_PG_device_columns, options={"SKIP_SAVE"})
    left: bpy.props.PointerProperty(type=INPOSE_PG_device_columns, options={"SKIP_SAVE"})
    right: bpy.props.PointerProperty(type=INPOSE_PG_device_columns, options={"SKIP_SAVE"})
    trackers: bpy.props.CollectionProperty(type=INPOSE_PG_tracker_columns, options={"SKIP_SAVE"})
    knows_trackers: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    """The trackers are all that the table has: names of columns say nothing more."""
    spare: bpy.props.CollectionProperty(type=INPOSE_PG_device_columns, options={"SKIP_SAVE"})
    """Poses that nothing uses: where *Add tracker* begins."""
    one_by_one: bpy.props.BoolProperty(
        name="One by one",
        description="Choose each column, where the columns of a position or a rotation do not follow each other",
        update=_on_detail,
    )
    kind: bpy.props.EnumProperty(
        name="Rotations", description="How the table writes rotations", items=ROTATION_KINDS, update=_on_change
    )
    euler_order: property_of(_OPTIONS["euler_order"], _on_change)
    angle_unit: bpy.props.EnumProperty(
        name="Angles", description="Unit of the angles", items=ANGLE_UNITS, update=_on_change
    )
    quaternion_order: property_of(_OPTIONS["quaternion_order"], _on_change)
    unit: bpy.props.EnumProperty(
        name="Unit", description="Unit of the recorded positions", items=_UNITS, update=_on_change
    )
    axes: property_of(_OPTIONS["axes"], _on_change)
    axes_letters: bpy.props.StringProperty(
        name="Directions",
        description="Directions of X, Y and Z, one letter each: R or L, U or D, F or B; RUF is right, up, forward",
        default="RUB",
        update=_on_change,
    )
    time_unit: property_of(_OPTIONS["time_unit"], _on_change)


CLASSES = (
    INPOSE_PG_table_column,
    INPOSE_PG_table_word,
    INPOSE_PG_device_columns,
    INPOSE_PG_tracker_columns,
    INPOSE_PG_columns,
)
