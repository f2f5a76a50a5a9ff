# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import torch

from inpose_core.body.rotations import geodesic_angle
from inpose_core.calibration.hand_network import HandNetworkConfig
from inpose_core.calibration.hand_weights import load_hand_finder
from inpose_core.cli import main
from inpose_core.training import hand_finder
from inpose_core.training.dataset import MotionData
from inpose_core.training.hand_finder import HandFinderSettings, TrainableHandFinder, train_hand_finder
from inpose_core.training.hand_takes import HandTakeSettings, draw_hand_takes
from inpose_core.training.split import load_training_motion
from tests.core.synthetic import smooth_motion
from tests.core.training.test_trainer import write_packed

SMALL = HandFinderSettings(
    steps=3, batch=2, network=HandNetworkConfig(width=8, depth=1, rounds=2), log_every=2, validation_takes=4
)
STRAIGHT = HandTakeSettings(stretch=0.0, mirror=0.0, stature_error=0.0, habit_deg=(0.0, 0.0, 0.0), bends=0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    write_packed(folder / "cmu_asf.npz", [(subject, smooth_motion(900, seed)) for seed, subject in enumerate("137")])
    return folder


@pytest.fixture(scope="module")
def data(folder: Path) -> MotionData:
    return load_training_motion(folder)


def drawn(data: MotionData, settings: HandTakeSettings, batch: int = 6) -> hand_finder.HandTakes:
    return draw_hand_takes(data, batch, settings, torch.Generator().manual_seed(0), 40)


def test_the_answer_puts_the_wrist_where_the_device_is_held(data: MotionData) -> None:
    """The wrists of two draws that differ only in their devices must be the same."""
    wrists = []
    for share in (0.0, 1.0):
        takes = drawn(data, HandTakeSettings(**{**vars(STRAIGHT), "any_mount": share}))
        R = takes.views.R_world_device[:, :, 0]
        place_m = takes.views.device_m[:, :, 0] + (R @ takes.truth.wrist_m[:, None, :, None])[..., 0]
        wrists.append((R @ takes.truth.R_device_wrist[:, None], place_m))
    torch.testing.assert_close(wrists[0][1], wrists[1][1], atol=1e-4, rtol=0)
    assert torch.rad2deg(geodesic_angle(wrists[0][0], wrists[1][0])).max() < 0.1


def test_the_second_half_are_the_mirrored_takes(data: MotionData) -> None:
    views = drawn(data, STRAIGHT).views
    mirrored = views.mirrored()
    torch.testing.assert_close(mirrored.device_m[:6], views.device_m[6:])
    torch.testing.assert_close(mirrored.R_world_device[:6], views.R_world_device[6:])


def test_devices_are_held_anyhow_only_within_limits(data: MotionData) -> None:
    settings = HandTakeSettings(**{**vars(STRAIGHT), "any_mount": 1.0, "farthest_m": 0.1})
    truth = drawn(data, settings, 64).truth
    assert truth.wrist_m.norm(dim=-1).max() <= 0.1 + 1e-6
    assert truth.wrist_m.norm(dim=-1).max() > 0.09


def test_a_network_is_trained_logged_and_written(folder: Path, tmp_path: Path) -> None:
    network = train_hand_finder(folder, tmp_path, SMALL, torch.device("cpu"))
    again = load_hand_finder(tmp_path / "hand_finder.safetensors")
    assert again.config == network.config
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 3]
    assert all(line["rotation_deg"] > 0 and line["position_cm"] > 0 for line in lines)
    torch.manual_seed(SMALL.seed)
    before = TrainableHandFinder(SMALL.network, 0.1).network()
    assert any((before.weights[name] != value).any() for name, value in network.weights.items())


def test_training_goes_on_from_a_network(folder: Path, tmp_path: Path) -> None:
    first = train_hand_finder(folder, tmp_path / "a", SMALL, torch.device("cpu"))
    still = HandFinderSettings(**{**vars(SMALL), "steps": 1, "learning_rate": 0.0})
    again = train_hand_finder(folder, tmp_path / "b", still, torch.device("cpu"), first)
    for name, value in first.weights.items():
        assert (again.weights[name] == value).all()


def test_the_command_trains_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)  # leave pytest's own logging alone
    monkeypatch.setattr(hand_finder, "HandFinderSettings", lambda: SMALL)
    arguments = ["train", "--hands", "--data", str(folder), "--out", str(tmp_path / "run"), "--device", "cpu"]
    assert main([*arguments, "--steps", "1"]) == 0
    assert "hand_finder.safetensors: trained for 1 steps" in capsys.readouterr().out
    start = str(tmp_path / "run" / "hand_finder.safetensors")
    assert main([*arguments, "--steps", "1", "--start", start]) == 0
