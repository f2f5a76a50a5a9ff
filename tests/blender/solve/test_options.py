# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow every choice about a solve from the panel and from the command line into the solver's request."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest
from rigs import build_rig

from inpose_blender import choices
from inpose_blender.batch import WRONG_USE, main, parse_arguments
from inpose_blender.recording.operators import _scale
from inpose_blender.solve.operators import solve_settings
from inpose_blender.solve.options import Reading, SolveSettings

IN_REQUEST = {
    "stature_m": 1.7,
    "pose": "aim",
    "scale": "arm_span",
    "calibration_pose": "t_pose",
    "body": "average",
    "head_view": "left_eye",
    "refine": False,
    "quality": "high",
    "steps": 5,
    "foot_planting": 0.25,
    "temperature": 0.5,
    "seed": 3,
    "reading": {
        "unit": "cm",
        "axes": "unity",
        "quaternion_order": "xyzw",
        "time_unit": "ms",
        "swap_hands": True,
        "origin": "eyes",
    },
}
"""One value for each choice, none of them the default."""


@pytest.fixture
def calibration(tmp_path):
    path = tmp_path / "me.json"
    path.write_text("{}")
    return path


def the_solve(requests: list[tuple[str, dict]]) -> dict:
    (params,) = [params for method, params in requests if method == "solve"]
    return params


