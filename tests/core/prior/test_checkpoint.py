# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from inpose_core.errors import OutputError, WeightsError
from inpose_core.prior.checkpoint import (
    CHECKPOINT_VERSION,
    DEFAULT_WEIGHTS,
    Prior,
    ResidualCalibration,
    load_prior,
    save_prior,
)
from inpose_core.prior.conditioning import CONDITION_SIZE, THREE_POINT_SIZE
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig
from inpose_core.prior.schedule import NoiseSchedule

CONFIG = NetworkConfig(CONDITION_SIZE, window=16, frames_per_token=4, width=32, depth=1, heads=2, mlp_ratio=2)


def small_prior(config: NetworkConfig = CONFIG) -> Prior:
    torch.manual_seed(0)
    network = DiffusionTransformer(config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    calibration = ResidualCalibration(torch.tensor([-4.0, 0.0, 4.0]), torch.rand(3, 22))
    return Prior(network.eval(), NoiseSchedule(t_min=0.01, t_max=0.98), calibration, {"steps": "7"})


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "prior.safetensors"
    save_prior(small_prior(), path)
    return path


def rewrite(
    path: Path,
    change: Callable[[dict[str, Tensor], dict[str, str]], None],
) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    change(tensors, metadata)
    save_file(tensors, path, metadata)


def test_a_prior_survives_the_file(written: Path) -> None:
    prior, read = small_prior(), load_prior(written)
    assert read.network.config == prior.network.config
    assert read.schedule == prior.schedule
    assert read.training == {"steps": "7"}
    torch.testing.assert_close(read.calibration.log_snr, prior.calibration.log_snr)
    torch.testing.assert_close(read.calibration.variance, prior.calibration.variance)
    x_t, log_snr, condition = torch.randn(2, 16, 22, 6), torch.tensor([-1.0, 2.0]), torch.randn(2, 16, CONDITION_SIZE)
    with torch.no_grad():
        # Weights are kept in float16.
        torch.testing.assert_close(
            read.network(x_t, log_snr, condition), prior.network(x_t, log_snr, condition), atol=5e-3, rtol=0
        )


def test_a_prior_is_read_for_inference_in_float32(written: Path) -> None:
    network = load_prior(written).network
    assert not network.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in network.parameters())


def test_writing_twice_gives_the_same_weights_and_leaves_nothing_else(written: Path) -> None:
    once = load_prior(written)
    save_prior(once, written)
    for name, value in load_prior(written).network.state_dict().items():
        assert torch.equal(value, once.network.state_dict()[name]), name
    assert list(written.parent.iterdir()) == [written]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_prior(small_prior(), tmp_path / "nowhere" / "prior.safetensors")


def test_the_shipped_prior_is_usable() -> None:
    prior = load_prior()
    assert DEFAULT_WEIGHTS.is_file()
    assert prior.network.config.condition_size in (THREE_POINT_SIZE, CONDITION_SIZE)
    assert all(p.isfinite().all() for p in prior.network.parameters())
    assert (prior.calibration.log_snr.diff() > 0).all()
    assert prior.calibration.variance.shape == (len(prior.calibration.log_snr), 22)
    assert (prior.calibration.variance > 0).all()
    # The less noise, the less is left to be wrong about.
    assert prior.calibration.variance[-1].mean() < prior.calibration.variance[0].mean()


def expect_weights_error(path: Path, match: str) -> None:
    with pytest.raises(WeightsError, match=match) as caught:
        load_prior(path)
    assert path.name in caught.value.message
    assert "inpose train" in caught.value.hint


def test_missing_weights_are_told(tmp_path: Path) -> None:
    expect_weights_error(tmp_path / "prior.safetensors", "missing")
    expect_weights_error(tmp_path, "missing")


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999])
def test_truncated_weights_are_told(written: Path, share: float) -> None:
    data = written.read_bytes()
    written.write_bytes(data[: int(share * len(data))])
    expect_weights_error(written, "damaged")


def test_a_file_that_is_no_safetensors_is_told(written: Path) -> None:
    written.write_bytes(b"PK\x03\x04" + bytes(5000))
    expect_weights_error(written, "damaged")


def test_weights_of_another_program_are_told(written: Path) -> None:
    save_file({"weight": torch.zeros(3)}, written)
    expect_weights_error(written, "version unknown")


