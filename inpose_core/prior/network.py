# SPDX-License-Identifier: Apache-2.0
"""Denoise windows of global rotations: a diffusion transformer (DiT, Peebles & Xie 2023) over time.

What differs from the network of the paper (BoDiffusion's DiT): several frames share one token, tokens know their place
in time (rotary embedding, Su et al. 2021), one adaLN network serves all blocks (PixArt-alpha), and the network predicts
x_0 and nothing of the noise: a token of four frames holds 528 numbers of noise, more than its width can carry, while
the motion in it is smooth and small (with Karras' preconditioning, which asks for part of the noise, the estimates were
worse in the middle of the schedule than from pure noise).

The forward pass is a function of the weights, by their names: `DiffusionTransformer` holds those of a trained network,
as arrays of either library, and `training.module` those that are being trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Literal, NamedTuple

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import JOINT_COUNT
from ..numerics import Array, Shape, namespace_of

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
    """Form of the input x_t: at unit variance, or as its linear estimate of x_0, which is zero at pure noise."""
    feet: bool = False
    """Whether the network also returns the positions of ankles and toes, and its uncertainty of them."""

    def __post_init__(self) -> None:
        """Refuse sizes that no network of ours has, because a damaged file of weights may name any.

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
    """Hold the network's output for B windows of T frames."""

    x_0: Array
    """(B, T, 22, 6) rotations in the window's heading frame (9 numbers with three columns)."""
    contact_logits: Array
    """(B, T, 2) of the probability that the left and the right foot stand."""
    feet: Array
    """(B, T, 4, 3) ankles and toes as `feet.feet_places` has them; (B, T, 0, 3) of networks without."""
    feet_log_scale: Array
    """(B, T, 4) log of the mean distance by which each of them errs."""


@dataclass(frozen=True)
class DiffusionTransformer:
    """Estimate ``x_0`` of a window, and what the feet do, from ``x_t``, the noise level and the condition.

    All frames of a window are denoised together; the window's length is fixed by the configuration.
    """

    prefers_all_windows: ClassVar[bool] = False
    """Whether it is to get all windows of a recording at once, however many cores there are."""
    config: NetworkConfig
    weights: Mapping[str, Array]
    """By their names, in the shapes of `weight_shapes`."""

    def __call__(self, x_t: Array, log_snr: Array, condition: Array) -> Denoised:
        """Return the estimate of x_0, which feet stand, and where the feet are; arguments as `denoise`."""
        return denoise(self.config, self.weights, x_t, log_snr, condition)


def weight_shapes(config: NetworkConfig) -> dict[str, Shape]:
    """Return the shape of each of a network's weights by its name; matrices have their outputs first."""
    width, hidden = config.width, config.mlp_ratio * config.width
    layers = {
        "embed": (width, config.frames_per_token * (config.state_size + config.condition_size)),
        "noise_level.0": (width, width),
        "noise_level.2": (6 * width, width),
        "final": (config.frames_per_token * sum(config.output_sizes), width),
    }
    shapes: dict[str, Shape] = {}
    for block in range(config.depth):
        layers[f"blocks.{block}.query_key_value"] = (3 * width, width)
        layers[f"blocks.{block}.project"] = (width, width)
        layers[f"blocks.{block}.mlp.0"] = (hidden, width)
        layers[f"blocks.{block}.mlp.3"] = (width, hidden)
        shapes[f"blocks.{block}.modulation_bias"] = (6, width)
    for name, (outputs, inputs) in layers.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)
    return shapes


