# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from inpose_core.body.quaternions import quaternion_to_matrix
from inpose_core.calibration.hand_network import (
    HandNetwork,
    HandNetworkConfig,
    find_offsets,
    hand_weight_shapes,
)
from inpose_core.calibration.hand_views import HandViews
from inpose_core.calibration.hand_weights import HAND_FINDER_WEIGHTS, load_hand_finder, save_hand_finder
from inpose_core.errors import WeightsError

CONFIG = HandNetworkConfig(width=8, depth=2, rounds=2)
TAKES, FRAMES = 3, 30


def random_network(seed: int = 0) -> HandNetwork:
    random = np.random.default_rng(seed)
    weights = {
        name: (0.3 * random.standard_normal(shape)).astype(np.float32)
        for name, shape in hand_weight_shapes(CONFIG).items()
    }
    return HandNetwork(CONFIG, weights)


def views(frames: int = FRAMES, seed: int = 1) -> HandViews:
    """Return random takes: left views, then their mirror images."""
    random = np.random.default_rng(seed)
    wxyz = random.standard_normal((TAKES, frames, 3, 4))
    R = quaternion_to_matrix(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True)).astype(np.float32)
    m = (random.standard_normal((TAKES, frames, 3, 3)) * 0.3 + (0.0, 1.5, 0.0)).astype(np.float32)
    left = HandViews(R[:, :, 0], m[:, :, 0], R[:, :, 1:], m[:, :, 1:], np.ones((TAKES, frames), np.float32))
    return joined(left)


def joined(left: HandViews) -> HandViews:
    right = left.mirrored()
    return HandViews(*(np.concatenate((getattr(left, name), getattr(right, name))) for name in vars(left)))


def test_both_libraries_find_the_same() -> None:
    network, seen = random_network(), views()
    mine = find_offsets(CONFIG, network.weights, seen)
    tensors = HandViews(*(torch.from_numpy(value) for value in vars(seen).values()))
    theirs = find_offsets(CONFIG, {name: torch.from_numpy(value) for name, value in network.weights.items()}, tensors)
    assert len(mine) == CONFIG.rounds
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one.offsets.R_device_wrist, other.offsets.R_device_wrist.numpy(), atol=2e-5)
        np.testing.assert_allclose(one.offsets.wrist_m, other.offsets.wrist_m.numpy(), atol=2e-5)
        np.testing.assert_allclose(one.log_errors, other.log_errors.numpy(), atol=2e-4)


def test_frames_after_the_end_of_a_take_do_not_count() -> None:
    network, seen = random_network(), views()
    lasting = {name: value[:, :20] for name, value in vars(seen).items()}
    rest = {name: np.zeros_like(value[:, :10]) for name, value in vars(seen).items()}
    rest["R_world_head"] = rest["R_world_head"] + np.eye(3, dtype=np.float32)
    rest["R_world_device"] = rest["R_world_device"] + np.eye(3, dtype=np.float32)
    ended = {name: np.concatenate((lasting[name], rest[name]), axis=1) for name in lasting}
    ended["known"][:, 20:] = 0.0
    other = {name: value.copy() for name, value in ended.items()}
    # The last known frame's speeds look one frame ahead; all later ones are looked at by nobody.
    other["device_m"][:, 22:] += 5.0
    found, again = (find_offsets(CONFIG, network.weights, HandViews(**each))[-1] for each in (ended, other))
    np.testing.assert_allclose(found.offsets.wrist_m, again.offsets.wrist_m, atol=1e-5)


def test_an_untrained_network_believes_a_grip_in_both_hands() -> None:
    weights = {name: np.zeros(shape, np.float32) for name, shape in hand_weight_shapes(CONFIG).items()}
    found = find_offsets(CONFIG, weights, views())[-1].offsets
    np.testing.assert_allclose(found.wrist_m, np.tile((-0.037, 0.065, 0.002), (2 * TAKES, 1)), atol=1e-6)
    np.testing.assert_allclose(found.R_device_wrist[0], found.R_device_wrist[-1], atol=1e-6)


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    network = random_network()
    save_hand_finder(network, tmp_path / "hands.safetensors", {"steps": "1"})
    again = load_hand_finder(tmp_path / "hands.safetensors")
    assert again.config == CONFIG
    for name, value in network.weights.items():
        np.testing.assert_allclose(again.weights[name], value, atol=2e-3)


def test_missing_damaged_and_foreign_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hands.safetensors"
    with pytest.raises(WeightsError, match="missing"):
        load_hand_finder(path)
    path.write_bytes(HAND_FINDER_WEIGHTS.read_bytes()[:-8])
    with pytest.raises(WeightsError, match="damaged"):
        load_hand_finder(path)
    network = random_network()
    network.weights["rounds.0.scale"][0] = np.nan  # type: ignore[index]
    save_hand_finder(network, path, {})
    with pytest.raises(WeightsError, match="not finite"):
        load_hand_finder(path)
    path.write_bytes(HAND_FINDER_WEIGHTS.with_name("inpose_prior.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="another version"):
        load_hand_finder(path)


@pytest.mark.parametrize("sizes", [{"width": 0}, {"depth": 99}, {"rounds": 2.0}])
def test_impossible_sizes_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a network of"):
        HandNetworkConfig(**sizes)


def test_the_shipped_network_has_weights_of_its_form() -> None:
    network = load_hand_finder()
    assert {name: value.shape for name, value in network.weights.items()} == hand_weight_shapes(network.config)
