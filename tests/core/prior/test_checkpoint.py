# SPDX-License-Identifier: Apache-2.0
import json
import struct
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load as reference_load
from safetensors.torch import save_file
from torch import Tensor

from inpose_core.body.skeleton import JOINT_INDEX, MIRROR_JOINTS
from inpose_core.errors import OutputError, WeightsError
from inpose_core.numerics import Backend
from inpose_core.prior.checkpoint import (
    CHECKPOINT_VERSION,
    DEFAULT_WEIGHTS,
    Prior,
    load_prior,
    save_prior,
)
from inpose_core.prior.conditioning import CONDITION_SIZE, THREE_POINT_SIZE
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig, weight_shapes
from inpose_core.prior.schedule import NoiseSchedule
from inpose_core.prior.uncertainty import Uncertainty
from inpose_core.prior.weights_file import read_weights_file

CONFIG = NetworkConfig(CONDITION_SIZE, window=16, frames_per_token=4, width=32, depth=1, heads=2, mlp_ratio=2)


def small_prior(config: NetworkConfig = CONFIG) -> Prior:
    random = np.random.default_rng(0)
    weights = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}
    uncertainty = Uncertainty(np.array([-4.0, 0.0, 4.0]), random.random((3, 22)).astype(np.float32)).of_both_sides()
    network = DiffusionTransformer(config, weights)
    return Prior(network, NoiseSchedule(t_min=0.01, t_max=0.98), uncertainty, {"steps": "7"})


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
    np.testing.assert_allclose(read.uncertainty.log_snr, prior.uncertainty.log_snr)
    np.testing.assert_allclose(read.uncertainty.variance, prior.uncertainty.variance)
    random = np.random.default_rng(1)
    x_t = random.normal(size=(2, 16, 22, 6)).astype(np.float32)
    log_snr = np.array([-1.0, 2.0], np.float32)
    condition = random.normal(size=(2, 16, CONDITION_SIZE)).astype(np.float32)
    for found, written_one in zip(
        read.network(x_t, log_snr, condition), prior.network(x_t, log_snr, condition), strict=True
    ):
        # Weights are kept in float16.
        np.testing.assert_allclose(found, written_one, atol=5e-3)


def test_a_prior_is_read_for_inference_in_float32(written: Path) -> None:
    for backend in (Backend(), Backend("torch")):
        weights = load_prior(written, backend).network.weights.values()
        assert all(str(weight.dtype).endswith("float32") for weight in weights)


def test_writing_twice_gives_the_same_weights_and_leaves_nothing_else(written: Path) -> None:
    once = load_prior(written)
    save_prior(once, written)
    for name, value in load_prior(written).network.weights.items():
        np.testing.assert_array_equal(value, once.network.weights[name], name)
    assert list(written.parent.iterdir()) == [written]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_prior(small_prior(), tmp_path / "nowhere" / "prior.safetensors")


def test_the_shipped_prior_is_usable() -> None:
    prior = load_prior()
    assert DEFAULT_WEIGHTS.is_file()
    assert prior.network.config.condition_size in (THREE_POINT_SIZE, CONDITION_SIZE)
    assert all(np.isfinite(weight).all() for weight in prior.network.weights.values())
    assert (np.diff(prior.uncertainty.log_snr) > 0).all()
    assert prior.uncertainty.variance.shape == (len(prior.uncertainty.log_snr), 22)
    assert (prior.uncertainty.variance > 0).all()
    # The less noise, the less is left to be wrong about.
    assert prior.uncertainty.variance[-1].mean() < prior.uncertainty.variance[0].mean()


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
    expect_weights_error(path, "other inputs")


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
        lambda tensors, _: tensors["calibration.variance"][1, 3].fill_(-0.1),
        lambda tensors, _: tensors.update({"network.embed.bias": torch.full((32,), 1e300, dtype=torch.float64)}),
    ],
)
def test_weights_that_do_not_fit_are_told(
    written: Path, change: Callable[[dict[str, Tensor], dict[str, str]], None]
) -> None:
    rewrite(written, change)
    expect_weights_error(written, "do not fit")


def test_the_residual_is_interpolated_between_its_levels_and_constant_beyond_them() -> None:
    uncertainty = Uncertainty(np.array([-2.0, 0.0, 4.0]), np.array([1.0, 0.5, 0.1])[:, None].repeat(22, 1))
    at = [float(uncertainty.at(level)[3]) for level in (-9.0, -2.0, -1.0, 0.0, 2.0, 4.0, 9.0)]
    assert at == pytest.approx([1.0, 1.0, 0.75, 0.5, 0.3, 0.1, 0.1])


