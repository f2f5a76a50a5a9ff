# SPDX-License-Identifier: Apache-2.0
"""Denoise windows of global rotations: a diffusion transformer (DiT, Peebles & Xie 2023) over time.

What differs from the network of the paper (BoDiffusion's DiT): several frames share one token, tokens know their place
in time (rotary embedding, Su et al. 2021), one adaLN network serves all blocks (PixArt-alpha), and the network predicts
x_0 and nothing of the noise: a token of four frames holds 528 numbers of noise, more than its width can carry, while
the motion in it is smooth and small (with Karras' preconditioning, which asks for part of the noise, the estimates were
worse in the middle of the schedule than from pure noise).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ..body.skeleton import JOINT_COUNT

CONTACT_COUNT = 2
"""Left and right foot."""
_DATA_VARIANCE = 1.0 / 3.0
"""A column of a rotation matrix has length 1, so each of its elements has a mean square of 1/3."""


@dataclass(frozen=True)
class NetworkConfig:
    """Size the network; stored with the weights."""

    condition_size: int
    window: int = 128
    frames_per_token: int = 4
    width: int = 288
    depth: int = 8
    heads: int = 6
    mlp_ratio: int = 3
    dropout: float = 0.1
    columns: int = 2
    """Columns of each rotation matrix in the state: 2 is the 6D form, 3 the whole matrix (an ablation)."""
    prediction: Literal["x_0", "v"] = "x_0"
    """What the last layer returns: x_0, or v = alpha eps - sigma x_0 (Salimans & Ho 2022; an ablation)."""
    input_scale: Literal["unit", "wiener"] = "wiener"
    """How x_t is shown: at unit variance, or as the linear estimate of x_0 that it gives, nothing at pure noise."""

    @property
    def state_size(self) -> int:
        """Return the numbers of one frame's state."""
        return JOINT_COUNT * 3 * self.columns


class DiffusionTransformer(nn.Module):
    """Estimate ``x_0`` of a window, and which feet stand, from ``x_t``, the noise level and the condition.

    All frames of a window are denoised together; the window's length is fixed by the configuration.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        token_size = config.frames_per_token * (config.state_size + config.condition_size)
        self.embed = nn.Linear(token_size, config.width)
        modulation = nn.Linear(config.width, 6 * config.width)
        self.noise_level = nn.Sequential(nn.Linear(config.width, config.width), nn.SiLU(), modulation)
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.depth))
        self.final_norm = nn.LayerNorm(config.width, elementwise_affine=False)
        self.final = nn.Linear(config.width, config.frames_per_token * (config.state_size + CONTACT_COUNT))
        nn.init.zeros_(modulation.weight)
        nn.init.zeros_(modulation.bias)
        nn.init.zeros_(self.final.weight)
        nn.init.zeros_(self.final.bias)
        tokens = config.window // config.frames_per_token
        cosine, sine = _rotary_table(tokens, config.width // config.heads)
        self.register_buffer("rotary_cosine", cosine, persistent=False)
        self.register_buffer("rotary_sine", sine, persistent=False)

    def forward(self, x_t: Tensor, log_snr: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return the estimate of x_0, (B, T, 22, 6), and the logits that each foot stands, (B, T, 2).

        Args:
            x_t: noisy 6D rotations in the window's heading frame, (B, T, 22, 6) (9 numbers with three columns).
            log_snr: log(alpha^2 / sigma^2) of each window, (B,).
            condition: (B, T, condition_size).
        """
        batch, frames = x_t.shape[:2]
        alpha2 = torch.sigmoid(log_snr)[:, None, None]
        deviation = (alpha2 * _DATA_VARIANCE + 1 - alpha2).sqrt()
        shown = x_t.flatten(2) / deviation
        if self.config.input_scale == "wiener":
            # Noise is loudest where it says least: shown as it is, the network learns for long to overhear it.
            shown = shown * ((alpha2 * _DATA_VARIANCE).sqrt() / deviation)
        features = torch.cat((shown, condition), dim=-1)
        tokens = self.embed(features.reshape(batch, frames // self.config.frames_per_token, -1))
        modulation = self.noise_level(_log_snr_embedding(log_snr, self.config.width)).unflatten(-1, (6, -1))
        for block in self.blocks:
            tokens = block(tokens, modulation, self.rotary_cosine, self.rotary_sine)
        output = self.final(self.final_norm(tokens)).reshape(batch, frames, -1).to(x_t.dtype)
        state, contact = output.split((self.config.state_size, CONTACT_COUNT), dim=-1)
        estimate = state.unflatten(-1, (JOINT_COUNT, -1))
        if self.config.prediction == "v":
            alpha = alpha2.sqrt()[..., None]
            return alpha * x_t - (1 - alpha2).sqrt()[..., None] * estimate, contact
        return math.sqrt(_DATA_VARIANCE) * estimate, contact


class _Block(nn.Module):
    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm_attention = nn.LayerNorm(width, elementwise_affine=False)
        self.norm_mlp = nn.LayerNorm(width, elementwise_affine=False)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, config.mlp_ratio * width),
            nn.GELU(approximate="tanh"),
            _ChannelDropout(config.dropout),
            nn.Linear(config.mlp_ratio * width, width),
        )
        self.dropout = _ChannelDropout(config.dropout)
        # adaLN-zero: every block starts as the identity, because its gates start at zero.
        self.modulation_bias = nn.Parameter(torch.zeros(6, width))

    def forward(self, tokens: Tensor, modulation: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = (
            (modulation + self.modulation_bias).unsqueeze(-2).unbind(-3)
        )
        normed = self.norm_attention(tokens) * (1 + scale_a) + shift_a
        query, key, value = self.query_key_value(normed).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = _attend(_rotate(query, cosine, sine), _rotate(key, cosine, sine), value)
        tokens = tokens + gate_a * self.dropout(self.project(attended.transpose(1, 2).flatten(2)))
        normed = self.norm_mlp(tokens) * (1 + scale_m) + shift_m
        return tokens + gate_m * self.dropout(self.mlp(normed))


class _ChannelDropout(nn.Module):
    """Drop channels of a whole window at once.

    One mask for all tokens regularises sequences better than one each (Gal & Ghahramani 2016), and drawing it costs
    next to nothing, where element-wise masks took a fifth of a training step on a CPU.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, tokens: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return tokens
        return tokens * nn.functional.dropout(tokens.new_ones(len(tokens), 1, tokens.shape[-1]), self.share)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    if query.dtype == torch.bfloat16 and query.device.type == "cpu":
        # Four times as fast as the fused kernel's backward pass at a few dozen tokens.
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        return scores.softmax(dim=-1) @ value
    return nn.functional.scaled_dot_product_attention(query, key, value)


def _log_snr_embedding(log_snr: Tensor, width: int) -> Tensor:
    frequencies = torch.exp(torch.linspace(math.log(0.1), math.log(10.0), width // 2, device=log_snr.device))
    angles = log_snr[:, None] * frequencies
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


def _rotary_table(tokens: int, head_size: int) -> tuple[Tensor, Tensor]:
    frequencies = 1.0 / (1000.0 ** (torch.arange(0, head_size, 2) / head_size))
    angles = torch.arange(tokens)[:, None] * frequencies
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2).to(x.dtype)
