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
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from ..body.skeleton import JOINT_COUNT

CONTACT_COUNT = 2
"""Left and right foot."""
_SIZES: Final[dict[str, tuple[int, int]]] = {
    "condition_size": (1, 4096),
    "window": (2, 4096),
    "frames_per_token": (1, 256),
    "width": (2, 4096),
    "depth": (1, 64),
    "heads": (1, 64),
    "mlp_ratio": (1, 16),
    "columns": (2, 3),
}
"""The least and the most of each."""
FEET_COUNT: Final[int] = 4
"""Ankles and toe joints, left before right: the order of `skeleton.FOOT_JOINTS`."""
_FRAMES_PER_ROTARY_STEP: Final[int] = 4
"""Frames that turn the rotary embedding by one step, however many share a token."""
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
    feet: bool = False
    """Whether the network also says where ankles and toes are, and how sure it is."""

    def __post_init__(self) -> None:
        """Refuse sizes that no network of ours has: a file of weights may ask for any.

        Raises:
            ValueError: one of them.
        """
        for name, (least, most) in _SIZES.items():
            size = getattr(self, name)
            if type(size) is not int or not least <= size <= most:
                raise ValueError(f"a network of {name} {size!s:.20}")
        if self.window % self.frames_per_token or self.width % (2 * self.heads) or not 0 <= self.dropout < 1:
            raise ValueError("sizes that do not divide")
        if (
            self.prediction not in ("x_0", "v")
            or self.input_scale not in ("unit", "wiener")
            or type(self.feet) is not bool
        ):
            raise ValueError("a network of another kind")

    @property
    def state_size(self) -> int:
        """Return the numbers of one frame's state."""
        return JOINT_COUNT * 3 * self.columns

    @property
    def output_sizes(self) -> tuple[int, int, int]:
        """Return the numbers of one frame's state, contacts and feet."""
        return self.state_size, CONTACT_COUNT, 4 * FEET_COUNT if self.feet else 0


class Denoised(NamedTuple):
    """Hold what the network makes of windows; B windows of T frames."""

    x_0: Tensor
    """(B, T, 22, 6) rotations in the window's heading frame (9 numbers with three columns)."""
    contact_logits: Tensor
    """(B, T, 2) of the probability that the left and the right foot stand."""
    feet: Tensor
    """(B, T, 4, 3) ankles and toes as `feet.feet_places` has them; (B, T, 0, 3) of networks without."""
    feet_log_scale: Tensor
    """(B, T, 4) log of the mean distance by which each of them errs."""


class DiffusionTransformer(nn.Module):
    """Estimate ``x_0`` of a window, and what the feet do, from ``x_t``, the noise level and the condition.

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
        self.final = nn.Linear(config.width, config.frames_per_token * sum(config.output_sizes))
        nn.init.zeros_(modulation.weight)
        nn.init.zeros_(modulation.bias)
        nn.init.zeros_(self.final.weight)
        nn.init.zeros_(self.final.bias)
        tokens = config.window // config.frames_per_token
        place = torch.arange(tokens) * (config.frames_per_token / _FRAMES_PER_ROTARY_STEP)
        cosine, sine = _rotary_table(place, config.width // config.heads)
        self.register_buffer("rotary_cosine", cosine, persistent=False)
        self.register_buffer("rotary_sine", sine, persistent=False)

    def forward(self, x_t: Tensor, log_snr: Tensor, condition: Tensor) -> Denoised:
        """Return the estimate of x_0, which feet stand, and where the feet are.

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
        state, contact, feet = output.split(self.config.output_sizes, dim=-1)
        place, log_scale = feet.unflatten(-1, (FEET_COUNT if self.config.feet else 0, 4)).split((3, 1), dim=-1)
        estimate = state.unflatten(-1, (JOINT_COUNT, -1))
        if self.config.prediction == "v":
            alpha = alpha2.sqrt()[..., None]
            x_0 = alpha * x_t - (1 - alpha2).sqrt()[..., None] * estimate
        else:
            x_0 = math.sqrt(_DATA_VARIANCE) * estimate
        return Denoised(x_0, contact, place, log_scale[..., 0])


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


def _rotary_table(place: Tensor, head_size: int) -> tuple[Tensor, Tensor]:
    frequencies = 1.0 / (1000.0 ** (torch.arange(0, head_size, 2) / head_size))
    angles = place[:, None] * frequencies
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2).to(x.dtype)
