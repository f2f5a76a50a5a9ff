# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from inpose_core.errors import RecordingError
from inpose_core.recording.cleaning.clean import clean_recording
from tests.core.calibration.test_calibration_pose import held


def test_both_hands_are_not_taken_away_for_how_they_move() -> None:
    # This stiff person moves as one piece, as hands on an arm model do.
    cleaned = clean_recording(held(seconds=1.5, start_s=1.5))
    assert cleaned.measured[:, 1:].mean() > 0.95
    told = [finding for finding in cleaned.findings if finding.action == "told"]
    assert {finding.device for finding in told} == {1, 2}
    assert all("uses it anyway" in finding.sentence for finding in told)


def test_a_take_without_any_hand_is_still_refused() -> None:
    take = held(seconds=1.5, start_s=1.5)
    measured = take.measured.copy()
    measured[:, 1:] = False
    with pytest.raises(RecordingError, match="only the head"):
        clean_recording(replace(take, measured=np.array(measured)))
