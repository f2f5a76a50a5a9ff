# SPDX-License-Identifier: Apache-2.0
"""Let performers do what they do: nothing wrong, no T-pose, a sloppy one, sitting."""

from __future__ import annotations

from typing import Final

import numpy as np

from ....recording.findings import FindingKind
from ..devices import Take
from ..loggers.logger import Logger
from .defect import Damage, Damaged, Defect, Inflict, Limits, fitting

_CLEAN: Final[Limits] = Limits(0.10, 25.0, over_clean=False)
_UNPOSED: Final[Limits] = Limits(0.14, 45.0, over_clean=False)
_POSED: Final[Limits] = Limits(0.07, 15.0, over_clean=False)
_SEATED: Final[Limits] = Limits(0.10, 30.0, over_clean=False, feet_m=0.15)


def _as_is(*fits: FindingKind) -> Inflict:
    def inflict(take: Take, logger: Logger, _random: np.random.Generator) -> Damaged:
        return Damaged(take, logger, (Damage(fitting(*fits)),) if fits else ())

    return inflict


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect("clean_posed", "clean", "no defect, with a T-pose", _as_is(), calibration="good", limits=_CLEAN),
    Defect(
        "clean_unposed",
        "clean",
        "no defect, without a T-pose",
        _as_is("hand_poses", "wrists_bent"),
        calibration="none",
        limits=_UNPOSED,
    ),
    Defect(
        "short_t_pose",
        "performer",
        "a T-pose of half a second",
        _as_is("calibration_pose"),
        calibration="short",
        limits=_POSED,
    ),
    Defect(
        "sloppy_t_pose",
        "performer",
        "a T-pose with arms low, forward and bent",
        _as_is("calibration_pose"),
        calibration="sloppy",
        limits=Limits(0.07, 20.0, over_clean=False),
    ),
    Defect(
        "wand_unposed",
        "performer",
        "a Vive wand's raw poses, no T-pose",
        _as_is("hand_poses", "wrists_bent"),
        calibration="none",
        controllers=("wand",),
        pose_said=True,
        limits=Limits(0.08, 20.0, over_clean=False),
    ),
    Defect(
        "hands_unposed",
        "performer",
        "tracked hands, kind not given, no T-pose",
        _as_is("hand_poses", "wrists_bent"),
        calibration="none",
        controllers=("tracked_hand",),
        limits=Limits(0.08, 25.0, over_clean=False),
    ),
    Defect(
        "seated_posed",
        "performer",
        "a seated performer, with a T-pose",
        _as_is("seated", "posture_unsure"),
        calibration="good",
        posture="seated",
        limits=_SEATED,
    ),
    Defect(
        "seated_unposed",
        "performer",
        "a seated performer, without a T-pose",
        _as_is("seated", "posture_unsure"),
        calibration="none",
        posture="seated",
        limits=_SEATED,
    ),
)
