# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow every option of the tables from the panel and from the command line into the solver's request and the bake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest
from rigs import build_rig

from inpose_blender.bake.options import BakeOptions
from inpose_blender.bake.properties import bake_options
from inpose_blender.batch import WRONG_USE, main
from inpose_blender.options import CalibrationSettings, Option, ReadOptions, SolveRequest, SolveSettings, options_of
from inpose_blender.solve.operators import solve_options
from inpose_blender.solve.options import SolveOptions
from inpose_blender.ui.option_properties import AUTOMATIC, CUSTOM, panel_options, settings_of
from inpose_blender.viewing.calibrated import scale_of
from inpose_blender.without_window.command_line import parse_arguments
from tests.option_examples import other_value, typed

TABLES = {"reading": ReadOptions, "calibration": CalibrationSettings, "solve": SolveSettings}


@pytest.fixture
def calibration(tmp_path):
    path = tmp_path / "me.json"
    path.write_text("{}")
    return path


def group_of(table: type[Any]) -> Any:
    scene = bpy.context.scene
    return {ReadOptions: scene.inpose_reading, BakeOptions: scene.inpose_bake}.get(table, scene.inpose)


def set_in_panel(option: Option, group: Any, value: Any) -> None:
    """Do what a user does to the widget of an option."""
    if option.kind == "flag" and option.optional:
        value = option.choice_names[value]
    elif option.kind == "choice" and value not in option.choice_names:
        setattr(group, option.custom.stored_as, float(value) if option.custom.is_number else value)
        value = CUSTOM
    elif option.kind == "path":
        value = str(value)
    setattr(group, option.stored_as, value)


def the_solve(requests: list[tuple[str, dict]]) -> SolveRequest:
    (params,) = [params for method, params in requests if method == "solve"]
    return SolveRequest.from_json(params)


def others(path: Path, only_panel: bool) -> SolveOptions:
    """Return a value for each option, none of them the default; the calibration's file is there."""
    made = {}
    for name, table in TABLES.items():
        options = panel_options(table) if only_panel else options_of(table)
        made[name] = table(**{option.name: other_value(option, str(path)) for option in options})
    return SolveOptions(**made)


def test_every_option_of_the_panels_reaches_the_solver(registered, rng, take, fake_worker, requests, calibration):
    build_rig(rng, arm_angle_deg=45.0)
    wanted = others(calibration, only_panel=True)
    bpy.context.scene.inpose.recording = str(take)
    for name, table in TABLES.items():
        for option in panel_options(table):
            set_in_panel(option, group_of(table), getattr(getattr(wanted, name), option.name))
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    asked = the_solve(requests)
    assert (asked.reading, asked.calibration, asked.solve) == (wanted.reading, wanted.calibration, wanted.solve)


def test_every_option_of_the_command_line_reaches_the_solver(fake_worker, take, requests, calibration, tmp_path, capfd):
    wanted = others(calibration, only_panel=False)
    line = ["--recording", str(take), "--output", str(tmp_path / "x.blend")]
    for name, table in TABLES.items():
        for option in options_of(table):
            line += typed(option, getattr(getattr(wanted, name), option.name))
    assert main(line) == 0
    asked = the_solve(requests)
    assert (asked.reading, asked.calibration, asked.solve) == (wanted.reading, wanted.calibration, wanted.solve)
    report = json.loads(next(line for line in capfd.readouterr().out.splitlines() if line.startswith("{")))
    assert report["confidence"] == pytest.approx((41 + 20 * 0.1) / 61, abs=1e-3)
    assert report["unsure_frames"] == [[1 + 8, 1 + 16]]  # solver frames 20 to 39, at 24 a second


@pytest.mark.parametrize("option", options_of(BakeOptions), ids=lambda option: option.name)
def test_every_option_of_a_bake_is_in_the_panel_and_on_the_command_line(registered, take, option):
    value = other_value(option)
    wanted = BakeOptions(**{option.name: value})
    set_in_panel(option, bpy.context.scene.inpose_bake, value)
    # How many times somebody has chosen a start is no option.
    assert replace(bake_options(bpy.context.scene), start=wanted.start) == wanted
    line = ["--recording", str(take), "--output", "x.blend", *typed(option, value)]
    # A batch makes files that hold one motion each, so there the range is set unless it is told not to.
    assert parse_arguments(line).bake == replace(wanted, set_frame_range=True)


def test_left_alone_the_panel_and_the_command_line_ask_for_nothing_in_particular(registered, take):
    of_line = parse_arguments(["--recording", str(take), "--output", "x.blend", "--no-set-frame-range"])
    assert of_line.solve == solve_options(bpy.context.scene) == SolveOptions()
    assert of_line.bake == bake_options(bpy.context.scene) == BakeOptions()


@pytest.mark.parametrize("table", [*TABLES.values(), BakeOptions])
def test_each_option_of_a_panel_can_be_set_alone(registered, table):
    for option in panel_options(table):
        group, value = group_of(table), other_value(option)
        before = getattr(group, option.stored_as)
        before = tuple(before) if option.kind == "vector" else before  # Blender's own changes with the property
        set_in_panel(option, group, value)
        assert settings_of(table, group) == table(**{option.name: value})
        setattr(group, option.stored_as, before)
        assert settings_of(table, group) == table()
        if option.optional and option.choices:
            assert before == AUTOMATIC