def test_left_and_right_joints_are_equally_uncertain(written: Path) -> None:
    def make_one_side_worse(tensors: dict[str, Tensor], _metadata: dict[str, str]) -> None:
        tensors["calibration.variance"][:, JOINT_INDEX["left_knee"]] = 0.4
        tensors["calibration.variance"][:, JOINT_INDEX["right_knee"]] = 0.2

    rewrite(written, make_one_side_worse)
    for prior in (load_prior(written), load_prior()):
        variance = prior.uncertainty.variance
        np.testing.assert_array_equal(variance, variance[:, list(MIRROR_JOINTS)])
    knees = load_prior(written).uncertainty.variance[:, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]]
    np.testing.assert_allclose(knees, 0.3, rtol=1e-6)


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


def test_what_is_written_is_read_by_the_reference_reader(written: Path) -> None:
    """The format is safetensors': its own package reads our file, and we read what it writes."""
    ours = read_weights_file(written)
    with safe_open(written, framework="np") as file:
        assert file.metadata() == ours.metadata
        assert set(file.keys()) == set(ours.tensors)
        for name, tensor in ours.tensors.items():
            np.testing.assert_array_equal(file.get_tensor(name), tensor)
    rewrite(written, lambda tensors, metadata: None)
    for name, tensor in read_weights_file(written).tensors.items():
        np.testing.assert_array_equal(tensor, ours.tensors[name])


def entry(first: int, end: int, **changes: object) -> dict[str, object]:
    return {"dtype": "F32", "shape": [(end - first) // 4], "data_offsets": [first, end], **changes}


def packed(header: object, size: int = 16, text: bytes | None = None) -> bytes:
    text = json.dumps(header).encode() if text is None else text
    return struct.pack("<Q", len(text)) + text + bytes(size)


TWICE = json.dumps({"a": entry(0, 8), "b": entry(8, 16)}).replace('"b"', '"a"').encode()


@pytest.mark.parametrize(
    "content",
    [
        packed({"a": entry(0, 12), "b": entry(8, 16)}),
        packed({"a": entry(0, 16), "b": entry(0, 16)}),
        packed({"a": entry(0, 4), "b": entry(8, 16)}),
        packed({"a": entry(4, 16)}),
        packed({"a": entry(0, 8)}),
        packed({"a": entry(0, 32)}),
        packed({"a": entry(0, 16, shape=[1 << 62, 4])}),
        packed({"a": entry(0, 16, shape=[1] * 100)}),
        packed({"a": entry(0, 16, shape=[-4])}),
        packed({}, text=TWICE),
        packed({}, text=b"\xef\xbb\xbf{}", size=0),
        packed({}, text="{}".encode("utf-16"), size=0),
        packed({}, text=b"{}\0", size=0),
        packed({}, text=b'{"\xff":1}', size=0),
        packed({}, text=b'{"a":' * 3000, size=0),
        packed([1], size=0),
        packed({"__metadata__": {"a": 1}}, size=0),
        struct.pack("<Q", 1 << 62) + bytes(100),
        b"",
    ],
)
def test_what_the_reference_reader_refuses_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises((SafetensorError, ValueError)):
        reference_load(content)
    with pytest.raises(ValueError, match=r"."):
        read_weights_file(path)


@pytest.mark.parametrize(
    "content",
    [
        packed({}, size=0),
        packed({"a": entry(8, 16), "b": entry(0, 8)}),
        packed({"a": entry(0, 4, shape=[]), "b": entry(4, 16, unknown=1)}),
        packed({"empty": entry(8, 8, shape=[3, 0]), "a": entry(0, 8), "b": entry(8, 16)}),
        packed({"a": entry(0, 2, dtype="F16", shape=[1]), "b": entry(2, 10, dtype="F64", shape=[1])}, size=10),
    ],
)
def test_what_the_reference_reader_reads_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    ours, theirs = read_weights_file(path).tensors, reference_load(content)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert (tensor.dtype, tensor.shape) == (theirs[name].dtype, theirs[name].shape)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_broken_header_is_an_error_and_nothing_worse(data: st.DataObject) -> None:
    tensor = st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F16", "F32", "I64", "BF16", "", None, 3]),
            "shape": st.lists(st.integers(-2, 1 << 40) | st.floats() | st.booleans(), max_size=3) | st.none(),
            "data_offsets": st.lists(st.integers(-5, 1 << 40), max_size=3) | st.text(max_size=2),
        }
    )
    header = data.draw(st.dictionaries(st.text(max_size=5), tensor | st.integers() | st.none(), max_size=3))
    text = json.dumps(header).encode()
    length = data.draw(st.sampled_from([len(text), len(text) - 1, 0, 1 << 62]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.safetensors"
        path.write_bytes(struct.pack("<Q", max(0, length)) + text + bytes(16))
        with pytest.raises(WeightsError):
            load_prior(path)


def test_a_prior_moves_only_where_it_is_not() -> None:
    prior = small_prior()
    assert prior.to(Backend()) is prior
    moved = prior.to(Backend("torch"))
    assert moved.to(Backend("torch")) is moved
    assert all(Backend("torch").holds(weight) for weight in moved.network.weights.values())
    assert not any(Backend("torch").holds(weight) for weight in prior.network.weights.values())
