# SPDX-License-Identifier: Apache-2.0
"""Keep a trained prior in one safetensors file: EMA weights, configuration, uncertainty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..body.skeleton import JOINT_COUNT
from ..errors import WeightsError
from ..numerics import CPU, Backend, namespace_of, to_numpy
from ..system.output import write_output
from .conditioning import CONDITION_SIZE, THREE_POINT_SIZE
from .network import DiffusionTransformer, NetworkConfig, weight_shapes
from .schedule import NoiseSchedule
from .uncertainty import Uncertainty
from .weights_file import WeightsFile, read_weights_file, weights_file

CHECKPOINT_VERSION: Final[int] = 2
DEFAULT_WEIGHTS: Final[Path] = Path(__file__).parent.parent / "weights" / "inpose_prior.safetensors"
_REINSTALL = "Install InPose again, or train a prior with `inpose train`."


@dataclass(frozen=True)
class Prior:
    """Hold all that sampling needs: the denoiser, its noise schedule, and its uncertainty."""

    network: DiffusionTransformer
    schedule: NoiseSchedule
    uncertainty: Uncertainty
    training: Mapping[str, str]
    """The facts of the model card: steps, data, validation figures."""

    def to(self, backend: Backend) -> Prior:
        """Return the prior with its arrays on a backend; itself if they are there already."""
        if backend.holds(self.uncertainty.variance):
            return self
        network = DiffusionTransformer(
            self.network.config, {name: _moved(value, backend) for name, value in self.network.weights.items()}
        )
        uncertainty = Uncertainty(self.uncertainty.log_snr, _moved(self.uncertainty.variance, backend))
        return Prior(network, self.schedule, uncertainty, self.training)


def save_prior(prior: Prior, path: Path) -> None:
    """Write a prior, weights in float16, by atomic rename.

    Raises:
        OutputError: the file cannot be written.
    """
    tensors = {f"network.{name}": to_numpy(value).astype(np.float16) for name, value in prior.network.weights.items()}
    tensors["calibration.log_snr"] = prior.uncertainty.log_snr.astype(np.float32)
    tensors["calibration.variance"] = to_numpy(prior.uncertainty.variance).astype(np.float32)
    metadata = {
        "inpose_checkpoint_version": str(CHECKPOINT_VERSION),
        "network_config": json.dumps(asdict(prior.network.config)),
        "schedule": json.dumps(asdict(prior.schedule)),
        "training": json.dumps(dict(prior.training)),
    }
    write_output(path, [weights_file(tensors, metadata)])


def load_prior(path: Path = DEFAULT_WEIGHTS, backend: Backend = CPU, *, condition_size: int | None = None) -> Prior:
    """Read a prior, ready for inference in float32.

    Args:
        path: the file.
        backend: the library and the compute device; numpy by default.
        condition_size: size of one frame's condition, for baselines with their own condition; by default that of the
            product, with or without trackers.

    Raises:
        WeightsError: the file is missing, damaged, or of another version.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"The weights are missing ({path.name}).", _REINSTALL)
    try:
        file = read_weights_file(path)
    except (ValueError, OSError, RecursionError) as error:
        raise WeightsError(f"The prior's weights in {path.name} are damaged ({error}).", _REINSTALL) from error
    version = file.metadata.get("inpose_checkpoint_version")
    if version != str(CHECKPOINT_VERSION):
        raise WeightsError(
            f"The weights in {path.name} are of version {version or 'unknown'}, not {CHECKPOINT_VERSION}.", _REINSTALL
        )
    try:
        config = NetworkConfig(**json.loads(file.metadata["network_config"]))
        known = (THREE_POINT_SIZE, CONDITION_SIZE) if condition_size is None else (condition_size,)
        if config.condition_size not in known:
            raise WeightsError(
                f"The weights in {path.name} are for a network with other inputs.",
                "Train it again (`inpose train`).",
            )
        schedule = NoiseSchedule(**json.loads(file.metadata["schedule"]))
        if not 0 < schedule.t_min < schedule.t_max < 1:
            raise ValueError("The schedule has impossible times.")
        network = DiffusionTransformer(config, _network_weights(file, config))
        training = dict(json.loads(file.metadata.get("training", "{}")))
        return Prior(network, schedule, _uncertainty(file), training).to(backend)
    except (KeyError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise WeightsError(f"The weights in {path.name} do not fit this version of InPose.", _REINSTALL) from error


def _network_weights(file: WeightsFile, config: NetworkConfig) -> dict[str, np.ndarray[Any, Any]]:
    """Return the network's weights in float32.

    Raises:
        ValueError: they are those of another network, or not finite.
    """
    stored = {name.removeprefix("network."): value for name, value in file.tensors.items() if name[:8] == "network."}
    if {name: value.shape for name, value in stored.items()} != weight_shapes(config):
        raise ValueError("The weights are those of another network.")
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite, and are refused
        weights = {name: value.astype(np.float32) for name, value in stored.items()}
    if not all(bool(np.isfinite(value).all()) for value in weights.values()):
        raise ValueError("The weights are not finite.")
    return weights


def _uncertainty(file: WeightsFile) -> Uncertainty:
    """Return how far to trust the network, alike for the left and the right side.

    Raises:
        ValueError: the shapes or the numbers are impossible.
    """
    log_snr = file.tensors["calibration.log_snr"].astype(np.float64)
    variance = file.tensors["calibration.variance"].astype(np.float32)
    if log_snr.ndim != 1 or len(log_snr) < 2 or variance.shape != (len(log_snr), JOINT_COUNT):
        raise ValueError("The calibration has another shape.")
    finite = bool(np.isfinite(log_snr).all() and np.isfinite(variance).all())
    if not finite or not (np.diff(log_snr) > 0).all() or variance.min() < 0:
        raise ValueError("The calibration has impossible numbers.")
    return Uncertainty(log_snr, variance).of_both_sides()


def _moved(values: Any, backend: Backend) -> Any:
    return backend.asarray(namespace_of(values).to_numpy(values))
