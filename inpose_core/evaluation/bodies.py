# SPDX-License-Identifier: Apache-2.0
"""Change a body's proportions as the paper does: multipliers on the rest offsets of joint sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import JOINT_COUNT, Skeleton

TORSO: Final[tuple[int, ...]] = (6, 9, 12, 13, 14, 15, 16, 17)
ARMS: Final[tuple[int, ...]] = (18, 19, 20, 21)
UPPER_BODY: Final[tuple[int, ...]] = (*TORSO, *ARMS)
WHOLE_BODY: Final[tuple[int, ...]] = tuple(range(1, JOINT_COUNT))


@dataclass(frozen=True)
class Body:
    """Name a change of proportions."""

    name: str
    factors: tuple[tuple[tuple[int, ...], float], ...] = ()
    """Joint sets whose offsets are multiplied, and by what."""

    def apply(self, skeleton: Skeleton) -> Skeleton:
        """Return the changed body."""
        offsets_m = skeleton.offsets_m.copy()
        for joints, factor in self.factors:
            offsets_m[list(joints)] *= factor
        return Skeleton(offsets_m)


DEFAULT_BODY: Final[Body] = Body("default")
BODIES: Final[tuple[Body, ...]] = (
    DEFAULT_BODY,
    *(Body(f"upper body x {factor:g}", ((UPPER_BODY, factor),)) for factor in (0.7, 0.85, 1.17, 1.4)),
    Body("arms x 1.4", ((ARMS, 1.4),)),
    Body("arms x 1.4, torso x 0.7", ((ARMS, 1.4), (TORSO, 0.7))),
    Body("arms x 0.85, torso x 1.17", ((ARMS, 0.85), (TORSO, 1.17))),
    *(Body(f"whole body x {factor:g}", ((WHOLE_BODY, factor),)) for factor in (0.6, 0.8, 1.2, 1.4)),
)
"""The paper's changed bodies (Tables 1 and 2) and uniform scales (Figure 6)."""


def with_bone_errors(skeleton: Skeleton, deviation_m: float, random: np.random.Generator) -> Skeleton:
    """Return the body as somebody measured it who erred by ``deviation_m`` (standard deviation) on every bone.

    Directions stay; both sides get the same error, as one measures one arm. No bone becomes shorter than a fifth.
    """
    offsets_m: NDArray[np.float64] = skeleton.offsets_m.copy()
    lengths_m = np.linalg.norm(offsets_m, axis=1)
    errors_m = deviation_m * random.standard_normal(JOINT_COUNT)
    for left, right in ((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21)):
        errors_m[right] = errors_m[left]
    measured_m = np.maximum(lengths_m + errors_m, 0.2 * lengths_m)
    offsets_m *= (measured_m / np.maximum(lengths_m, 1e-9))[:, None]
    return Skeleton(offsets_m)
