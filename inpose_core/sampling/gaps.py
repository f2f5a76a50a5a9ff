# SPDX-License-Identifier: Apache-2.0
"""Pass smoothly between frames in which a device is measured and frames in which it is not.

Where tracking is lost, the measurement lets go of the body at once, and it would jump to what the prior imagines. So
what the measurement had turned the joints by in the last measured frame fades away over the first lost ones, and comes
back before tracking does. Measured frames are not touched.
"""

from __future__ import annotations

from typing import Final

from ..body.rotations import matrix_to_rotvec, rotvec_to_matrix
from ..numerics import Array, namespace_of

FADE_FRAMES: Final[int] = 20
"""A third of a second."""


def fade_into_gaps(R_estimate: Array, R_met: Array, measured: Array) -> Array:
    """Return rotations (F, 22, 3, 3) that do not jump where a device is lost or found.

    Args:
        R_estimate: rotations before the measurement turned them, (F, 22, 3, 3).
        R_met: the same after it, (F, 22, 3, 3).
        measured: which devices are measured, (F, D) bool.
    """
    xp = namespace_of(R_met)
    before, after = measured[:-1], measured[1:]
    lost = xp.flatnonzero((before & ~after).any(axis=-1)) + 1
    found = xp.flatnonzero((~before & after).any(axis=-1))
    if not len(lost) and not len(found):
        return R_met
    omega = matrix_to_rotvec(R_met @ R_estimate.swapaxes(-1, -2))
    step = xp.indices(range(FADE_FRAMES), measured)
    x = (xp.astype_of(step, omega) + 1) / (FADE_FRAMES + 1)
    share = 1 - x * x * (3 - 2 * x)
    # From the first lost frame on, and up to the last lost frame.
    faded = omega + _jumps(omega, omega[lost - 1] - omega[lost], lost[:, None] + step, share)
    faded = faded + _jumps(omega, omega[found + 1] - omega[found], found[:, None] - step, share)
    fewer = ~measured.all(axis=-1)
    return xp.where(fewer[:, None, None, None], rotvec_to_matrix(faded) @ R_estimate, R_met)


def _jumps(omega: Array, jump: Array, frame: Array, share: Array) -> Array:
    """Return K jumps (K, 22, 3), times a share (L,), in those of the frames (K, L) that exist, (F, 22, 3)."""
    xp = namespace_of(omega)
    total = xp.zeros(omega.shape, omega)
    inside = (frame >= 0) & (frame < len(omega))
    spread = jump[:, None] * share[None, :, None, None]
    xp.add_at(total, frame[inside], spread[inside])
    return total
