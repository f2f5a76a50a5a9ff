# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the operations into menus, because Blender's search (F3) finds only operations that are in a menu."""

from __future__ import annotations

from typing import Any, Final

import bpy

from .bake.operators import INPOSE_OT_bake_take
from .calibration.operators import INPOSE_OT_save_calibration
from .columns.operators import INPOSE_OT_assign_columns
from .controls.operators import INPOSE_OT_snap_fk_to_ik, INPOSE_OT_snap_ik_to_fk
from .export.operators import INPOSE_OT_export_character
from .headset.operators import (
    INPOSE_OT_command_headset,
    INPOSE_OT_end_headset,
    INPOSE_OT_record_headset,
)
from .live.operators import INPOSE_OT_live, INPOSE_OT_live_calibrate, INPOSE_OT_live_record, INPOSE_OT_live_stop
from .loops.operators import INPOSE_OT_loop_stretch
from .pins.operators import INPOSE_OT_pin_pose, INPOSE_OT_remove_pin
from .pins.solving import INPOSE_OT_solve_again
from .preferences.operators import INPOSE_OT_test_solver
from .preferences.python_operators import INPOSE_OT_find_pythons
from .recording import example, scene_operators
from .recording.operators import (
    INPOSE_OT_choose_recording,
    INPOSE_OT_read_recording,
)
from .reducing.operators import INPOSE_OT_reduce_keys
from .rig.mapping.operators import (
    INPOSE_OT_mapping_export,
    INPOSE_OT_mapping_import,
    INPOSE_OT_mapping_mirror,
    INPOSE_OT_mapping_reset,
)
from .rig.operators import INPOSE_OT_give_ik_back
from .solve.operators import INPOSE_OT_cancel, INPOSE_OT_solve_full_body
from .take_list import operators as take_operators
from .take_list.baking_all import INPOSE_OT_bake_takes
from .take_list.solving_all import INPOSE_OT_solve_takes
from .ui.operators import INPOSE_OT_copy_report
from .viewing.operators import (
    INPOSE_OT_hide_recording,
    INPOSE_OT_leave_out_finding,
    INPOSE_OT_open_timeline,
    INPOSE_OT_show_recording,
    INPOSE_OT_trim_here,
    INPOSE_OT_use_proposed_trim,
)

SEARCHABLE = (
    INPOSE_OT_choose_recording,
    *example.CLASSES,
    *scene_operators.CLASSES,
    INPOSE_OT_record_headset,
    INPOSE_OT_command_headset,
    INPOSE_OT_end_headset,
    INPOSE_OT_live,
    INPOSE_OT_live_record,
    INPOSE_OT_live_calibrate,
    INPOSE_OT_live_stop,
    INPOSE_OT_read_recording,
    INPOSE_OT_assign_columns,
    INPOSE_OT_show_recording,
    INPOSE_OT_hide_recording,
    INPOSE_OT_trim_here,
    INPOSE_OT_use_proposed_trim,
    INPOSE_OT_leave_out_finding,
    INPOSE_OT_open_timeline,
    INPOSE_OT_save_calibration,
    INPOSE_OT_mapping_mirror,
    INPOSE_OT_mapping_reset,
    INPOSE_OT_mapping_import,
    INPOSE_OT_mapping_export,
    INPOSE_OT_solve_full_body,
    INPOSE_OT_cancel,
    INPOSE_OT_solve_again,
    INPOSE_OT_pin_pose,
    INPOSE_OT_remove_pin,
    INPOSE_OT_bake_take,
    *take_operators.CLASSES,
    INPOSE_OT_solve_takes,
    INPOSE_OT_bake_takes,
    INPOSE_OT_export_character,
    INPOSE_OT_loop_stretch,
    INPOSE_OT_reduce_keys,
    INPOSE_OT_snap_ik_to_fk,
    INPOSE_OT_snap_fk_to_ik,
    INPOSE_OT_give_ik_back,
    INPOSE_OT_copy_report,
    INPOSE_OT_test_solver,
    INPOSE_OT_find_pythons,
)
"""The operations that users may search for: all that need no row of a list and no choice before the click. Those of the
headset and of Live are grey while there is no session."""

_MENUS: Final[tuple[str, ...]] = ("VIEW3D_MT_object_animation", "VIEW3D_MT_pose")


class INPOSE_MT_operations(bpy.types.Menu):
    """List all that InPose does."""

    bl_idname = "INPOSE_MT_operations"
    bl_label = "InPose"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw one entry for each operation, as the panels order them: in one column, a screen is not high enough."""
        columns = self.layout.column_flow(columns=2)
        for operation in SEARCHABLE:
            if operation is INPOSE_OT_command_headset:
                columns.operator(operation.bl_idname, text="Start take in the headset").name = "start"
                columns.operator(operation.bl_idname, text="Stop take in the headset").name = "stop"
            else:
                columns.operator(operation.bl_idname)


def register() -> None:
    """Append to Object > Animation and to Pose."""
    for name in _MENUS:
        getattr(bpy.types, name).append(_draw)


def unregister() -> None:
    """Take the entries out again."""
    for name in _MENUS:
        getattr(bpy.types, name).remove(_draw)


def _draw(self: Any, _context: Any) -> None:
    self.layout.separator()
    self.layout.menu(INPOSE_MT_operations.bl_idname, icon="ARMATURE_DATA")


CLASSES = (INPOSE_MT_operations,)
