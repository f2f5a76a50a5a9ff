# SPDX-License-Identifier: Apache-2.0
"""The bench as one command, on made-up motion and barely trained rivals."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inpose_core.body.quaternions import geodesic_angle
from inpose_core.cli import main
from inpose_core.errors import InPoseError
from inpose_core.evaluation import Bench, BenchSettings, SensorNoise, write_report
from inpose_core.evaluation import bench as bench_module
from inpose_core.evaluation.baselines.networks import Budget
from inpose_core.evaluation.bodies import BODIES
from inpose_core.evaluation.clips import choose_clips, load_test_clips
from inpose_core.evaluation.report import tables
from inpose_core.evaluation.simulation import simulate
from inpose_core.evaluation.systems import ABLATIONS, OURS, SHIPPED, SHIPPED_HIGH, SYSTEMS, SolverSystem
from inpose_core.options.solve import SolveSettings
from inpose_core.prior.checkpoint import DEFAULT_WEIGHTS, load_prior
from inpose_core.prior.conditioning import CONDITION_SIZE
from inpose_core.prior.network import NetworkConfig
from tests.core.synthetic import smooth_motion
from tests.core.training.test_trainer import write_packed

TINY = Budget(4, 4, NetworkConfig(CONDITION_SIZE, window=32, frames_per_token=4, width=16, depth=1, heads=2))
SETTINGS = BenchSettings(
    clips=1,
    most_frames=48,
    bodies=tuple(body for body in BODIES if body.name in {"default", "upper body x 1.4"}),
    noises=(SensorNoise(position_m=0.1),),
    budget=TINY,
    everything=False,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    people = [("1", smooth_motion(150, seed=1)), ("2", smooth_motion(120, seed=2)), ("35", smooth_motion(110, seed=3))]
    people.append(("7", smooth_motion(100, seed=5)))
    write_packed(folder / "cmu_asf.npz", people)
    write_packed(folder / "hdm05.npz", [("bk", smooth_motion(105, seed=4))])
    return folder


@pytest.fixture(scope="module")
def measured(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, list[dict[str, Any]]]:
    bench = Bench(data, tmp_path_factory.mktemp("runs"), SETTINGS, torch.device("cpu"))
    return bench, bench.run()


def test_only_people_whom_nothing_was_trained_on_are_measured(data: Path) -> None:
    clips = load_test_clips(data)
    assert sorted(len(clip) for clip in clips) == [110, 120]
    for clip in clips:
        assert clip.joint_positions_m[..., 1].min() > -0.05
    assert [len(clip) for clip in choose_clips(clips, 1, 50)] == [50]
    np.testing.assert_array_equal(
        choose_clips(clips, 1, 50)[0].rotations_wxyz, choose_clips(clips, 1, 50)[0].rotations_wxyz
    )


def test_a_folder_without_held_out_people_is_told(tmp_path: Path) -> None:
    write_packed(tmp_path / "cmu_asf.npz", [("1", smooth_motion(150))])
    with pytest.raises(InPoseError, match="No clip"):
        load_test_clips(tmp_path)


def test_every_system_is_measured_on_every_body_and_noise(measured: tuple[Bench, list[dict[str, Any]]]) -> None:
    _, rows = measured
    assert len(rows) == len(SYSTEMS) * 3
    for row in rows:
        for name in ("mpjpe_cm", "mpjre_deg", "lower_cm", "jitter", "frames_per_s"):
            assert np.isfinite(row[name]), (row["system"], name)
        assert len(row["joint_errors_cm"]) == 22
        assert row["frames"] == 48
    perfect = [row for row in rows if row["position_m"] == 0]
    ours = [row for row in perfect if row["system"] in {OURS, SHIPPED}]
    assert len(ours) == 4
    assert all(row["hand_cm"] < 2 for row in ours)


def test_the_truth_is_the_same_for_every_system(measured: tuple[Bench, list[dict[str, Any]]]) -> None:
    _, rows = measured
    for body in ("default", "upper body x 1.4"):
        assert len({row["jitter_of_truth"] for row in rows if row["body"] == body}) == 1


def test_a_second_run_measures_and_trains_nothing_again(
    measured: tuple[Bench, list[dict[str, Any]]], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, rows = measured

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(bench_module, "simulate", refuse)
    assert Bench(data, bench.folder, SETTINGS, torch.device("cpu")).run() == rows


def test_rivals_of_another_budget_are_not_compared(measured: tuple[Bench, list[dict[str, Any]]], data: Path) -> None:
    longer = replace(SETTINGS, budget=replace(TINY, steps=5))
    with pytest.raises(InPoseError, match="4 steps, not 5"):
        Bench(data, measured[0].folder, longer, torch.device("cpu")).run()


def test_measuring_again_measures_the_solver_of_today(
    measured: tuple[Bench, list[dict[str, Any]]], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, rows = measured
    shutil.copytree(bench.folder, tmp_path / "runs")
    monkeypatch.setattr(SolverSystem, "solve_all", lambda _, trials: [trial.truth for trial in trials])
    found = Bench(data, tmp_path / "runs", SETTINGS, torch.device("cpu")).remeasure(rows)
    shipped = {SHIPPED, SHIPPED_HIGH}
    assert {row["mpjpe_cm"] for row in found if row["system"] in shipped} == {0.0}
    assert [row for row in found if row["system"] not in shipped] == [
        row for row in rows if row["system"] not in shipped
    ]
    # From now on these rows are the stored ones.
    monkeypatch.undo()
    stored = Bench(data, tmp_path / "runs", SETTINGS, torch.device("cpu")).run()
    assert {row["mpjpe_cm"] for row in stored if row["system"] in shipped} == {0.0}


def test_the_report_is_json_markdown_and_three_pictures(
    measured: tuple[Bench, list[dict[str, Any]]], tmp_path: Path
) -> None:
    _, rows = measured
    paths = write_report(rows, tmp_path / "report")
    assert [path.name for path in paths] == ["figures.json", "tables.md", "scale.png", "noise.png", "joints.png"]
    assert json.loads(paths[0].read_text(encoding="utf-8")) == rows
    text = paths[1].read_text(encoding="utf-8")
    for name in SYSTEMS:
        assert f"| {name} |" in text
    for path in paths[2:]:
        assert path.read_bytes()[:4] == b"\x89PNG"


def test_a_table_shows_the_row_it_names() -> None:
    def row(system: str, body: str, error_cm: float, **noise: float) -> dict[str, Any]:
        keys = {"position_m": 0.0, "rotation_deg": 0.0, "bone_m": 0.0} | noise
        figures = {"mpjpe_cm": error_cm, "scaled_mpjpe_cm": error_cm, "jitter_of_truth": 8.0}
        return {"set": "test people", "system": system, "body": body, **keys, **figures}

    rows = [row(OURS, "default", 5.25), row(OURS, "upper body x 1.4", 6.5), row(OURS, "default", 9.75, position_m=0.1)]
    lines = tables(rows).splitlines()
    changed = lines[lines.index("## Changed bodies: MPJPE in cm") + 2 :]
    assert changed[0] == "|  | default | upper body x 1.4 |"
    assert changed[2] == f"| {OURS} | 5.25 | 6.50 |"
    noise = lines[lines.index("## Noise: MPJPE in cm, default body") + 2 :]
    assert noise[0] == "|  | none | position noise 10 |"
    assert noise[2] == f"| {OURS} | 5.25 | 9.75 |"


def test_the_mean_of_samples_lies_between_them(data: Path) -> None:
    prior = load_prior()
    trial = simulate(choose_clips(load_test_clips(data), 1, 48)[0], SensorNoise(), 0)
    settings = SolveSettings(variation=1.0, device="cpu")
    (mean,) = SolverSystem(prior, settings, samples=2).solve_all([trial])
    samples = [SolverSystem(prior, replace(settings, seed=seed)).solve_all([trial])[0] for seed in (0, 1)]
    apart, to_first, to_second = (
        geodesic_angle(a.rotations_wxyz, b.rotations_wxyz).mean()
        for a, b in ((samples[0], samples[1]), (mean, samples[0]), (mean, samples[1]))
    )
    assert apart > 0.01
    assert to_first == pytest.approx(apart / 2, rel=0.05)
    assert to_second == pytest.approx(apart / 2, rel=0.05)


@pytest.mark.slow
def test_the_whole_bench_measures_the_ablations_too(data: Path, tmp_path: Path) -> None:
    rows = Bench(data, tmp_path, replace(SETTINGS, everything=True, guidance_steps=(2,)), torch.device("cpu")).run()
    systems = {row["system"] for row in rows}
    assert set(ABLATIONS) < systems
    assert {"state: 6D", "state: matrices, raw", "state: matrices, post-processed"} < systems
    assert {"HDM05", "test people, every clip", "all six held-out people, every clip"} < {row["set"] for row in rows}


def test_by_command_line(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    seen: list[tuple[Any, ...]] = []

    class Spy:
        def __init__(self, *arguments: Any) -> None:
            seen.append(arguments)

        def run(self) -> Sequence[object]:
            return []

    monkeypatch.setattr("inpose_core.evaluation.Bench", Spy)
    monkeypatch.setattr("inpose_core.evaluation.write_report", lambda rows, out: [out / "tables.md"])
    runs = tmp_path / "runs"
    assert main(["evaluate", "--data", str(data), "--out", str(tmp_path), "--runs", str(runs), "--quick"]) == 0
    assert seen == [(data, runs / "quick", BenchSettings.quick(), torch.device("cpu"), None, DEFAULT_WEIGHTS)]
    assert "tables.md" in capsys.readouterr().out
