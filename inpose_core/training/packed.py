# SPDX-License-Identifier: Apache-2.0
"""Hold packed motion: clips of many people as plain arrays, as in files of training motion.

Y up, metres, 60 Hz; a T-pose facing +Z is the identity everywhere. `packed_files` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_PER_FRAME: Final[frozenset[str]] = frozenset({"wxyz", "root_m", "valid"})

ClipFilter = Callable[[str, str], bool]
"""Decide by data set and subject whether a clip belongs to a split."""


@dataclass(frozen=True)
class PackedClips:
    """Hold N clips, F frames in all, one clip after the other."""

    wxyz: NDArray[np.float32]
    """(F, 22, 4) global rotations, unit length, sign continuous within a clip."""
    root_m: NDArray[np.float32]
    """(F, 3) pelvis."""
    valid: NDArray[np.bool_]
    """(F,) False near a glitch of the capture."""
    length: NDArray[np.int64]
    """(N,) frames of each clip."""
    offsets_m: NDArray[np.float32]
    """(N, 22, 3) rest offsets."""
    floor_m: NDArray[np.float32]
    """(N,) height of the lowest foot joint of a clip, by percentile."""
    generic_skeleton: NDArray[np.bool_]
    """(N,) True if the bones are not the subject's own."""
    data_set: NDArray[np.str_]
    subject: NDArray[np.str_]
    activity: NDArray[np.str_]
    """(N,) coarse label of the source."""
    family: NDArray[np.str_]
    """(N,) source of the skeleton."""

    def __len__(self) -> int:
        return len(self.length)

    @property
    def start(self) -> NDArray[np.int64]:
        """Return the first frame of each clip, (N,)."""
        return np.asarray(np.cumsum(self.length) - self.length)

    def frames(self, clip: int) -> slice:
        """Return the frames of one clip."""
        first = int(self.start[clip])
        return slice(first, first + int(self.length[clip]))

    def people(self) -> list[tuple[str, str]]:
        """Return each clip's data set and subject."""
        return [(str(a), str(b)) for a, b in zip(self.data_set, self.subject, strict=True)]

    def select(self, kept: NDArray[np.bool_]) -> PackedClips:
        """Return the clips where ``kept`` (N,) is true."""
        frames = np.repeat(kept, self.length)
        return PackedClips(
            **{name: value[frames if name in _PER_FRAME else kept] for name, value in vars(self).items()},
        )

    def filtered(self, keep: ClipFilter) -> PackedClips:
        """Return the clips that ``keep(data set, subject)`` accepts."""
        return self.select(np.array([keep(*person) for person in self.people()], dtype=bool))


def joined(parts: Sequence[PackedClips]) -> PackedClips:
    """Return the clips of several files as one; at least one part is needed."""
    return PackedClips(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})
