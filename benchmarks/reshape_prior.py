# SPDX-License-Identifier: Apache-2.0
"""Convert a trained prior to another form: ``python benchmarks/reshape_prior.py PRIOR --out START``.

The current form has more features, more frames per token, and foot outputs. The old weights carry over: new features
and outputs begin at zero, and a token that merges two old ones begins as their mean. `inpose train --start START`
finishes the training in a tenth of the steps that training from scratch takes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inpose_core.prior.checkpoint import Prior, load_prior, save_prior
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig
from inpose_core.training.trainer import prior_network


def main() -> None:
    """Write the prior in its new form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prior", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    save_prior(reshape(load_prior(options.prior), prior_network()), options.out)


def reshape(prior: Prior, config: NetworkConfig) -> Prior:
    """Return the prior in another form of the same width and depth.

    Raises:
        ValueError: width or depth differ, or new tokens are not a whole number of old ones.
    """
    old = prior.network.config
    merged, rest = divmod(config.frames_per_token, old.frames_per_token)
    if (config.width, config.depth, config.heads) != (old.width, old.depth, old.heads) or rest or not merged:
        raise ValueError("only features, outputs and frames a token can change")
    state = dict(prior.network.weights)
    features = old.state_size + old.condition_size
    state["embed.weight"] = _merged_inputs(
        state["embed.weight"], features, config.state_size + config.condition_size, merged
    )
    sizes = sum(old.output_sizes), sum(config.output_sizes)
    state["final.weight"] = _repeated_outputs(state["final.weight"], *sizes, merged)
    state["final.bias"] = _repeated_outputs(state["final.bias"][:, None], *sizes, merged)[:, 0]
    return replace(prior, network=DiffusionTransformer(config, state))


def _merged_inputs(weight: NDArray[np.float32], old: int, new: int, merged: int) -> NDArray[np.float32]:
    """Return the embedding (width, frames x new) of tokens that are the mean of ``merged`` old tokens."""
    frames = np.pad(weight.reshape(len(weight), -1, old), ((0, 0), (0, 0), (0, new - old)))
    return np.concatenate([frames / merged] * merged, axis=1).reshape(len(weight), -1)


def _repeated_outputs(weight: NDArray[np.float32], old: int, new: int, merged: int) -> NDArray[np.float32]:
    """Return the last layer (frames x new, width) whose output for each part of a token equals the whole token's."""
    frames = np.pad(weight.reshape(-1, old, weight.shape[1]), ((0, 0), (0, new - old), (0, 0)))
    return np.concatenate([frames] * merged).reshape(-1, weight.shape[1])


if __name__ == "__main__":
    main()
