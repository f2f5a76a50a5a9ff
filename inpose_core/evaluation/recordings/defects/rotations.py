# SPDX-License-Identifier: Apache-2.0
"""Write rotations as mistaken loggers do: none at all, of the other handedness, in another order, inverted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ....body.quaternions import conjugate_quaternion, continuous_signs, rotate_vector
from ....recording.findings import FindingKind
from ..devices import Take
from ..loggers.logger import Logger
from ..loggers.tables import UNITY, TableStyle, table_logger
from .defect import Damage, Damaged, Defect, fitting

_PLAIN: Final[TableStyle] = replace(UNITY, axes="RUB")
_MEANING: Final[tuple[FindingKind, ...]] = ("axes", "left_and_right", "hand_poses", "rotation_stuck")


def _no_rotations(take: Take, _logger: Logger, random: np.random.Generator) -> Damaged:
    """Only positions are logged of the hands; their quaternions are the identity."""
    rotations_wxyz = take.rotations_wxyz.copy()
    rotations_wxyz[:, 1:] = (1.0, 0.0, 0.0, 0.0)
    style = replace(UNITY, axes="RUF" if random.random() < 0.5 else "RUB")
    damages = tuple(Damage(fitting("rotation_stuck", "no_pose"), hand, -1.0, take.duration_s + 1.0) for hand in (1, 2))
    return Damaged(take.with_poses(take.positions_m, rotations_wxyz), table_logger("positions", style), damages)


def _inverted(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """The poses are view matrices: the room as seen from the device."""
    back = conjugate_quaternion(take.rotations_wxyz)
    inverse = take.with_poses(-rotate_vector(back, take.positions_m), continuous_signs(back))
    return Damaged(inverse, table_logger("inverted", _PLAIN), (Damage(fitting(*_MEANING, "inverse_poses")),))


def _turned_backwards(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """The positions are right; the rotations are those of the room as seen from the device."""
    back = take.with_poses(take.positions_m, continuous_signs(conjugate_quaternion(take.rotations_wxyz)))
    return Damaged(back, table_logger("conjugated", _PLAIN), (Damage(fitting(*_MEANING, "inverse_poses")),))


def _half_converted(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """A script turned Unity's positions to OpenXR's axes, and forgot the rotations."""
    logger = table_logger("half_converted", replace(_PLAIN, axes="RUB/RUF/RUF"))
    return Damaged(take, logger, (Damage(fitting(*_MEANING)),))


def _mislabelled(take: Take, _logger: Logger, _random: np.random.Generator) -> Damaged:
    """The columns x, y, z, w hold w, x, y, z."""
    style = replace(_PLAIN, rotations="wxyz", rotation_axes=("X", "Y", "Z", "W"))
    return Damaged(take, table_logger("mislabelled", style), (Damage(fitting(*_MEANING)),))


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect("no_rotations", "meaning", "the hands have positions only, their rotations are none", _no_rotations),
    Defect("inverted", "meaning", "the poses are view matrices, so all of them are inverted", _inverted),
    Defect("turned_backwards", "meaning", "the rotations alone are inverted", _turned_backwards),
    Defect("half_converted", "meaning", "positions along OpenXR's axes, rotations along Unity's", _half_converted),
    Defect("mislabelled", "meaning", "the columns x, y, z, w hold quaternions w, x, y, z", _mislabelled),
)
