# SPDX-License-Identifier: Apache-2.0
"""Pass smoothly between frames in which a device is measured and frames in which it is not.

Where tracking is lost, the measurement lets go of the body at once, and it would jump to what the prior imagines. So
what the measurement had turned the joints by in the last measured frame fades away over the first lost ones, and comes
back before tracking does. Measured frames are not touched.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ..body.rotations import matrix_to_rotvec, rotvec_to_matrix

FADE_FRAMES: Final[int] = 20
"""A third of a second."""


def fade_into_gaps(R_estimate: Tensor, R_met: Tensor, measured: Tensor) -> Tensor:
    """Return rotations (F, 22, 3, 3) that do not jump where a device is lost or found.

    Args:
        R_estimate: rotations before the measurement turned them, (F, 22, 3, 3).
        R_met: the same after it, (F, 22, 3, 3).
        measured: which devices are measured, (F, D) bool.
    """
    before, after = measured[:-1], measured[1:]
    lost = (before & ~after).any(dim=-1).nonzero()[:, 0] + 1
    found = (~before & after).any(dim=-1).nonzero()[:, 0]
    if not len(lost) and not len(found):
        return R_met
    omega = matrix_to_rotvec(R_met @ R_estimate.transpose(-1, -2))
    step = torch.arange(FADE_FRAMES, device=omega.device)
    x = (step + 1) / (FADE_FRAMES + 1)
    share = 1 - x * x * (3 - 2 * x)
    faded = omega.clone()
    # From the first lost frame on, and up to the last lost frame.
    _add_jumps(faded, omega[lost - 1] - omega[lost], lost[:, None] + step, share)
    _add_jumps(faded, omega[found + 1] - omega[found], found[:, None] - step, share)
    fewer = ~measured.all(dim=-1)
    return torch.where(fewer[:, None, None, None], rotvec_to_matrix(faded) @ R_estimate, R_met)


def _add_jumps(omega: Tensor, jump: Tensor, frame: Tensor, share: Tensor) -> None:
    """Add K jumps (K, 22, 3), times a share (L,), to the frames (K, L) that exist."""
    inside = (frame >= 0) & (frame < len(omega))
    spread = jump[:, None] * share[None, :, None, None]
    omega.index_add_(0, frame[inside], spread[inside])