def denoise(
    config: NetworkConfig,
    weights: Mapping[str, Array],
    x_t: Array,
    log_snr: Array,
    condition: Array,
    dropout: Callable[[Array], Array] | None = None,
) -> Denoised:
    """Return a network's output for windows.

    Args:
        config: its sizes.
        weights: its weights by their names.
        x_t: noisy 6D rotations in the window's heading frame, (B, T, 22, 6) (9 numbers with three columns).
        log_snr: log(alpha^2 / sigma^2) of each window, (B,), or of all of them, (1,).
        condition: (B, T, condition_size).
        dropout: applied to the tokens (B, tokens, channels) between the layers in training.
    """
    xp = namespace_of(x_t)
    batch, frames = x_t.shape[:2]

    def linear(layer: str, x: Array) -> Array:
        return xp.linear(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])

    def dropped(x: Array) -> Array:
        return x if dropout is None else dropout(x)

    alpha2 = xp.sigmoid(log_snr)[:, None, None]
    deviation = xp.sqrt(alpha2 * _DATA_VARIANCE + 1 - alpha2)
    shown = x_t.reshape(batch, frames, config.state_size) / deviation
    if config.input_scale == "wiener":
        # Noise is loudest where it says least: shown as it is, the network learns for long to overhear it.
        shown = shown * (xp.sqrt(alpha2 * _DATA_VARIANCE) / deviation)
    features = xp.concat((shown, condition), axis=-1)
    tokens = linear("embed", features.reshape(batch, frames // config.frames_per_token, -1))
    level = linear("noise_level.0", _log_snr_embedding(log_snr, config.width))
    modulation = linear("noise_level.2", level * xp.sigmoid(level)).reshape(len(log_snr), 6, config.width)
    for block in range(config.depth):
        name = f"blocks.{block}"
        m = (modulation + weights[f"{name}.modulation_bias"])[:, :, None]
        seen = xp.layer_norm(tokens, 1 + m[:, 1], m[:, 0])
        attended = _attended(linear(f"{name}.query_key_value", seen), config)
        tokens = tokens + m[:, 2] * dropped(linear(f"{name}.project", attended))
        seen = xp.layer_norm(tokens, 1 + m[:, 4], m[:, 3])
        inner = dropped(xp.gelu(linear(f"{name}.mlp.0", seen)))
        tokens = tokens + m[:, 5] * dropped(linear(f"{name}.mlp.3", inner))
    output = xp.astype_of(linear("final", xp.layer_norm(tokens)), x_t).reshape(batch, frames, -1)
    state, contact_end = config.state_size, config.state_size + CONTACT_COUNT
    estimate = output[..., :state].reshape(batch, frames, JOINT_COUNT, -1)
    feet = output[..., contact_end:].reshape(batch, frames, FEET_COUNT if config.feet else 0, 4)
    if config.prediction == "v":
        x_0 = xp.sqrt(alpha2)[..., None] * x_t - xp.sqrt(1 - alpha2)[..., None] * estimate
    else:
        x_0 = math.sqrt(_DATA_VARIANCE) * estimate
    return Denoised(x_0, output[..., state:contact_end], feet[..., :3], feet[..., 3])


def _attended(query_key_value: Array, config: NetworkConfig) -> Array:
    """Return the attention of all tokens to each other, (B, tokens, width), of (B, tokens, 3 width)."""
    xp = namespace_of(query_key_value)
    batch, tokens, _ = query_key_value.shape
    heads = query_key_value.reshape(batch, tokens, 3, config.heads, -1).swapaxes(1, 3)
    cosine, sine = _rotary_table(config)
    query, key, value = (heads[:, :, place] for place in range(3))
    query, key = xp.rotate_pairs(query, cosine, sine), xp.rotate_pairs(key, cosine, sine)
    return xp.attention(query, key, value).swapaxes(1, 2).reshape(batch, tokens, config.width)


def _log_snr_embedding(log_snr: Array, width: int) -> Array:
    xp = namespace_of(log_snr)
    frequencies = np.exp(np.linspace(math.log(0.1), math.log(10.0), width // 2))
    angles = log_snr[:, None] * xp.asarray(frequencies, log_snr)
    return xp.concat((xp.sin(angles), xp.cos(angles)), axis=-1)


@lru_cache(maxsize=8)
def _rotary_table(config: NetworkConfig) -> tuple[FloatArray, FloatArray]:
    """Return cosine and sine of each token's place at each frequency, (tokens, head size / 2)."""
    place = np.arange(config.window // config.frames_per_token) * (config.frames_per_token / _FRAMES_PER_ROTARY_STEP)
    size = config.width // config.heads
    angles = place[:, None] / 1000.0 ** (np.arange(0, size, 2) / size)
    return np.cos(angles), np.sin(angles)
