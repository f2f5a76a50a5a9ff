# SPDX-License-Identifier: Apache-2.0
"""Let a prior see more: ``python benchmarks/widen_prior.py PRIOR --out WIDER``.

The condition grew by features at its end. A prior that was trained without them becomes one that weighs them by zero
and estimates what it did; `inpose train --start WIDER` teaches it to look.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from inpose_core.prior.checkpoint import Prior, load_prior, save_prior
from inpose_core.prior.conditioning import CONDITION_SIZE, REACH_FEATURES
from inpose_core.prior.network import DiffusionTransformer, NetworkConfig


def main() -> None:
    """Write the wider prior."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prior", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    save_prior(widen(load_prior(options.prior, condition_size=CONDITION_SIZE - REACH_FEATURES)), options.out)


def widen(prior: Prior) -> Prior:
    """Return the prior with today's condition, of which it does not heed the last features yet."""
    old = prior.network.config
    network = DiffusionTransformer(replace(old, condition_size=CONDITION_SIZE))
    state = prior.network.state_dict()
    state["embed.weight"] = _with_zero_columns(state["embed.weight"], old, CONDITION_SIZE - old.condition_size)
    network.load_state_dict(state)
    return replace(prior, network=network.eval())


def _with_zero_columns(weight: Tensor, config: NetworkConfig, count: int) -> Tensor:
    """Return the embedding (width, T C) of tokens of T frames with ``count`` more features at each frame's end."""
    frames = weight.unflatten(1, (config.frames_per_token, -1))
    return torch.nn.functional.pad(frames, (0, count)).flatten(1)


if __name__ == "__main__":
    main()
