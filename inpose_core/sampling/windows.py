# SPDX-License-Identifier: Apache-2.0
"""Denoise a recording of any length through windows that agree.

All windows share one noise tensor over the whole recording, are denoised in one batch, and are averaged where they
overlap in every sampling step (MultiDiffusion, Bar-Tal et al. 2023). So there are no borders, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..prior.checkpoint import Prior
from ..prior.conditioning import ScaleFreeSensors, condition_features, window_heading
from ..prior.network import CONTACT_COUNT, FEET_COUNT, Denoised, DiffusionTransformer
from ..prior.precision import Precision, computes_in_bfloat16
from .estimate import Estimate

_WINDOWS_AT_ONCE = 64
"""Bounds the memory of the network, whatever the length of the recording."""


@dataclass(frozen=True)
class Windows:
    """Say which frames each window sees, and with what weight it speaks for them."""

    index: Tensor
    """(N, W) frame of each window's place; reflected at the ends of recordings shorter than a window."""
    weight: Tensor
    """(N, W) weights that sum to one over the places of each frame, falling to zero towards inner borders."""
    frames: int

    @classmethod
    def cover(cls, frames: int, window: int, stride: int, device: torch.device | None = None) -> Windows:
        """Cover ``frames`` frames by windows ``stride`` apart, the last one ending with the recording."""
        last = max(0, frames - window)
        starts = torch.unique(torch.cat((torch.arange(0, last + 1, stride), torch.tensor([last]))))
        place = starts[:, None] + torch.arange(window)
        index = _reflect(place, frames)
        overlap = window - stride
        ramp = (torch.arange(window) + 1.0).clamp(max=overlap + 1) / (overlap + 1)
        # What a window makes of reflected frames is not asked: training gives them no weight.
        weight = torch.minimum(ramp, ramp.flip(0)) * (place < frames)
        total = torch.zeros(frames).index_put((index,), weight, accumulate=True)
        return cls(index.to(device), (weight / total[index]).to(device), frames)

    @classmethod
    def for_network(cls, network: DiffusionTransformer, measured: Tensor) -> Windows:
        """Cover a recording (F, ...) by the windows of a network, which overlap by a quarter."""
        window = network.config.window
        return cls.cover(len(measured), window, window * 3 // 4, measured.device)

    @classmethod
    def joined(cls, parts: Sequence[Windows]) -> Windows:
        """Return the windows of recordings that stand one after the other; none reaches over a border."""
        first, index = 0, []
        for part in parts:
            index.append(part.index + first)
            first += part.frames
        return cls(torch.cat(index), torch.cat([part.weight for part in parts]), first)

    def __len__(self) -> int:
        return len(self.index)

    def split(self) -> Iterator[slice]:
        """Yield the windows in chunks that fit into memory."""
        for first in range(0, len(self), _WINDOWS_AT_ONCE):
            yield slice(first, first + _WINDOWS_AT_ONCE)

    def add(self, total: Tensor, values: Tensor, part: slice) -> None:
        """Add the windows ``values`` (n, W, ...) of ``part``, weighted, to the frames of ``total`` (F, ...)."""
        weight = self.weight[part].reshape(self.weight[part].shape + (1,) * (values.dim() - 2))
        total.index_put_((self.index[part],), values * weight, accumulate=True)


class WindowedDenoiser:
    """Estimate x_0 of a whole recording in the world frame from its x_t."""

    def __init__(
        self,
        network: DiffusionTransformer,
        windows: Windows,
        R_world_heading: Tensor,
        condition: Tensor,
        precision: Precision = "float32",
    ) -> None:
        """Denoise ``windows`` whose headings (N, 3, 3) and conditions (N, W, C) are given."""
        self.network, self.windows = network, windows
        self.in_bfloat16 = computes_in_bfloat16(precision, condition.device)
        self.R_world_heading, self.condition = R_world_heading, condition

    @classmethod
    def for_sensors(
        cls, prior: Prior, sensors: ScaleFreeSensors, fps: float, precision: Precision = "float32"
    ) -> WindowedDenoiser:
        """Cover a recording by windows and make their conditions."""
        windows = Windows.for_network(prior.network, sensors.measured)
        windowed = sensors.windowed(windows.index)
        R_world_heading = window_heading(windowed.R_world_sensor[:, :, 0])
        condition = condition_features(windowed, R_world_heading, fps, prior.network.config.condition_size)
        return cls(prior.network, windows, R_world_heading, condition, precision)

    @torch.no_grad()
    def __call__(self, x_t: Tensor, log_snr: float) -> Estimate:
        """Return the estimate of x_0 of the noisy 6D rotations ``x_t`` (F, 22, 6), both in the world."""
        frames, config = self.windows.frames, self.network.config
        x_0, contact = torch.zeros_like(x_t), self.condition.new_zeros(frames, CONTACT_COUNT)
        feet = self.condition.new_zeros(frames, FEET_COUNT, 3)
        for part in self.windows.split():
            denoised = self._denoise(x_t, log_snr, part)
            self.windows.add(x_0, denoised.x_0, part)
            self.windows.add(contact, denoised.contact_logits.sigmoid(), part)
            if config.feet:
                self.windows.add(feet, denoised.feet, part)
        return Estimate(x_0, contact, feet if config.feet else None)

    @property
    def plain(self) -> WindowedDenoiser:
        """Return the denoiser of the recording as it is: this one."""
        return self

    def vector_jacobian_product(self, x_t: Tensor, log_snr: float, cotangent: Tensor) -> Tensor:
        """Return ``(d x_0_hat / d x_t)^T cotangent``, (F, 22, 6), by backpropagation through the network."""
        gradient = torch.zeros_like(x_t)
        for part in self.windows.split():
            with torch.enable_grad():
                leaf = x_t.detach().requires_grad_(True)
                x_0 = self._denoise(leaf, log_snr, part).x_0
                weight = self.windows.weight[part][..., None, None]
                product = (x_0 * weight * cotangent[self.windows.index[part]]).sum()
            gradient += torch.autograd.grad(product, leaf)[0]
        return gradient

    def _denoise(self, x_t: Tensor, log_snr: float, part: slice) -> Denoised:
        """Return what the network makes of some windows, turned back into the world."""
        R_world_heading = self.R_world_heading[part]
        noisy = _turn(x_t[self.windows.index[part]], R_world_heading.transpose(-1, -2))
        level = torch.full((len(noisy),), log_snr, device=x_t.device)
        with torch.autocast(x_t.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            denoised = self.network(noisy, level, self.condition[part])
        x_0, contact_logits, feet, feet_log_scale = (output.float() for output in denoised)
        feet = feet @ R_world_heading.transpose(-1, -2)[:, None]
        return Denoised(_turn(x_0, R_world_heading), contact_logits, feet, feet_log_scale)


def _turn(sixd: Tensor, R: Tensor) -> Tensor:
    """Rotate the columns of windows of rotations (N, W, 22, 3 columns) by one rotation per window (N, 3, 3)."""
    columns = sixd.unflatten(-1, (-1, 3))
    return torch.einsum("nab,nwjcb->nwjca", R, columns).flatten(-2)


def _reflect(place: Tensor, frames: int) -> Tensor:
    if frames == 1:
        return torch.zeros_like(place)
    period = 2 * (frames - 1)
    folded = place % period
    return torch.where(folded >= frames, period - folded, folded)
