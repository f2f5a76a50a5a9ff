# SPDX-License-Identifier: Apache-2.0
"""Draw random numbers on one device from one generator."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class RandomDraws:
    """Draw tensors on a device; each draw advances the generator."""

    generator: torch.Generator
    device: torch.device

    def uniform(self, *shape: int) -> Tensor:
        """Return numbers from 0 to 1."""
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        """Return numbers with mean 0 and standard deviation 1."""
        return torch.randn(*shape, generator=self.generator, device=self.device)
