# SPDX-License-Identifier: Apache-2.0
"""Change a body's proportions as the paper does: multipliers on the rest offsets of joint sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.skeleton import (
    COLLAR_JOINTS,
    ELBOW_JOINTS,
    JOINT_COUNT,
    JOINT_INDEX,
    MIRROR_JOINTS,
    SHOULDER_JOINTS,
    WRIST_JOINTS,
    Skeleton,
)

TORSO_JOINTS: Final[tuple[int, ...]] = (
    *(JOINT_INDEX[name] for name in ("spine2", "spine3", "neck", "head")),
    *COLLAR_JOINTS,
    *SHOULDER_JOINTS,
)
ARM_JOINTS: Final[tuple[int, ...]] = (*ELBOW_JOINTS, *WRIST_JOINTS)
"""Joints at the lower ends of the changed bones: each offset points from the parent."""
UPPER_BODY_JOINTS: Final[tuple[int, ...]] = (*TORSO_JOINTS, *ARM_JOINTS)
WHOLE_BODY: Final[tuple[int, ...]] = tuple(range(1, JOINT_COUNT))


@dataclass(frozen=True)
class Body:
    """Name a change of proportions."""

    name: str
    factors: tuple[tuple[tuple[int, ...], float], ...] = ()
    """Joint sets whose offsets are multiplied, with the factors."""

    def apply(self, skeleton: Skeleton) -> Skeleton:
        """Return the changed body."""
        offsets_m = skeleton.offsets_m.copy()
        for joints, factor in self.factors:
            offsets_m[list(joints)] *= factor
        return Skeleton(offsets_m)


DEFAULT_BODY: Final[Body] = Body("default")
BODIES: Final[tuple[Body, ...]] = (
    DEFAULT_BODY,
    *(Body(f"upper body x {factor:g}", ((UPPER_BODY_JOINTS, factor),)) for factor in (0.7, 0.85, 1.17, 1.4)),
    Body("arms x 1.4", ((ARM_JOINTS, 1.4),)),
    Body("arms x 1.4, torso x 0.7", ((ARM_JOINTS, 1.4), (TORSO_JOINTS, 0.7))),
    Body("arms x 0.85, torso x 1.17", ((ARM_JOINTS, 0.85), (TORSO_JOINTS, 1.17))),
    *(Body(f"whole body x {factor:g}", ((WHOLE_BODY, factor),)) for factor in (0.6, 0.8, 1.2, 1.4)),
)
"""The paper's changed bodies (Tables 1 and 2) and uniform scales (Figure 6)."""


def with_bone_errors(skeleton: Skeleton, deviation_m: float, random: np.random.Generator) -> Skeleton:
    """Return the body with measurement errors of ``deviation_m`` (standard deviation) on every bone.

    Directions do not change. Both sides get the same error, because people measure one arm only. No bone becomes
    shorter than a fifth of its length.
    """
    offsets_m: NDArray[np.float64] = skeleton.offsets_m.copy()
    lengths_m = np.linalg.norm(offsets_m, axis=1)
    errors_m = deviation_m * random.standard_normal(JOINT_COUNT)
    for joint, mirrored in enumerate(MIRROR_JOINTS):
        errors_m[max(joint, mirrored)] = errors_m[min(joint, mirrored)]
    measured_m = np.maximum(lengths_m + errors_m, 0.2 * lengths_m)
    offsets_m *= (measured_m / np.maximum(lengths_m, 1e-9))[:, None]
    return Skeleton(offsets_m)
