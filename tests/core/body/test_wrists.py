# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from inpose_core.body.wrists import WristTurns, beyond_anatomy_deg, wrist_turns


@given(st.floats(-85, 85), st.floats(-80, 80), st.floats(-40, 40))
def test_roll_and_bend_are_read_from_the_wrist_they_were_made_of(roll: float, up: float, aside: float) -> None:
    # A bend by one turn, whose axis lies across the forearm, after the roll about the forearm.
    bend = Rotation.from_rotvec(np.radians((0.0, -aside, up)))
    turns = wrist_turns((Rotation.from_euler("X", roll, degrees=True) * bend).as_matrix())
    assert turns.roll_deg == pytest.approx(roll, abs=1e-6)
    assert turns.extension_deg == pytest.approx(up, abs=1e-6)
    assert turns.deviation_deg == pytest.approx(aside, abs=1e-6)


def test_a_hand_in_line_with_its_forearm_is_within_its_range() -> None:
    assert not beyond_anatomy_deg(wrist_turns(np.eye(3))).any()
    back = wrist_turns(Rotation.from_euler("Z", 150, degrees=True).as_matrix())
    np.testing.assert_allclose(beyond_anatomy_deg(back), (80.0, 0.0, 0.0), atol=1e-6)
    aside = WristTurns(np.array(0.0), np.array(-50.0), np.array(100.0))
    np.testing.assert_allclose(beyond_anatomy_deg(aside), (0.0, 15.0, 10.0))
