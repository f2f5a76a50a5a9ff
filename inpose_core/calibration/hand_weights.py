# SPDX-License-Identifier: Apache-2.0
"""Keep the trained hand finder in one safetensors file: weights and sizes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import WeightsError
from ..prior.weights_file import read_weights_file, weights_file
from ..system.output import write_output
from .hand_network import HandNetwork, HandNetworkConfig, hand_weight_shapes

HAND_FINDER_WEIGHTS: Final[Path] = Path(__file__).parent.parent / "weights" / "inpose_hand_finder.safetensors"
_VERSION: Final[str] = "1"
_REINSTALL: Final[str] = "Install InPose again. The command `inpose train --hands` trains the network."


def save_hand_finder(network: HandNetwork, path: Path, training: dict[str, str]) -> None:
    """Write a network, weights in float16, and the facts of its training, by atomic rename.

    Raises:
        OutputError: the file cannot be written.
    """
    metadata = {
        "inpose_hand_finder_version": _VERSION,
        "network_config": json.dumps(asdict(network.config)),
        "training": json.dumps(training),
    }
    tensors = {name: value.astype(np.float16) for name, value in network.weights.items()}
    write_output(path, [weights_file(tensors, metadata)])


def load_hand_finder(path: Path = HAND_FINDER_WEIGHTS) -> HandNetwork:
    """Read a network, in float32.

    Raises:
        WeightsError: the file is missing, damaged, or of another version.
    """
    if not path.is_file():
        raise WeightsError(f"The weights are missing ({path.name}).", _REINSTALL)
    try:
        file = read_weights_file(path)
        if file.metadata.get("inpose_hand_finder_version") != _VERSION:
            raise ValueError("another version")
        config = HandNetworkConfig(**json.loads(file.metadata["network_config"]))
        if {name: value.shape for name, value in file.tensors.items()} != hand_weight_shapes(config):
            raise ValueError("weights of another network")
        with np.errstate(over="ignore"):  # numbers beyond float32 become infinite, and are refused
            weights = {name: value.astype(np.float32) for name, value in file.tensors.items()}
        if not all(bool(np.isfinite(value).all()) for value in weights.values()):
            raise ValueError("weights that are not finite")
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise WeightsError(
            f"The weights in {path.name} are damaged or of another version ({error}).", _REINSTALL
        ) from error
    return HandNetwork(config, weights)
