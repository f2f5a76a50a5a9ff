# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer InPose's operations to menus, search and scripts."""

from __future__ import annotations

from . import bake, record_scene, recording, runtime, solve, support

SEARCHABLE = (
    recording.INPOSE_OT_choose_recording,
    *record_scene.CLASSES,
    recording.INPOSE_OT_read_recording,
    recording.INPOSE_OT_show_recording,
    recording.INPOSE_OT_hide_recording,
    solve.INPOSE_OT_solve_full_body,
    solve.INPOSE_OT_cancel,
    bake.INPOSE_OT_bake_take,
    support.INPOSE_OT_copy_report,
    support.INPOSE_OT_test_solver,
    runtime.INPOSE_OT_unpack_runtime,
)
"""What a user may look for by name."""

CLASSES = (*recording.CLASSES, *record_scene.CLASSES, *solve.CLASSES, *bake.CLASSES, *runtime.CLASSES, *support.CLASSES)
