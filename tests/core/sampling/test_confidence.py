# SPDX-License-Identifier: Apache-2.0
"""The confidence falls with the spread and the turn of the legs' estimate, and with devices that are lost."""

import numpy as np
import pytest

from inpose_core.body.rotations import sixd_to_matrix
from inpose_core.body.skeleton import KNEE_JOINTS, WRIST_JOINTS
from inpose_core.sampling.confidence import confidence, score_of

IDENTITY_6D = np.tile(np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), (60, 22, 1))
R_IDENTITY = sixd_to_matrix(IDENTITY_6D)
MEASURED = np.ones((60, 3), dtype=bool)


def turned(joints: tuple[int, int], degrees: float) -> np.ndarray:
    R = R_IDENTITY.copy()
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    R[:, list(joints)] = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return R


def test_an_estimate_that_nothing_corrects_is_trusted() -> None:
    assert confidence(IDENTITY_6D, R_IDENTITY, MEASURED).min() > 0.95


def test_a_turned_or_spread_leg_is_not_trusted_but_a_turned_wrist_is() -> None:
    sure = confidence(IDENTITY_6D, R_IDENTITY, MEASURED).mean()
    assert confidence(IDENTITY_6D, turned(KNEE_JOINTS, 15.0), MEASURED).mean() < 0.3
    spread = IDENTITY_6D.copy()
    spread[:, list(KNEE_JOINTS)] *= 0.7
    assert confidence(spread, R_IDENTITY, MEASURED).mean() < 0.6
    assert confidence(IDENTITY_6D, turned(WRIST_JOINTS, 40.0), MEASURED).mean() == pytest.approx(sure)


def test_lost_devices_take_their_share() -> None:
    lost = MEASURED.copy()
    lost[:, 2] = False
    whole = confidence(IDENTITY_6D, R_IDENTITY, MEASURED)
    np.testing.assert_allclose(confidence(IDENTITY_6D, R_IDENTITY, lost), whole * 2 / 3)
    assert confidence(IDENTITY_6D, R_IDENTITY, np.zeros_like(lost)).max() == 0.0


def test_the_score_is_the_logistic_function_s_argument() -> None:
    score = np.array([-3.0, 0.0, 2.5])
    np.testing.assert_allclose(score_of(1 / (1 + np.exp(-score))), score)
