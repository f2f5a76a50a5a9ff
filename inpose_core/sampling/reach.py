# SPDX-License-Identifier: Apache-2.0
"""Limit the targets of the hands to the reach of the arms.

If a hand was measured farther from the shoulder than the arm is long (short arms, or a wrong calibration), no pose
fits. When the arm is nearly straight, Gauss-Newton steps towards the hand then grow without bound. So the target is
moved along the line from the shoulder, to a little more than the arm's length, and a part of the remaining distance
counts as noise. The arm straightens towards the target, the trunk follows a little, and the rest is the reported
error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..body.rotations import norm
from ..body.skeleton import ELBOW_JOINTS, SHOULDER_JOINTS
from ..numerics import Array, namespace_of
from .tangent import chains

_ARM_JOINTS: Final[list[int]] = [*SHOULDER_JOINTS, *ELBOW_JOINTS]
"""Upper arms and forearms: the part of a chain beyond the shoulder."""
_TRUNK_SHARE: Final[float] = 0.15
"""Largest distance of a target beyond the arm's reach, in arm lengths: trunk and collar bones can follow this far."""
_NOISE_SHARE: Final[float] = 0.1
"""Noise of a target over its distance beyond reach; without it the wrists jerk hundreds of times as much."""
_STRAIGHT: Final[float] = 0.998


@dataclass(frozen=True)
class ArmReach:
    """Hold the chains of head minus each hand, cut at the shoulders, of the J joints that carry anything on them."""

    trunk: Array
    """(2, J, 3) head minus shoulder."""
    arms: Array
    """(2, J, 3) shoulder minus hand."""

    @classmethod
    def of(cls, difference_kappa: Array, joints: Array) -> ArmReach:
        """Cut the chains (2, 22, 3) of head minus each hand."""
        arms = namespace_of(difference_kappa).zeros(difference_kappa.shape, difference_kappa)
        arms[:, _ARM_JOINTS] = difference_kappa[:, _ARM_JOINTS]
        return cls((difference_kappa - arms)[:, joints], arms[:, joints])

    def limit(self, R: Array, difference_m: Array) -> tuple[Array, Array]:
        """Return targets that the arms can nearly reach, (2, 3, F), and the noise of those beyond reach, (2, F).

        Args:
            R: the estimate, of which the shoulders are taken, (J, 3, 3, F).
            difference_m: measured head minus each hand, (2, 3, F).
        """
        xp = namespace_of(R)
        length_m = (_STRAIGHT * norm(self.arms).sum(axis=-1))[:, None]
        head_minus_shoulder_m = chains(R, self.trunk).sum(axis=1)
        shoulder_minus_hand_m = difference_m - head_minus_shoulder_m
        distance_m = xp.sqrt((shoulder_minus_hand_m**2).sum(axis=1))
        give_m = _TRUNK_SHARE * length_m
        allowed_m = length_m + give_m * xp.tanh((distance_m - length_m).clip(min=0) / give_m.clip(min=1e-6))
        allowed_m = xp.minimum(distance_m, allowed_m)
        share = (allowed_m / distance_m.clip(min=1e-6))[:, None]
        targets_m = head_minus_shoulder_m + share * shoulder_minus_hand_m
        return targets_m, _NOISE_SHARE * (allowed_m - length_m).clip(min=0)
