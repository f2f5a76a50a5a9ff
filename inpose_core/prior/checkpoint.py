# SPDX-License-Identifier: Apache-2.0
"""Keep a trained prior in one safetensors file: EMA weights, configuration, residual calibration."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..body.skeleton import JOINT_COUNT
from ..errors import WeightsError
from ..system.output import write_output
from .conditioning import CONDITION_SIZE, THREE_POINT_SIZE
from .network import DiffusionTransformer, NetworkConfig
from .schedule import NoiseSchedule

CHECKPOINT_VERSION: Final[int] = 2
DEFAULT_WEIGHTS: Final[Path] = Path(__file__).parent.parent / "weights" / "inpose_prior.safetensors"
HAND_FINDER_WEIGHTS: Final[Path] = DEFAULT_WEIGHTS.with_name("inpose_hand_finder.safetensors")
"""A regressor of the same form, for calibration."""
_REINSTALL = "Install InPose again, or train a prior with `inpose train`."


@dataclass(frozen=True)
class ResidualCalibration:
    """Say how far the denoised rotations are from the truth, as measured on held-out people.

    The guidance weighs the prior's opinion against the measured positions by these (a calibrated covariance matters
    more than backpropagation through the network).
    """

    log_snr: Tensor
    """(L,) increasing."""
    variance: Tensor
    """(L, 22) tangent variance of each joint in rad^2, per axis: a third of the mean squared geodesic angle."""

    def at(self, log_snr: float) -> Tensor:
        """Return the variance of each joint at a noise level by linear interpolation, (22,)."""
        place = torch.searchsorted(self.log_snr, torch.tensor(log_snr, device=self.log_snr.device))
        upper = int(place.clamp(1, len(self.log_snr) - 1))
        low, high = float(self.log_snr[upper - 1]), float(self.log_snr[upper])
        share = min(1.0, max(0.0, (log_snr - low) / (high - low)))
        return (1 - share) * self.variance[upper - 1] + share * self.variance[upper]


@dataclass(frozen=True)
class Prior:
    """Hold all that sampling needs: the denoiser, its noise schedule, and how much to trust it."""

    network: DiffusionTransformer
    schedule: NoiseSchedule
    calibration: ResidualCalibration
    training: dict[str, str]
    """What the model card says: steps, data, validation figures."""

    def to(self, device: torch.device) -> Prior:
        """Return the prior on a device."""
        # The levels stay where looking one up makes nobody wait for the device.
        calibration = ResidualCalibration(self.calibration.log_snr.cpu(), self.calibration.variance.to(device))
        return Prior(self.network.to(device), self.schedule, calibration, self.training)


def save_prior(prior: Prior, path: Path) -> None:
    """Write a prior, weights in float16, by atomic rename.

    Raises:
        OutputError: the file cannot be written.
    """
    tensors = {f"network.{name}": value.half().contiguous() for name, value in prior.network.state_dict().items()}
    tensors["calibration.log_snr"] = prior.calibration.log_snr.float().contiguous()
    tensors["calibration.variance"] = prior.calibration.variance.float().contiguous()
    metadata = {
        "inpose_checkpoint_version": str(CHECKPOINT_VERSION),
        "network_config": json.dumps(asdict(prior.network.config)),
        "schedule": json.dumps(asdict(prior.schedule)),
        "training": json.dumps(prior.training),
    }
    write_output(path, [save(tensors, metadata)])


def load_prior(
    path: Path = DEFAULT_WEIGHTS, device: torch.device | None = None, *, condition_size: int | None = None
) -> Prior:
    """Read a prior, ready for inference in float32.

    Args:
        path: the file.
        device: where to; the CPU by default.
        condition_size: numbers of one frame's condition, for baselines that have one of their own; by default what the
            product knows, with trackers or without.

    Raises:
        WeightsError: the file is missing, damaged, or of another version.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"The weights are missing ({path.name}).", _REINSTALL)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"The prior's weights in {path.name} are damaged ({error}).", _REINSTALL) from error
    version = metadata.get("inpose_checkpoint_version")
    if version != str(CHECKPOINT_VERSION):
        raise WeightsError(
            f"The weights in {path.name} are of version {version or 'unknown'}, not {CHECKPOINT_VERSION}.", _REINSTALL
        )
    try:
        config = NetworkConfig(**json.loads(metadata["network_config"]))
        known = (THREE_POINT_SIZE, CONDITION_SIZE) if condition_size is None else (condition_size,)
        if config.condition_size not in known:
            raise WeightsError(
                f"The weights in {path.name} are of a network that sees other features.",
                "Train it anew (`inpose train`).",
            )
        weights = {
            name.removeprefix("network."): value.float() for name, value in tensors.items() if name[:8] == "network."
        }
        _check_weights(config, weights)
        network = DiffusionTransformer(config)
        network.load_state_dict(weights)
        calibration = ResidualCalibration(tensors["calibration.log_snr"], tensors["calibration.variance"])
        levels = len(calibration.log_snr)
        if levels < 2 or calibration.variance.shape != (levels, JOINT_COUNT):
            raise ValueError("The calibration has another shape.")
        rising = bool((calibration.log_snr.diff() > 0).all())
        if not rising or not all(bool(t.isfinite().all()) for t in (calibration.log_snr, calibration.variance)):
            raise ValueError("The calibration has impossible numbers.")
        schedule = NoiseSchedule(**json.loads(metadata["schedule"]))
        if not 0 < schedule.t_min < schedule.t_max < 1:
            raise ValueError("The schedule has impossible times.")
        training = dict(json.loads(metadata.get("training", "{}")))
    except (KeyError, ValueError, TypeError, ArithmeticError, RuntimeError) as error:
        raise WeightsError(f"The weights in {path.name} do not fit this version of InPose.", _REINSTALL) from error
    network.eval().requires_grad_(False)
    prior = Prior(network, schedule, calibration, training)
    return prior.to(device) if device is not None else prior


def _check_weights(config: NetworkConfig, weights: dict[str, Tensor]) -> None:
    """Compare the weights with what the network would need, before room is made for it.

    Raises:
        ValueError: they are others, or not finite.
    """
    with torch.device("meta"):
        needed = DiffusionTransformer(config).state_dict()
    if {name: value.shape for name, value in needed.items()} != {name: value.shape for name, value in weights.items()}:
        raise ValueError("The weights are those of another network.")
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise ValueError("The weights are not finite.")
