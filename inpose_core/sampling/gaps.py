# SPDX-License-Identifier: Apache-2.0
"""Pass smoothly between frames in which a device is measured and frames in which it is not.

Where tracking is lost, the prior's estimate replaces the measured pose, and it may be far from it. So the body leaves
its measured path with the speed that it has there, and comes to the estimate within a third of a second. Before
tracking returns, it is the same backwards. Measured frames do not change.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import BoolArray, FloatArray, IndexArray
from ..body.rotations import matrix_to_rotvec, norm, rotvec_to_matrix
from ..numerics import Array, namespace_of, to_numpy
from .in_pieces import in_pieces, pieces
from .smoothing import smooth_in_time

FADE_FRAMES: Final[int] = 20
"""A third of a second."""
_FASTEST_RAD: Final[float] = 0.1
"""Largest turn per frame with which a joint goes on: a blow does not go on for long."""
_SHORTEST_PART: Final[int] = 6
"""Frames with the same devices, from which number on they are smoothed by themselves."""


class _Borders(NamedTuple):
    """Hold the ends of all stretches in which something is lost that is measured beside them."""

    first: IndexArray
    """(K,) the last frame of the stretch, or the first one."""
    inwards: IndexArray
    """(K,) 1 if the stretch comes after the measured frame, -1 if before."""
    length: IndexArray
    """(K,) frames of the stretch in which the jump fades."""
    moves: BoolArray
    """(K,) whether the frame before the measured one has the same devices, so that their difference is a speed."""


def smooth_between_gaps(x_0: Array, deviation_frames: float, known: Array) -> Array:
    """Return a series (F, ...) that is smoothed in time, but not over the ends of gaps: the prior's estimate jumps
    there, and smoothing would spread the jump into the measured frames.

    Args:
        x_0: 6D rotations, (F, 22, 6).
        deviation_frames: of the Gaussian.
        known: what is measured, (F, N) bool.
    """
    changes = _changes(known)
    lengths = np.diff(changes, prepend=0, append=len(x_0))
    borders = changes[np.minimum(lengths[:-1], lengths[1:]) >= _SHORTEST_PART].tolist()
    if not borders:
        return smooth_in_time(x_0, deviation_frames)
    parts = zip([0, *borders], [*borders, len(x_0)], strict=True)
    return namespace_of(x_0).concat([smooth_in_time(x_0[first:end], deviation_frames) for first, end in parts])


def fade_into_gaps(R_met: Array, known: Array) -> Array:
    """Return rotations (F, 22, 3, 3) that do not jump where a device is lost or found.

    Args:
        R_met: rotations that meet what is measured in each frame, (F, 22, 3, 3).
        known: what is measured, (F, N) bool.
    """
    borders = _borders(known)
    if not len(borders.first):
        return R_met
    xp = namespace_of(R_met)
    jump, faster = _jumps(R_met, borders)
    turn = xp.zeros((*R_met.shape[:2], 3), R_met)
    for step in range(FADE_FRAMES):
        here = np.flatnonzero(step < borders.length)
        frames = (borders.first + step * borders.inwards)[here]
        length = borders.length[here][:, None, None] + 1
        x = (step + 1) / length
        # Cubic Hermite: the jump and the speed at the border, nothing at the other end.
        of_jump = xp.asarray((1 - x) ** 2 * (1 + 2 * x), R_met)
        of_speed = xp.asarray(length * x * (1 - x) ** 2, R_met)
        index = xp.indices(here, R_met)
        xp.add_at(turn, xp.indices(frames, R_met), of_jump * jump[index] + of_speed * faster[index])
    turned = xp.flatnonzero(xp.abs(turn).sum(axis=(1, 2)) > 0)
    faded = xp.copy(R_met)
    faded[turned] = in_pieces(_turned, turn[turned], R_met[turned])
    return faded


def fading(flags: BoolArray, frames: int = FADE_FRAMES) -> FloatArray:
    """Return 1 where flags (F, N) are set, falling smoothly to 0 within ``frames`` frames before and after."""
    since = np.full(flags.shape, frames)
    for series in (slice(None), slice(None, None, -1)):
        place = np.arange(len(flags))[:, None]
        last = np.maximum.accumulate(np.where(flags[series], place, -frames), axis=0)
        since = np.minimum(since, (place - last)[series])
    x = since / frames
    return 1 - x * x * (3 - 2 * x)


def _changes(known: Array) -> IndexArray:
    """Return the frames in which other devices are measured than in the frame before."""
    seen = to_numpy(known) > 0
    return np.flatnonzero((seen[1:] != seen[:-1]).any(axis=-1)) + 1


def _borders(known: Array) -> _Borders:
    seen, changes = to_numpy(known) > 0, _changes(known)
    starts, ends = np.append(0, changes), np.append(changes, len(seen))
    before, after = seen[changes - 1], seen[changes]
    # Before each change lie frames of one part, after it those of the next.
    lost = np.flatnonzero((before & ~after).any(axis=-1))
    found = np.flatnonzero((~before & after).any(axis=-1))
    lengths = ends - starts
    return _Borders(
        first=np.append(changes[lost], changes[found] - 1),
        inwards=np.append(np.ones_like(lost), -np.ones_like(found)),
        length=np.minimum(np.append(lengths[lost + 1], lengths[found]), FADE_FRAMES),
        moves=np.append(lengths[lost], lengths[found + 1]) > 1,
    )


def _jumps(R: Array, borders: _Borders) -> tuple[Array, Array]:
    """Return how far each measured frame is from where its stretch leads, and how much faster it turns per frame,
    (K, 22, 3) each."""
    xp = namespace_of(R)
    jumps, faster = [], []
    for part in pieces(len(borders.first)):
        first, inwards = borders.first[part], borders.inwards[part]
        outside = first - inwards
        before = np.where(borders.moves[part], outside - inwards, outside)
        second = np.where(borders.length[part] > 1, first + inwards, first)
        R_before, R_outside, R_first, R_second = (
            R[xp.indices(frames, R)] for frames in (before, outside, first, second)
        )
        own = _at_most(_rotvec_between(R_first, R_second), _FASTEST_RAD)
        jumps.append(_rotvec_between(_turned(-own, R_first), R_outside))
        faster.append(_at_most(_rotvec_between(R_before, R_outside), _FASTEST_RAD) - own)
    return xp.concat(jumps), xp.concat(faster)


def _at_most(rotvec: Array, angle_rad: float) -> Array:
    """Return rotation vectors (..., 3) that turn by no more than this."""
    return rotvec * (angle_rad / norm(rotvec).clip(min=angle_rad))[..., None]


def _rotvec_between(R_from: Array, R_to: Array) -> Array:
    return matrix_to_rotvec(R_to @ R_from.swapaxes(-1, -2))


def _turned(omega: Array, R: Array) -> Array:
    return rotvec_to_matrix(omega) @ R