def test_properties_have_the_names_and_places_that_blend_files_know(registered):
    """A .blend file keeps a list's choice by its place, and everything by its property's name."""
    stored = {
        "inpose": "recording armature stature pose scale scale_factor calibration_pose calibration_file body head_view "
        "refine quality foot_planting steps variation seed sampler use_head_motion use_hand_reach use_floor "
        "smoothing_frames position_noise_ratio",
        "inpose_reading": "unit unit_m axes axes_letters quaternion_order time_unit swap_hands origin "
        "trim_start_s trim_end_s leave_out",
        "inpose_bake": "first_frame_at first_frame key_rate key_fps way start_at facing smoothing_s hand_lock "
        "foot_lock key_tolerance_deg to_nla_track extend_range set_frame_range",
    }
    places = {
        "pose": "auto joint grip aim raw saber",
        "scale": "height arm_span keep custom",
        "calibration_pose": "auto t_pose a_pose none",
        "quality": "draft default high",
        "unit": "auto m dm cm mm in ft custom",
        "axes": "auto openxr unity unreal ros blender custom",
        "quaternion_order": "auto wxyz xyzw",
        "time_unit": "auto s ms us ticks ns",
        "swap_hands": "auto keep swap",
        "origin": "auto floor eyes",
        "first_frame_at": "scene current custom",
        "start_at": "recorded rig cursor character",
        "facing": "recorded rig",
        "key_rate": "scene solver custom",
        "way": "hips root none object",
        "sampler": "ddim dpmpp_2m",
        "use_floor": "auto off on",
    }
    for group, names in stored.items():
        properties = getattr(bpy.context.scene, group).bl_rna.properties
        assert set(names.split()) <= set(properties.keys())
        for name in set(places) & set(names.split()):
            items = properties[name].enum_items
            assert [item.identifier for item in sorted(items, key=lambda item: item.value)] == places[name].split()


def test_a_number_or_text_may_stand_for_a_choice(registered, take):
    line = ["--recording", str(take), "--output", "x.blend", "--scale", "1.5", "--unit", "0.5", "--axes", "RUB/RUF"]
    given = parse_arguments([*line, "--no-swap-hands", "--key-rate", "12"])
    solve = given.solve
    assert solve.calibration.scale == 1.5
    assert solve.reading == ReadOptions(unit="0.5", axes="RUB/RUF", swap_hands=False)
    scene = bpy.context.scene
    scene.inpose.scale, scene.inpose.scale_factor = "custom", 1.5
    scene.inpose_reading.unit, scene.inpose_reading.unit_m = "custom", 0.5
    scene.inpose_reading.axes, scene.inpose_reading.axes_letters = "custom", "RUB/RUF"
    scene.inpose_reading.swap_hands = "keep"
    scene.inpose_bake.key_rate = "custom"
    assert solve_options(scene) == solve
    assert bake_options(scene).key_rate == given.bake.key_rate == 12.0


def test_axes_that_are_none_are_told_in_the_panel_and_when_solving(registered, rng, take, fake_worker, requests):
    build_rig(rng)
    scene = bpy.context.scene
    scene.inpose.recording = str(take)
    scene.inpose_reading.axes, scene.inpose_reading.axes_letters = "custom", "XYZ"
    with pytest.raises(RuntimeError, match='"XYZ" does not name axes'):
        bpy.ops.inpose.solve_full_body()
    with pytest.raises(RuntimeError, match='"XYZ" does not name axes'):
        bpy.ops.inpose.read_recording()
    assert requests == []


@pytest.mark.parametrize(
    "option",
    ["--scale twice", "--scale 0", "--foot-planting 1.5", "--variation -1", "--quality better", "--head-view right"],
)
def test_what_cannot_be_is_refused_before_anything_starts(take, tmp_path, requests, option):
    line = ["--recording", str(take), "--output", str(tmp_path / "x.blend"), *option.split()]
    assert main(line) == WRONG_USE
    assert requests == []


def test_a_missing_calibration_is_told_before_the_solver_starts(registered, rng, take, fake_worker, requests):
    build_rig(rng)
    bpy.context.scene.inpose.recording = str(take)
    bpy.context.scene.inpose.calibration_file = "/nowhere/me.json"
    with pytest.raises(RuntimeError, match=r"calibration file .* does not exist"):
        bpy.ops.inpose.solve_full_body()
    assert requests == []


def test_the_calibration_may_lie_beside_the_blend_file(registered, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.context.scene.inpose.calibration_file = "//me.json"
    assert solve_options(bpy.context.scene).calibration.calibration_file == Path(tmp_path, "me.json")


@pytest.mark.parametrize(
    ("changed", "scale"),
    [({}, 1.25), ({"stature_m": 2.0}, 1.0), ({"scale": "keep"}, 1.0), ({"scale": 3.0}, 3.0),
     ({"scale": 3.0, "pose": "joint"}, 3.0), ({"pose": "joint"}, 1.0)],
)  # fmt: skip
def test_the_recording_is_shown_in_the_size_that_it_will_have(changed, scale):
    settings = CalibrationSettings(**changed)
    skeleton = type("Skeleton", (), {"stature_m": 2.0})
    found = scale_of({"stature_estimate_m": 1.6}, settings, skeleton, is_joint=settings.pose == "joint")
    assert found == pytest.approx(scale)
