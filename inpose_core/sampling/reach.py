# SPDX-License-Identifier: Apache-2.0
"""Limit the targets of the measured points to the reach of the limbs.

If a hand was measured farther from the shoulder than the arm is long (short arms, or a wrong calibration), no pose
fits. When the arm is nearly straight, Gauss-Newton steps towards the hand then grow without bound. So the target is
moved along the line from the shoulder, to a little more than the arm's length, and a part of the remaining distance
counts as noise. The arm straightens towards the target, the trunk follows a little, and the rest is the reported
error. The same holds for feet and hips, and for points of the trunk and the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..body.rotations import norm
from ..body.skeleton import ANKLE_JOINTS, ELBOW_JOINTS, HIP_JOINTS, KNEE_JOINTS, SHOULDER_JOINTS
from ..numerics import Array, namespace_of
from .tangent import chains

_LIMB_JOINTS: Final[list[int]] = [*SHOULDER_JOINTS, *ELBOW_JOINTS, *HIP_JOINTS, *KNEE_JOINTS, *ANKLE_JOINTS]
"""Upper arms, forearms, thighs, shins and feet: the part of a chain beyond the shoulder or the hip."""
_TRUNK_SHARE: Final[float] = 0.15
"""Largest distance of a target beyond the arm's reach, in arm lengths: trunk and collar bones can follow this far."""
_NOISE_SHARE: Final[float] = 0.1
"""Noise of a target over its distance beyond reach; without it the wrists jerk hundreds of times as much."""
_STRAIGHT: Final[float] = 0.998


@dataclass(frozen=True)
class Reach:
    """Hold the chains of head minus each point, cut at shoulders and hips, of the J joints that carry anything on them.

    The chain of a point of the trunk is not cut: all of it is the limb.
    """

    trunk: Array
    """(M, J, 3) head minus shoulder or hip."""
    limbs: Array
    """(M, J, 3) shoulder or hip minus point."""

    @classmethod
    def of(cls, difference_kappa: Array, joints: Array) -> Reach:
        """Cut the chains (M, 22, 3) of head minus each point."""
        xp = namespace_of(difference_kappa)
        limbs = xp.zeros(difference_kappa.shape, difference_kappa)
        limbs[:, _LIMB_JOINTS] = difference_kappa[:, _LIMB_JOINTS]
        of_trunk = ~(xp.abs(limbs).sum(axis=(1, 2)) > 0)
        limbs[of_trunk] = difference_kappa[of_trunk]
        return cls((difference_kappa - limbs)[:, joints], limbs[:, joints])

    def limit(self, R: Array, difference_m: Array) -> tuple[Array, Array]:
        """Return targets that the limbs can nearly reach, (M, 3, F), and the noise of those beyond reach, (M, F).

        Args:
            R: the estimate, of which shoulders and hips are taken, (J, 3, 3, F).
            difference_m: measured head minus each point, (M, 3, F).
        """
        xp = namespace_of(R)
        length_m = (_STRAIGHT * norm(self.limbs).sum(axis=-1))[:, None]
        to_limb_m = chains(R, self.trunk).sum(axis=1)
        limb_m = difference_m - to_limb_m
        distance_m = xp.sqrt((limb_m**2).sum(axis=1))
        give_m = _TRUNK_SHARE * length_m
        allowed_m = length_m + give_m * xp.tanh((distance_m - length_m).clip(min=0) / give_m.clip(min=1e-6))
        allowed_m = xp.minimum(distance_m, allowed_m)
        share = (allowed_m / distance_m.clip(min=1e-6))[:, None]
        targets_m = to_limb_m + share * limb_m
        return targets_m, _NOISE_SHARE * (allowed_m - length_m).clip(min=0)