def test_weights_of_another_version_are_told(written: Path) -> None:
    rewrite(written, lambda _, metadata: metadata.update(inpose_checkpoint_version=str(CHECKPOINT_VERSION + 1)))
    expect_weights_error(written, f"version {CHECKPOINT_VERSION + 1}")


def test_weights_for_another_condition_are_told(tmp_path: Path) -> None:
    path = tmp_path / "prior.safetensors"
    save_prior(small_prior(replace(CONFIG, condition_size=CONDITION_SIZE + 1)), path)
    expect_weights_error(path, "other features")


def set_config(**values: object) -> Callable[[dict[str, Tensor], dict[str, str]], None]:
    config = {**asdict(CONFIG), **values}
    return lambda _, metadata: metadata.update(network_config=json.dumps(config))


@pytest.mark.parametrize(
    "change",
    [
        set_config(width=64),
        set_config(depth=3),
        set_config(unknown=1),
        set_config(width="wide"),
        set_config(heads=0),
        lambda _, metadata: metadata.update(network_config="[1, 2]"),
        lambda _, metadata: metadata.update(network_config="{"),
        lambda _, metadata: metadata.pop("network_config"),
        lambda _, metadata: metadata.pop("schedule"),
        lambda tensors, _: tensors.pop("network.embed.weight"),
        lambda tensors, _: tensors.pop("calibration.variance"),
        lambda tensors, _: tensors.update({"calibration.variance": torch.zeros(3, 21)}),
        lambda tensors, _: tensors.update({"calibration.log_snr": torch.zeros(4)}),
        lambda tensors, _: tensors.update(
            {"calibration.log_snr": torch.zeros(1), "calibration.variance": torch.zeros(1, 22)}
        ),
    ],
)
def test_weights_that_do_not_fit_are_told(
    written: Path, change: Callable[[dict[str, Tensor], dict[str, str]], None]
) -> None:
    rewrite(written, change)
    expect_weights_error(written, "do not fit")


def test_the_residual_is_interpolated_between_its_levels_and_constant_beyond_them() -> None:
    calibration = ResidualCalibration(
        torch.tensor([-2.0, 0.0, 4.0]), torch.tensor([1.0, 0.5, 0.1])[:, None].repeat(1, 22)
    )
    at = [float(calibration.at(level)[3]) for level in (-9.0, -2.0, -1.0, 0.0, 2.0, 4.0, 9.0)]
    assert at == pytest.approx([1.0, 1.0, 0.75, 0.5, 0.3, 0.1, 0.1])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "change",
    [
        {"depth": 20_000},
        {"depth": 10**400},
        {"depth": 64, "width": 4096, "heads": 64},
        {"width": 0},
        {"width": 32.0},
        {"heads": -1},
        {"window": 4096, "frames_per_token": 1},
        {"frames_per_token": 0},
        {"dropout": float("nan")},
        {"prediction": "anything"},
        {"depth": True},
    ],
)
def test_a_network_of_hostile_size_is_refused_before_it_is_built(written: Path, change: dict[str, object]) -> None:
    def hostile(_: dict[str, Tensor], metadata: dict[str, str]) -> None:
        metadata["network_config"] = json.dumps({**json.loads(metadata["network_config"]), **change})

    rewrite(written, hostile)
    with pytest.raises(WeightsError, match="do not fit"):
        load_prior(written)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["network.embed.weight", "calibration.log_snr", "calibration.variance"])
def test_weights_that_are_not_finite_are_refused(written: Path, name: str, number: float) -> None:
    def spoil(tensors: dict[str, Tensor], _: dict[str, str]) -> None:
        tensors[name].view(-1)[-1] = number

    rewrite(written, spoil)
    with pytest.raises(WeightsError, match="do not fit"):
        load_prior(written)


@pytest.mark.parametrize("text", ["[" * 100_000, "[1]", '{"t_min": NaN}', '{"t_min": 0.5, "t_max": 0.1}', "1" * 400])
def test_a_hostile_schedule_is_refused(written: Path, text: str) -> None:
    def spoil(_: dict[str, Tensor], metadata: dict[str, str]) -> None:
        metadata["schedule"] = text

    rewrite(written, spoil)
    with pytest.raises(WeightsError, match="do not fit"):
        load_prior(written)
