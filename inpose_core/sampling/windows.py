# SPDX-License-Identifier: Apache-2.0
"""Denoise a recording of any length through windows that agree.

All windows share one noise tensor over the whole recording, are denoised in one batch, and are averaged where they
overlap in every sampling step (MultiDiffusion, Bar-Tal et al. 2023). So there are no borders, however long it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from ..arrays import FloatArray, IndexArray
from ..numerics import Array, namespace_of
from ..prior.checkpoint import Prior
from ..prior.conditioning import ScaleFreeSensors, condition_features, window_heading
from ..prior.network import CONTACT_COUNT, FEET_COUNT, Denoised, DiffusionTransformer
from .estimate import Estimate

_WINDOWS_AT_ONCE: Final[int] = 64
"""Bounds the memory of the network, whatever the length of the recording."""
_SHARED_AT_ONCE: Final[int] = 16
"""The same where cores share the windows: keeps each one's in its cache."""
_LEAST_SHARED: Final[int] = 2
"""A window by itself takes a third longer."""
_SHARED_PARTS: Final[int] = 16
"""Parts of short recordings: enough that all cores finish at about the same time. It does not depend on the number of
cores, so the results do not either."""


@dataclass(frozen=True)
class Windows:
    """Hold which frames each window sees, and its weight in each of them."""

    index: IndexArray
    """(N, W) frame of each window's place; reflected at the ends of recordings shorter than a window."""
    weight: FloatArray
    """(N, W) weights that sum to one over the places of each frame, falling to zero towards inner borders; zero where a
    recording shorter than a window is reflected."""
    frames: int

    @classmethod
    def cover(cls, frames: int, window: int, stride: int) -> Windows:
        """Cover ``frames`` frames by windows ``stride`` apart, the last one ending with the recording."""
        last = max(0, frames - window)
        starts = np.unique(np.append(np.arange(0, last + 1, stride), last))
        place = starts[:, None] + np.arange(window)
        index = _reflect(place, frames)
        overlap = window - stride
        ramp = np.minimum(np.arange(window) + 1.0, overlap + 1) / (overlap + 1)
        # Reflected frames have no weight in training, so they have none here.
        weight = np.minimum(ramp, ramp[::-1]) * (place < frames)
        total = np.zeros(frames)
        np.add.at(total, index, weight)
        return cls(index, weight / total[index], frames)

    @classmethod
    def for_network(cls, network: DiffusionTransformer, frames: int) -> Windows:
        """Cover a recording of so many frames by the windows of a network, which overlap by a quarter."""
        window = network.config.window
        return cls.cover(frames, window, window * 3 // 4)

    @classmethod
    def joined(cls, parts: Sequence[Windows]) -> Windows:
        """Return the windows of recordings that stand one after the other; none reaches over a border."""
        first, index = 0, []
        for part in parts:
            index.append(part.index + first)
            first += part.frames
        return cls(np.concatenate(index), np.concatenate([part.weight for part in parts]), first)

    def __len__(self) -> int:
        return len(self.index)

    def split(self, *, shared: bool) -> list[slice]:
        """Return the windows in parts that fit into memory; in more of them where cores share them."""
        at_once = _WINDOWS_AT_ONCE
        if shared:
            at_once = min(max(-(-len(self) // _SHARED_PARTS), _LEAST_SHARED), _SHARED_AT_ONCE)
        return [slice(first, first + at_once) for first in range(0, len(self), at_once)]

    def add(self, total: Array, values: Array, part: slice) -> None:
        """Add the windows ``values`` (n, W, ...) of ``part``, weighted, to the frames of ``total`` (F, ...)."""
        weights = namespace_of(total).asarray(self.weight[part], total)
        # The frames with a weight follow one another; reflected ones have none.
        counts = np.count_nonzero(self.weight[part], axis=1).tolist()
        for frames, weight, window, count in zip(self.index[part], weights, values, counts, strict=True):
            spread = weight[:count].reshape(-1, *(1,) * (window.ndim - 1))
            total[int(frames[0]) : int(frames[0]) + count] += window[:count] * spread


class WindowedDenoiser:
    """Estimate x_0 of a whole recording in the world frame from its x_t."""

    def __init__(
        self,
        network: DiffusionTransformer,
        windows: Windows,
        R_world_heading: Array,
        condition: Array,
        *,
        in_bfloat16: bool = False,
    ) -> None:
        """Denoise ``windows`` whose headings (N, 3, 3) and conditions (N, W, C) are given."""
        self.network, self.windows, self.in_bfloat16 = network, windows, in_bfloat16
        self.R_world_heading, self.condition = R_world_heading, condition
        self._index = namespace_of(condition).indices(windows.index, condition)

    @classmethod
    def for_sensors(
        cls, prior: Prior, sensors: ScaleFreeSensors, fps: float, *, in_bfloat16: bool = False
    ) -> WindowedDenoiser:
        """Cover a recording by windows and make their conditions."""
        windows = Windows.for_network(prior.network, len(sensors.measured))
        windowed = sensors.windowed(namespace_of(sensors.measured).indices(windows.index, sensors.measured))
        R_world_heading = window_heading(windowed.R_world_sensor[:, :, 0])
        condition = condition_features(windowed, R_world_heading, fps, prior.network.config.condition_size)
        return cls(prior.network, windows, R_world_heading, condition, in_bfloat16=in_bfloat16)

    def __call__(self, x_t: Array, log_snr: float) -> Estimate:
        """Return the estimate of x_0 of the noisy 6D rotations ``x_t`` (F, 22, 6), both in the world."""
        xp, frames = namespace_of(x_t), self.windows.frames
        x_0, contact = xp.zeros(x_t.shape, x_t), xp.zeros((frames, CONTACT_COUNT), x_t)
        feet = xp.zeros((frames, FEET_COUNT, 3), x_t) if self.network.config.feet else None
        parts = self._parts
        with xp.without_gradients():
            estimates = xp.map_parts(lambda part: self._denoise(x_t[self._index[part]], log_snr, part), parts, x_t)
            for part, denoised in zip(parts, estimates, strict=True):
                self.windows.add(x_0, denoised.x_0, part)
                self.windows.add(contact, xp.sigmoid(denoised.contact_logits), part)
                if feet is not None:
                    self.windows.add(feet, denoised.feet, part)
        return Estimate(x_0, contact, feet)

    @property
    def plain(self) -> WindowedDenoiser:
        """Return the denoiser of the recording as it is: this one."""
        return self

    def vector_jacobian_product(self, x_t: Array, log_snr: float, cotangent: Array) -> Array:
        """Return ``(d x_0_hat / d x_t)^T cotangent``, (F, 22, 6), by backpropagation through the network.

        Raises:
            DeviceError: the arrays are numpy's, which cannot differentiate.
        """
        xp = namespace_of(x_t)
        gradient = xp.zeros(x_t.shape, x_t)

        def of_windows(part: slice) -> Array:
            weight = xp.asarray(self.windows.weight[part], x_t)[..., None, None]
            index = self._index[part]
            x_0 = partial(self._x_0, log_snr, part)
            return xp.vector_jacobian_product(x_0, x_t[index], weight * cotangent[index])

        for part, product in zip(self._parts, xp.map_parts(of_windows, self._parts, x_t), strict=True):
            xp.add_at(gradient, self._index[part], product)
        return gradient

    @property
    def _parts(self) -> list[slice]:
        shares = namespace_of(self.condition).shares_parts(self.condition)
        return self.windows.split(shared=shares and not self.network.prefers_all_windows)

    def _x_0(self, log_snr: float, part: slice, windows: Array) -> Array:
        return self._denoise(windows, log_snr, part).x_0

    def _denoise(self, windows: Array, log_snr: float, part: slice) -> Denoised:
        """Return the network's output for the windows (n, W, 22, 6) of a part, turned back into the world."""
        xp = namespace_of(windows)
        R_world_heading = self.R_world_heading[part]
        noisy = _turn(windows, R_world_heading.swapaxes(-1, -2))
        with xp.in_bfloat16(noisy, self.in_bfloat16):
            denoised = self.network(noisy, xp.full((1,), log_snr, windows), self.condition[part])
        feet = denoised.feet @ R_world_heading.swapaxes(-1, -2)[:, None]
        return denoised._replace(x_0=_turn(denoised.x_0, R_world_heading), feet=feet)


def _turn(sixd: Array, R: Array) -> Array:
    """Rotate the columns of windows of rotations (N, W, 22, 3 columns) by one rotation per window (N, 3, 3)."""
    columns = sixd.reshape(len(sixd), -1, 3)
    return (columns @ R.swapaxes(-1, -2)).reshape(*sixd.shape)


def _reflect(place: IndexArray, frames: int) -> IndexArray:
    if frames == 1:
        return np.zeros_like(place)
    period = 2 * (frames - 1)
    folded = place % period
    return np.where(folded >= frames, period - folded, folded)
