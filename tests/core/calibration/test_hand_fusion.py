# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from inpose_core.body.quaternions import geodesic_angle, multiply_quaternions, rotvec_to_quaternion
from inpose_core.calibration.hand_finding import FoundHands
from inpose_core.calibration.hand_fusion import join_found, refine_holding
from inpose_core.calibration.holding import declared_holding
from inpose_core.calibration.rigid import RigidOffset
from tests.core.calibration.test_holding import recorded, row

TOUCH = row("Touch controller", "grip")


def near(wrist: RigidOffset, turn_deg: tuple[float, float, float], shift_m: tuple[float, float, float]) -> RigidOffset:
    turn = rotvec_to_quaternion(np.radians(turn_deg))
    return RigidOffset(wrist.position_m + shift_m, multiply_quaternions(wrist.wxyz, turn))


def found(left: RigidOffset, right: RigidOffset, turn_deg: float = 12.0, place_m: float = 0.04) -> FoundHands:
    turn = float(np.radians(turn_deg))
    return FoundHands((left, right), (turn, turn), (place_m, place_m))


def off(one: RigidOffset, other: RigidOffset) -> tuple[float, float]:
    angle = float(np.degrees(geodesic_angle(one.wxyz, other.wxyz)))
    return angle, float(np.linalg.norm(one.position_m - other.position_m))


def test_what_is_close_to_a_device_in_the_table_is_drawn_to_it() -> None:
    seen = near(TOUCH, (8.0, 0.0, 0.0), (0.0, 0.04, 0.0))
    joined = join_found(found(seen, seen.mirrored()), recorded(TOUCH, None, frames=60))
    assert off(joined[0], TOUCH)[1] < 0.02
    assert off(joined[1], TOUCH.mirrored())[1] < 0.02
    assert off(joined[0], TOUCH)[0] < 8.0


def test_what_is_far_from_every_device_stays() -> None:
    seen = near(TOUCH, (0.0, 0.0, 80.0), (0.0, 0.15, 0.0))
    joined = join_found(found(seen, seen.mirrored(), 8.0, 0.02), recorded(TOUCH, None, frames=60))
    assert off(joined[0], seen) < (3.0, 0.01)


@pytest.mark.parametrize(("error_deg", "least", "most"), [(1.0, 15.0, 20.0), (60.0, 0.0, 5.0)])
def test_a_known_device_lies_between_its_row_and_the_motion(error_deg: float, least: float, most: float) -> None:
    # In so few frames, nothing is said of how wrists bend.
    recording = recorded(TOUCH, "grip", "oculus-touch", frames=30)
    holding = declared_holding(recording, "grip")
    seen = near(holding.left, (20.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    left, right = refine_holding(holding, found(seen, seen.mirrored(), error_deg), recording, 1.75)
    assert least < off(left, holding.left)[0] < most
    assert off(left, right.mirrored()) < (1e-3, 1e-9)
