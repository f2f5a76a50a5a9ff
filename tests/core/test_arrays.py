# SPDX-License-Identifier: Apache-2.0
"""Find runs of flags wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest

from inpose_core.arrays import run_bounds, runs


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("", []), ("000", []), ("111", [(0, 3)]), ("0110010", [(1, 3), (5, 6)]), ("10101", [(0, 1), (2, 3), (4, 5)])],
)
def test_runs(flags: str, expected: list[tuple[int, int]]) -> None:
    array = np.array([flag == "1" for flag in flags], dtype=np.bool_)
    assert runs(array) == expected
    first, end = run_bounds(array)
    assert list(zip(first, end, strict=True)) == expected
