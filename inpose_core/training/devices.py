# SPDX-License-Identifier: Apache-2.0
"""Choose the device for training."""

from __future__ import annotations

import torch

from ..options.solve import SolveSettings
from ..solver.backends import choose_backend


def torch_device(name: str) -> torch.device:
    """Return the torch device of that name; "auto" prefers CUDA, then MPS, then the CPU.

    Raises:
        DeviceError: the name is unknown, or the device is not available.
    """
    return torch.device(choose_backend(SolveSettings(device=name, library="torch")).device)
