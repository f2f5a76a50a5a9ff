# SPDX-License-Identifier: Apache-2.0
"""Elbows and wrists that people cannot bend so far are told, on both sides."""

import numpy as np
import pytest

from inpose_core.body.motion import Motion
from inpose_core.body.quaternions import rotvec_to_quaternion
from inpose_core.body.skeleton import ELBOW_JOINTS, JOINT_COUNT, WRIST_JOINTS, Skeleton
from inpose_core.evaluation.plausibility.arm_limits import elbows_beyond, wrists_beyond


def turned(joints: tuple[int, ...], rotvec_deg: tuple[float, float, float]) -> Motion:
    wxyz = np.tile(np.array((1.0, 0.0, 0.0, 0.0)), (1, JOINT_COUNT, 1))
    wxyz[0, list(joints)] = rotvec_to_quaternion(np.deg2rad(np.array(rotvec_deg)))
    return Motion(wxyz, np.zeros((1, 3)), Skeleton.template(), 60.0)


@pytest.mark.parametrize(("turn_deg", "beyond"), [(0, False), (60, False), (140, False), (160, True), (-30, True)])
@pytest.mark.parametrize("side", [0, 1])
def test_elbows(turn_deg: float, beyond: bool, side: int) -> None:
    # The left forearm bends forward by turning about -Y, the right one about +Y.
    sign = 1 if side else -1
    motion = turned((ELBOW_JOINTS[side], WRIST_JOINTS[side]), (0.0, sign * turn_deg, 0.0))
    assert elbows_beyond(motion)[0].tolist() == [beyond and side == 0, beyond and side == 1]
    assert not wrists_beyond(motion).any()


@pytest.mark.parametrize(("turn_deg", "beyond"), [(60, False), (95, True), (-80, False), (-100, True)])
@pytest.mark.parametrize("side", [0, 1])
def test_wrists_bend_up_and_down_so_far(turn_deg: float, beyond: bool, side: int) -> None:
    sign = -1 if side else 1
    motion = turned((WRIST_JOINTS[side],), (0.0, 0.0, sign * turn_deg))
    assert wrists_beyond(motion)[0].tolist() == [beyond and side == 0, beyond and side == 1]
