# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the names that files of users hold: what one version saved the next must find."""

from __future__ import annotations

import bpy

SETTINGS = {
    "recording", "armature", "pose", "stature", "scale", "scale_factor", "calibration_pose", "calibration_file", "body",
    "head_view", "refine", "quality", "foot_planting", "steps", "variation", "seed",
}  # fmt: skip
READING = {"unit", "unit_m", "axes", "axes_letters", "quaternion_order", "time_unit", "swap_hands", "origin"}
READING |= {"trim_start_s", "trim_end_s", "leave_out"}
BAKE = {
    "first_frame_at", "first_frame", "key_rate", "key_fps", "way", "start_at", "facing", "smoothing_s", "hand_lock",
    "foot_lock", "fingers", "relaxed_curl", "key_step", "fewer_keys",
    "key_distance_mm", "key_angle_deg", "key_tolerance_deg", "to_nla_track", "extend_range", "set_frame_range",
}  # fmt: skip
TAKE = {"file", "label", "notes", "take_id", "confidence", "in_row"}
LISTED = {
    "take_id", "file", "source", "character", "recorded", "star", "length_s", "stature_m", "settings", "solved", "pins",
    "edits",
}  # fmt: skip
LIST = {"entries", "current", "next_slate", "only_starred", "gap", "folder"}


def _names(group):
    return {each.identifier for each in group.bl_rna.properties} - {"rna_type", "name"}


def test_the_names_in_files_stay(registered):
    scene = bpy.context.scene
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    assert _names(scene.inpose) >= SETTINGS
    assert _names(scene.inpose_reading) >= READING
    assert _names(scene.inpose_bake) >= BAKE
    assert _names(armature.inpose_take) >= TAKE
    assert _names(scene.inpose_takes) >= LIST
    entry = scene.inpose_takes.entries.add()
    assert _names(entry) >= LISTED
    # What is kept with a take has the names of the settings, so that it can be copied.
    assert _names(entry.settings) <= _names(scene.inpose) | _names(scene.inpose_reading)
    assert not _names(scene.inpose) & _names(scene.inpose_reading)


def test_settings_survive_a_file(registered, tmp_path):
    """Each feature declares its own part of the scene's settings; all of it is saved under one name."""
    scene = bpy.context.scene
    scene.inpose.recording, scene.inpose.stature, scene.inpose.quality, scene.inpose.seed = "take.bsor", 1.5, "high", 7
    scene.inpose.armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    scene.inpose_bake.way = "root"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    found = bpy.context.scene.inpose
    assert (found.recording, found.stature, found.quality, found.seed) == ("take.bsor", 1.5, "high", 7)
    assert found.armature.name == "Rig"
    assert bpy.context.scene.inpose_bake.way == "root"
