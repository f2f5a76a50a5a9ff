# SPDX-License-Identifier: GPL-3.0-or-later
"""Register everything that Blender shows of InPose, and unregister it."""

from __future__ import annotations

import sys
from typing import Any

import bpy

from . import menus, scene_settings
from .bake import operators as bake_operators
from .bake.panel import INPOSE_PT_bake
from .calibration import operators as calibration_operators
from .calibration.panel import INPOSE_PT_calibration
from .cleanup import operators as cleanup_operators
from .cleanup import panel as cleanup_panel
from .columns import dialog as columns_dialog
from .columns import operators as columns_operators
from .controls import operators as controls_operators
from .controls.panel import INPOSE_PT_controls
from .export import operators as export_operators
from .export import panel as export_panel
from .headset import operators as headset_operators
from .headset.panel import INPOSE_PT_headset
from .live import operators as live_operators
from .live.panel import INPOSE_PT_live
from .loops import operators as loops_operators
from .loops import panel as loops_panel
from .one_copy import refuse_second_copy
from .pins import contact_operators, contact_panel, stand_operators
from .pins import operators as pins_operators
from .pins import panel as pins_panel
from .pins import solving as pins_solving
from .preferences import operators as preferences_operators
from .preferences import panel as preferences_panel
from .preferences import python_operators
from .recording import example, scene_operators
from .recording import operators as recording_operators
from .recording.panel import INPOSE_PT_recording
from .reducing import operators as reducing_operators
from .reducing.panel import INPOSE_PT_reducing
from .rig import mapping
from .rig import operators as rig_operators
from .rig.panel import INPOSE_PT_rig
from .solve import operators as solve_operators
from .solve.panel import INPOSE_PT_solve
from .solve.queue import QUEUE
from .take_list import baking_all, solving_all
from .take_list import handlers as take_handlers
from .take_list import operators as take_operators
from .take_list import panel as take_panel
from .takes import overrides
from .ui import operators as ui_operators
from .ui import running, translate
from .ui.panel import INPOSE_PT_main
from .viewing import drawing, keys, stand_drag, trim_drag
from .viewing import operators as viewing_operators
from .viewing import panel as viewing_panel
from .viewing.result_panel import INPOSE_PT_result

_CLASSES = (
    *preferences_panel.CLASSES,
    *scene_settings.CLASSES,
    *recording_operators.CLASSES,
    *example.CLASSES,
    *scene_operators.CLASSES,
    *headset_operators.CLASSES,
    *live_operators.CLASSES,
    *calibration_operators.CLASSES,
    *rig_operators.CLASSES,
    *viewing_operators.CLASSES,
    *trim_drag.CLASSES,
    *stand_drag.CLASSES,
    *columns_dialog.CLASSES,
    *columns_operators.CLASSES,
    *solve_operators.CLASSES,
    *bake_operators.CLASSES,
    *export_operators.CLASSES,
    *pins_operators.CLASSES,
    *contact_operators.CLASSES,
    *stand_operators.CLASSES,
    *pins_solving.CLASSES,
    *cleanup_operators.CLASSES,
    *loops_operators.CLASSES,
    *take_operators.CLASSES,
    *solving_all.CLASSES,
    *baking_all.CLASSES,
    *controls_operators.CLASSES,
    *reducing_operators.CLASSES,
    *python_operators.CLASSES,
    *preferences_operators.CLASSES,
    *ui_operators.CLASSES,
    INPOSE_PT_main,
    INPOSE_PT_recording,
    INPOSE_PT_headset,
    *take_panel.CLASSES,
    *viewing_panel.CLASSES,
    INPOSE_PT_live,
    INPOSE_PT_calibration,
    INPOSE_PT_rig,
    INPOSE_PT_solve,
    INPOSE_PT_result,
    *pins_panel.CLASSES,
    *cleanup_panel.CLASSES,
    *contact_panel.CLASSES,
    INPOSE_PT_bake,
    INPOSE_PT_controls,
    INPOSE_PT_reducing,
    *export_panel.CLASSES,
    *loops_panel.CLASSES,
    *mapping.CLASSES,
    *menus.CLASSES,
)
_cli_commands: list[Any] = []


def register() -> None:
    """Register classes, properties and the command ``blender --command inpose``.

    Raises:
        InPoseError: another installed copy of InPose is enabled.
    """
    refuse_second_copy()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    scene_settings.register()
    take_handlers.register()
    headset_operators.register()
    mapping.register()
    menus.register()
    translate.register()
    keys.register()
    drawing.register()
    overrides.restore_when_possible()
    _cli_commands.append(bpy.utils.register_cli_command("inpose", _run_command))


def _run_command(arguments: list[str]) -> int:
    from .batch import run_command

    return run_command(arguments)


def unregister() -> None:
    """Undo `register` in reverse order: what runs is cancelled, and the solver process ends.

    After a `register` that has raised an error there is nothing to undo: all that is there belongs to another copy.
    """
    if not INPOSE_PT_main.is_registered:
        return
    running.end_running()
    overrides.keep_takes()
    live_operators.drop_stage()
    if after_undo := sys.modules.get(f"{__package__}.live.after_undo"):
        after_undo.forget()
    QUEUE.clear()
    headset_operators.unregister()
    take_handlers.unregister()
    # What was never needed is not loaded now.
    if facts := sys.modules.get(f"{__package__}.recording.facts"):
        facts.forget_all()
    if jobs := sys.modules.get(f"{__package__}.runtime.worker_job"):
        jobs.stop_warm_process()
    python_operators.forget_search()
    if at_hand := sys.modules.get(f"{__package__}.takes.at_hand"):
        at_hand.forget()
    if stand_list := sys.modules.get(f"{__package__}.pins.stand_list"):
        stand_list.forget()
    while _cli_commands:
        bpy.utils.unregister_cli_command(_cli_commands.pop())
    drawing.unregister()
    keys.unregister()
    translate.unregister()
    menus.unregister()
    mapping.unregister()
    scene_settings.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
