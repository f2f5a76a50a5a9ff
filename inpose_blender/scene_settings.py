# SPDX-License-Identifier: GPL-3.0-or-later
"""Add the properties of all features to scenes, objects and the window manager. Users' files contain their names, so
the names must not change.
"""

from __future__ import annotations

import bpy

from .bake.edits import properties as edits
from .bake.properties import INPOSE_PG_bake
from .calibration.properties import CalibrationChoices
from .columns import properties as columns
from .export.properties import INPOSE_PG_export
from .headset.properties import INPOSE_PG_headset
from .live import properties as live
from .loops.properties import INPOSE_PG_loop
from .pins import properties as pins
from .pins.stand_frames import INPOSE_PG_stand_frames
from .recording.properties import INPOSE_PG_reading, RecordingChoice
from .rig.properties import RigChoice
from .solve.properties import SolveChoices
from .take_list import properties as take_list
from .takes import overrides
from .takes.properties import INPOSE_PG_take
from .ui.properties import INPOSE_PG_status
from .viewing import properties as viewing


class INPOSE_PG_settings(RecordingChoice, RigChoice, CalibrationChoices, SolveChoices, bpy.types.PropertyGroup):
    """Hold the settings for the next solve. Each feature declares its own. They are saved with the scene."""


CLASSES = (
    INPOSE_PG_settings,
    INPOSE_PG_reading,
    INPOSE_PG_bake,
    INPOSE_PG_export,
    INPOSE_PG_loop,
    INPOSE_PG_take,
    INPOSE_PG_status,
    *viewing.CLASSES,
    *columns.CLASSES,
    *pins.CLASSES,
    *edits.CLASSES,
    INPOSE_PG_stand_frames,
    INPOSE_PG_headset,
    *live.CLASSES,
    *take_list.CLASSES,
)


def register() -> None:
    """Add the properties to scenes, objects and the window manager."""
    bpy.types.Scene.inpose = bpy.props.PointerProperty(type=INPOSE_PG_settings)
    bpy.types.Scene.inpose_reading = bpy.props.PointerProperty(type=INPOSE_PG_reading)
    bpy.types.Scene.inpose_bake = bpy.props.PointerProperty(type=INPOSE_PG_bake)
    bpy.types.Scene.inpose_export = bpy.props.PointerProperty(type=INPOSE_PG_export)
    bpy.types.Scene.inpose_loop = bpy.props.PointerProperty(type=INPOSE_PG_loop)
    bpy.types.Scene.inpose_live = bpy.props.PointerProperty(type=live.INPOSE_PG_live)
    bpy.types.Object.inpose_take = bpy.props.PointerProperty(type=INPOSE_PG_take)
    bpy.types.Object.inpose_pins = bpy.props.PointerProperty(type=pins.INPOSE_PG_pins)
    bpy.types.Object.inpose_edits = bpy.props.PointerProperty(type=edits.INPOSE_PG_edits)
    bpy.types.Object.inpose_stand = bpy.props.PointerProperty(type=INPOSE_PG_stand_frames)
    bpy.types.Object.inpose_room_of = bpy.props.PointerProperty(
        name="Belongs to", description="The character with whose bakes this object moves", type=bpy.types.Object
    )
    bpy.types.WindowManager.inpose_stands = bpy.props.PointerProperty(type=pins.INPOSE_PG_stands)
    bpy.types.WindowManager.inpose_status = bpy.props.PointerProperty(type=INPOSE_PG_status)
    bpy.types.WindowManager.inpose_columns = bpy.props.PointerProperty(type=columns.INPOSE_PG_columns)
    bpy.types.WindowManager.inpose_view = bpy.props.PointerProperty(type=viewing.INPOSE_PG_view)
    bpy.types.WindowManager.inpose_headset = bpy.props.PointerProperty(type=INPOSE_PG_headset)
    bpy.types.Scene.inpose_takes = bpy.props.PointerProperty(type=take_list.INPOSE_PG_take_list)
    overrides.register()


def unregister() -> None:
    """Remove the properties."""
    del bpy.types.Scene.inpose_takes
    del bpy.types.WindowManager.inpose_headset
    del bpy.types.WindowManager.inpose_view
    del bpy.types.WindowManager.inpose_columns
    overrides.unregister()
    del bpy.types.WindowManager.inpose_status
    del bpy.types.Object.inpose_edits
    del bpy.types.WindowManager.inpose_stands
    del bpy.types.Object.inpose_room_of
    del bpy.types.Object.inpose_stand
    del bpy.types.Object.inpose_pins
    del bpy.types.Object.inpose_take
    del bpy.types.Scene.inpose_live
    del bpy.types.Scene.inpose_export
    del bpy.types.Scene.inpose_loop
    del bpy.types.Scene.inpose_bake
    del bpy.types.Scene.inpose_reading
    del bpy.types.Scene.inpose
