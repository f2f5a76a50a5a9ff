# SPDX-License-Identifier: Apache-2.0
"""The reliability table counts what the confidence promises."""

import numpy as np
import pytest

from inpose_core.evaluation.reliability import reliability, table


def test_each_range_has_its_frames_and_their_errors() -> None:
    confidence = np.array([0.1, 0.1, 0.9, 0.9, 1.0, 0.5])
    rows = reliability(confidence, np.array([0.3, 0.05, 0.04, 0.06, 0.2, 0.16]))
    assert [row["from"] for row in rows] == [0.0, 0.4, 0.8]
    assert [row["within_10_cm_percent"] for row in rows] == [50.0, 0.0, 67.0]
    assert sum(row["frames_percent"] for row in rows) == pytest.approx(100.0, abs=0.2)
    assert rows[0]["median_cm"] == pytest.approx(17.5)
    assert rows[0]["said_cm"] > rows[-1]["said_cm"]
    assert table(rows).count("\n") == 4
