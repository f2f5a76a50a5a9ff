# SPDX-License-Identifier: Apache-2.0
"""Walk the tables: every option reaches the solver from the command line and the worker, and is obeyed there.

The add-on's tests do the same for its panels and its command line. An option that changes nothing makes
`test_*_option_is_obeyed` fail: either nobody obeys it, or it needs a case of its own below.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from inpose_core.body.skeleton import Skeleton
from inpose_core.calibration import calibrate, measure_performer, save_calibration
from inpose_core.cli import main
from inpose_core.editing.edit import Edit, EditList
from inpose_core.editing.ground import LevelGround
from inpose_core.editing.storage import save_edits
from inpose_core.errors import CancelledError
from inpose_core.options import Option, options_of
from inpose_core.options.calibration import CalibrationSettings
from inpose_core.options.reading import TRIM_OPTIONS, ReadOptions
from inpose_core.options.solve import SolveSettings
from inpose_core.pins import Pin, PinKey, PinSet, save_pins
from inpose_core.recording import Recording, load_recording
from inpose_core.recording.sensors import MeasuredPoint
from inpose_core.recording.tables.csv_format import write_csv
from inpose_core.recording.trackers import TrackerTracks
from inpose_core.recording_to_motion import SolvePlan, solve_recording
from inpose_core.requests import SolveRequest
from inpose_core.solver import solving
from inpose_core.solver.solving import solve
from inpose_core.worker import Worker
from tests.core.calibration.test_calibration_pose import held
from tests.core.recording.recording_files import moving_person
from tests.core.recording.recording_tables import euler_table
from tests.core.synthetic import joint_recording, perfect_sensors, smooth_motion
from tests.option_examples import other_value, typed

TABLES = {"reading": ReadOptions, "calibration": CalibrationSettings, "solve": SolveSettings}
ALL = [pytest.param(part, option, id=option.name) for part, table in TABLES.items() for option in options_of(table)]


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[SolvePlan]:
    """Return a list that fills with what the solver is given; it then stops, as if it had been cancelled."""
    given: list[SolvePlan] = []

    def run(plan: SolvePlan, *_: object, **__: object) -> None:
        given.append(plan)
        raise CancelledError

    monkeypatch.setattr("inpose_core.recording_to_motion.solve_recording", run)
    return given


def wanted_settings(part: str, option: Option) -> tuple[Any, Any]:
    value = other_value(option)
    return value, TABLES[part](**{option.name: value})


@pytest.mark.parametrize(("part", "option"), ALL)
def test_every_option_reaches_the_solver_from_the_command_line(
    plans: list[SolvePlan], tmp_path: Path, part: str, option: Option
) -> None:
    value, wanted = wanted_settings(part, option)
    for flag in (option.flag, *option.old_flags):
        line = typed(replace(option, flag=flag), value)
        assert main(["solve", "take.csv", "-o", str(tmp_path / "out.npz"), "--quiet", *line]) == 2
        plan = plans.pop()
        assert getattr(plan, part) == wanted
        assert [getattr(plan, other) for other in TABLES if other != part] == [
            table() for other, table in TABLES.items() if other != part
        ]


@pytest.mark.parametrize(("part", "option"), ALL)
def test_every_option_reaches_the_solver_through_the_worker(plans: list[SolvePlan], part: str, option: Option) -> None:
    _, wanted = wanted_settings(part, option)
    request = replace(SolveRequest(Path("take.csv"), Path("out.npz")), **{part: wanted})  # type: ignore[arg-type]
    params = json.loads(json.dumps(request.to_json()))
    replies = io.StringIO()
    Worker(io.StringIO(), replies)._answer({"id": 1, "method": "solve", "params": params})
    assert getattr(plans.pop(), part) == wanted, replies.getvalue()


# What each option does. A value that changes the result of the usual case needs no case of its own.

COLUMNS: Final[str] = (
    "time=time, head_p=head_p{xyz}, head_q=head_q{wxyz}, left_p=left_p{xyz}, left_q=left_q{wxyz}, "
    "right_p=right_p{xyz}, right_q=right_q{wxyz}, unit=dm"
)


@pytest.mark.parametrize("option", options_of(ReadOptions), ids=lambda option: option.name)
def test_every_reading_option_is_obeyed(tmp_path: Path, option: Option) -> None:
    path = tmp_path / "take.csv"
    person = moving_person()
    if option.name == "take":
        later = person.times_s + 30.0 * (np.arange(len(person)) > len(person) / 2)  # two takes, the first is longer
        person = replace(person, times_s=later)
    if option.name in ("points", "trackers"):
        places_m = person.positions_m[:, 1:] - (0.0, 0.6, 0.0)
        trackers = TrackerTracks(
            ("hips", "chest"), (0, 9), places_m, person.rotations_wxyz[:, 1:], person.measured[:, 1:], (True, True)
        )
        person = replace(person, trackers=trackers)
    write_csv(person, path)
    if option.name == "euler_order":
        path.write_text(euler_table(person, "RUF", "YXZ"))
    value = {
        "columns": COLUMNS,
        "points": "hips",
        "take": 2,
        "trackers": "hips=none",
        "trim_start_s": 0.5,
        "trim_end_s": 1.0,
    }.get(option.name, other_value(option))
    usual, changed = load_recording(path), load_recording(path, ReadOptions(**{option.name: value}))
    if option.name in TRIM_OPTIONS:
        cut = [calibrate(each, own_body(), CalibrationSettings(pose="grip")).sensors for each in (usual, changed)]
        assert cut[0].measured.sum() > cut[1].measured.sum()
    else:
        assert differs(usual, changed) or usual.origin != changed.origin or names_of(usual) != names_of(changed)


def names_of(recording: Recording) -> tuple[str, ...]:
    return () if recording.trackers is None else recording.trackers.names


CALIBRATION_CASES: Final[Mapping[str, Mapping[str, Any]]] = {
    "body": {"value": "rig"},
    "calibration_time_s": {"value": 0.5},
    "head_view": {"value": "left_eye"},
    "refine": {"pose": "saber", "calibration_pose": "none"},
}
"""The value to try, and settings for both sides, of what changes nothing in the usual case."""


@pytest.mark.parametrize("option", options_of(CalibrationSettings), ids=lambda option: option.name)
def test_every_calibration_option_is_obeyed(tmp_path: Path, option: Option) -> None:
    case = dict(CALIBRATION_CASES.get(option.name, {}))
    recording, body = held(seconds=1.5, start_s=1.5), own_body()
    performer = tmp_path / "performer.json"
    if option.name == "calibration_file":
        save_calibration(
            measure_performer(recording, None, CalibrationSettings(pose="grip", stature_m=1.6)).performer, performer
        )
    value = case.pop("value", other_value(option, str(performer)))
    settings = CalibrationSettings(**{"pose": "grip", **case})
    usual = calibrate(recording, body, settings).sensors
    changed = calibrate(recording, body, replace(settings, **{option.name: value})).sensors
    assert differs(usual, changed)


SOLVE_CASES: Final[Mapping[str, Mapping[str, Any]]] = {
    "seed": {"variation": 1.0},
    "sampler": {"steps": 4},
    "use_floor": {"foot_planting": 0.0},
}


@pytest.mark.parametrize(
    "option",
    [
        entry
        for entry in options_of(SolveSettings)
        if entry.name not in ("device", "library", "pins_file", "edits_file")
    ],
    ids=lambda option: option.name,
)
def test_every_solve_option_is_obeyed(option: Option) -> None:
    settings = SolveSettings(**{"device": "cpu", "precision": "float32", **SOLVE_CASES.get(option.name, {})})
    body = own_body()
    sensors = perfect_sensors(smooth_motion(90, body=body))
    if option.name == "max_elbow_bend_deg":
        shoulders_m = sensors.positions_m[:, :1] + np.array([[0.17, -0.2, 0.0], [-0.17, -0.2, 0.0]])
        hands_m = 0.3 * sensors.positions_m[:, 1:] + 0.7 * shoulders_m
        sensors = replace(sensors, positions_m=np.concatenate((sensors.positions_m[:, :1], hands_m), axis=1))
    if option.name == "use_trackers":
        hips = np.array((0.0, 0.0, 0.2)) + smooth_motion(90, body=body).joint_positions_m[:, 0]
        sensors = sensors.with_points(MeasuredPoint(0, hips, sensors.measured[:, 0]))
    usual = solve(sensors, body, settings)
    changed = solve(sensors, body, replace(settings, **{option.name: other_value(option)}))
    assert np.abs(usual.rotations_wxyz - changed.rotations_wxyz).max() > 1e-5


def test_the_pins_are_obeyed(tmp_path: Path) -> None:
    """Pins are for the whole way from a recording to a motion, not for `solve` alone."""
    body, recording, pins = own_body(), tmp_path / "take.csv", tmp_path / "pins.json"
    write_csv(joint_recording(smooth_motion(90, body=body)), recording)
    save_pins(PinSet((Pin("left_ankle", 0.5, 0.5, (PinKey(0.5, (0.3, 0.3, 0.3)),)),)), pins)
    usual = solve_recording(SolvePlan(recording, body)).motion
    changed = solve_recording(SolvePlan(recording, body, solve=SolveSettings(pins_file=pins))).motion
    assert np.abs(usual.rotations_wxyz - changed.rotations_wxyz).max() > 1e-3


def test_the_edits_are_obeyed(tmp_path: Path) -> None:
    body, recording, edits = own_body(), tmp_path / "take.csv", tmp_path / "edits.json"
    write_csv(joint_recording(smooth_motion(90, body=body)), recording)
    save_edits(EditList((Edit("ground", ground=LevelGround(0.25)),)), edits)
    usual = solve_recording(SolvePlan(recording, body))
    changed = solve_recording(SolvePlan(recording, body, solve=SolveSettings(edits_file=edits)))
    assert np.median(changed.motion.root_translation_m - usual.motion.root_translation_m, axis=0)[1] > 0.2
    # The sensors that are saved beside the motion go with it: a later bake holds the hands at them.
    moved_m = changed.calibrated.sensors.positions_m - usual.calibrated.sensors.positions_m
    assert np.median(moved_m[..., 1]) > 0.2


def test_the_device_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SolveSettings] = []

    def choose(settings: SolveSettings) -> None:
        asked.append(settings)
        raise CancelledError

    monkeypatch.setattr(solving, "choose_backend", choose)
    with contextlib.suppress(CancelledError):
        solve(perfect_sensors(smooth_motion(10)), Skeleton.template(), SolveSettings(device="mps", library="torch"))
    assert [(settings.device, settings.library) for settings in asked] == [("mps", "torch")]


def own_body() -> Skeleton:
    """Return a body with an average person's size, and arms of its own."""
    offsets_m = Skeleton.template(1.75).offsets_m.copy()
    offsets_m[[18, 19, 20, 21]] *= 1.15
    return Skeleton(offsets_m)


def differs(one: Recording | Any, other: Recording | Any) -> bool:
    names = ("times_s", "positions_m", "rotations_wxyz")
    pairs = [(getattr(one, name), getattr(other, name)) for name in names if hasattr(one, name)]
    return any(a.shape != b.shape or np.abs(a - b).max() > 1e-6 for a, b in pairs)
