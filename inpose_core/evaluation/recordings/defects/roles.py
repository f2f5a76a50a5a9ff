# SPDX-License-Identifier: Apache-2.0
"""Give devices each other's roles: a tracker on the hips is a hand, a hand is the headset, one hand is both hands."""

from __future__ import annotations

from typing import Final

import numpy as np

from ....body.quaternions import multiply_quaternions, rotate_vector, rotvec_to_quaternion
from ..devices import Take
from ..loggers.logger import Logger
from .defect import NOT_TRACKED, Damage, Damaged, Defect, draw_hand, draw_span, fitting
from .tracks import Poses, at_origin, on_table, replaced

_ROLES: Final = NOT_TRACKED | fitting("left_and_right")
_PELVIS: Final[int] = 0
_CONTINUES_SHARE, _WHOLE_SHARE = 0.3, 0.4


def on_hips(take: Take, _device: int, frames: slice, random: np.random.Generator) -> Poses:
    """Return the track of a tracker on a belt, at the front or at the back."""
    positions_m, rotations_wxyz = take.joints_at_frames(_PELVIS)
    turn = rotvec_to_quaternion(random.uniform(-1.5, 1.5, 3))
    side = 1.0 if random.random() < 0.5 else -1.0
    place_m = rotate_vector(rotations_wxyz, np.array((0.0, 0.06, 0.13 * side)))
    noise_m = 0.0005 * random.standard_normal(place_m.shape)
    return (positions_m + place_m + noise_m)[frames], multiply_quaternions(rotations_wxyz, turn)[frames]


def _becomes_hips(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    hand, span_s = draw_hand(random), draw_span(take, random, 4.0, 8.0)
    draw = float(random.random())
    if draw < _WHOLE_SHARE:
        span_s = -1.0, take.duration_s + 1.0
    elif draw < _WHOLE_SHARE + _CONTINUES_SHARE:
        span_s = span_s[0], take.duration_s + 1.0
    return Damaged(replaced(take, hand, span_s, on_hips, random), logger, (Damage(_ROLES, hand, *span_s),))


def _headset_exchanged(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """A recorder counts the devices in another order, so a controller is the head."""
    order = (1, 0, 2) if draw_hand(random) == 1 else (2, 1, 0)
    exchanged = take.with_poses(take.positions_m[:, order], take.rotations_wxyz[:, order])
    return Damaged(exchanged, logger, (Damage(fitting("another_device", "axes", "left_and_right")),))


def _one_hand_twice(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """A line of the logger was copied, so both hands have the columns of one."""
    hand = draw_hand(random)
    order = (0, 2, 2) if hand == 1 else (0, 1, 1)
    twice = take.with_poses(take.positions_m[:, order], take.rotations_wxyz[:, order])
    return Damaged(twice, logger, (Damage(_ROLES, hand, -1.0, take.duration_s + 1.0),))


def _no_hands(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    span_s = -1.0, take.duration_s + 1.0
    for hand in (1, 2):
        take = replaced(take, hand, span_s, on_table, random)
    return Damaged(take, logger, tuple(Damage(NOT_TRACKED, hand, *span_s) for hand in (1, 2)))


def _no_headset(take: Take, logger: Logger, random: np.random.Generator) -> Damaged:
    """The logger writes the room's root instead of the camera in it."""
    span_s = -1.0, take.duration_s + 1.0
    return Damaged(replaced(take, 0, span_s, at_origin, random), logger, (Damage(NOT_TRACKED, 0, *span_s),))


DEFECTS: Final[tuple[Defect, ...]] = (
    Defect("hip_as_hand", "roles", "a tracker on the hips takes the role of a hand", _becomes_hips),
    Defect(
        "headset_exchanged",
        "meaning",
        "the headset and a hand have each other's columns",
        _headset_exchanged,
        refusal_tells="head",
    ),
    Defect("one_hand_twice", "roles", "both hands have the columns of one hand", _one_hand_twice),
    Defect(
        "no_hands", "roles", "both controllers lie on a table all the time", _no_hands, refusal_tells="hand|controller"
    ),
    Defect("no_headset", "roles", "the headset's pose is always the origin", _no_headset, refusal_tells="head"),
)