def test_every_choice_of_the_panels_reaches_the_solver(registered, rng, take, fake_worker, requests, calibration):
    build_rig(rng, arm_angle_deg=45.0)
    settings, reading = bpy.context.scene.inpose, bpy.context.scene.inpose_reading
    settings.recording, settings.calibration_file = str(take), str(calibration)
    settings.stature, settings.variation = 1.7, 0.5
    for name in ("pose", "scale", "calibration_pose", "body", "head_view", "refine"):
        setattr(settings, name, IN_REQUEST[name])
    for name in ("quality", "steps", "foot_planting", "seed"):
        setattr(settings, name, IN_REQUEST[name])
    for name, value in IN_REQUEST["reading"].items():
        setattr(reading, name, "swap" if value is True else value)
    assert bpy.ops.inpose.solve_full_body() == {"FINISHED"}
    asked = the_solve(requests)
    assert asked["calibration_file"] == str(calibration)
    for name, value in IN_REQUEST.items():
        assert asked[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_every_option_of_the_command_line_reaches_the_solver(fake_worker, take, requests, calibration, tmp_path, capfd):
    line = "--stature 1.7 --pose aim --scale arm-span --calibration-pose t-pose --calibration-time 2.5 --body average"
    line += " --head-view left-eye --no-refine --quality high --steps 5 --foot-planting 0.25 --variation 0.5 --seed 3"
    line += " --unit cm --axes unity --quaternion-order xyzw --time-unit ms --swap-hands --origin eyes"
    paths = ["--recording", str(take), "--output", str(tmp_path / "x.blend"), "--calibration", str(calibration)]
    assert main([*paths, *line.split()]) == 0
    asked = the_solve(requests)
    assert {name: asked[name] for name in IN_REQUEST} == IN_REQUEST
    assert (asked["calibration_time_s"], asked["calibration_file"]) == (2.5, str(calibration.resolve()))
    report = json.loads(next(line for line in capfd.readouterr().out.splitlines() if line.startswith("{")))
    assert report["confidence"] == pytest.approx((41 + 20 * 0.1) / 61, abs=1e-3)
    assert report["unsure_frames"] == [[1 + 8, 1 + 16]]  # solver frames 20 to 39, at 24 a second


def test_left_alone_the_panel_and_the_command_line_ask_the_same(registered, take):
    of_line = parse_arguments(["--recording", str(take), "--output", "x.blend"]).solve.as_params()
    of_panel = solve_settings(bpy.context.scene).as_params()
    assert of_panel.pop("foot_planting") == 1.0  # what the solver takes for the tangent guidance anyway
    assert of_line.pop("foot_planting") is None
    assert of_panel == of_line
    assert of_line["reading"] == {}


def test_a_number_may_stand_for_a_scale_and_a_unit(registered, take):
    line = ["--recording", str(take), "--output", "x.blend", "--scale", "1.5", "--unit", "0.5", "--axes", "RUB/RUF"]
    line += ["--no-swap-hands"]
    solve = parse_arguments(line).solve
    assert solve.scale == 1.5
    assert solve.reading == Reading(unit="0.5", axes="RUB/RUF", swap_hands=False)
    scene = bpy.context.scene
    scene.inpose.scale, scene.inpose.scale_factor = "custom", 1.5
    scene.inpose_reading.unit, scene.inpose_reading.unit_m = "custom", 0.5
    scene.inpose_reading.axes, scene.inpose_reading.axes_letters = "custom", "RUB/RUF"
    scene.inpose_reading.swap_hands = "keep"
    chosen = solve_settings(scene)
    assert (chosen.scale, chosen.reading) == (1.5, solve.reading)


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
    with pytest.raises(RuntimeError, match="There is no calibration"):
        bpy.ops.inpose.solve_full_body()
    assert requests == []


def test_the_calibration_may_lie_beside_the_blend_file(registered, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.context.scene.inpose.calibration_file = "//me.json"
    assert solve_settings(bpy.context.scene).calibration_file == Path(tmp_path, "me.json")


@pytest.mark.parametrize(
    ("changed", "scale"),
    [({}, 1.25), ({"stature": 2.0}, 1.0), ({"scale": "keep"}, 1.0), ({"scale": "custom", "scale_factor": 3.0}, 3.0),
     ({"scale": "custom", "scale_factor": 3.0, "pose": "joint"}, 1.0)],
)  # fmt: skip
def test_the_recording_is_shown_in_the_size_that_it_will_have(registered, changed, scale):
    settings = bpy.context.scene.inpose
    for name, value in changed.items():
        setattr(settings, name, value)
    facts = type("Facts", (), {"info": {"pose": "grip", "stature_estimate_m": 1.6}})
    measure = type("Measure", (), {"skeleton": type("Skeleton", (), {"stature_m": 2.0})})
    assert _scale(facts, measure, settings) == pytest.approx(scale)


def test_the_names_are_the_solvers():
    pytest.importorskip("torch")
    from inpose_core.calibration import settings  # noqa: PLC0415
    from inpose_core.recording import conventions  # noqa: PLC0415

    for items, names in (
        (choices.SCALES, settings.SCALE_MODES),
        (choices.CALIBRATION_POSES, settings.CALIBRATION_POSES[1:]),
        (choices.BODIES, settings.BODY_CHOICES[1:]),
        (choices.HEAD_VIEWS, settings.HEAD_VIEWS[1:]),
        (choices.UNITS, tuple(conventions.UNITS_M)),
        (choices.QUATERNION_ORDERS, conventions.QUATERNION_ORDERS),
        (choices.TIME_UNITS, tuple(conventions.TIME_UNITS_S)),
        (choices.ORIGINS, conventions.ORIGINS),
    ):
        assert choices.names_of(items) == names
    assert set(choices.names_of(choices.AXES)) <= set(conventions.AXES_NAMES)


def test_the_solver_understands_the_request(calibration):
    """The worker's own reading of the parameters, without solving."""
    pytest.importorskip("torch")
    from inpose_core.worker import _job_from  # noqa: PLC0415

    given = {**IN_REQUEST, "calibration_file": calibration, "reading": Reading(**IN_REQUEST["reading"])}
    job = _job_from({"recording": "x", "output": "y", **SolveSettings(**given).as_params()})
    for part, names in (
        (job.calibration, ("stature_m", "pose", "scale", "calibration_pose", "body", "head_view", "refine")),
        (job.settings, ("quality", "steps", "foot_planting", "temperature", "seed")),
    ):
        assert {name: getattr(part, name) for name in names} == {name: IN_REQUEST[name] for name in names}
    assert job.calibration.file == calibration
    assert {name: getattr(job.reading, name) for name in IN_REQUEST["reading"]} == IN_REQUEST["reading"]
    factor = _job_from({"recording": "x", "output": "y", **SolveSettings(scale=1.5).as_params()})
    assert factor.calibration.scale == 1.5
