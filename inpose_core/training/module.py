# SPDX-License-Identifier: Apache-2.0
"""Hold a network's weights during training; `prior.network.denoise` computes with them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..numerics import to_numpy
from ..prior.network import Denoised, DiffusionTransformer, NetworkConfig, denoise, weight_shapes


class TrainableTransformer(nn.Module):
    """Hold the diffusion transformer's weights as torch parameters, with channel dropout between the layers."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        shapes = weight_shapes(config)
        # A parameter's name must not contain dots.
        self._attributes = {name: name.replace(".", "_") for name in shapes}
        for name, attribute in self._attributes.items():
            self.register_parameter(attribute, nn.Parameter(_initial(name, shapes)))

    @classmethod
    def of(cls, network: DiffusionTransformer) -> TrainableTransformer:
        """Return a module that continues from a trained network."""
        module = cls(network.config)
        with torch.no_grad():
            for name, weights in network.weights.items():
                module.named_weights[name].copy_(torch.from_numpy(to_numpy(weights)))
        return module

    @property
    def named_weights(self) -> dict[str, Tensor]:
        """Return the parameters by the network's names."""
        return {name: getattr(self, attribute) for name, attribute in self._attributes.items()}

    def network(self) -> DiffusionTransformer:
        """Return the network with the current weights as detached tensors that share their memory."""
        return DiffusionTransformer(self.config, {name: w.detach() for name, w in self.named_weights.items()})

    def forward(self, x_t: Tensor, log_snr: Tensor, condition: Tensor) -> Denoised:
        """Return the network's output for windows; arguments as in `denoise`."""
        return denoise(self.config, self.named_weights, x_t, log_snr, condition, self._drop_channels)

    def _drop_channels(self, tokens: Tensor) -> Tensor:
        """Drop channels of a whole window at once.

        One mask for all tokens regularises sequences better than one per token (Gal & Ghahramani 2016). It costs almost
        nothing to draw; element-wise masks took a fifth of a training step on a CPU.
        """
        if not self.training or self.config.dropout == 0:
            return tokens
        mask = tokens.new_ones(len(tokens), 1, tokens.shape[-1])
        return tokens * nn.functional.dropout(mask, self.config.dropout)


def _initial(name: str, shapes: dict[str, tuple[int, ...]]) -> Tensor:
    """Return a weight's initial value: uniform noise scaled by its layer's inputs, or zero.

    adaLN-zero: every block begins as the identity, because its gates begin at zero. The last layer begins at zero.
    """
    layer = name.rpartition(".")[0]
    if name.endswith("modulation_bias") or layer in ("noise_level.2", "final"):
        return torch.zeros(shapes[name])
    bound = 1 / math.sqrt(shapes[f"{layer}.weight"][1])
    return torch.empty(shapes[name]).uniform_(-bound, bound)
