# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers and loops of a command line."""

from __future__ import annotations

import json
from typing import Any

import bpy
import pytest
from rigs import build_rig

from inpose_blender.batch import WRONG_USE, main
from inpose_blender.bpy_compat import all_curves


@pytest.fixture
def run(fake_worker, capfd):
    def run_line(*arguments: object) -> tuple[int, list[dict], str]:
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines() if line.startswith("{")], err

    return run_line


@pytest.fixture
def walk_file(rng, tmp_path):
    """Return a file with a rig that plays an action on its legs and arms."""
    rig = build_rig(rng, arm_angle_deg=45.0)
    for name in ("left_hip", "left_elbow"):
        bone = rig.pose.bones[name]
        for frame, turn in ((1, 0.0), (40, 0.5)):
            bone.rotation_quaternion = (1.0, turn, 0.0, 0.0)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    rig.animation_data.action.name = "walk"
    path = tmp_path / "walk.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    return path


def keyed_bones(action: Any) -> set[str]:
    return {curve.data_path.split('"')[1] for curve in all_curves(action)}


def test_a_layer_on_the_upper_body(run, take, tmp_path, walk_file):
    output = tmp_path / "both.blend"
    layer = ("--layer", "replace", "--mask", "upper-body", "--blend-in", 5, "--tweak-layer", "--no-set-frame-range")
    code, (report,), _ = run("--blend", walk_file, "--recording", take, "--output", output, *layer)
    assert (code, report["ok"]) == (0, True)
    bpy.ops.wm.open_mainfile(filepath=str(output))
    animation = bpy.data.objects["Rig"].animation_data
    assert [(track.name, track.mute) for track in animation.nla_tracks] == [("walk", False), ("take one", False)]
    assert animation.nla_tracks[1].strips[0].blend_in == 5
    keyed = keyed_bones(animation.nla_tracks[1].strips[0].action)
    assert "left_elbow" in keyed
    assert not keyed & {"pelvis", "left_hip"}
    assert animation.action.name == "take one tweaks"
    assert keyed_bones(bpy.data.actions["walk"]) == {"left_hip", "left_elbow"}


def test_a_mask_without_a_layer_is_wrong_use(run, take, tmp_path, walk_file):
    line = ("--blend", walk_file, "--recording", take, "--output", tmp_path / "x.blend", "--mask", "arms")
    code, reports, said = run(*line)
    assert (code, reports) == (WRONG_USE, [])
    assert "The mask needs a layer" in said


def test_a_loop(run, take, tmp_path):
    output = tmp_path / "loop.blend"
    line = ("--recording", take, "--output", output, "--scene-fps", 30, "--loop-from", 8, "--loop-to", 20)
    code, (report,), _ = run(*line, "--loop-way", "in-place")
    assert (code, report["loop"]) == (0, "take one loop")
    bpy.ops.wm.open_mainfile(filepath=str(output))
    figure = bpy.data.objects["Figure"]
    assert figure.animation_data.action.name == "take one loop"
    assert bpy.data.actions["take one"]
    assert any(modifier.type == "CYCLES" for modifier in all_curves(figure.animation_data.action)[0].modifiers)


def test_where_it_goes(run, take, tmp_path):
    output = tmp_path / "fast.blend"
    line = ("--recording", take, "--output", output, "--scene-fps", 30, "--speed", 2, "--root-motion", "object")
    code, (report,), _ = run(*line)
    assert (code, report["frames"]) == (0, 16)
    bpy.ops.wm.open_mainfile(filepath=str(output))
    figure = bpy.data.objects["Figure"]
    places = []
    for frame in (1, 16):
        bpy.context.scene.frame_set(frame)
        places.append(figure.matrix_world.translation.copy())
    assert (places[1] - places[0]).length > 0.3
