# SPDX-License-Identifier: Apache-2.0
"""Hold the assumed upper body of a performer, from the rig or from average proportions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import FloatArray
from ..body.skeleton import ELBOW_JOINTS, JOINT_INDEX, SHOULDER_JOINTS, WRIST_JOINTS, Skeleton
from ..options.calibration import BodyChoice
from .lever_arms import BODY_DEVIATION_M
from .presets import REFERENCE_STATURE_M

_HUMAN_SPANS: Final[tuple[float, float]] = (0.40, 0.50)
"""Half of the wrist span over the height of the head joint; 0.41 to 0.48 on the bodies of captured people."""
_HUMAN_DROPS: Final[tuple[float, float]] = (0.03, 0.16)
"""Height of the head joint above the shoulders over its height above the floor; 0.07 to 0.14 on captured people."""
_SAME_BODY_DEVIATION_M: Final[float] = 0.003
_MIRRORS: Final[FloatArray] = np.array(((1.0, 1.0, 1.0), (-1.0, 1.0, 1.0)))


@dataclass(frozen=True)
class PerformerBody:
    """Hold an upper body in the performer's metres, relative to the head joint, in a T-pose facing +Z."""

    shoulders_m: FloatArray
    """(2, 3) left and right."""
    upper_arms_m: FloatArray
    """(2, 3) elbow from shoulder."""
    forearms_m: FloatArray
    """(2, 3) wrist from elbow."""
    skeleton: Skeleton
    """The whole body that these lengths were taken from, in the performer's size."""
    deviation_m: FloatArray
    """(5,) of shoulder width, height, depth, upper arm, forearm."""
    is_rig: bool

    @classmethod
    def choose(
        cls, skeleton: Skeleton, head_joint_height_m: float, stature_m: float, choice: BodyChoice
    ) -> PerformerBody:
        """Return a body of the performer's size, with the proportions of the rig or of an average adult.

        Args:
            skeleton: the rig.
            head_joint_height_m: the performer's, standing; the rig is scaled to it.
            stature_m: the performer's.
            choice: "auto" uses the rig's if they are human.
        """
        use_rig = choice == "rig" or (choice == "auto" and has_human_arms(skeleton))
        body = skeleton if use_rig else Skeleton.template(stature_m)
        factor = head_joint_height_m / standing_head_joint_m(body)
        sized = body.scaled(factor)
        rest_m = sized.rest_positions_m
        person = np.array(BODY_DEVIATION_M) * stature_m / REFERENCE_STATURE_M
        return cls(
            shoulders_m=rest_m[list(SHOULDER_JOINTS)] - rest_m[JOINT_INDEX["head"]],
            upper_arms_m=sized.offsets_m[list(ELBOW_JOINTS)],
            forearms_m=sized.offsets_m[list(WRIST_JOINTS)],
            skeleton=sized,
            deviation_m=np.full(5, _SAME_BODY_DEVIATION_M) if use_rig else person,
            is_rig=use_rig,
        )

    @property
    def wrist_span_m(self) -> float:
        """Return the distance of the wrists in a T-pose."""
        left_m, right_m = self.shoulders_m + self.upper_arms_m + self.forearms_m
        return float(np.linalg.norm(left_m - right_m))

    def corrected(self, body_m: FloatArray) -> PerformerBody:
        """Return the body with corrections in metres, (5,), in the order of `lever_arms.BODY`."""
        return replace(
            self,
            shoulders_m=self.shoulders_m + body_m[:3] * _MIRRORS,
            upper_arms_m=_longer(self.upper_arms_m, float(body_m[3])),
            forearms_m=_longer(self.forearms_m, float(body_m[4])),
        )


def has_human_arms(skeleton: Skeleton) -> bool:
    """Return whether a rig's arm span and shoulder height are human, so that a person's T-pose fits the rig's
    T-pose."""
    height_m = standing_head_joint_m(skeleton)
    rest_m = skeleton.rest_positions_m
    span = skeleton.wrist_span_m / (2 * height_m)
    shoulders_m = 0.5 * (rest_m[list(SHOULDER_JOINTS), 1].sum())
    drop = (rest_m[JOINT_INDEX["head"], 1] - float(shoulders_m)) / height_m
    return _HUMAN_SPANS[0] <= span <= _HUMAN_SPANS[1] and _HUMAN_DROPS[0] <= drop <= _HUMAN_DROPS[1]


def standing_head_joint_m(skeleton: Skeleton) -> float:
    """Return the height of the head joint above the floor in the T-pose."""
    return skeleton.standing_head_height_m + skeleton.sole_height_m


def _longer(bones_m: FloatArray, by_m: float) -> FloatArray:
    """Return both sides' bones lengthened, their directions kept."""
    lengths_m = np.linalg.norm(bones_m, axis=1, keepdims=True)
    return bones_m * ((lengths_m + by_m) / lengths_m)
